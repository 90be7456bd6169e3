// What the components share. Each is registered with this text in front of it.
// User text only ever becomes textContent or an attribute value: never markup.

// Control characters have no glyph, so they are spelt out: NUL as \x00.
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f]/g, (c) =>
    `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// Write only what differs, so that an update leaves focus, selection and layout alone.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function make(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

// One tooltip per component. It lives in the top layer, so no container can clip it. The only
// listener outside the component (a scroll would leave the tip behind) exists while it is shown.
function makeTip(parent) {
  const tip = make("div", "tip", parent);
  tip.setAttribute("popover", "manual");
  tip.setAttribute("aria-hidden", "true"); // the same words are the owner's aria-description
  let outside = null;

  function hide() {
    if (!outside) return;
    outside.abort();
    outside = null;
    if (tip.isConnected) tip.hidePopover();
  }

  function show(owner, text) {
    hide();
    if (!text || !tip.showPopover) return;
    tip.textContent = text;
    tip.showPopover();
    const at = owner.getBoundingClientRect();
    const box = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth - box.width - 8;
    const below = at.bottom + 6;
    const fits = below + box.height < document.documentElement.clientHeight;
    const centred = at.left + (at.width - box.width) / 2;
    tip.style.left = `${Math.max(8, Math.min(centred, room))}px`;
    tip.style.top = `${fits ? below : Math.max(4, at.top - box.height - 6)}px`;
    outside = new AbortController();
    window.addEventListener("scroll", hide, { capture: true, signal: outside.signal });
  }

  return { show, hide };
}

// A busy server keeps only the newest message of those that wait for it. So clicks are numbered,
// and each message carries every click the server has not acknowledged yet.
function makeSender(name) {
  const source = `${Date.now()}-${Math.random()}`;
  let number = 0;
  let waiting = [];
  return {
    send(trigger, event) {
      number += 1;
      waiting.push({ ...event, number });
      trigger(name, { source, events: waiting });
    },
    acknowledge(seen) {
      if (seen.source === source) waiting = waiting.filter((event) => event.number > seen.number);
    },
  };
}

// What was sent; registration.py says why a dictionary comes in a list.
const received = ({ data }) => (Array.isArray(data) ? data[0] : data);

// One view per mount: Streamlit calls the default export again whenever data or theme change,
// and the last call's cleanup once, when the component leaves the page. Where new data came while
// this script was still on its way, both calls follow each other at once, and the first call's
// cleanup comes after the second call: only the newest call's may end the view.
function mountOnce(views, component, create) {
  const { parentElement, setTriggerValue } = component;
  let mounted = views.get(parentElement);
  if (!mounted) {
    mounted = { view: create(parentElement), calls: 0 };
    views.set(parentElement, mounted);
  }
  mounted.view.update(received(component), setTriggerValue);
  mounted.calls += 1; // after it: the cleanup of a call that fails is never asked for
  const call = mounted.calls;
  return () => {
    if (call !== mounted.calls) return;
    mounted.view.destroy();
    views.delete(parentElement);
  };
}
