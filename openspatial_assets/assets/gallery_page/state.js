// What is shown: the filters, the place among the questions that pass them, and the address that says both.

const state = {
  subtask: "",
  form: "",
  variant: "",
  text: "",
  unverified: false,
  n: 1,
  list: false,
  evidence: false,
  up: null,
  whole: false,
  overview: false,
};

const DEFAULTS = { ...state };
const IN_ADDRESS = [
  "subtask",
  "form",
  "variant",
  "text",
  "unverified",
  "n",
  "list",
  "evidence",
  "whole",
  "up",
  "overview",
];

const orderOf = new Map(data.subtasks.map((entry, at) => [entry.id, at]));
const questions = data.questions.slice().sort((a, b) => orderOf.get(a.subtask) - orderOf.get(b.subtask));

/** All that free text is looked for in, in lower case. */
function haystack(question) {
  const table = data.boxTables[data.boxTableOf[question.variant]] ?? {};
  question.hay ??= [
    question.id,
    question.question,
    question.answer,
    ...(question.options ?? []),
    ...question.frameIds,
    ...question.objects,
    ...question.objects.map((id) => table[id]?.tag ?? ""),
    question.label ?? "",
    question.problem ?? "",
  ]
    .join("\n")
    .toLowerCase();
  return question.hay;
}

const FILTERS = {
  subtask: (question) => !state.subtask || question.subtask === state.subtask,
  form: (question) => !state.form || question.form === state.form,
  variant: (question) => !state.variant || question.variant === state.variant,
  text: (question) =>
    !state.text ||
    state.text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => haystack(question).includes(word)),
  unverified: (question) => !state.unverified || question.verified !== true,
};

/** The questions that pass all filters but those named. */
function passing(...without) {
  const tests = Object.entries(FILTERS)
    .filter(([name]) => !without.includes(name))
    .map(([, test]) => test);
  return questions.filter((question) => tests.every((test) => test(question)));
}

/** Value of `field` -> how many questions would pass if it alone were chosen. */
function counted(field) {
  const counts = new Map();
  for (const question of passing(field)) counts.set(question[field], (counts.get(question[field]) ?? 0) + 1);
  return counts;
}

/** Shown and all questions of the tables, as far as the filters on sub-task and variant reach. */
function totals() {
  const rows = data.counts.filter(
    (row) => (!state.subtask || row.subtask === state.subtask) && (!state.variant || row.variant === state.variant),
  );
  const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
  return { shown: sum("shown"), questions: sum("questions") };
}

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of IN_ADDRESS) {
    const value = given.get(name);
    if (value === null) state[name] = DEFAULTS[name];
    else if (typeof DEFAULTS[name] === "boolean") state[name] = value === "1";
    else if (typeof DEFAULTS[name] === "number") state[name] = Math.max(Number.parseInt(value, 10) || 1, 1);
    else state[name] = value;
  }
  const id = given.get("id");
  if (id) {
    const place = passing().findIndex((question) => question.id === id);
    if (place >= 0) state.n = place + 1;
  }
}

function writeAddress() {
  const kept = new URLSearchParams();
  for (const name of IN_ADDRESS) {
    if (state[name] === DEFAULTS[name] || state[name] === null) continue;
    kept.set(name, state[name] === true ? "1" : String(state[name]));
  }
  const address = `#${kept}`;
  if (address !== location.hash && !(address === "#" && !location.hash)) history.replaceState(null, "", address);
}
