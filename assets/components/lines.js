// The strongest weights of one head as lines between two columns of words: who looks, and what is
// looked at. `on` holds point(place) and toggle(place), as for the heat map; a place here has a row
// or a column, never both.

const WORD = 12; // CSS pixels of a word's font
const APART = 22; // CSS pixels from word to word, if there is room
const MARGIN = 8; // above the first word and below the last
const SVG = "http://www.w3.org/2000/svg";

function createLines(parent, on) {
  const box = make("div", "box lines", parent);
  const svg = document.createElementNS(SVG, "svg");
  const strokes = document.createElementNS(SVG, "g");
  const words = document.createElementNS(SVG, "g");
  svg.append(strokes, words);
  box.append(svg);
  let shown = null; // {data, weights, size}
  let drawn = []; // {row, column, line} of each edge
  let texts = []; // {row, column, text} of each word
  let pitch = APART;
  let marked = { row: null, column: null, place: null };

  box.setAttribute("role", "application"); // the arrow keys are ours
  box.setAttribute("aria-roledescription", "lines between words");
  box.tabIndex = 0;

  function add(group, tag, attributes) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    group.append(node);
    return node;
  }

  const middle = (index) => MARGIN + (index + 0.5) * pitch;

  function addWords(positions, x, anchor, letters, place) {
    const step = Math.max(1, Math.ceil(WORD / pitch));
    return positions.map((unit, i) => {
      if (i % step) return { ...place(i), text: null };
      const text = add(words, "text", { x, y: middle(i), "text-anchor": anchor });
      const full = visible(shown.data.units[unit]);
      setText(text, full.length > letters ? `${full.slice(0, letters - 1)}…` : full);
      return { ...place(i), text };
    });
  }

  function addLine(place, left, right, largest) {
    const { data, weights } = shown;
    const [row, column] = [Math.floor(place / data.columns.length), place % data.columns.length];
    const share = Math.abs(weights[place]) / largest;
    const line = add(strokes, "line", {
      x1: left, y1: middle(row), x2: right, y2: middle(column),
      "stroke-width": (0.5 + 3.5 * share).toFixed(2),
      "stroke-opacity": (0.15 + 0.85 * share).toFixed(3),
    });
    if (data.signed) line.setAttribute("class", weights[place] < 0 ? "minus" : "plus");
    return { row, column, line };
  }

  function draw() {
    if (!shown || !box.clientWidth) return null;
    const { data, weights, size } = shown;
    const width = box.clientWidth;
    const count = Math.max(data.rows.length, data.columns.length);
    const fit = Math.min(APART, (data.height - 2 * MARGIN - 2) / count);
    pitch = Math.max(size, fit);
    const side = Math.min(130, Math.floor(width * 0.28));
    const letters = Math.floor((side - 8) / (0.62 * WORD));
    svg.setAttribute("width", width);
    svg.setAttribute("height", 2 * MARGIN + count * pitch);
    strokes.replaceChildren();
    words.replaceChildren();
    texts = [
      ...addWords(data.rows, side - 6, "end", letters, (row) => ({ row, column: null })),
      ...addWords(data.columns, width - side + 6, "start", letters, (column) =>
        ({ row: null, column })),
    ];
    const largest = Math.max(...data.edges.map((place) => Math.abs(weights[place])));
    drawn = data.edges.map((place) => addLine(place, side, width - side, largest));
    drawMarks();
    return [pitch, fit];
  }

  function drawMarks() {
    const { row, column, place } = marked;
    const any = row !== null || column !== null;
    drawn.forEach((edge) => {
      const hit = edge.row === row || edge.column === column;
      edge.line.classList.toggle("faded", any && !hit);
    });
    texts.forEach((word) => {
      const same = (a, b) => a !== null && a === b;
      word.text?.classList.toggle("on", same(word.row, row) || same(word.column, column));
      word.text?.classList.toggle("at", Boolean(place) &&
        (same(word.row, place.row) || same(word.column, place.column)));
    });
  }

  function placeAt({ clientX, clientY }) {
    const from = svg.getBoundingClientRect();
    const left = clientX - from.left < from.width / 2;
    const index = Math.floor((clientY - from.top - MARGIN) / pitch);
    const count = (left ? shown.data.rows : shown.data.columns).length;
    if (index < 0 || index >= count) return null;
    return left ? { row: index, column: null } : { row: null, column: index };
  }

  function step({ row, column }, key) {
    const { rows, columns } = shown.data;
    const clamp = (index, list) => Math.max(0, Math.min(list.length - 1, index));
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity,
      End: Infinity }[key] ?? 0;
    const at = row ?? column;
    if (key === "ArrowLeft") return { row: clamp(at, rows), column: null };
    if (key === "ArrowRight") return { row: null, column: clamp(at, columns) };
    if (row === null) return { row, column: clamp(column + by, columns) };
    return { row: clamp(row + by, rows), column };
  }

  const keys = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home",
    "End"];
  box.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !shown) return;
    if (event.key === "Enter" || event.key === " ") {
      if (marked.place && !event.repeat) on.toggle(marked.place);
    } else if (keys.includes(event.key)) {
      const place = marked.place ? step(marked.place, event.key) : { row: 0, column: null };
      const y = middle(place.row ?? place.column);
      box.scrollTop = Math.max(y + pitch - box.clientHeight, Math.min(y - pitch, box.scrollTop));
      on.point(place);
    } else return;
    event.preventDefault();
  };
  box.onpointermove = (event) => shown && on.point(placeAt(event));
  box.onpointerleave = () => on.point(null);
  box.onclick = (event) => {
    const place = placeAt(event);
    if (!place) return;
    on.point(place); // a finger has left by now
    on.toggle(place);
  };
  box.addEventListener("blur", () => on.point(null));
  box.addEventListener("focus", () => !marked.place && box.matches(":focus-visible") &&
    on.point({ row: 0, column: null }));

  return {
    box,
    // Returns how far words are apart, and how far they would be to fit.
    draw(next) {
      shown = next;
      return draw();
    },
    // Positions of the row and column in focus, and the place that is pointed at.
    mark(row, column, place) {
      marked = { row, column, place };
      drawMarks();
    },
  };
}
