// Drawings beside the map, for what cannot be seen from above: heights, depths and columns of the picture.

const SIDE_HEIGHT = 230;
const ROW_PX = 30;
const STEEP_SHARE = 0.45;
const BESIDE_M = 0.02;

/** The charts that a question needs: [{title, drawing}]. */
function chartsOf(scope) {
  const { subtask } = scope.question;
  const { asks } = scope.evidence;
  const charts = [];
  const heights = {
    high_low: true,
    size_relative: ["taller", "shorter"].includes(asks),
    size_absolute: asks === "height",
  };
  if (heights[subtask])
    charts.push({ title: "Heights, seen from the side", drawing: sideView(scope, rightOf(scope), drawHeights) });
  if (["distance_absolute", "multiview_distance_absolute"].includes(subtask)) {
    const steep = steepPair(scope);
    if (steep)
      charts.push({ title: "The same distance, seen from the side", drawing: sideView(scope, steep, drawPairs) });
  }
  if (subtask === "camera_motion") {
    const chart = motionFromSide(scope);
    if (chart) charts.push({ title: "The motion, seen from the side", drawing: chart });
  }
  if (["front_behind", "depth_choice", "depth_order"].includes(subtask)) {
    const chart = depthChart(scope);
    if (chart) charts.push({ title: "Depth from the camera: median and quartiles of each mask", drawing: chart });
  }
  return charts;
}

/** What is to the right in the first picture, as a horizontal direction. */
function rightOf(scope) {
  const camera = scope.views[0];
  return camera ? unit(flat(camera.right)) : [1, 0, 0];
}

/** A drawing onto a vertical plane along `across`. */
function sideSketch(across, title, least = 0.6) {
  return new Sketch((point) => [dot(point, across), point[2]], {
    width: MAP_WIDTH,
    height: SIDE_HEIGHT,
    margin: 30,
    title,
    least,
  });
}

function sideView(scope, across, draw) {
  const sketch = sideSketch(across, "The objects seen from the side");
  const ground = Math.min(
    ...Object.values(scope.table).map((entry) => bottomOf(boxOf(entry))),
    ...[...scope.boxes.values()].map(bottomOf),
  );
  for (const [id, box] of scope.boxes) {
    const color = colorOfObject(scope, id);
    sketch.polygon("named", box.corners, { class: color ? "named" : "named bare", color });
    sketch.label(box.center, nameOf(scope, id), { kind: "tag", color, priority: 2, clear: box.corners });
    sketch.keep(...box.corners);
  }
  const lowest = Math.min(...[...scope.boxes.values()].map(bottomOf));
  if (lowest - ground < 1.2)
    sketch.keep(...[...scope.boxes.values()].map((box) => [box.center[0], box.center[1], ground]));
  sketch.add("ground", (px) => {
    const y = px([0, 0, ground])[1] + 1;
    return svg("line", { x1: 0, x2: MAP_WIDTH, y1: y, y2: y, class: "floor-line" });
  });
  draw(sketch, scope, across);
  return sketch.render();
}

/** The height of each object as a measured line beside its box, or the height of its centre as a level. */
function drawHeights(sketch, scope, across) {
  const levels = scope.question.subtask === "high_low";
  const ends = [...scope.boxes.values()].flatMap((box) => box.corners.map((corner) => dot(corner, across)));
  const [left, right] = [Math.min(...ends) - 0.15, Math.max(...ends) + 0.15];
  for (const [id, box] of namedBoxes(scope)) {
    const height = pick(scope.measure[id], levels ? "center_z" : "height");
    if (!height) continue;
    if (levels) {
      const [a, b] = [left, right].map((at) => plus(times(across, at), [0, 0, height.value]));
      sketch.polyline("measured", [a, b], { class: "measure level", color: colorOfObject(scope, id) });
      sketch.label(b, height.text, { kind: "measure", priority: 1, beside: 6 });
      sketch.keep(a, b);
    } else {
      const edge = Math.max(...box.corners.map((corner) => dot(corner, across))) + 0.06 * length(box.extents);
      const at = times(across, edge);
      const [low, high] = [bottomOf(box), topOf(box)].map((level) => plus(at, [0, 0, level]));
      sketch.measure(low, high, "");
      sketch.label(between(low, high, 0.5), height.text, { kind: "measure", priority: 1, beside: 8 });
    }
  }
}

/** The direction from one object of a pair to the other, if their closest points differ much in height. */
function steepPair(scope) {
  for (const key of Object.keys(scope.measure)) {
    const pair = pairOf(scope, key);
    if (!pair) continue;
    const [a, b] = closestPoints(...pair.map((id) => scope.boxes.get(id)));
    const apart = minus(b, a);
    if (Math.abs(apart[2]) < STEEP_SHARE * length(apart)) return null;
    const level = minus(scope.boxes.get(pair[1]).center, scope.boxes.get(pair[0]).center);
    return length(flat(level)) > BESIDE_M ? unit(flat(level)) : rightOf(scope);
  }
  return null;
}

/** Both cameras in the vertical plane in which View 1 looks, where the motion is one of height or pitch. */
function motionFromSide(scope) {
  const [a, b] = scope.views;
  const moved = scope.measure["2"];
  const label = String(
    scope.question.label === "yes" || scope.question.label === "no"
      ? scope.evidence.claim?.subject
      : scope.question.label,
  );
  const [up, pitch] = [pick(moved, "y"), pick(moved, "pitch")];
  const tilted = pitch && Math.abs(pitch.value) > Math.abs(pick(moved, "yaw")?.value ?? 0);
  if (!a || !b || !(["up", "down"].includes(label) || tilted)) return null;
  const across = headingOf(a);
  const sketch = sideSketch(across, "The cameras seen from the side", 1.6);
  [a, b].forEach((camera, at) => {
    const tip = plus(camera.center, times(camera.forward, 0.8));
    sketch.arrow(camera.center, tip, { class: "axis" });
    sketch.dot("camera", camera.center, { class: "camera lens", r: 5 });
    sketch.label(camera.center, `View ${at + 1}`, { kind: "view", priority: 2, beside: 10 });
    sketch.keep(camera.center, tip);
  });
  if (up) {
    sketch.arrow(a.center, b.center);
    sketch.label(between(a.center, b.center, 0.5), directed(up, "down", "up"), { kind: "measure", priority: 1 });
  } else if (pitch) {
    sketch.polyline("measured", [b.center, plus(b.center, times(a.forward, 0.8))], { class: "measure faint" });
    sketch.arc(b.center, a.forward, b.forward, `pitch ${pitch.text}`, { radius: 60, arrow: true });
  }
  return sketch.render();
}

/** One row an object, near to far: a bar from the first to the third quartile of its depth, a dot at the median. */
function depthChart(scope) {
  const rows = namedBoxes(scope)
    .map(([id]) => {
      const entry = scope.measure[id];
      return {
        id,
        depth: pick(entry, "depth"),
        low: pick(entry, "depth_q1")?.value,
        high: pick(entry, "depth_q3")?.value,
      };
    })
    .filter((row) => row.depth);
  if (!rows.length) return null;
  rows.sort((a, b) => a.depth.value - b.depth.value);
  const far = Math.max(...rows.map((row) => row.high ?? row.depth.value)) * 1.04;
  const [left, right] = [150, MAP_WIDTH - 70];
  const at = (value) => left + ((right - left) * value) / far;
  const height = rows.length * ROW_PX + 26;
  const drawing = svg("svg", {
    viewBox: `0 0 ${MAP_WIDTH} ${height}`,
    class: "sketch chart",
    role: "img",
    "aria-label": "Depths from the camera",
  });
  const step = far > 6 ? 2 : far > 2.5 ? 1 : 0.5;
  for (let tick = 0; tick <= far; tick += step) {
    drawing.append(
      svg("line", { x1: at(tick), x2: at(tick), y1: 4, y2: height - 20, class: "grid" }),
      svg("text", { x: at(tick), y: height - 8, class: "faint" }, `${tick}\u00a0${LENGTH_UNIT}`),
    );
  }
  rows.forEach((row, place) => {
    const y = place * ROW_PX + ROW_PX / 2 + 2;
    const color = colorOfObject(scope, row.id);
    drawing.append(
      svg(
        "text",
        { x: left - 10, y, class: "row" },
        shortened(nameOf(scope, row.id), 20),
      ),
      svg("rect", {
        x: at(row.low ?? row.depth.value),
        y: y - 6,
        width: Math.max(at(row.high ?? row.depth.value) - at(row.low ?? row.depth.value), 1),
        height: 12,
        rx: 3,
        class: "quartiles",
        color,
      }),
      svg("circle", { cx: at(row.depth.value), cy: y, r: 5, class: "median", color }),
      svg("text", { x: MAP_WIDTH - 8, y, class: "value" }, row.depth.text),
    );
  });
  return drawing;
}

/** Under a picture: which of its columns each object takes up. */
function columnStrip(scope, view) {
  const frame = data.frames[scope.question.frames[view]];
  const rows = namedBoxes(scope)
    .map(([id]) => ({ id, columns: scope.measure[id]?.columns_px }))
    .filter((row) => row.columns);
  if (!rows.length || !frame) return null;
  const unitHeight = frame.w / 40;
  const drawing = svg("svg", {
    viewBox: `0 0 ${frame.w} ${unitHeight * rows.length}`,
    class: "columns",
    role: "img",
    "aria-label": "Columns that each object takes up",
  });
  rows.forEach(({ id, columns }, at) =>
    drawing.append(
      svg("line", { x1: 0, x2: frame.w, y1: (at + 0.5) * unitHeight, y2: (at + 0.5) * unitHeight, class: "rail" }),
      svg("rect", {
        x: columns[0],
        y: (at + 0.15) * unitHeight,
        width: columns[1] - columns[0],
        height: 0.7 * unitHeight,
        rx: 3,
        class: "column",
        color: colorOfObject(scope, id),
      }),
    ),
  );
  return drawing;
}
