// The heat map of one head in a box of its own: a canvas as large as what can be seen of it, with
// the names of rows and columns, and marks over it. `on` holds point(place), {row, column} of which
// one or both are null, and toggle(place).

const LETTERS = 12; // CSS pixels of a name's font
const NAMES = 112; // CSS pixels for names, if there is room
const LARGEST = 28; // CSS pixels of a cell that fits

function createMap(parent, on) {
  const box = make("div", "box map", parent);
  const room = make("div", "room", box); // as large as the whole map
  const stage = make("div", "stage", room); // stays in sight
  const canvas = make("canvas", "", stage);
  const plot = make("div", "plot", stage);
  const [rowBand, columnBand, ring] = ["band", "band", "ring"].map((kind) => make("i", kind, plot));
  let shown = null; // {data, levels, palette, size}
  let marked = { row: null, column: null, place: null };
  let longest = NAMES; // CSS pixels of the longest name
  let gutter = NAMES;
  let cell = LARGEST; // CSS pixels of a cell

  box.setAttribute("role", "application"); // the arrow keys are ours
  box.setAttribute("aria-roledescription", "heat map");
  box.tabIndex = 0;

  // Names stand apart by their own height; where cells are smaller, only some have one.
  const named = (index) => index % Math.max(1, Math.ceil(LETTERS / cell)) === 0;

  function fitted(pen, text, width) {
    let cut = visible(text).slice(0, 40);
    if (pen.measureText(cut).width <= width) return cut;
    while (cut && pen.measureText(`${cut}…`).width > width) cut = cut.slice(0, -1);
    return `${cut}…`;
  }

  function write(pen, count, skipped, length, textOf, at) {
    const first = Math.floor(skipped / cell);
    for (let i = first; i < count && i * cell - skipped < length; i += 1) {
      if (named(i)) at(fitted(pen, textOf(i), gutter - 8), (i + 0.5) * cell - skipped);
    }
  }

  function dip(pen) {
    const style = getComputedStyle(box);
    pen.font = `${LETTERS}px ${style.getPropertyValue("--st-code-font")}`;
    pen.fillStyle = style.getPropertyValue("--ink");
    Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
  }

  function longestName() {
    const pen = canvas.getContext("2d");
    dip(pen);
    const widths = shown.data.units.map((unit) => pen.measureText(visible(unit)).width);
    return Math.ceil(Math.max(...widths)) + 12;
  }

  function drawNames(pen, width, height) {
    const { data } = shown;
    dip(pen);
    const unit = (positions) => (i) => data.units[positions[i]];
    pen.save();
    pen.beginPath();
    pen.rect(0, gutter - LETTERS / 2, gutter, height - gutter + LETTERS / 2);
    pen.clip();
    write(pen, data.rows.length, box.scrollTop, height - gutter, unit(data.rows), (text, y) =>
      pen.fillText(text, gutter - 6, gutter + y));
    pen.restore();
    pen.beginPath();
    pen.rect(gutter - LETTERS / 2, 0, width - gutter + LETTERS / 2, gutter);
    pen.clip();
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    write(pen, data.columns.length, box.scrollLeft, width - gutter, unit(data.columns), (text, x) =>
      pen.fillText(text, 6 - gutter, gutter + x));
  }

  function drawMarks() {
    const { row, column, place } = marked;
    const at = (node, left, top, width, height) => {
      node.hidden = left === null;
      const sizes = { left, top, width, height };
      for (const [side, value] of Object.entries(sizes)) node.style[side] = `${value}px`;
    };
    const { rows, columns } = shown.data;
    const x = (j) => j * cell - box.scrollLeft;
    const y = (i) => i * cell - box.scrollTop;
    at(rowBand, row === null ? null : x(0), y(row), columns.length * cell, cell);
    at(columnBand, column === null ? null : x(column), y(0), cell, rows.length * cell);
    const whole = place && place.row !== null && place.column !== null;
    at(ring, whole ? x(place.column) : null, whole ? y(place.row) : 0, cell, cell);
  }

  function draw() {
    if (!shown || !box.clientWidth) return null;
    const { data, levels, palette, size } = shown;
    const [rows, columns] = [data.rows.length, data.columns.length];
    gutter = Math.min(longest, NAMES, Math.floor(box.clientWidth * 0.26));
    const fit = Math.min(LARGEST, (box.clientWidth - gutter) / columns);
    cell = Math.max(size, fit);
    room.style.width = `${Math.floor(gutter + columns * cell)}px`;
    room.style.height = `${gutter + rows * cell}px`;
    const width = Math.min(box.clientWidth, gutter + columns * cell);
    const height = Math.min(box.clientHeight, gutter + rows * cell);
    Object.assign(stage.style, { width: `${width}px`, height: `${height}px` });
    plot.style.inset = `${gutter}px 0 0 ${gutter}px`;
    const density = devicePixelRatio;
    const dots = (length) => Math.round(length * density);
    Object.assign(canvas, { width: dots(width), height: dots(height) });
    const pen = canvas.getContext("2d");
    const image = blank(pen, canvas.width, canvas.height, palette);
    const edge = dots(gutter);
    const across = [canvas.width - edge, cell * density, box.scrollLeft * density];
    const down = [canvas.height - edge, cell * density, box.scrollTop * density];
    const [x, y] = [spread(columns, ...across), spread(rows, ...down)];
    paint(image, edge, edge, x, y, levels, columns, palette);
    pen.putImageData(image.data, 0, 0);
    pen.scale(density, density);
    drawNames(pen, width, height);
    drawMarks();
    return [cell, fit];
  }

  // The row and column at a point of the screen; beside the cells, only one of the two.
  function placeAt({ clientX, clientY }) {
    const from = stage.getBoundingClientRect();
    const index = (offset, skipped, count) => {
      const found = Math.floor((offset - gutter + skipped) / cell);
      return offset < gutter || found >= count ? null : found;
    };
    const row = index(clientY - from.top, box.scrollTop, shown.data.rows.length);
    const column = index(clientX - from.left, box.scrollLeft, shown.data.columns.length);
    return row === null && column === null ? null : { row, column };
  }

  function reveal({ row, column }) {
    const into = (at, start, length) => Math.max(start + cell - length, Math.min(start, at));
    box.scrollLeft = into(box.scrollLeft, column * cell, box.clientWidth - gutter);
    box.scrollTop = into(box.scrollTop, row * cell, box.clientHeight - gutter);
  }

  const steps = {
    ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0],
    Home: [0, -Infinity], End: [0, Infinity], PageUp: [-10, 0], PageDown: [10, 0],
  };
  const clamp = (index, count) => Math.max(0, Math.min(count - 1, index));

  box.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !shown) return;
    const { row, column } = marked.place ?? {};
    if (event.key === "Enter" || event.key === " ") {
      if (marked.place && !event.repeat) on.toggle(marked.place);
    } else if (event.key in steps) {
      const [down, right] = row === undefined ? [0, 0] : steps[event.key];
      const place = {
        row: clamp((row ?? 0) + down, shown.data.rows.length),
        column: clamp((column ?? 0) + right, shown.data.columns.length),
      };
      reveal(place);
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
  box.onscroll = draw;
  box.addEventListener("blur", () => on.point(null));
  box.addEventListener("focus", () => !marked.place && box.matches(":focus-visible") &&
    on.point({ row: 0, column: 0 }));

  return {
    box,
    // Returns how large a cell is, and how large it would be to fit.
    draw(next) {
      shown = next;
      longest = longestName();
      return draw();
    },
    // Positions of the row and column in focus, and the place that is pointed at.
    mark(row, column, place) {
      marked = { row, column, place };
      if (shown) drawMarks();
    },
  };
}
