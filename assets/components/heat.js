// What the grid of heads and the detail of one share: weights in a message of their own, their
// colours, and how they are spread over pixels. Each of the two is mounted twice: with bytes,
// which draws nothing, and with the rest. So the weights travel in a message that Streamlit does
// not send again while it stays the same.

const buffers = new Set(); // what each mounted buffer holds: {id, bytes}
const listeners = new Set(); // for each mounted view, a function that is told what has come
const STAMP = 16; // bytes of the fingerprint before the weights

function createBuffer() {
  const held = { id: "", bytes: null };
  buffers.add(held);
  return {
    update(next) {
      const stamp = [...next.subarray(0, STAMP)];
      const id = stamp.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      if (id === held.id) return;
      Object.assign(held, { id, bytes: next.subarray(STAMP) });
      listeners.forEach((tell) => tell(id));
    },
    destroy: () => buffers.delete(held),
  };
}

// The bytes of a buffer, or undefined: its message may come before or after the view's.
function bytesOf(id) {
  return [...buffers].find((held) => held.id === id)?.bytes;
}

// The red, green and blue of any colour CSS knows.
function channels(colour) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = colour.trim();
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// The colour of each level 0 to 255 as a pixel, and how much it says when several share a pixel.
// Levels of signed weights lie around 128; the theme's diverging scale is pale in its middle, and
// a step from each end stands out on paper and on ink alike.
function makePalette(root, signed) {
  const style = getComputedStyle(root);
  const named = (name) => style.getPropertyValue(name);
  const ends = named("--st-chart-diverging-colors").split(",");
  const paper = channels(named("--paper"));
  root.style.setProperty("--minus", ends.at(1));
  root.style.setProperty("--plus", signed ? ends.at(-3) : named("--accent"));
  const [minus, plus] = ["--minus", "--plus"].map((name) => channels(named(name)));
  const colours = new Uint32Array(256);
  const strength = new Uint8Array(256);
  const [zero, most] = signed ? [128, 127] : [0, 255];
  for (let level = 0; level < 256; level += 1) {
    strength[level] = Math.min(most, Math.abs(level - zero));
    const share = Math.sqrt(strength[level] / most);
    const end = level < zero ? minus : plus;
    const [red, green, blue] = paper.map((from, i) => Math.round(from + (end[i] - from) * share));
    colours[level] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return { colours, strength, zero, most };
}

// Which of `count` entries each of `pixels` pixels shows, from one up to another. An entry is
// `size` pixels wide and the first pixel stands `skipped` pixels into them.
function spread(count, pixels, size, skipped = 0) {
  const from = new Int32Array(pixels);
  const to = new Int32Array(pixels);
  for (let i = 0; i < pixels; i += 1) {
    from[i] = Math.min(count - 1, Math.floor((skipped + i) / size));
    to[i] = Math.min(count, Math.max(from[i] + 1, Math.floor((skipped + i + 1) / size)));
  }
  return { from, to };
}

// Writes levels into an image, {pixels, width}. Where a pixel shows several the largest wins, so
// that no strong weight gets lost in a small picture.
function paint(image, left, top, across, down, levels, stride, { colours, strength }) {
  const width = across.from.length;
  for (let y = 0; y < down.from.length; y += 1) {
    const at = (top + y) * image.width + left;
    if (y && down.from[y] === down.from[y - 1] && down.to[y] === down.to[y - 1]) {
      image.pixels.copyWithin(at, at - image.width, at - image.width + width);
      continue;
    }
    for (let x = 0; x < width; x += 1) {
      let best = levels[down.from[y] * stride + across.from[x]];
      for (let row = down.from[y]; row < down.to[y]; row += 1) {
        for (let column = across.from[x]; column < across.to[x]; column += 1) {
          const level = levels[row * stride + column];
          if (strength[level] > strength[best]) best = level;
        }
      }
      image.pixels[at + x] = colours[best];
    }
  }
}

// An image of paper, to paint on and to put on a canvas.
function blank(pen, width, height, palette) {
  const data = pen.createImageData(width, height);
  const pixels = new Uint32Array(data.data.buffer);
  pixels.fill(palette.colours[palette.zero]);
  return { data, pixels, width };
}

// The scale with its two ends, and what there is to say about it.
function makeLegend(parent) {
  const line = make("div", "legend", parent);
  const low = make("span", "", line);
  const ramp = make("canvas", "ramp", line);
  const high = make("span", "", line);
  const said = make("p", "said", parent);
  Object.assign(ramp, { width: 255, height: 1 });
  ramp.setAttribute("aria-hidden", "true");
  return (data, palette) => {
    setText(low, data.low);
    setText(high, data.high);
    setText(said, data.said);
    const pen = ramp.getContext("2d");
    const image = pen.createImageData(255, 1);
    new Uint32Array(image.data.buffer).set(palette.colours.subarray(1));
    pen.putImageData(image, 0, 0);
  };
}
