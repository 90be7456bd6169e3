// A table of bars. data: {label, caption, badge, columns: [{title, kind, help, optional}],
// rows: [{cells, value, emphasis, note}], selected, clickable, full, diverging, slim}.
// Sends picked {row}.

const views = new WeakMap();

export default function (component) {
  return mountOnce(views, component, createTable);
}

// The column that names its row: the first of words.
function headColumn(columns) {
  return columns.findIndex((column) => column.kind === "word" || column.kind === "text");
}

const LONG = 24; // characters of a text that wants the room of the bar

// How much of the room is for words: "wordy" gives the bar little, "worded" less than usual.
function roomOf(data) {
  const cells = data.columns.filter((column) => column.kind !== "bar");
  const texts = cells.flatMap((column, i) => (column.kind === "text" ? [i] : []));
  if (texts.length > 1) return "wordy";
  return texts.some((i) => data.rows.some((row) => row.cells[i].length > LONG)) && "worded";
}

function createTable(parent) {
  const root = make("div", "bars", parent);
  const table = make("table", "", root);
  const tip = makeTip(root);
  let data = { rows: [], columns: [] };
  let shape = ""; // columns and clickability the current rows were built for
  let body = null;
  let current = 0; // the one row Tab stops at when rows can be picked
  let send = () => {};

  const rowOf = (event) => (body ? [...body.rows].indexOf(event.target.closest("tbody tr")) : -1);
  const pickOf = (index) => body.rows[index]?.querySelector(".pick");

  function moveTo(index) {
    const next = Math.max(0, Math.min(index, data.rows.length - 1));
    pickOf(current)?.setAttribute("tabindex", "-1");
    current = next;
    pickOf(current)?.setAttribute("tabindex", "0");
  }

  function buildHead() {
    const caption = table.createCaption();
    make("span", "title", caption);
    make("span", "pill", caption);
    const line = table.createTHead().insertRow();
    data.columns.forEach((column) => {
      const cell = make("th", `k-${column.kind}${column.optional ? " optional" : ""}`, line);
      cell.scope = "col";
      const hidden = column.kind === "bar" || column.kind === "rank";
      const title = make(column.help && !hidden ? "button" : "span", hidden ? "sr" : "", cell);
      title.textContent = column.title;
      if (!column.help || hidden) return;
      title.type = "button";
      title.className = "help";
      title.setAttribute("aria-description", column.help);
    });
    table.tHead.hidden = data.columns.every((column) => !column.title);
  }

  function buildRow() {
    const line = body.insertRow();
    const head = headColumn(data.columns);
    data.columns.forEach((column, i) => {
      const cell = make(i === head ? "th" : "td", `k-${column.kind}`, line);
      if (column.optional) cell.classList.add("optional");
      if (i === head) cell.scope = "row";
      if (column.kind === "bar") {
        cell.setAttribute("aria-hidden", "true"); // the number beside it says the same
        make("i", "fill", make("div", "track", cell));
        return;
      }
      const picks = i === head && data.clickable;
      const holder = picks ? make("button", "pick", cell) : cell;
      if (picks) Object.assign(holder, { type: "button", tabIndex: -1 });
      make("span", "v", holder).dir = "auto";
      if (i === head) make("span", "sr", cell);
    });
  }

  function drawBar(fill, value) {
    const share = Math.min(1, Math.abs(value) / data.full);
    const width = data.diverging ? share * 50 : share * 100;
    fill.className = data.diverging ? (value < 0 ? "fill minus" : "fill plus") : "fill";
    fill.style.width = `${width}%`;
    fill.style.left = data.diverging ? `${value < 0 ? 50 - width : 50}%` : "0";
    fill.style.opacity = data.slim ? 0.4 + 0.6 * share : "";
    fill.hidden = value === 0;
  }

  function drawRow(line, row, index) {
    line.className = row.emphasis ? "strong" : "";
    line.classList.toggle("picked", index === data.selected);
    setAttribute(line, "title", row.note || null);
    const cells = row.cells.slice();
    data.columns.forEach((column, i) => {
      const cell = line.cells[i];
      if (column.kind === "bar") return drawBar(cell.querySelector(".fill"), row.value);
      setText(cell.querySelector(".v"), visible(cells.shift()));
      const note = cell.querySelector(".sr");
      if (note) setText(note, row.note ? ` (${row.note})` : "");
    });
    const pick = line.querySelector(".pick");
    if (pick) setAttribute(pick, "aria-pressed", String(index === data.selected));
  }

  function rebuild() {
    table.replaceChildren();
    buildHead();
    body = table.createTBody();
  }

  // The middle of the theme's diverging scale is pale; a step from each end stands out on
  // paper and on ink alike.
  function colour() {
    const list = getComputedStyle(root).getPropertyValue("--st-chart-diverging-colors").split(",");
    root.style.setProperty("--minus", list.at(1));
    root.style.setProperty("--plus", list.at(-3));
  }

  function update(next, trigger) {
    const focused = parent.activeElement?.classList.contains("pick");
    data = next;
    send = trigger;
    const wanted = JSON.stringify([data.columns, data.clickable]);
    if (wanted !== shape) rebuild();
    shape = wanted;
    root.className = ["bars", data.slim && "slim", data.clickable && "clickable",
      data.diverging && "diverging", roomOf(data)].filter(Boolean).join(" ");
    if (data.diverging) colour();
    const [title, badge] = table.caption.children;
    setText(title, data.caption);
    setText(badge, data.badge);
    table.caption.hidden = !data.caption && !data.badge;
    setAttribute(table, "aria-label", data.label || null);
    while (body.rows.length < data.rows.length) buildRow();
    while (body.rows.length > data.rows.length) body.deleteRow(-1);
    data.rows.forEach((row, i) => drawRow(body.rows[i], row, i));
    moveTo(current);
    if (focused && !parent.activeElement) pickOf(current)?.focus();
    fit();
  }

  function fit() {
    root.classList.remove("tight");
    root.classList.toggle("tight", root.scrollWidth > root.clientWidth);
    fade();
  }

  const fade = () => {
    root.classList.toggle("cut", root.scrollLeft + root.clientWidth < root.scrollWidth - 1);
  };
  let width = 0;
  const watch = new ResizeObserver(() => {
    if (root.clientWidth !== width) fit(); // not when rows only make it longer
    width = root.clientWidth;
  });
  watch.observe(root);
  root.onscroll = fade;

  root.onclick = (event) => {
    const index = rowOf(event);
    if (!data.clickable || index < 0) return;
    moveTo(index);
    pickOf(index).focus();
    send("picked", { row: index });
  };
  root.onkeydown = (event) => {
    if (event.key === "Escape") tip.hide();
    const index = rowOf(event);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: data.rows.length - 1 };
    if (!event.target.matches(".pick") || !(event.key in to)) return;
    event.preventDefault();
    moveTo(to[event.key]);
    pickOf(current).focus();
  };
  const explain = (event) => {
    const help = event.target.closest(".help");
    if (help) tip.show(help, help.getAttribute("aria-description"));
  };
  root.onpointerover = explain;
  root.onpointerout = tip.hide;
  root.addEventListener("focusin", explain);
  root.addEventListener("focusout", tip.hide);

  return {
    update,
    destroy() {
      tip.hide();
      watch.disconnect();
      root.remove();
    },
  };
}
