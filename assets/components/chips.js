// A strip of word pieces. data: {label, mode, maskText, height, pieces: [{text, continues,
// special, masked, level, side, tip, word}], seen}. Sends toggled with events {position, whole_word}.

const views = new WeakMap();

export default function (component) {
  return mountOnce(views, component, createStrip);
}

function createStrip(parent) {
  const root = make("div", "strip", parent);
  const row = make("div", "chips", root);
  const tip = makeTip(root);
  const chips = []; // one element per piece, kept from update to update
  let data = { pieces: [], mode: "none" };
  let drawn = []; // what each element shows now, to skip the ones that did not change
  let current = 0; // the one chip Tab stops at
  const sender = makeSender("toggled");
  let trigger = () => {};

  const indexOf = (event) => chips.indexOf(event.target.closest(".chip"));

  function moveTo(index) {
    const next = Math.max(0, Math.min(index, chips.length - 1));
    if (chips[current]) chips[current].tabIndex = -1;
    current = next;
    if (chips[current]) chips[current].tabIndex = 0;
  }

  function toggle(index, wholeWord) {
    const piece = data.pieces[index];
    if (data.mode !== "mask" || !piece || piece.special) return;
    sender.send(trigger, { position: index, whole_word: wholeWord });
  }

  function point(index) {
    const piece = data.pieces[index];
    if (!piece) return;
    const label = chips[index].querySelector(".t");
    const cut = label.scrollWidth > label.clientWidth ? visible(piece.text) : "";
    tip.show(chips[index], [cut, piece.tip].filter(Boolean).join("\n"));
    const kin = data.mode === "mask" && piece.word >= 0 ? piece.word : null;
    const of = data.pieces.filter((other) => other.word === kin).length;
    chips.forEach((chip, i) =>
      chip.classList.toggle("kin", of > 1 && data.pieces[i].word === kin));
  }

  function unpoint() {
    tip.hide();
    chips.forEach((chip) => chip.classList.remove("kin"));
  }

  // The nearest chip one line up (-1) or down (+1): lines are what wrapping made of them.
  function beside(index, direction) {
    const boxes = chips.map((chip) => chip.getBoundingClientRect());
    const from = boxes[index];
    const away = (box) => (box.top - from.top) * direction;
    const ahead = boxes.filter((box) => away(box) > from.height / 2).map(away);
    if (!ahead.length) return index;
    const line = Math.min(...ahead) + from.height / 2;
    const middle = (box) => box.left + box.width / 2;
    let best = index;
    let gap = Infinity;
    boxes.forEach((box, i) => {
      const distance = Math.abs(middle(box) - middle(from));
      if (away(box) > from.height / 2 && away(box) < line && distance < gap) {
        best = i;
        gap = distance;
      }
    });
    return best;
  }

  const steps = {
    ArrowRight: (i) => i + 1,
    ArrowLeft: (i) => i - 1,
    ArrowDown: (i) => beside(i, 1),
    ArrowUp: (i) => beside(i, -1),
    Home: () => 0,
    End: () => chips.length - 1,
  };

  row.onkeydown = (event) => {
    const index = indexOf(event);
    if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return tip.hide();
    const activates = event.key === " " || event.key === "Enter";
    if (!activates && !(event.key in steps)) return;
    event.preventDefault();
    if (!activates) {
      moveTo(steps[event.key](index));
      chips[current].focus();
    } else if (!event.repeat) toggle(index, event.shiftKey);
  };
  // Firefox clicks a button when Space comes up; the key has done its work by then.
  row.onkeyup = (event) => event.key === " " && event.preventDefault();
  row.onclick = (event) => {
    const index = indexOf(event);
    if (index < 0) return;
    moveTo(index);
    chips[index].focus(); // Safari does not focus a clicked button by itself
    toggle(index, event.shiftKey);
  };
  row.onpointerover = (event) => point(indexOf(event));
  row.onpointerout = unpoint;
  row.addEventListener("focusin", (event) => {
    moveTo(indexOf(event));
    point(current);
  });
  row.addEventListener("focusout", unpoint);

  function draw(chip, piece) {
    const [hash, label] = chip.children;
    const tinted = piece.level !== null && !piece.masked;
    setText(hash, piece.continues && !piece.masked ? "##" : "");
    setText(label, piece.masked ? data.maskText : visible(piece.text));
    chip.classList.toggle("special", piece.special);
    chip.classList.toggle("on", piece.masked);
    chip.classList.toggle("tinted", tinted);
    chip.classList.toggle("for", tinted && piece.side === "for");
    chip.classList.toggle("against", tinted && piece.side === "against");
    chip.style.setProperty("--level", tinted ? piece.level : 0);
    setAttribute(chip, "aria-description", piece.tip || null);
    if (data.mode !== "mask") return;
    setAttribute(chip, "aria-pressed", piece.special ? null : String(piece.masked));
    setAttribute(chip, "aria-disabled", piece.special ? "true" : null);
  }

  function addChip() {
    const button = data.mode === "mask";
    const chip = make(button ? "button" : "span", "chip", row);
    if (button) chip.type = "button";
    else chip.setAttribute("role", "listitem");
    chip.tabIndex = -1;
    make("span", "h", chip);
    make("span", "t", chip).dir = "auto";
    chips.push(chip);
  }

  // As tables of bars and maps have it: a step from each end of the theme's diverging scale.
  function colour() {
    const list = getComputedStyle(root).getPropertyValue("--st-chart-diverging-colors").split(",");
    root.style.setProperty("--minus", list.at(1));
    root.style.setProperty("--plus", list.at(-3));
  }

  function update(next, setTriggerValue) {
    const active = chips.indexOf(parent.activeElement);
    if (next.mode !== data.mode) {
      chips.splice(0).forEach((chip) => chip.remove());
      drawn = [];
    }
    const first = chips.length === 0;
    if (next.maskText !== data.maskText) drawn = [];
    data = next;
    trigger = setTriggerValue;
    if (data.pieces.some((piece) => piece.side)) colour();
    sender.acknowledge(next.seen);
    setAttribute(row, "role", data.mode === "mask" ? "toolbar" : "list");
    setAttribute(row, "aria-label", data.label);
    root.style.maxHeight = data.height ? `${data.height}px` : "";
    while (chips.length < data.pieces.length) addChip();
    while (chips.length > data.pieces.length) chips.pop().remove();
    data.pieces.forEach((piece, i) => {
      const wanted = JSON.stringify(piece);
      if (drawn[i] !== wanted) draw(chips[i], piece);
      drawn[i] = wanted;
    });
    drawn.length = chips.length;
    moveTo(first ? data.pieces.findIndex((piece) => !piece.special) : current);
    if (active >= 0 && chips[current] && parent.activeElement !== chips[current]) {
      chips[current].focus();
    } else if (active >= 0) point(current); // its note may have changed
  }

  return {
    update,
    destroy() {
      tip.hide();
      root.remove();
    },
  };
}
