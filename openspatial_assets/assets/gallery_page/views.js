// The pictures of a question side by side, with its marks, and on demand what was measured drawn into them.

/** Objects listed under a picture; more can be unfolded. */
const SEEN_MOST = 5;

/** Boxes of objects without a mark: a colour that stands out in most rooms. */
const BARE_WIRE = "#ffe95c";

/** The SVG of one view: its picture, what was measured (if wanted), then the marks. */
function viewPicture(scope, view, withEvidence) {
  const frame = data.frames[scope.question.frames[view]];
  if (!frame)
    return el("p", { class: "missing" }, `Frame ${scope.question.frameIds[view]} is not in the table frames.`);
  const described = scope.question.marks
    .filter((mark) => mark.image === view)
    .map((mark) => [mark.color, mark.kind, mark.label, mark.object].filter(Boolean).join(" "));
  const drawing = svg("svg", {
    viewBox: `-0.5 -0.5 ${frame.w} ${frame.h}`,
    class: "picture",
    role: "img",
    "data-frame": frame.id,
    "aria-label": `View ${view + 1}, frame ${frame.id}. Marks: ${described.join(", ") || "none"}.`,
  });
  const source = `data:image/jpeg;base64,${pictures[scope.question.frames[view]]}`;
  drawing.append(
    svg("image", { href: source, x: -0.5, y: -0.5, width: frame.w, height: frame.h, preserveAspectRatio: "none" }),
  );
  const marks = svg("g", { class: "marks" }, drawnMarks(scope.question, view, frame));
  drawing.append(marks);
  if (withEvidence) drawing.append(svg("g", { class: "in-picture" }, evidenceInView(scope, view, frame)));
  return drawing;
}

/** All views with their captions, which stand outside the pictures. */
function viewsOf(scope, withEvidence) {
  const count = scope.question.frames.length;
  return el(
    "div",
    { class: "views" },
    scope.question.frames.map((_, view) =>
      el(
        "figure",
        { onclick: enlarge },
        el(
          "figcaption",
          {},
          count > 1 ? el("b", {}, `View ${view + 1}`) : null,
          el("span", { class: "faint" }, `frame ${scope.question.frameIds[view]}`),
          el("button", { class: "link enlarge", title: "large, and small again" }, "enlarge"),
        ),
        viewPicture(scope, view, withEvidence),
        scope.question.subtask === "left_right" ? columnStrip(scope, view) : null,
        visibleIn(scope, view),
      ),
    ),
  );
}

/** A click on a picture, or on the word beside it, shows it as large as the window, and small again. */
function enlarge(event) {
  if (event.target.closest(".picture, .enlarge")) event.currentTarget.classList.toggle("large");
}

/** How much of each named object a view shows, where the evidence says so. */
function visibleIn(scope, view) {
  const shown = scope.evidence.visible?.[String(view + 1)];
  if (!shown) return null;
  const entries = Object.entries(shown);
  const list = () =>
    el(
      "p",
      { class: "seen" },
      entries.map(([id, share]) => el("span", {}, objectChip(scope, id), ` ${Math.round(100 * share)}\u00a0%`)),
    );
  const many = entries.length > SEEN_MOST || scope.question.subtask === "scene_caption";
  return many ? details(`${entries.length} named objects`, list) : list();
}

/** The effective box of an object in a view: that of the view itself where the evidence has one for each. */
function boxInView(scope, id, view) {
  const own = scope.evidence.boxes_by_view?.[String(view + 1)];
  return own && id === scope.question.objects[0] ? boxOf(own) : scope.boxes.get(id);
}

/** Wireframes of the boxes that entered, the closest points of pairs, and the points of a correspondence. */
function evidenceInView(scope, view, frame) {
  const camera = scope.views[view];
  const scale = unitOf(frame);
  const line = (from, to, width, attributes) => {
    const seen = segmentSeen(camera, from, to);
    if (!seen) return null;
    const [[x1, y1], [x2, y2]] = seen;
    return svg("line", { x1, y1, x2, y2, "stroke-width": width * scale, ...attributes });
  };
  const haloed = (from, to, color, kind) => [
    line(from, to, 4, { class: "halo" }),
    line(from, to, 2, { class: kind, color }),
  ];
  const shapes = [];
  for (const id of scope.boxes.keys()) {
    const box = boxInView(scope, id, view);
    const color = colorOfObject(scope, id) ?? BARE_WIRE;
    for (const [a, b] of EDGES) shapes.push(haloed(box.corners[a], box.corners[b], color, "wire"));
  }
  for (const [key, entry] of Object.entries(scope.measure)) {
    const pair = pairOf(scope, key);
    if (!pair || !pick(entry, "distance")) continue;
    shapes.push(haloed(...closestPoints(...pair.map((id) => scope.boxes.get(id))), "#ffffff", "span"));
  }
  return shapes.flat(Infinity);
}
