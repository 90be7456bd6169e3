// Two buttons that save a picture. Mounted with {name, seen, answer}, where answer is null or
// {number, kind: "png" or "svg", svg}. Sends asked with events {kind}; the answer to the
// newest one is saved once. PNG is drawn by the browser, which has letters for every script.

const views = new WeakMap();

const DENSITY = 2; // dots of a PNG for each pixel of the picture
const MIME = "image/svg+xml";

export default function (component) {
  return mountOnce(views, component, createPicture);
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function drawn(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: MIME }));
  try {
    const image = Object.assign(new Image(), { src: url });
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * DENSITY;
    canvas.height = image.naturalHeight * DENSITY;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("no room");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function createPicture(parent) {
  const root = make("div", "picture", parent);
  const sender = makeSender("asked");
  let trigger = () => {};
  let waiting = false; // since a click; an answer that is here at mount is an old one
  let done = 0; // number of the answer that was saved last
  const buttons = ["png", "svg"].map((kind) => {
    const button = Object.assign(make("button", "", root), { type: "button" });
    setText(button, kind.toUpperCase());
    button.onclick = () => {
      waiting = true;
      setText(status, "Drawing …");
      sender.send(trigger, { kind });
    };
    return button;
  });
  const status = make("span", "status", root);
  status.setAttribute("role", "status");

  async function answer({ number, kind, svg }, name) {
    if (!waiting || number === done) return;
    waiting = false;
    done = number;
    try {
      save(kind === "png" ? await drawn(svg) : new Blob([svg], { type: MIME }), `${name}.${kind}`);
      setText(status, "");
    } catch {
      setText(status, "This browser could not draw the picture. The SVG has it too.");
    }
  }

  return {
    update(data, setTriggerValue) {
      trigger = setTriggerValue;
      sender.acknowledge(data.seen);
      buttons.forEach((button) => setAttribute(button, "aria-label",
        `${button.textContent} of ${data.label}`));
      if (data.answer) answer(data.answer, data.name);
    },
    destroy() {
      root.remove();
    },
  };
}
