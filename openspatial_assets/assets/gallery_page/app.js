// The page as a whole: what is shown when something is chosen, faults, and the keys.

const page = document.getElementById("page");
const main = el("main", { id: "main" });

const fault = el("p", { class: "missing", role: "alert", hidden: true });
document.body.prepend(fault);

function report(problem) {
  document.documentElement.dataset.error = problem;
  fault.textContent = `The page has a fault: ${problem}`;
  fault.hidden = false;
}
/** What `make` makes; null, and a word on the page, where it fails: one odd question must not hide the others. */
function guarded(make) {
  try {
    return make();
  } catch (error) {
    report(String(error));
    return null;
  }
}

window.addEventListener("error", (event) => report(event.message));

/** Change what is shown; a change of filters begins at the first question again. */
function choose(change) {
  const filtered = Object.keys(change).some((name) => name in FILTERS);
  Object.assign(state, filtered ? { n: 1, overview: false } : {}, change);
  if (filtered) cardsShown = CARDS_AT_A_TIME;
  const held = document.activeElement?.dataset.key;
  update();
  // What was pressed has been drawn anew: the keyboard must not lose its place.
  if (held) document.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  if (filtered || "n" in change || "overview" in change) window.scrollTo(0, 0);
}

function step(by) {
  const count = passing().length;
  if (count) choose({ n: ((state.n - 1 + by + count) % count) + 1, overview: false, list: false });
}

function update() {
  const found = passing();
  state.n = clamped(state.n, 1, Math.max(found.length, 1));
  writeAddress();
  drawSide(found);
  main.replaceChildren(...[mainOf(found)].flat());
  main.classList.toggle("listing", state.list);
  guarded(arrange);
}

function mainOf(found) {
  if (!questions.length) return emptyPage();
  if (state.overview) return overview();
  if (!found.length) {
    return el(
      "p",
      { class: "nothing" },
      "No question passes these filters. ",
      el(
        "button",
        { onclick: () => choose({ subtask: "", form: "", variant: "", text: "", unverified: false }) },
        "Clear them",
      ),
    );
  }
  const question = found[state.n - 1];
  return state.list ? cards(found) : [bar(found, question), questionOf(question)];
}

const KEYS = {
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  j: () => step(1),
  k: () => step(-1),
  l: () => choose({ list: !state.list }),
  e: () => choose({ evidence: !state.evidence }),
  m: () => choose({ whole: !state.whole }),
  "/": () => search.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") main.querySelectorAll(".large").forEach((figure) => figure.classList.remove("large"));
  if (event.target === search) {
    if (event.key === "Escape") search.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
window.addEventListener("hashchange", () => {
  readAddress();
  update();
});

window.addEventListener("resize", () => guarded(arrange));

page.replaceChildren(side, main);
readAddress();
update();
