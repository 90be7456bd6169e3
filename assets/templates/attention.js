// Mounts the grid and the detail of one head outside of the app, with the weights of all heads
// from the data block of this file.

const given = JSON.parse(document.getElementById("data").textContent);
const [layers, heads, rows, columns] = given.grid.shape;
const packed = unpacked(atob(given.weights));
const levels = given.most < 256 ? packed : new Uint16Array(packed.buffer);
const chosen = { cell: given.grid.selected, locked: null, view: "map" };

function unpacked(letters) {
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

function mounted(id) {
  const root = document.getElementById(id).attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(given.styles[id]);
  root.adoptedStyleSheets = [sheet];
  return root;
}

// A buffer as the components expect it: a number in place of the fingerprint, then the content.
function stamp(number, content) {
  const bytes = new Uint8Array(STAMP + content.byteLength);
  new DataView(bytes.buffer).setUint32(0, number);
  bytes.set(new Uint8Array(content.buffer), STAMP);
  return { bytes, id: number.toString(16).padStart(8, "0").padEnd(2 * STAMP, "0") };
}

const cells = layers * heads;
const spanned = given.most - given.zero; // levels from 0 to the largest weight of a head

function levelsOf(cell) {
  return levels.subarray(cell * rows * columns, (cell + 1) * rows * columns);
}

function weightsOf(cell) {
  const step = given.heads[cell].full / spanned;
  return new Float32Array(levelsOf(cell)).map((level) => (level - given.zero) * step);
}

// What the grid draws: 8 bits for each weight, on the scale of its colours.
function small() {
  const bytes = new Uint8Array(levels.length);
  const [zero, most] = given.zero ? [128, 255] : [0, 255];
  for (let cell = 0; cell < cells; cell += 1) {
    const share = given.heads[cell].full / (given.grid.full[cell] || 1);
    const step = ((most - zero) / spanned) * share;
    const shown = levelsOf(cell).map((level) => zero + Math.round((level - given.zero) * step));
    bytes.set(shown, cell * rows * columns);
  }
  return bytes;
}

const gridRoot = mounted("grid");
const headRoot = mounted("head");
const whole = stamp(0, small());
const [wholeMount, headMount] = [{}, {}]; // what stands for the place of a buffer
const seen = { source: "", number: 0 };

function newest(sent) {
  return sent.events.at(-1);
}

function showGrid() {
  mountGrid({
    parentElement: gridRoot,
    data: { ...given.grid, id: whole.id, selected: chosen.cell, seen },
    setTriggerValue(_, sent) {
      const { layer, head } = newest(sent);
      chosen.cell = layer * heads + head;
      showGrid();
      showHead();
    },
  });
}

function showHead() {
  const { bytes, id } = stamp(chosen.cell + 1, weightsOf(chosen.cell));
  const { view, locked } = chosen;
  mountHead({ parentElement: headMount, data: bytes });
  mountHead({
    parentElement: headRoot,
    data: { ...given.head, ...given.heads[chosen.cell], id, view, locked, seen, height: 560 },
    setTriggerValue(_, sent) {
      chosen.locked = newest(sent).unit;
    },
  });
}

function show() {
  showGrid();
  showHead();
}

document.querySelectorAll("[name=view]").forEach((radio) => {
  radio.onchange = () => {
    chosen.view = radio.value;
    showHead();
  };
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
mountGrid({ parentElement: wholeMount, data: whole.bytes });
show();
