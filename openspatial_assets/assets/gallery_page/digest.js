// What a question's evidence says, as tables that one reads at a glance. The JSON itself can be unfolded below them.

const SIDE_QUANTITIES = /(^|_)(q1|q3|bottom_z|top_z|center_distance|visible_fraction_1|deg)(_|$)/;
const LINES_OF_JSON = 4000;
const FACT_ORDER = ["count", "on", "near", "far", "taller", "larger", "higher", "size", "distance", "spread"];
const ROUNDING = 1e-9;

/** What was claimed, and what was measured. */
function measuredOf(scope) {
  const { facts } = scope.evidence;
  if (scope.broken) return [el("p", { class: "missing" }, `The evidence is no JSON: ${scope.broken}`)];
  return [
    el("h3", {}, "Measured"),
    claimLine(scope),
    Object.keys(scope.measure).length ? measureTable(scope) : null,
    Array.isArray(facts) ? factList(scope, facts) : null,
  ]
    .flat()
    .filter(Boolean);
}

/** The margins that held, the evidence itself, and what was not asked. */
function marginsOf(scope) {
  const { margin } = scope.evidence;
  return [
    margin ? [el("h3", {}, "Margins"), marginTable(margin)] : null,
    details("Evidence (JSON)", () =>
      el("pre", { class: "json" }, scope.broken ? scope.question.evidence : prettyJson(scope.evidence)),
    ),
    rejectionsOf(scope.question.variant, scope.question.subtask),
  ]
    .flat()
    .filter(Boolean);
}

/** A fold whose content is made when it is opened. */
function details(title, make) {
  const fold = el("details", {}, el("summary", {}, title));
  fold.addEventListener("toggle", () => {
    if (fold.open && fold.children.length === 1) fold.append(make());
  });
  return fold;
}

const prettyJson = (value) => {
  const lines = JSON.stringify(value, null, 1).split("\n");
  return lines.length > LINES_OF_JSON ? `${lines.slice(0, LINES_OF_JSON).join("\n")}\n...` : lines.join("\n");
};

/** What is claimed, and whether it holds. */
function claimLine(scope) {
  const { asks, claim, facing } = scope.evidence;
  const [a, b] = scope.question.objects;
  const asked = el(
    "p",
    { class: "asks" },
    facing && b
      ? [
          "Standing at ",
          objectChip(scope, a),
          ", ",
          objectChip(scope, b),
          " lies ",
          el("b", {}, facing),
          "; bearings are clockwise.",
        ]
      : [
          "Asks for ",
          el("b", {}, spoken(String(asks ?? "?"))),
          scope.evidence.rank ? [" ", el("b", {}, scope.evidence.rank), " from the camera (1 is the closest)"] : null,
          ".",
        ],
  );
  if (!claim) return asked;
  const holds = scope.question.label === "yes";
  return [
    asked,
    el(
      "p",
      { class: "claim" },
      "Claim: ",
      thing(scope, claim.subject),
      " ",
      el("b", {}, claimed(scope, claim)),
      " ",
      claim.object === "views"
        ? null
        : scope.question.subtask === "correspondence_object"
          ? `View ${claim.object}`
          : thing(scope, claim.object),
      " \u2014 ",
      el("b", {}, holds ? "holds" : "does not hold"),
      ".",
    ),
  ];
}

/** A claim's predicate as words between its subject and its object. */
function claimed(scope, { predicate, object }) {
  const { subtask } = scope.question;
  const word = spoken(String(predicate));
  if (subtask === "camera_motion") return `${scope.evidence.asks === "rotation" ? "turned" : "moved"} ${word} from`;
  if (subtask === "multiview_position") return `lies ${word} as seen from`;
  if (subtask === "camera_pose") return `is the ${word} order`;
  if (object === "views") return `is the ${word} of all views`;
  const words = {
    left: "is left of",
    right: "is right of",
    front: "is in front of",
    behind: "is behind",
    visible: "is visible in",
    nearest: "is nearer than",
    farthest: "is farther than",
  };
  return words[word] ?? (word.endsWith("er") ? `is ${word} than` : `\u2014 ${word} \u2014`);
}

/** A camera-frame box as three quantities that one can read. */
function unpacked(entry) {
  const { bbox_3d_m_rad: packed, ...others } = entry ?? {};
  if (!Array.isArray(packed)) return entry ?? {};
  return {
    camera_center_m: packed.slice(0, 3),
    size_m: packed.slice(3, 6),
    roll_pitch_yaw_rad: packed.slice(6),
    ...others,
  };
}

/** One row a measured thing, one column a quantity; bars where things are compared. */
function measureTable(scope) {
  const rows = Object.entries(scope.measure).map(([key, entry]) => [key, unpacked(entry)]);
  const keys = [...new Set(rows.flatMap(([, entry]) => Object.keys(entry ?? {})))];
  const most = new Map(
    keys.map((key) => {
      const values = rows.map(([, entry]) => entry?.[key]);
      const compared =
        rows.length > 1 &&
        !SIDE_QUANTITIES.test(key) &&
        values.every((value) => typeof value === "number" && value >= 0);
      return [key, compared ? Math.max(...values) : 0];
    }),
  );
  const titles = keys.map((key) => el("th", {}, quantity(key).name));
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      { class: "measured" },
      el("thead", {}, el("tr", {}, el("th", {}), titles)),
      el(
        "tbody",
        {},
        rows.map(([key, entry]) =>
          el(
            "tr",
            { class: isAnswer(scope, key) ? "winner" : null },
            el("th", {}, turnOrThing(scope, key)),
            keys.map((name) => measureCell(entry?.[name], quantity(name).unit, most.get(name))),
          ),
        ),
      ),
    ),
  );
}

const turnOrThing = (scope, key) => (scope.question.subtask === "route_plan" ? `Turn ${key}` : thing(scope, key));

/** Whether a measured thing is what the answer names. */
const isAnswer = (scope, key) =>
  scope.question.label === key || (key.includes("|") && key.endsWith(`|${scope.question.label}`));

function measureCell(value, unitShown, most) {
  if (value === undefined) return el("td", {});
  const cell = el("td", { class: "number" }, el("span", {}, withUnit(value, unitShown)));
  if (most > 0) {
    const bar = el("i", { class: "bar" });
    bar.style.setProperty("--share", value / most);
    cell.append(bar);
  }
  return cell;
}

/** Margins: found must be at least what is required; at most, if the name begins with max. */
function marginTable({ required, found }) {
  const names = Object.keys(required ?? {});
  const rows = names.map((name) => {
    const most = name.startsWith("max");
    const have = found?.[name];
    const { name: title, unit: unitShown } = quantity(most ? name.slice(4) : name.replace(/^min_/, ""));
    const pairs = [have]
      .flat()
      .map((value, at) => [value, Array.isArray(required[name]) ? required[name][at] : required[name]]);
    const met =
      have !== undefined &&
      pairs.every(([value, wanted]) => (most ? value <= wanted + ROUNDING : value >= wanted - ROUNDING));
    return el(
      "tr",
      {},
      el("th", {}, title),
      el("td", { class: "number" }, `${most ? "\u2264" : "\u2265"}\u00a0${withUnit(required[name], unitShown)}`),
      el("td", { class: "number" }, have === undefined ? "\u2013" : withUnit(have, unitShown)),
      el("td", {}, el("span", { class: met ? "right" : "wrong" }, met ? "\u2713" : "\u2717 not met")),
    );
  });
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el("tr", {}, el("th", {}, "margin"), el("th", {}, "required"), el("th", {}, "found"), el("th", {})),
      ),
      el("tbody", {}, rows),
    ),
  );
}

/** The facts of a caption by kind; what names objects, with their dots. */
function factList(scope, facts) {
  const kinds = [...new Set([...FACT_ORDER, ...facts.map((fact) => fact.kind)])];
  return el(
    "div",
    { class: "facts" },
    kinds.map((kind) => {
      const of = facts.filter((fact) => fact.kind === kind);
      if (!of.length) return null;
      const texts = [...new Set(of.map((fact) => String(fact.text)))];
      return el(
        "section",
        {},
        el("h4", {}, `${spoken(String(kind))} (${of.length})`),
        el(
          "ul",
          {},
          texts.map((text) =>
            el(
              "li",
              {},
              el("span", {}, text),
              inAnswer(scope, { text }),
              el(
                "span",
                { class: "about" },
                of.filter((fact) => String(fact.text) === text).map((fact) => factAbout(scope, fact)),
              ),
            ),
          ),
        ),
      );
    }),
  );
}

/** What one fact says of which objects: one sentence may hold several. */
function factAbout(scope, fact) {
  const many = Array.isArray(fact.objects) ? fact.objects : [];
  const ids = [fact.subject, fact.object, ...many].filter((id) => typeof id === "string");
  const values = [fact.value, ...[fact.values ?? []].flat()].filter((value) => typeof value === "number");
  const link =
    {
      on: " on ",
      near: " near ",
      far: " far from ",
      taller: " taller than ",
      larger: " larger than ",
      higher: " higher than ",
      distance: " \u2194 ",
    }[fact.kind] ?? ", ";
  return el(
    "span",
    {},
    ids.flatMap((id, at) => [at ? link : "", objectChip(scope, id)]),
    values.length ? `: ${values.map(number).join(" \u00d7 ")} ${fact.unit ?? ""}` : "",
  );
}

/** Whether the fact stands in the answer word by word, as it must. */
const inAnswer = (scope, fact) =>
  scope.question.answer.toLowerCase().includes(String(fact.text).toLowerCase().replace(/\.$/, ""))
    ? null
    : el("span", { class: "wrong" }, "\u2717 not in the answer");

/** What else the sub-task looked at in this variant, and why it did not ask it. */
function rejectionsOf(variant, subtask) {
  const rows = (data.rejections[variant] ?? []).filter((row) => row.subtask === subtask);
  if (!rows.length) return null;
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  return details(`Not asked in this variant: ${total.toLocaleString("en")} candidates`, () =>
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        rows.map((row) =>
          el(
            "tr",
            {},
            el("th", {}, spoken(row.reason)),
            el("td", { class: "number" }, row.count.toLocaleString("en")),
          ),
        ),
      ),
    ),
  );
}
