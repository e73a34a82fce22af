// Elements of the page and of its drawings. Text is always set as text, never read as HTML.

const SVG_SPACE = "http://www.w3.org/2000/svg";

/** Attributes that become custom properties of the style: what is drawn takes its colours from them. */
const PAINTS = new Set(["color", "on-color"]);

/** An HTML element; `attributes` whose value is a function are event handlers, null ones are left out. */
function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG_SPACE, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (PAINTS.has(name)) element.style.setProperty(`--${name}`, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const pen = document.createElement("canvas").getContext("2d");

/** Width in pixels of a line of text; `font` as in CSS. */
function textWidth(text, font) {
  pen.font = font;
  return pen.measureText(text).width;
}

/** `text`, cut with an ellipsis where it is longer than `most` characters. */
function shortened(text, most) {
  const letters = Array.from(text);
  return letters.length <= most
    ? text
    : `${letters
        .slice(0, most - 1)
        .join("")
        .trimEnd()}\u2026`;
}

/** Black or white, whichever stands out beside a colour "#rrggbb": white beside a luma (BT.601) below one half. */
function contrasting(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "#ffffff" : "#000000";
}

const clamped = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

/**
 * The top left corner [x, y] for a label: the first candidate that lies inside and covers nothing that is taken, else
 * the one that covers least and moves least; `clear` tells which of the two it was.
 */
function findRoom(candidates, width, height, [right, bottom], taken) {
  let best = null;
  candidates.forEach(([left, top], order) => {
    const x = clamped(left, 0, right - width);
    const y = clamped(top, 0, bottom - height);
    let covered = 0;
    for (const [x0, y0, x1, y1] of taken) {
      covered +=
        Math.max(Math.min(x + width, x1) - Math.max(x, x0), 0) *
        Math.max(Math.min(y + height, y1) - Math.max(y, y0), 0);
    }
    const cost = [covered, Math.abs(x - left) + Math.abs(y - top), order];
    if (best === null || before(cost, best.cost)) best = { cost, x, y, clear: covered === 0 };
  });
  return best;
}

function before(one, other) {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return one[at] < other[at];
  return false;
}

/** Top left corners of a label beside [x, y]: right, left, above, below, then the four diagonals. */
function around(x, y, width, height, gap) {
  const along = 0.7 * gap;
  return [
    [x + gap, y - height / 2],
    [x - gap - width, y - height / 2],
    [x - width / 2, y - gap - height],
    [x - width / 2, y + gap],
    [x + along, y - along - height],
    [x + along, y + along],
    [x - along - width, y - along - height],
    [x - along - width, y + along],
  ];
}
