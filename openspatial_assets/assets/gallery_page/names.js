// What questions, objects and quantities are called: the words and numbers that a reader sees.

const data = JSON.parse(document.getElementById("data").textContent);
const pictures = JSON.parse(document.getElementById("pictures").textContent);

const LENGTH_UNIT = data.metric ? "m" : "units";
const cameras = data.frames.map(cameraOf);

/** Sub-task, form or reason as words: "left_right" becomes "left right". */
const spoken = (name) => name.replaceAll("_", " ");

const subtaskOf = new Map(data.subtasks.map((entry) => [entry.id, entry]));

/** What a question is drawn and told from: its evidence, the boxes and colours of its objects. Kept once worked out. */
function scopeOf(question) {
  if (question.scope) return question.scope;
  let evidence = {};
  let broken = null;
  try {
    evidence = JSON.parse(question.evidence) ?? {};
  } catch (error) {
    broken = String(error);
  }
  const table = data.boxTables[data.boxTableOf[question.variant]] ?? {};
  const effective = evidence.boxes ?? {};
  const colorOf = new Map();
  for (const mark of question.marks) {
    if (mark.object !== null && !colorOf.has(mark.object)) colorOf.set(mark.object, mark.color);
  }
  // A point may lie on an object that the question does not speak of.
  const marked = question.marks
    .filter((mark) => mark.object !== null && mark.kind !== "point")
    .map((mark) => mark.object);
  const named = [...new Set([...question.objects, ...marked, ...Object.keys(effective)])];
  const boxes = new Map();
  for (const id of named) {
    const entry = Object.hasOwn(effective, id) ? effective[id] : Object.hasOwn(table, id) ? table[id] : null;
    if (entry) boxes.set(id, boxOf(entry));
  }
  const views = question.frames.map(
    (frame, at) => cameraThatEntered(evidence, question.frameIds[at]) ?? cameras[frame] ?? null,
  );
  question.scope = {
    question,
    evidence,
    broken,
    table,
    named,
    boxes,
    colorOf,
    views,
    measure: evidence.measure ?? {},
  };
  return question.scope;
}

/** The camera of a frame as the evidence has it; null where it has none. */
function cameraThatEntered(evidence, frameId) {
  const entry = evidence.cameras?.[frameId];
  return entry
    ? cameraOf({ w: entry.width, h: entry.height, k: entry.intrinsics, pose: entry.world_from_camera })
    : null;
}

/** The CSS colour of an object's mark; null for one without. */
const colorOfObject = (scope, id) => data.palette[scope.colorOf.get(id)] ?? null;

const known = (scope, id) => Object.hasOwn(scope.table, id);

const tagOf = (scope, id) => (known(scope, id) ? scope.table[id].tag : String(id));

/** The label of the one point that stands for an object; null for one without, or with several. */
function labelOf(scope, id) {
  if (scope.evidence.candidates) return null; // points to choose from stand for places, not for objects
  const labels = new Set(scope.question.marks.filter((mark) => mark.object === id && mark.label).map((mark) => mark.label));
  return labels.size === 1 ? [...labels][0] : null;
}

/** An object's tag, with its point's label; where the question names another of that tag, with its number or its id. */
function nameOf(scope, id) {
  const tag = tagOf(scope, id);
  const label = labelOf(scope, id);
  if (label !== null) return `${label} \u00b7 ${tag}`;
  const twins = scope.named.filter((other) => other !== id && tagOf(scope, other) === tag);
  if (!twins.length) return tag;
  const place = /\d+$/.exec(id)?.[0];
  return place && twins.every((other) => /\d+$/.exec(other)?.[0] !== place) ? `${tag} ${place}` : `${tag} (${id})`;
}

/** An object's name with a dot in its colour. */
function objectChip(scope, id) {
  const color = colorOfObject(scope, id);
  return el(
    "span",
    { class: "object", title: id, color },
    color ? el("i", { class: "swatch" }) : null,
    nameOf(scope, id),
  );
}

/** A labelled point of a correspondence, with a dot in its colour. */
function pointChip(scope, label) {
  const color = data.palette[scope.question.marks.find((mark) => mark.label === label)?.color] ?? null;
  return el("span", { class: "object", color }, color ? el("i", { class: "swatch" }) : null, `point ${label}`);
}

/** Sub-tasks whose numbers are those of views, whatever the objects are called. */
const OF_VIEWS = new Set(["distance_object_camera", "camera_motion", "camera_pose"]);

const isView = (scope, key) =>
  /^\d+$/.test(key) &&
  scope.views.length > 1 &&
  Number(key) <= scope.views.length &&
  (OF_VIEWS.has(scope.question.subtask) || !known(scope, key));

/** What a key of `measure` or an end of `claim` is about: an object, two of them, a view, an order of views, or a word. */
function thing(scope, key) {
  const text = String(key);
  if (scope.evidence.candidates?.[text]) return pointChip(scope, text);
  if (isView(scope, text)) return `View ${text}`;
  if (known(scope, text) || scope.boxes.has(text)) return objectChip(scope, text);
  if (text.includes(">")) {
    const parts = text.split(">");
    return parts.flatMap((part, at) => [at ? " \u2192 " : null, thing(scope, part)]);
  }
  for (let at = text.indexOf("|"); at >= 0; at = text.indexOf("|", at + 1)) {
    const [one, other] = [text.slice(0, at), text.slice(at + 1)];
    if (known(scope, one) && known(scope, other))
      return [
        objectChip(scope, one),
        scope.question.subtask === "multiview_position" ? " \u2192 " : " \u2194 ",
        objectChip(scope, other),
      ];
  }
  return spoken(text);
}

/** The two ids of a pair's key that are the most plausible ones: both are known objects. */
function pairOf(scope, key) {
  for (let at = key.indexOf("|"); at >= 0; at = key.indexOf("|", at + 1)) {
    const pair = [key.slice(0, at), key.slice(at + 1)];
    if (pair.every((id) => scope.boxes.has(id))) return pair;
  }
  return null;
}

/** The axes of a camera, and the turns about them, with what counts as positive. */
const AXES = {
  x: "x (right)",
  y: "y (down)",
  z: "z (forward)",
  yaw: "yaw (right)",
  pitch: "pitch (up)",
  roll: "roll",
};

const UNIT_ENDING = /_(m3|m2|m|cm|deg|px|rad|units3|units2|units)$/;
const UNIT_SHOWN = { m3: "m\u00b3", m2: "m\u00b2", deg: "\u00b0", units3: "units\u00b3", units2: "units\u00b2" };

/** Name and unit of a quantity such as `bearing_gap_deg`. */
function quantity(key) {
  const ending = UNIT_ENDING.exec(key)?.[1] ?? "";
  const bare = ending ? key.slice(0, -ending.length - 1) : key;
  const name = AXES[bare] ?? spoken(bare);
  return { name, unit: UNIT_SHOWN[ending] ?? ending };
}

/** A length along an axis with the word for its direction: "left 1.4 m". */
function directed({ value, text }, positive, negative) {
  return value < 0 ? `${negative} ${text.replace("-", "")}` : `${positive} ${text}`;
}

/** A number as one reads it: about three digits that count. */
function number(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 20 ? 1 : size >= 0.095 || size === 0 ? 2 : size >= 0.0095 ? 3 : 4;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? "0" : digits > 2 ? String(Number(text)) : text;
}

/** A measured value with its unit. */
function withUnit(value, unitShown) {
  const gap = unitShown === "\u00b0" || unitShown === "" ? "" : "\u00a0";
  if (Array.isArray(value)) return `${value.map((one) => withUnit(one, "")).join(", ")}${gap}${unitShown}`;
  return typeof value === "number" ? `${number(value)}${gap}${unitShown}` : String(value);
}

/** The value of the first of several quantities that an entry has, whatever its unit: `pick(entry, "distance")`. */
function pick(entry, ...names) {
  for (const name of names) {
    const key = Object.keys(entry ?? {}).find((one) => one === name || one.replace(UNIT_ENDING, "") === name);
    if (key !== undefined) return { value: entry[key], text: withUnit(entry[key], quantity(key).unit) };
  }
  return null;
}

const COLOR_WORDS = new RegExp(
  `(\\(?)\\b(${Object.keys(data.palette).join("|")})( (?:mask|box|point|dot|outline|region)\\b\\)?)`,
  "g",
);

/** A question's text with a dot in its colour before each colour that a mark has: an array for `el`. */
function tinted(question, text) {
  const used = new Set(question.marks.map((mark) => mark.color));
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(COLOR_WORDS)) {
    const [whole, before, color, after] = found;
    if (!used.has(color)) continue;
    const swatch = el("i", { class: "swatch", color: data.palette[color] });
    parts.push(text.slice(done, found.index), el("span", { class: "colored" }, before, swatch, color, after));
    done = found.index + whole.length;
  }
  return [...parts, text.slice(done)];
}
