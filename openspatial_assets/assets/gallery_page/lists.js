// Many questions at once: cards to choose from, and the counts of all sub-tasks with the whole scene.

const CARDS_AT_A_TIME = 24;
let cardsShown = CARDS_AT_A_TIME;

function cards(found) {
  const card = (question, at) => {
    const scope = scopeOf(question);
    return el(
      "button",
      { class: "card", onclick: () => choose({ list: false, n: at + 1 }) },
      el(
        "div",
        { class: "thumbs" },
        question.frames.slice(0, 4).map((_, view) => viewPicture(scope, view, question.subtask === "grounding_3d")),
      ),
      el(
        "p",
        { class: "facts-line" },
        el("b", {}, spoken(question.subtask)),
        el("span", {}, spoken(question.form)),
        verdict(question),
      ),
      el("p", {}, tinted(question, shortened(stem(question), 220))),
      el("p", { class: "said" }, tinted(question, shortened(rightAnswer(question), 160))),
    );
  };
  const left = found.length - cardsShown;
  return [
    bar(found),
    el("div", { class: "cards" }, found.slice(0, cardsShown).map(card)),
    left > 0
      ? el(
          "button",
          {
            class: "chip more",
            onclick: () => {
              cardsShown += CARDS_AT_A_TIME;
              update();
            },
          },
          `show more (${left.toLocaleString("en")})`,
        )
      : null,
  ];
}

function rightAnswer(question) {
  const right = rightOption(question);
  return question.options?.[right] && question.answer.trim().length < 3
    ? `${question.answer} \u00b7 ${question.options[right]}`
    : question.answer;
}

function overview() {
  const rows = data.subtasks.map((task) =>
    el(
      "tr",
      {},
      el(
        "th",
        { title: task.about },
        el(
          "button",
          { class: "link", onclick: () => choose({ subtask: task.id, overview: false, list: false }) },
          spoken(task.id),
        ),
      ),
      data.variants.map((variant) => {
        const row = data.counts.find((one) => one.subtask === task.id && one.variant === variant);
        return el(
          "td",
          { class: "number" },
          !row?.questions
            ? "\u2013"
            : row.shown === row.questions
              ? row.questions
              : `${row.shown} of ${row.questions.toLocaleString("en")}`,
        );
      }),
    ),
  );
  const tables = data.variants
    .map((variant) => data.boxTables[data.boxTableOf[variant]])
    .filter((table, at, all) => table && all.indexOf(table) === at);
  return el(
    "article",
    { class: "overview" },
    el(
      "section",
      {},
      el("h2", {}, "Questions shown, by variant"),
      el(
        "div",
        { class: "scroll" },
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              el("th", {}),
              data.variants.map((variant) => el("th", {}, spoken(variant))),
            ),
          ),
          el("tbody", {}, rows),
        ),
      ),
    ),
    el(
      "section",
      { class: "map" },
      el("h2", {}, `The scene seen from above, and the walk of its ${data.walk.length} cameras`),
      tables.map((table) => overviewMap(table, data.walk)),
    ),
    el(
      "section",
      {},
      el("h2", {}, "Candidates that were not asked"),
      data.variants.map((variant) => rejectionTable(variant)),
    ),
  );
}

function rejectionTable(variant) {
  const rows = data.rejections[variant] ?? [];
  if (!rows.length) return el("p", { class: "faint" }, `${spoken(variant)}: none.`);
  return details(`${spoken(variant)}: ${rows.reduce((sum, row) => sum + row.count, 0).toLocaleString("en")}`, () =>
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        data.subtasks
          .flatMap((task) => rows.filter((row) => row.subtask === task.id))
          .map((row) =>
            el(
              "tr",
              {},
              el("th", {}, spoken(row.subtask)),
              el("td", {}, spoken(row.reason)),
              el("td", { class: "number" }, row.count.toLocaleString("en")),
            ),
          ),
      ),
    ),
  );
}

function emptyPage() {
  const said = data.counts.some((row) => row.questions)
    ? "None of this scene's questions are shown: the gallery's settings leave them out."
    : "This scene has no questions.";
  return [el("p", { class: "nothing", id: "empty" }, said, " Below is what was looked at."), overview()];
}
