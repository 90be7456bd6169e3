// One head: a heat map or lines, the exact value of what is pointed at, and where one word looks
// and who looks at it. Mounted with bytes, see heat.js, and with {id, label, badge, view: "map" or
// "lines", height, signed, full, units, rows, columns, edges, low, high, said, hidden, locked,
// seen}. rows and columns are positions in units; edges are places in the weights, row by row.
// Sends locked with events {unit}: the unit that is kept in focus, or null.

const views = new WeakMap();

const SIZES = [2, 4, 8, 12, 16, 24, 32, 48]; // CSS pixels of a cell that is zoomed
const LISTED = 5; // words in each list
const HINT = "Point at a cell or a word. A click keeps a word in focus, Escape lets it go.";

export default function (component) {
  const create = component.data instanceof Uint8Array ? createBuffer : createHead;
  return mountOnce(views, component, create);
}

// Four decimals, and more for what would look like nothing.
function exact(value) {
  const small = value !== 0 && Math.abs(value) < 0.001;
  return (small ? value.toPrecision(3) : value.toFixed(4)).replace(/^-/, "−");
}

// A sentence in which every other part is a word of the text, in its own direction.
function say(node, parts) {
  const said = parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const word = document.createElement("bdi");
    setText(word, visible(part));
    return word;
  });
  node.replaceChildren(...said);
}

function createHead(parent) {
  const root = make("div", "head", parent);
  const caption = make("div", "caption", root);
  const title = make("span", "title", caption);
  const pill = make("span", "pill", caption);
  const zoom = createZoom(caption, () => draw());
  const frame = make("div", "frame", root);
  const on = { point, toggle };
  const [map, lines] = [createMap(frame, on), createLines(frame, on)];
  const scale = make("div", "", root);
  const legend = makeLegend(scale);
  const hidden = make("p", "said", root);
  const value = make("div", "value", root);
  const focus = createFocus(root);
  const sender = makeSender("locked");
  let data = null;
  let trigger = () => {};
  let weights = null; // as they came, exact
  let pointed = null; // {row, column}, one or both
  let locked = null; // a unit
  let width = 0; // CSS pixels that it was drawn for

  value.setAttribute("role", "status");

  const view = () => (data.view === "lines" ? lines : map);
  const rowOf = (unit) => (unit === null ? -1 : data.rows.indexOf(unit));
  const columnOf = (unit) => (unit === null ? -1 : data.columns.indexOf(unit));
  const unitAt = ({ row, column }) => (row !== null ? data.rows[row] : data.columns[column]);

  function sayValue() {
    if (!pointed) return setText(value, HINT);
    const { row, column } = pointed;
    const [from, to] = [data.units[data.rows[row]], data.units[data.columns[column]]];
    if (row === null) return say(value, ["to '", to, "'"]);
    if (column === null) return say(value, ["from '", from, "'"]);
    const weight = exact(weights[row * data.columns.length + column]);
    return say(value, ["from '", from, "' to '", to, `': ${weight}`]);
  }

  function show() {
    if (!weights) return;
    const unit = locked ?? (pointed && unitAt(pointed));
    const at = (index) => (index < 0 ? null : index);
    const [row, column] = [at(rowOf(unit)), at(columnOf(unit))];
    view().mark(row, column, pointed);
    sayValue();
    focus(unit, row, column, locked !== null, data, weights);
  }

  function point(place) {
    const same = place && pointed && place.row === pointed.row && place.column === pointed.column;
    if (same || (!place && !pointed)) return;
    pointed = place;
    show();
  }

  function lock(unit) {
    locked = unit;
    show();
    sender.send(trigger, { unit });
  }

  function toggle(place) {
    const unit = unitAt(place);
    lock(unit === locked ? null : unit);
  }

  function draw() {
    const bytes = data && bytesOf(data.id);
    if (!bytes) return;
    weights = new Float32Array(bytes.slice().buffer);
    const palette = makePalette(root, data.signed);
    const { zero, most } = palette;
    const levels = new Uint8Array(weights.map((weight) =>
      zero + Math.round(most * Math.max(-1, Math.min(1, weight / data.full)))));
    width = frame.clientWidth;
    zoom.draw((size) => view().draw({ data, weights, levels, palette, size }));
    legend(data, palette);
    show();
    root.dataset.drawn = data.id;
  }

  function update(next, setTriggerValue) {
    if (next.id !== data?.id) pointed = weights = null;
    data = next;
    trigger = setTriggerValue;
    locked = next.locked;
    sender.acknowledge(next.seen);
    setText(title, data.label);
    setText(pill, data.badge);
    const asLines = data.view === "lines";
    map.box.hidden = asLines;
    lines.box.hidden = !asLines;
    scale.hidden = asLines;
    for (const { box } of [map, lines]) {
      setAttribute(box, "aria-label", data.label);
      box.style.maxHeight = `${data.height}px`;
    }
    setText(hidden, asLines ? data.hidden : "");
    draw();
  }

  root.onkeydown = (event) => {
    if (event.key === "Escape" && locked !== null) lock(null);
  };
  const room = new ResizeObserver(() => frame.clientWidth !== width && draw());
  room.observe(frame);
  const tell = (id) => id === data?.id && draw();
  listeners.add(tell);

  return {
    update,
    destroy() {
      listeners.delete(tell);
      room.disconnect();
      root.remove();
    },
  };
}

// Two buttons that make cells smaller and larger; the smallest is what fits.
function createZoom(parent, changed) {
  const bar = make("span", "zoom", parent);
  let size = 0; // chosen, or 0 for what fits
  let cell = 0; // drawn
  let fit = 0;
  const [out, into] = [["−", "Smaller cells"], ["+", "Larger cells"]].map(([sign, label]) => {
    const button = Object.assign(make("button", "", bar), { type: "button" });
    button.setAttribute("aria-label", label);
    setText(button, sign);
    return button;
  });
  out.onclick = () => {
    size = SIZES.findLast((each) => each < cell && each > fit) ?? 0;
    changed();
  };
  into.onclick = () => {
    size = SIZES.find((each) => each > cell) ?? cell;
    changed();
  };
  return {
    draw(view) {
      [cell, fit] = view(size) ?? [cell, fit];
      out.disabled = cell <= fit;
      into.disabled = cell >= SIZES.at(-1);
    },
  };
}

// Where one unit looks, and who looks at it: two lists of the largest weights.
function createFocus(parent) {
  const panel = make("div", "focus", parent);
  const lists = [0, 1].map(() => {
    const part = make("div", "", panel);
    return { name: make("p", "name", part), list: make("ol", "", part) };
  });

  function fill({ name, list }, before, word, entries, data) {
    say(name, [before, word, "'"]);
    const largest = entries.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
    const items = largest.slice(0, LISTED).filter(({ weight }) => weight !== 0);
    list.replaceChildren(...items.map(({ unit, weight }) => {
      const item = document.createElement("li");
      const name = make("span", "word", item);
      setText(make("bdi", "", name), visible(data.units[unit]));
      if (data.units.indexOf(data.units[unit]) !== data.units.lastIndexOf(data.units[unit])) {
        const place = make("sub", "", name); // which of the same words it is
        setText(place, `${unit}`);
        place.title = `piece or word ${unit} of the text, counted from 0`;
      }
      const fill = make("i", weight < 0 ? "minus" : "", make("span", "track", item));
      fill.style.width = `${Math.min(100, (100 * Math.abs(weight)) / data.full)}%`;
      setText(make("span", "number", item), exact(weight));
      return item;
    }));
  }

  return (unit, row, column, kept, data, weights) => {
    panel.classList.toggle("kept", kept);
    panel.classList.toggle("empty", unit === null);
    if (unit === null) return;
    const width = data.columns.length;
    const word = data.units[unit];
    const out = row === null ? [] : data.columns.map((to, j) => ({
      unit: to, weight: weights[row * width + j] }));
    const back = column === null ? [] : data.rows.map((from, i) => ({
      unit: from, weight: weights[i * width + column] }));
    fill(lists[0], "Where it looks: '", word, out, data);
    fill(lists[1], "Who looks at it: '", word, back, data);
  };
}
