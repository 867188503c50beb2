// Elements are made of text alone: no string becomes markup, and none an address without being looked at.

const SVG = "http://www.w3.org/2000/svg";

// Characters that move the cursor, end lines or turn the direction of writing are shown by their numbers.
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g;

function visible(text) {
  return String(text).replace(HARMFUL, (c) => (c === "\t" ? "    " : `\\u{${c.codePointAt(0).toString(16)}}`));
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, visible(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : visible(child));
  }
  return node;
}

function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function button(text, attributes, onClick) {
  const made = h("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", onClick);
  return made;
}

// A link only where a browser fetches a page by it; everything else stays text.
function link(address) {
  if (!/^https?:\/\/[^\s]+$/.test(address)) return visible(address);
  return h("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, address);
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

async function copy(text, status) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { class: "offscreen" });
    field.value = text;
    status.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  status.textContent = "copied";
}

// A text to be taken along, with its button.
function copyable(text, what) {
  const status = h("span", { role: "status", class: "status" });
  const copyButton = button("Copy", { class: "copy", "aria-label": `Copy ${what}` }, () => copy(text, status));
  return h("div", { class: "copyable" }, h("pre", { tabindex: 0 }, text), h("div", {}, copyButton, status));
}
