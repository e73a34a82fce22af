// The scene seen from above: boxes by their shadow on the floor, cameras by where they look, and what was measured.
// What was measured is drawn by measured.js.

const MAP_WIDTH = 560;
const MAP_HEIGHT = 470;
const WORLD_ARROW = 66;
const BOUNDS = new Set(["floor", "ceiling", "wall", "walls"]);
/** Of more things without a colour, the names are written small, and left out where there is no room. */
const PLATES_MOST = 7;
const FIELD_M = 12;
const FIELDS_MOST = 2;
const UP_WORDS = { view: "View 1 looks up", front: "the reader looks up", world: "world +y is up" };

/**
 * The map of a question.
 * @param {{up: string|null, whole: boolean}} choice which way is up (null: as suits the question), and whether all of
 *   the scene is fitted in, or only what matters.
 */
function mapOf(scope, choice) {
  const { project, up, choices } = orientation(scope, choice.up);
  const sketch = new Sketch(project, {
    width: MAP_WIDTH,
    height: MAP_HEIGHT,
    corner: WORLD_ARROW,
    title: "The scene seen from above",
  });
  drawGround(sketch);
  drawOthers(sketch, scope.table, new Set(scope.boxes.keys()));
  for (const [id, box] of scope.boxes) drawNamed(sketch, scope, id, box);
  drawCameras(sketch, scope.views);
  const measured = MEASURED[scope.question.subtask];
  const focus = measured ? measured(sketch, scope) : null;
  if (choice.whole) {
    for (const entry of Object.values(scope.table)) sketch.keep(...boxOf(entry).corners);
    sketch.keep(...scope.views.filter(Boolean).map((camera) => camera.center));
  } else if (focus) {
    sketch.kept = focus;
  } else {
    for (const box of scope.boxes.values()) sketch.keep(...box.corners);
    sketch.keep(...scope.views.filter(Boolean).map((camera) => camera.center));
  }
  const drawing = sketch.render();
  drawing.append(worldArrow(project));
  return { drawing, up, choices };
}

/** How the world is turned: up is what View 1 looks at, what the reader of a bearing faces, or world +y. */
function orientation(scope, wanted) {
  const ways = { world: [0, 1, 0] };
  if (scope.views[0]) ways.view = headingOf(scope.views[0]);
  const front = frontOf(scope);
  if (front) ways.front = front;
  const suits = ["front", "view", "world"].find((up) => ways[up]);
  const up = ways[wanted] ? wanted : suits;
  const [x, y] = ways[up];
  const choices = Object.keys(ways);
  return { up, choices, project: (point) => [y * point[0] - x * point[1], x * point[0] + y * point[1]] };
}

/** The whole scene without a question. */
function overviewMap(table, walk) {
  const project = (point) => [point[0], point[1]];
  const sketch = new Sketch(project, {
    width: MAP_WIDTH,
    height: MAP_HEIGHT,
    corner: WORLD_ARROW,
    title: "The whole scene seen from above",
  });
  drawGrid(sketch);
  drawWalk(sketch, walk);
  drawOthers(sketch, table, new Set());
  for (const entry of Object.values(table)) sketch.keep(...boxOf(entry).corners);
  sketch.keep(...walk.map(([x, y]) => [x, y, 0]));
  const drawing = sketch.render();
  drawing.append(worldArrow(project));
  return drawing;
}

function drawGround(sketch) {
  drawGrid(sketch);
  drawWalk(sketch, data.walk);
}

/** A line a metre. */
function drawGrid(sketch) {
  sketch.add("ground", (px, scale) => {
    const [x, y] = sketch.kept.length ? sketch.kept[0] : [0, 0];
    const reach = Math.min(Math.ceil((sketch.width + sketch.height) / scale), 60);
    const step = scale < 8 ? 10 : 1;
    const [east, north] = [Math.round(x), Math.round(y)];
    const lines = [];
    for (let offset = -reach; offset <= reach; offset += step) {
      const ends = [
        [
          [east + offset, north - reach],
          [east + offset, north + reach],
        ],
        [
          [east - reach, north + offset],
          [east + reach, north + offset],
        ],
      ];
      for (const [from, to] of ends) {
        const [a, b] = [px([...from, 0]), px([...to, 0])];
        lines.push(`M${a.map(Math.round).join(" ")}L${b.map(Math.round).join(" ")}`);
      }
    }
    return svg("path", { d: lines.join(""), class: "grid" });
  });
}

function drawWalk(sketch, walk) {
  if (walk.length > 1)
    sketch.polyline(
      "ground",
      walk.map(([x, y]) => [x, y, 0]),
      { class: "walk" },
    );
}

/** All boxes that the question does not name, low ones first. */
function drawOthers(sketch, table, named) {
  const others = Object.entries(table).filter(
    ([id, entry]) => !named.has(id) && !BOUNDS.has(entry.tag.toLowerCase()),
  );
  const boxes = others.map(([id, entry]) => ({ id, tag: entry.tag, box: boxOf(entry) }));
  boxes.sort((a, b) => topOf(a.box) - topOf(b.box));
  for (const { id, tag, box } of boxes) {
    sketch.polygon("other", box.corners, { class: "other" });
    sketch.label(box.center, tag, { priority: 8 });
  }
}

function drawNamed(sketch, scope, id, box) {
  const color = colorOfObject(scope, id);
  const index = scope.question.objects.indexOf(id);
  sketch.polygon("named", box.corners, { class: color ? "named" : "named bare", color });
  const text = nameOf(scope, id);
  if (!color && scope.boxes.size > PLATES_MOST) sketch.label(box.center, text, { priority: 3, clear: box.corners });
  else sketch.label(box.center, text, { kind: "tag", color, priority: index >= 0 ? 2 : 3, clear: box.corners });
}

function drawCameras(sketch, views) {
  const shown = views.filter(Boolean);
  views.forEach((camera, at) => {
    if (!camera) return;
    const heading = headingOf(camera);
    const side = [heading[1], -heading[0], 0];
    const open = camera.w / 2 / camera.k[0];
    if (shown.length <= FIELDS_MOST) {
      const far = [-1, 1].map((sign) => plus(camera.center, times(plus(heading, times(side, sign * open)), FIELD_M)));
      sketch.add("ground", (px) =>
        svg("polygon", { points: [camera.center, ...far].map((p) => px(p).join()).join(" "), class: "field" }),
      );
    }
    sketch.add("camera", (px, scale) => {
      const reach = 26 / scale;
      const ends = [-1, 1].map((sign) => plus(camera.center, times(plus(heading, times(side, sign * open)), reach)));
      const [cx, cy] = px(camera.center);
      return [
        svg("polygon", { points: [camera.center, ...ends].map((p) => px(p).join()).join(" "), class: "camera" }),
        svg("circle", { cx, cy, r: 4, class: "camera lens" }),
      ];
    });
    sketch.label(camera.center, views.length > 1 ? `View ${at + 1}` : "camera", {
      kind: "view",
      priority: 2,
      beside: 10,
    });
  });
}

/** Which way world +y lies. */
function worldArrow(project) {
  const [across, up] = project([0, 1, 0]);
  const [x, y] = [MAP_WIDTH - WORLD_ARROW / 2, MAP_HEIGHT - WORLD_ARROW / 2];
  const tip = [x + across * 15, y - up * 15];
  const tail = [x - across * 9, y + up * 9];
  const side = [up * 4.5, across * 4.5];
  return svg(
    "g",
    { class: "world" },
    svg("title", {}, "world +y"),
    svg("polygon", { points: [tip, plus(tail, side), minus(tail, side)].map(String).join(" ") }),
    svg("text", { x: x + across * 23, y: y - up * 23 }, "+y"),
  );
}
