// Every head of every layer as a small picture, all on one canvas. Mounted with bytes, see
// heat.js, and with {id, shape: [layers, heads, rows, columns], dots, signed, label, axes, layers,
// heads, notes, low, high, said, selected, seen}. With dots, every weight has a dot of its own,
// however wide that makes the board. Sends picked with events {layer, head}, from 0.

const views = new WeakMap();

const LEAST = 28; // CSS pixels from one head to the next
const MOST = 110;
const GAP = 4; // between two heads
const SIDE = 24; // for the names of layers, as in grid.css

export default function (component) {
  const create = component.data instanceof Uint8Array ? createBuffer : createGrid;
  return mountOnce(views, component, create);
}

// What is lost where a head has more dots than there are pixels for it.
function crowded(rows, columns, size) {
  const [down, across] = [rows, columns].map((dots) => Math.ceil(dots / size));
  if (down === 1 && across === 1) return "";
  return `On this screen each pixel is the largest of up to ${down} × ${across} dots.`;
}

function createGrid(parent) {
  const root = make("div", "grid", parent);
  const caption = make("div", "caption", root);
  const title = make("span", "title", caption);
  const axes = make("span", "small", caption);
  const scroll = make("div", "scroll", root);
  const board = make("div", "board", scroll);
  const canvas = make("canvas", "", board);
  const legend = makeLegend(root);
  const tip = makeTip(root);
  const sender = makeSender("picked");
  let cells = []; // a button over each head, layer by layer
  let data = null;
  let trigger = () => {};
  let built = ""; // the names that labels and buttons were made for
  let width = 0; // CSS pixels that it was drawn for
  let current = 0; // the one cell Tab stops at

  const across = () => data.heads.length;

  function moveTo(index) {
    cells[current]?.setAttribute("tabindex", "-1");
    current = Math.max(0, Math.min(index, cells.length - 1));
    cells[current].setAttribute("tabindex", "0");
  }

  function put(node, row, column) {
    node.style.gridRow = row;
    node.style.gridColumn = column;
    return node;
  }

  function addName(text, kind, row, column) {
    const name = put(make("span", kind, board), row, column);
    name.setAttribute("aria-hidden", "true"); // the cells say it themselves
    setText(name, text);
  }

  function build() {
    board.replaceChildren(canvas);
    data.heads.forEach((name, j) => addName(name, "name", 1, j + 2));
    data.layers.forEach((name, i) => addName(name, "name side", i + 2, 1));
    cells = data.notes.map((_, index) => {
      const [i, j] = [Math.floor(index / across()), index % across()];
      const cell = put(make("button", "cell", board), i + 2, j + 2);
      return Object.assign(cell, { type: "button", tabIndex: -1 });
    });
    put(canvas, `2 / span ${data.layers.length}`, `2 / span ${across()}`);
    canvas.setAttribute("aria-hidden", "true");
    moveTo(0);
  }

  function mark(selected) {
    cells.forEach((cell, i) => setAttribute(cell, "aria-pressed", String(i === selected)));
  }

  // One step is a whole number of the screen's own pixels, so that every picture is sharp and as
  // large as its neighbours.
  function draw() {
    const bytes = data && bytesOf(data.id);
    if (!bytes || !scroll.clientWidth) return;
    const palette = makePalette(root, data.signed);
    const [layers, heads, rows, columns] = data.shape;
    const density = devicePixelRatio;
    width = scroll.clientWidth;
    const pitch = Math.max(LEAST, Math.min(MOST, (scroll.clientWidth - SIDE) / heads));
    const gap = Math.round(GAP * density);
    const step = Math.max(Math.floor(pitch * density), data.dots ? Math.max(rows, columns) + gap : 0);
    const size = step - gap;
    board.style.setProperty("--pitch", `${step / density}px`);
    Object.assign(canvas, { width: step * heads, height: step * layers });
    const pen = canvas.getContext("2d");
    const image = blank(pen, canvas.width, canvas.height, palette);
    const inset = Math.floor((step - size) / 2);
    const [x, y] = [spread(columns, size, size / columns), spread(rows, size, size / rows)];
    for (let cell = 0; cell < layers * heads; cell += 1) {
      const [top, left] = [Math.floor(cell / heads) * step, (cell % heads) * step];
      const levels = bytes.subarray(cell * rows * columns, (cell + 1) * rows * columns);
      paint(image, left + inset, top + inset, x, y, levels, columns, palette);
    }
    pen.putImageData(image.data, 0, 0);
    legend({ ...data, said: `${data.said} ${crowded(rows, columns, size)}`.trim() }, palette);
    root.dataset.drawn = data.id;
  }

  function update(next, setTriggerValue) {
    const focused = cells.includes(parent.activeElement);
    data = next;
    trigger = setTriggerValue;
    sender.acknowledge(next.seen);
    setText(title, data.label);
    setText(axes, data.axes);
    setAttribute(board, "aria-label", `${data.label}, ${data.axes}`);
    const wanted = JSON.stringify([data.layers, data.heads]);
    if (wanted !== built) build();
    built = wanted;
    data.notes.forEach((note, i) => setAttribute(cells[i], "aria-label", note));
    mark(data.selected);
    if (data.selected !== null && !focused) moveTo(data.selected);
    if (focused && !cells.includes(parent.activeElement)) cells[current].focus();
    draw();
  }

  const steps = {
    ArrowRight: (i) => ((i + 1) % across() ? i + 1 : i),
    ArrowLeft: (i) => (i % across() ? i - 1 : i),
    ArrowDown: (i) => (i + across() < cells.length ? i + across() : i),
    ArrowUp: (i) => (i >= across() ? i - across() : i),
    Home: (i) => i - (i % across()),
    End: (i) => i - (i % across()) + across() - 1,
  };
  const point = (event) => {
    const cell = event.target.closest(".cell");
    if (cell) tip.show(cell, cell.getAttribute("aria-label"));
  };
  board.setAttribute("role", "toolbar");
  board.onkeydown = (event) => {
    if (event.key === "Escape") return tip.hide();
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    moveTo(steps[event.key](current));
    cells[current].focus();
  };
  board.onclick = (event) => { // Enter and Space click a button as well
    const index = cells.indexOf(event.target.closest(".cell"));
    if (index < 0) return;
    moveTo(index);
    cells[index].focus({ preventScroll: true }); // Safari does not focus a clicked button
    mark(index);
    sender.send(trigger, { layer: Math.floor(index / across()), head: index % across() });
  };
  Object.assign(board, { onpointerover: point, onpointerout: tip.hide });
  board.addEventListener("focusin", (event) => {
    const index = cells.indexOf(event.target);
    if (index < 0) return;
    moveTo(index);
    point(event);
  });
  board.addEventListener("focusout", tip.hide);
  const room = new ResizeObserver(() => scroll.clientWidth !== width && draw());
  room.observe(scroll);
  const tell = (id) => id === data?.id && draw();
  listeners.add(tell);

  return {
    update,
    destroy() {
      listeners.delete(tell);
      room.disconnect();
      tip.hide();
      root.remove();
    },
  };
}
