// A text with marks, and a heat strip along it. Each document is mounted twice: with {id, text},
// which draws nothing, and with {id, label, height, focus, caption, runs: [{start, end, kinds,
// tip, said}], strips: [{name, values, notes, places, top}]}. So the text travels in a message of
// its own, which Streamlit does not send again while it stays the same. Positions are UTF-16 units.

const views = new WeakMap();
const texts = new Set(); // what each mounted text holds: {id, text}
const readers = new Set(); // the draw function of each mounted document

const CHUNK = 4000; // units of text that are laid out together, up to the end of a paragraph
const LONGEST = 20000; // where a paragraph is cut that is longer than this
const UPPER = 0.2; // where in the box a place is put that was scrolled to, from its top
const SETTLING = 4; // frames in which chunks that come into sight get their true height

export default function (component) {
  return mountOnce(views, component, "text" in received(component) ? createText : createDocument);
}

function createText() {
  const held = { id: "", text: "" };
  texts.add(held);
  return {
    update(next) {
      Object.assign(held, next);
      readers.forEach((draw) => draw());
    },
    destroy: () => texts.delete(held),
  };
}

function createDocument(parent) {
  const root = make("div", "document", parent);
  const tip = makeTip(root);
  const box = createBox(root, tip);
  const heat = createHeat(root, tip, box.reach);
  let data = null;
  let shown = ""; // id of the text that is drawn
  let focus = null; // the place last scrolled to from outside

  function draw() {
    const held = [...texts].find((each) => each.id === data.id);
    if (!held) return; // its message comes before or after this one
    const fresh = held.id !== shown;
    if (fresh) box.fill(held.text);
    box.draw(data);
    heat.draw(data);
    if (data.focus !== null && (fresh || data.focus !== focus)) box.reach(data.focus);
    shown = held.id;
    focus = data.focus;
  }

  readers.add(draw);
  return {
    update(next) {
      data = next;
      draw();
    },
    destroy() {
      readers.delete(draw);
      box.destroy();
      tip.hide();
      root.remove();
    },
  };
}

// Where a block ends: behind a line break, so that blocks read on as one text. Only a paragraph of
// many pages is cut within, at a space if it has one, and never through a character.
function chunkEnd(text, start) {
  const [least, most] = [start + CHUNK, start + LONGEST];
  const line = text.indexOf("\n", least) + 1 || text.length;
  if (line <= most) return line;
  const space = text.lastIndexOf(" ", most - 1) + 1;
  if (space > least) return space;
  return most + (text.codePointAt(most - 1) > 0xffff ? 1 : 0);
}

// The text: blocks of it, each made of one text node per run.
function createBox(root, tip) {
  const box = make("div", "box", root);
  let text = "";
  let chunks = []; // {start, end, node, drawn}
  let frame = 0; // of the jump that is settling
  let waiting = null; // the place to scroll to as soon as the box can be seen

  function addChunk(start, end) {
    const node = make("div", "chunk", box);
    // A guess, for the scroll bar, until it is laid out: a character is 8 pixels wide.
    const lines = ((end - start) * 8) / (box.clientWidth || 600);
    node.style.setProperty("--lines", Math.ceil(lines));
    chunks.push({ start, end, node, drawn: null });
  }

  function fill(next) {
    text = next;
    chunks = [];
    box.replaceChildren();
    let end = 0;
    do {
      const start = end;
      end = chunkEnd(text, start);
      addChunk(start, end);
    } while (end < text.length);
    box.scrollTo({ top: 0, behavior: "instant" });
  }

  function makeRun({ start, end, kinds, tip: words, said }) {
    const written = document.createTextNode(text.slice(start, end));
    if (!kinds.length) return written;
    const run = document.createElement(kinds.includes("answer") ? "mark" : "span");
    run.className = `run ${kinds.join(" ")}`;
    // A band can cover whole pages: its words wait until the pointer rests.
    setAttribute(run, kinds[0] === "window" ? "title" : "data-tip", words || null);
    setAttribute(run, "data-said", said ? ` (${said}) ` : null);
    run.append(written);
    return run;
  }

  function drawChunk(chunk, parts) {
    const wanted = JSON.stringify(parts);
    if (chunk.drawn !== wanted) chunk.node.replaceChildren(...parts.map(makeRun));
    chunk.drawn = wanted;
  }

  function draw({ label, height, runs }) {
    setAttribute(box, "aria-label", label);
    box.style.maxHeight = `${height}px`;
    let first = 0; // runs and chunks are both in order
    chunks.forEach((chunk) => {
      while (first < runs.length && runs[first].end <= chunk.start) first += 1;
      const parts = [];
      for (let i = first; i < runs.length && runs[i].start < chunk.end; i += 1) {
        const start = Math.max(runs[i].start, chunk.start);
        const end = Math.min(runs[i].end, chunk.end);
        parts.push({ ...runs[i], start, end, said: end === runs[i].end ? runs[i].said : "" });
      }
      drawChunk(chunk, parts);
    });
  }

  // How far the line of a character is below where it should be.
  function distance(at) {
    const chunk = chunks.findLast((each) => each.start <= at);
    const nodes = document.createTreeWalker(chunk.node, NodeFilter.SHOW_TEXT);
    let offset = Math.min(at, text.length - 1) - chunk.start;
    while (nodes.nextNode() && offset >= nodes.currentNode.length) {
      offset -= nodes.currentNode.length;
    }
    const node = nodes.currentNode;
    const range = document.createRange();
    range.setStart(node, offset);
    range.setEnd(node, Math.min(offset + 2, node.length)); // an emoji is two units
    const line = range.getClientRects()[0] ?? chunk.node.getBoundingClientRect();
    return line.top - box.getBoundingClientRect().top - box.clientHeight * UPPER;
  }

  function reach(at) {
    cancelAnimationFrame(frame);
    waiting = box.clientHeight ? null : at;
    if (waiting !== null || !text) return;
    const away = distance(at);
    if (Math.abs(away) < 2 * box.clientHeight) return box.scrollBy({ top: away });
    let frames = SETTLING;
    const jump = () => {
      box.scrollBy({ top: distance(at), behavior: "instant" });
      frames -= 1;
      if (frames) frame = requestAnimationFrame(jump);
    };
    jump();
  }

  function point(event) {
    const run = event.target.closest("[data-tip]");
    if (!run) return;
    const lines = [...run.getClientRects()];
    const line = lines.find(({ top, bottom }) => top <= event.clientY && event.clientY <= bottom);
    tip.show({ getBoundingClientRect: () => line ?? lines[0] }, run.dataset.tip);
  }

  // Exactly what is selected: a browser would add its own line breaks between blocks.
  function copy(event) {
    const shadowRoots = [box.getRootNode()];
    const [at] = document.getSelection().getComposedRanges?.({ shadowRoots }) ?? [];
    if (!at || !box.contains(at.startContainer) || !box.contains(at.endContainer)) return;
    const range = document.createRange();
    range.setStart(at.startContainer, at.startOffset);
    range.setEnd(at.endContainer, at.endOffset);
    event.clipboardData.setData("text/plain", range.toString());
    event.preventDefault();
  }

  const sight = new ResizeObserver(() => waiting !== null && reach(waiting));
  sight.observe(box);
  box.setAttribute("role", "region");
  Object.assign(box, { dir: "auto", tabIndex: 0 }); // the arrow keys scroll it
  Object.assign(box, { onpointerover: point, onpointerout: tip.hide, oncopy: copy });

  return {
    fill,
    draw,
    reach,
    destroy() {
      cancelAnimationFrame(frame);
      sight.disconnect();
    },
  };
}

// The strip: a row of buttons for each series, one toolbar with one stop for Tab.
function createHeat(root, tip, reach) {
  const heat = make("div", "heat", root);
  const caption = make("div", "caption", root);
  let strips = [];
  let current = null; // the one cell Tab stops at

  const indexOf = (node) => [...node.parentNode.children].indexOf(node);
  const placeOf = (cell) => strips[indexOf(cell.closest(".row"))].places[indexOf(cell)];
  const beside = (cell, row) => row?.lastChild.children[indexOf(cell)] ?? cell;

  function moveTo(cell) {
    if (current) current.tabIndex = -1;
    current = cell ?? null;
    if (current) current.tabIndex = 0;
  }

  function addRow() {
    const row = make("div", "row", heat);
    row.setAttribute("role", "group");
    make("span", "name", row).setAttribute("aria-hidden", "true");
    make("div", "cells", row);
  }

  function drawRow(row, { name, values, notes, top }) {
    const [label, cells] = row.children;
    setText(label, name);
    setAttribute(row, "aria-label", name);
    while (cells.children.length < values.length) {
      Object.assign(make("button", "cell", cells), { type: "button", tabIndex: -1 });
    }
    while (cells.children.length > values.length) cells.lastChild.remove();
    values.forEach((value, i) => {
      const cell = cells.children[i];
      setAttribute(cell, "style", `--level: ${value}`);
      setAttribute(cell, "aria-label", notes[i]);
      setAttribute(cell, "aria-description", i === top ? "the highest" : null);
      cell.classList.toggle("top", i === top);
    });
  }

  function draw(data) {
    const focused = current && current === root.getRootNode().activeElement;
    strips = data.strips;
    while (heat.children.length < strips.length) addRow();
    while (heat.children.length > strips.length) heat.lastChild.remove();
    strips.forEach((strip, i) => drawRow(heat.children[i], strip));
    heat.hidden = caption.hidden = !strips.length;
    setText(caption, data.caption);
    setAttribute(heat, "aria-label", data.caption);
    if (current?.isConnected) return;
    moveTo(heat.querySelector(".top") ?? heat.querySelector(".cell"));
    if (focused) current?.focus();
  }

  const steps = {
    ArrowRight: (cell) => cell.nextSibling ?? cell,
    ArrowLeft: (cell) => cell.previousSibling ?? cell,
    ArrowDown: (cell) => beside(cell, cell.closest(".row").nextSibling),
    ArrowUp: (cell) => beside(cell, cell.closest(".row").previousSibling),
    Home: (cell) => cell.parentNode.firstChild,
    End: (cell) => cell.parentNode.lastChild,
  };

  const point = (event) => {
    const cell = event.target.closest(".cell");
    if (cell) tip.show(cell, cell.getAttribute("aria-label"));
  };
  heat.onkeydown = (event) => {
    if (event.key === "Escape") return tip.hide();
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    moveTo(steps[event.key](event.target));
    current.focus();
  };
  heat.onclick = (event) => { // Enter and Space click a button as well
    const cell = event.target.closest(".cell");
    if (!cell) return;
    moveTo(cell);
    cell.focus({ preventScroll: true }); // Safari does not focus a clicked button by itself
    reach(placeOf(cell));
  };
  Object.assign(heat, { onpointerover: point, onpointerout: tip.hide });
  heat.addEventListener("focusin", (event) => {
    moveTo(event.target);
    point(event);
  });
  heat.addEventListener("focusout", tip.hide);
  heat.setAttribute("role", "toolbar");

  return { draw };
}
