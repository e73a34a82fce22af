// The side of the page: the scene, the filters with what passes them, and the sub-tasks.

const FORMS = [
  ["open_ended", "open"],
  ["multiple_choice", "choice"],
  ["judgement", "judgement"],
];

const side = el("aside", { class: "side" });
const search = el("input", {
  type: "search",
  placeholder: "Search words, tags, ids",
  "aria-label": "Search",
  oninput: () => choose({ text: search.value.trim() }),
});
const heading = el("div", {});
const filters = el("div", { class: "filters" });
side.append(heading, search, filters);

function drawSide(found) {
  const { shown, questions: all } = totals();
  if (document.activeElement !== search) search.value = state.text;
  heading.replaceChildren(
    el("h1", { title: data.scene }, shortened(data.scene, 40)),
    el(
      "p",
      { class: "faint", id: "count" },
      `${found.length.toLocaleString("en")} listed \u00b7 `,
      shown === all
        ? `all ${all.toLocaleString("en")} questions in the page`
        : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} shown`,
    ),
  );
  const variants = counted("variant");
  const forms = counted("form");
  filters.replaceChildren(
    data.variants.length > 1
      ? chips(
          "variant",
          data.variants.map((name) => [name, spoken(name)]),
          variants,
        )
      : "",
    chips("form", FORMS, forms),
    el(
      "label",
      { class: "check" },
      el("input", {
        type: "checkbox",
        "data-key": "unverified",
        checked: state.unverified,
        onchange: () => choose({ unverified: !state.unverified }),
      }),
      " only not verified",
      el("span", { class: "count" }, passing("unverified").filter((question) => question.verified !== true).length),
    ),
    subtaskList(),
    el(
      "button",
      { class: `task wide${state.overview ? " on" : ""}`, onclick: () => choose({ overview: true }) },
      "Counts and the whole scene",
    ),
    el(
      "p",
      { class: "faint keys" },
      "\u2190 \u2192 question \u00b7 L list \u00b7 E evidence in pictures \u00b7 M map \u00b7 / search",
    ),
  );
}

function chips(field, values, counts) {
  return el(
    "div",
    { class: "chips", role: "group", "aria-label": field },
    [["", "all"], ...values].map(([value, title]) =>
      el(
        "button",
        {
          class: `chip${state[field] === value ? " on" : ""}`,
          "data-key": `${field}=${value}`,
          "aria-pressed": String(state[field] === value),
          onclick: () => choose({ [field]: value }),
        },
        title,
        value ? el("span", { class: "count" }, counts.get(value) ?? 0) : null,
      ),
    ),
  );
}

function subtaskList() {
  const counts = counted("subtask");
  const total = [...counts.values()].reduce((sum, one) => sum + one, 0);
  const entry = (id, title, count, about) =>
    el(
      "button",
      {
        class: `task${state.subtask === id && !state.overview ? " on" : ""}${count ? "" : " none"}`,
        "data-key": `subtask=${id}`,
        title: about,
        onclick: () => choose({ subtask: id, overview: false }),
      },
      el("span", {}, title),
      el("span", { class: "count" }, count),
    );
  const groups = [...new Set(data.subtasks.map((task) => task.capability))];
  return el(
    "nav",
    { "aria-label": "Sub-tasks" },
    entry("", "all sub-tasks", total, ""),
    groups.map((group) => [
      el("h2", {}, spoken(group)),
      data.subtasks
        .filter((task) => task.capability === group)
        .map((task) => entry(task.id, spoken(task.id), counts.get(task.id) ?? 0, task.about)),
    ]),
  );
}
