// One question, large: its words, its answer, its pictures, the map, and what was measured.

const LONG_QUESTION = 320;
const LONG_ANSWER = 260;

/** The place among those found, what kind of question it is, and what can be switched. */
function bar(found, question = null) {
  const toggle = (name, title) =>
    el(
      "button",
      {
        class: `chip${state[name] ? " on" : ""}`,
        "data-key": name,
        "aria-pressed": String(state[name]),
        onclick: () => choose({ [name]: !state[name] }),
      },
      title,
    );
  return el(
    "div",
    { class: "bar" },
    el(
      "button",
      { class: "step", "data-key": "previous", "aria-label": "previous question", onclick: () => step(-1) },
      "\u2190",
    ),
    el("span", { class: "place" }, `${state.n.toLocaleString("en")} of ${found.length.toLocaleString("en")}`),
    el(
      "button",
      { class: "step", "data-key": "next", "aria-label": "next question", onclick: () => step(1) },
      "\u2192",
    ),
    question ? facts(question) : el("span", { class: "space" }),
    toggle("evidence", "evidence in pictures"),
    toggle("list", "list"),
  );
}

function questionOf(question) {
  const scope = scopeOf(question);
  const map = guarded(() => mapOf(scope, state)) ?? { choices: [] };
  const charts = guarded(() => chartsOf(scope)) ?? [];
  const turn = () => choose({ up: map.choices[(map.choices.indexOf(map.up) + 1) % map.choices.length] });
  const lost = undrawable(question);
  const several = question.frames.length > 1;
  const long = several && question.answer.length > LONG_ANSWER;
  const shown = el(
    "section",
    { class: "pictures" },
    guarded(() => viewsOf(scope, state.evidence || question.subtask === "grounding_3d")),
    lost.length
      ? el(
          "p",
          { class: "missing" },
          `${lost.length} of the marks cannot be drawn: object_frames has no row for ${lost[0].object ?? "a point"}.`,
        )
      : null,
  );
  const mapped = el(
    "section",
    { class: "map" },
    el(
      "div",
      { class: "caption" },
      el("h3", {}, "Seen from above"),
      map.choices.length > 1
        ? el("button", { class: "chip", onclick: turn, title: "turn the map" }, several ? UP_WORDS[map.up] : UP_WORDS[map.up].replace("View 1", "the camera"))
        : null,
      el(
        "button",
        { class: "chip", onclick: () => choose({ whole: !state.whole }) },
        state.whole ? "whole scene" : "close-up",
      ),
    ),
    map.drawing ?? el("p", { class: "missing" }, "The map cannot be drawn."),
  );
  const drawn = charts.length
    ? el(
        "section",
        { class: "charts" },
        charts.map(({ title, drawing }) => [el("h3", {}, title), drawing]),
      )
    : null;
  const measured = el(
    "section",
    { class: "measured-values" },
    guarded(() => measuredOf(scope)),
  );
  const margins = el(
    "section",
    { class: "margins" },
    guarded(() => marginsOf(scope)),
  );
  return el(
    "article",
    { class: `question ${several ? "several" : "single"}`, "data-id": question.id },
    el(
      "header",
      {},
      el(
        "p",
        { class: `text${question.question.length > LONG_QUESTION ? " long" : ""}` },
        tinted(question, stem(question)),
      ),
      options(question),
      long ? null : answer(question),
    ),
    el(
      "div",
      { class: "body" },
      el(
        "div",
        { class: "shown" },
        shown,
        el("div", { class: "under" }, several ? null : measured, long ? answer(question) : null),
      ),
      el(
        "div",
        { class: "found" },
        el("div", { class: "drawings" }, mapped, drawn),
        el("div", { class: "findings" }, several ? measured : null, margins),
      ),
    ),
  );
}

function facts(question) {
  const task = subtaskOf.get(question.subtask);
  return el(
    "p",
    { class: "facts-line" },
    el("b", {}, spoken(question.subtask)),
    task?.paper ? el("span", { class: "faint" }, task.paper) : null,
    el("span", {}, spoken(question.form)),
    el("span", {}, spoken(question.variant)),
    verdict(question),
    el("span", { class: "faint id", title: `rule ${question.version}` }, question.id),
  );
}

function verdict(question) {
  if (question.verified === true) return el("span", { class: "right" }, "\u2713 verified");
  if (question.verified === false) return el("span", { class: "wrong" }, `\u2717 ${question.problem}`);
  return el("span", { class: "unknown" }, "not verified");
}

/** The question without the lines of its options, which are shown apart. */
function stem(question) {
  if (!question.options) return question.question;
  const tail = question.options.map((option, at) => `${"ABCDEFGH"[at]}. ${option}`).join("\n");
  return question.question.endsWith(tail) ? question.question.slice(0, -tail.length).trimEnd() : question.question;
}

function options(question) {
  if (!question.options) return null;
  const right = rightOption(question);
  return el(
    "ol",
    { class: "options" },
    question.options.map((option, at) =>
      el(
        "li",
        { class: at === right ? "chosen" : null },
        el("b", {}, "ABCDEFGH"[at]),
        " ",
        el("span", {}, tinted(question, option)),
      ),
    ),
  );
}

/** Place of the right option: its letter begins the answer. */
const rightOption = (question) =>
  "ABCDEFGH".indexOf(/^([A-H])(?=\.|\)|:|$)/.exec(question.answer.trim())?.[1] ?? "?");

function answer(question) {
  const long = question.answer.length > LONG_ANSWER;
  const exact =
    typeof question.value === "number"
      ? `measured ${withUnit(question.value, quantity(`x_${question.unit}`).unit)}`
      : labelWords(question);
  return el(
    "p",
    { class: `answer${long ? " long" : ""}` },
    el("span", { class: "word" }, "Answer"),
    el("span", { class: /^[[{]/.test(question.answer) ? "said code" : "said" }, tinted(question, question.answer)),
    exact ? el("span", { class: "faint" }, exact) : null,
  );
}

/** The canonical answer, where the sentence does not already say it in the same words. */
function labelWords(question) {
  if (!question.label) return null;
  const scope = scopeOf(question);
  const words = [question.label, tagOf(scope, question.label)];
  if (words.some((word) => question.answer.toLowerCase().includes(word.toLowerCase()))) return null;
  return el("span", {}, thing(scope, question.label));
}
