// What was measured for each sub-task, drawn onto the map. Each function returns the points that the map is fitted to,
// or null for all that the question names and its cameras. Numbers are those of the evidence.

const FACING_DEG = { front: 0, right: 90, back: 180, left: 270, north: 0, east: 90, south: 180, west: 270 };
const SIDES = ["front", "front-right", "right", "back-right", "back", "back-left", "left", "front-left"];
const WINDS = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];
const SECTOR_DEG = 45;
const CLOSE_LOOK = 1.6;
/** How far from the reader the names of the directions stand, as a share of how far the answer does. */
const COMPASS_SHARE = 0.5;

const flat = ([x, y]) => [x, y, 0];

/** A direction turned clockwise, seen from above. */
function turned([x, y], clockwiseDeg) {
  const [s, c] = [Math.sin(radians(clockwiseDeg)), Math.cos(radians(clockwiseDeg))];
  return [x * c + y * s, y * c - x * s, 0];
}

/** Which way the reader of a bearing question looks (or where its north lies); null for other questions. */
function frontOf(scope) {
  const [a, b] = scope.question.objects.map((id) => scope.boxes.get(id));
  const angle = FACING_DEG[scope.evidence.facing];
  if (!a || !b || angle === undefined) return null;
  return turned(unit(flat(minus(b.center, a.center))), -angle);
}

/** The surroundings of boxes: small things are looked at closely, without the far camera. */
function surroundings(boxes) {
  return boxes.flatMap((box) => {
    const reach = Math.max(length(box.extents) * CLOSE_LOOK, 0.8);
    return [
      [-reach, -reach, 0],
      [reach, reach, 0],
    ].map((offset) => plus(box.center, offset));
  });
}

const namedBoxes = (scope) => scope.question.objects.map((id) => [id, scope.boxes.get(id)]).filter(([, box]) => box);

/** Distances between pairs of objects: the closest points, and the centres where they were measured. */
function drawPairs(sketch, scope) {
  const found = [];
  for (const [key, entry] of Object.entries(scope.measure)) {
    const pair = pairOf(scope, key);
    if (!pair) continue;
    const [a, b] = pair.map((id) => scope.boxes.get(id));
    const [centers, closest] = [pick(entry, "center_distance"), pick(entry, "distance")];
    if (centers) sketch.measure(a.center, b.center, `centers ${centers.text}`, { faint: true });
    if (closest) sketch.measure(...closestPoints(a, b), closest.text);
    found.push(a, b);
  }
  return found;
}

/** Where the median depth of an object's mask lies: on the ray of its mark, else of its box's centre. */
function depthPoint(scope, camera, id, depth) {
  const mark = scope.question.marks.find((one) => one.object === id && one.point);
  const [u, v] = mark ? mark.point : pixelOf(camera, seenFrom(camera, scope.boxes.get(id).center));
  return pointUnder(camera, u, v, depth);
}

function drawDepths(sketch, scope) {
  const camera = scope.views[0];
  if (!camera) return null;
  for (const [id] of namedBoxes(scope)) {
    const depth = pick(scope.measure[id], "depth");
    if (!depth) continue;
    const point = depthPoint(scope, camera, id, depth.value);
    sketch.polyline("measured", [camera.center, point], { class: "measure faint" });
    sketch.dot("measured", point, { class: "measure end" });
    sketch.label(point, depth.text, { kind: "measure", priority: 1, beside: 8 });
  }
  return null;
}

/** The dimension of a box that was asked for, drawn along its side. */
function drawDimension(sketch, box, asks, text) {
  const vertical = box.axes
    .map((axis) => Math.abs(axis[2]))
    .reduce((best, value, at, all) => (value > all[best] ? at : best), 0);
  const [long, short] = [0, 1, 2].filter((at) => at !== vertical).sort((a, b) => box.extents[b] - box.extents[a]);
  const [along, across] = asks === "width" ? [short, long] : [long, short];
  const aside = plus(box.center, times(box.axes[across], box.half[across] + 0.12 * length(box.extents)));
  const [a, b] = [-1, 1].map((sign) => plus(aside, times(box.axes[along], sign * box.half[along])));
  sketch.measure(a, b, text);
}

function drawSize(sketch, scope) {
  for (const [id, box] of namedBoxes(scope)) {
    const { asks } = scope.evidence;
    const value = pick(scope.measure[id], asks);
    if (value && asks !== "height") drawDimension(sketch, box, asks, value.text);
  }
  return surroundings(namedBoxes(scope).map(([, box]) => box));
}

/** The measured number of each named object beside it. */
function drawValues(...names) {
  return (sketch, scope) => {
    for (const [id, box] of scope.boxes) {
      const value = pick(scope.measure[id], ...names);
      if (value) sketch.label(box.center, value.text, { kind: "measure", priority: 2.5 });
    }
    return null;
  };
}

function drawBearings(sketch, scope) {
  const camera = scope.views[0];
  const pair = namedBoxes(scope);
  if (!camera || pair.length < 2) return null;
  const rays = pair.map(([, box]) => minus(box.center, camera.center));
  rays.forEach((ray) => sketch.polyline("measured", [camera.center, plus(camera.center, ray)], { class: "measure" }));
  const gap = pick(scope.evidence.margin?.found, "bearing_gap");
  sketch.arc(camera.center, flat(rays[0]), flat(rays[1]), gap?.text ?? "", { radius: 64 });
  return null;
}

/** From each camera to the nearest point of the object's box in that view. */
function drawCameraDistances(sketch, scope) {
  for (const [view, entry] of Object.entries(scope.measure)) {
    const camera = scope.views[Number(view) - 1];
    const seen = scope.evidence.boxes_by_view?.[view];
    const box = seen ? boxOf(seen) : namedBoxes(scope)[0]?.[1];
    const distance = pick(entry, "distance");
    if (camera && box && distance) {
      const winner = scope.question.label === view;
      sketch.measure(camera.center, nearestInside(box, camera.center), distance.text, {
        faint: false,
        color: winner ? "var(--right)" : null,
      });
    }
  }
  return null;
}

/** How the camera moved from View 1 to View 2: the path in View 1's axes, or the turn of the optical axis. */
function drawMotion(sketch, scope) {
  const [a, b] = scope.views;
  const moved = scope.measure["2"];
  if (!a || !b || !moved) return null;
  const apart = minus(b.center, a.center);
  if (scope.evidence.asks === "translation") {
    const [x, , z] = seenFrom(a, b.center);
    const corner = plus(a.center, times(headingOf(a), z * length(flat(a.forward))));
    const [sideways, ahead] = [pick(moved, "x"), pick(moved, "z")];
    sketch.polyline("measured", [a.center, corner, b.center], { class: "measure faint" });
    sketch.arrow(a.center, b.center);
    if (ahead)
      sketch.label(between(a.center, corner, 0.5), directed(ahead, "forward", "backward"), {
        kind: "measure",
        priority: Math.abs(z) >= Math.abs(x) ? 1 : 3,
      });
    if (sideways)
      sketch.label(between(corner, b.center, 0.5), directed(sideways, "right", "left"), {
        kind: "measure",
        priority: Math.abs(z) >= Math.abs(x) ? 3 : 1,
      });
  } else {
    const reach = Math.max(length(flat(apart)) * 1.2, 1.2);
    const [from, to] = [headingOf(a), headingOf(b)];
    sketch.arrow(a.center, plus(a.center, times(from, reach)), { class: "measure faint" });
    sketch.polyline("measured", [b.center, plus(b.center, times(from, reach))], { class: "measure faint" });
    sketch.arrow(b.center, plus(b.center, times(to, reach)));
    const [yaw, pitch] = [pick(moved, "yaw"), pick(moved, "pitch")];
    if (yaw && Math.abs(yaw.value) >= Math.abs(pitch?.value ?? 0)) {
      sketch.arc(b.center, from, to, `yaw ${yaw.text}`, { radius: 70, arrow: true });
    }
  }
  const eyes = [a.center, b.center];
  const ahead = [a, b].map((camera) => plus(camera.center, times(headingOf(camera), 1.4)));
  return [...eyes, ...ahead];
}

/** Cameras around the point nearest to all optical axes, and the order in which they stand around it. */
function drawRing(sketch, scope) {
  const { center } = scope.evidence;
  if (!center) return null;
  scope.views.forEach((camera, at) => {
    if (!camera) return;
    const bearing = pick(scope.measure[String(at + 1)], "bearing");
    const reach = length(minus(center, camera.center));
    sketch.polyline("measured", [center, camera.center], { class: "measure faint" });
    sketch.polyline("measured", [camera.center, plus(camera.center, times(headingOf(camera), reach))], {
      class: "axis",
    });
    if (bearing) sketch.label(between(center, camera.center, 0.45), bearing.text, { priority: 4 });
  });
  sketch.dot("measured", center, { class: "measure end", r: 5 });
  const order = orderAround(scope);
  order.slice(0, -1).forEach((from, at) => {
    const to = order[at + 1];
    const ways = [from, to].map((view) => flat(minus(scope.views[view].center, center)));
    const way = scope.evidence.asks;
    sketch.arc(center, ...ways, `${from + 1} \u2192 ${to + 1}`, { radius: 46 + 14 * at, arrow: true, way });
  });
  return [center, ...scope.views.filter(Boolean).map((camera) => camera.center)];
}

/** Places of the views in the order in which one passes their cameras as asked, from View 1, whatever is claimed. */
function orderAround({ views, evidence, measure }) {
  const bearings = views.map((camera, at) => (camera ? pick(measure[String(at + 1)], "bearing")?.value : undefined));
  if (bearings.some((bearing) => typeof bearing !== "number")) return [];
  const along = evidence.asks === "clockwise" ? -1 : 1;
  const passed = bearings.map((bearing) => (((along * (bearing - bearings[0])) % 360) + 360) % 360);
  return views.map((_, at) => at).sort((a, b) => passed[a] - passed[b]);
}

/** Standing at the first object, the second lies as stated: the sector in which the third lies. */
function drawReader(sketch, scope) {
  const [[idA, a], [idB, b], [idC, c]] = [...namedBoxes(scope), [], [], []];
  const front = frontOf(scope);
  if (!a || !b || !c || !front) return null;
  const names = WINDS.includes(scope.evidence.facing) ? WINDS : SIDES;
  const [toB, toC] = [b, c].map((box) => length(flat(minus(box.center, a.center))));
  const reach = Math.max(toC * 1.15, toB * 0.6);
  const bearing = pick(scope.measure[`${idA}|${idC}`], "bearing");
  const sector = bearing ? Math.round(bearing.value / SECTOR_DEG) % SIDES.length : null;
  if (sector !== null) {
    const edges = [-0.5, 0.5].map((side) => turned(front, (sector + side) * SECTOR_DEG));
    const far = Array.from({ length: 13 }, (_, step) => turned(front, (sector - 0.5 + step / 12) * SECTOR_DEG));
    sketch.polyline("ground", [a.center, ...far.map((way) => plus(a.center, times(way, reach))), a.center], {
      class: "sector",
    });
    edges.forEach((way) =>
      sketch.polyline("measured", [a.center, plus(a.center, times(way, reach))], { class: "measure faint" }),
    );
    sketch.arc(a.center, front, flat(minus(c.center, a.center)), bearing.text, { radius: 52, arrow: true });
  }
  const near = reach * COMPASS_SHARE;
  names.forEach((name, at) => {
    const answers = at === sector;
    sketch.label(plus(a.center, times(turned(front, at * SECTOR_DEG), answers ? reach : near)), name, {
      kind: answers ? "measure" : "faint",
      priority: answers ? 1.5 : at % 2 ? 9 : 3.5,
    });
  });
  sketch.arrow(a.center, plus(a.center, times(front, near * 0.8)), { class: "measure faint" });
  sketch.polyline("measured", [a.center, b.center], { class: "measure faint" });
  sketch.arrow(a.center, c.center);
  const around = SIDES.map((_, at) => plus(a.center, times(turned(front, at * SECTOR_DEG), near)));
  const there = sector === null ? [] : [plus(a.center, times(turned(front, sector * SECTOR_DEG), reach))];
  return [...around, ...there, ...namedBoxes(scope).flatMap(([, box]) => box.corners)];
}

/** The ray of the point in View 1, and those of all candidates in View 2. */
function drawRays(sketch, scope) {
  const [first, second] = scope.views;
  const { source, candidates } = scope.evidence;
  const found = [];
  const ray = (camera, entry, kind, text, color) => {
    const depth = pick(entry, "depth");
    if (!camera || !depth) return;
    const point = pointUnder(camera, entry.u, entry.v, depth.value);
    found.push(point);
    sketch.polyline("measured", [camera.center, point], { class: kind, color });
    sketch.dot("measured", point, { class: "measure end", color });
    if (text) sketch.label(point, text, { kind: "tag", color, priority: 1, beside: 9 });
  };
  const colorOf = (label) => data.palette[scope.question.marks.find((mark) => mark.label === label)?.color] ?? null;
  for (const [label, entry] of Object.entries(candidates ?? {})) {
    ray(second, entry, label === scope.question.label ? "measure" : "measure faint", label, colorOf(label));
  }
  if (source)
    ray(
      first,
      source,
      "measure",
      "",
      data.palette[scope.question.marks.find((mark) => mark.image === 0 && mark.kind === "point")?.color] ?? null,
    );
  return found.length ? [...found, ...[first, second].filter(Boolean).map((camera) => camera.center)] : null;
}

/** A walk: free floor, the legs with their lengths, the stops and the turns. */
function drawRoute(sketch, scope) {
  const { route } = scope.evidence;
  if (!route) return null;
  const points = [route.start, ...route.stops].map(flat);
  for (const entry of floorRuns(route.floor)) sketch.add("ground", (px) => runOf(px, entry, route.floor.cell_m));
  for (const [id, entry] of Object.entries(route.boxes ?? {})) {
    if (!scope.boxes.has(id)) sketch.polygon("other", boxOf(entry).corners, { class: "obstacle" });
  }
  points.slice(1).forEach((stop, at) => {
    sketch.arrow(points[at], stop, { class: "measure route" });
    const long = route.lengths_m?.[at] ?? route.lengths_units?.[at];
    if (long !== undefined)
      sketch.label(between(points[at], stop, 0.5), withUnit(long, LENGTH_UNIT), { priority: 4 });
    const turn = pick(scope.measure[String(at + 1)], "turn");
    if (!turn || at + 2 >= points.length) return;
    const [before, after] = [minus(stop, points[at]), minus(points[at + 2], stop)];
    const word = String(scope.question.label ?? "").split(">")[at] ?? "";
    sketch.arc(stop, before, after, `${word} ${turn.text}`.trim(), { radius: 26, arrow: true });
    sketch.polyline("measured", [stop, plus(stop, times(unit(before), 0.4))], { class: "measure faint" });
  });
  sketch.dot("measured", points[0], { class: "measure end", r: 6 });
  return [...points, ...namedBoxes(scope).flatMap(([, box]) => box.corners)];
}

/** Walkable cells of a floor as runs {x, y, long}: world corner and length. */
function floorRuns(floor) {
  if (!floor?.rows) return [];
  const [x0, y0] = floor.origin;
  return floor.rows.flatMap((row, line) =>
    spansOf(row).map(([from, to]) => ({
      x: x0 + from * floor.cell_m,
      y: y0 + line * floor.cell_m,
      long: (to - from) * floor.cell_m,
    })),
  );
}

/** The walkable spans [from, to) of a row of cells: "12x5." are 12 cells on which one cannot walk, and 5 on which one can. */
function spansOf(row) {
  const spans = [];
  let at = 0;
  for (const [, count, kind] of String(row).matchAll(/(\d+)([.x])/g)) {
    if (kind === ".") spans.push([at, at + Number(count)]);
    at += Number(count);
  }
  return spans;
}

function runOf(px, { x, y, long }, cell) {
  const ring = [
    [x, y],
    [x + long, y],
    [x + long, y + cell],
    [x, y + cell],
  ].map((point) => px(flat(point)).join());
  return svg("polygon", { points: ring.join(" "), class: "floor" });
}

const MEASURED = {
  size_absolute: drawSize,
  size_relative: drawValues("volume", "height"),
  distance_absolute: (sketch, scope) => {
    const boxes = drawPairs(sketch, scope);
    return boxes.length ? boxes.flatMap((box) => box.corners) : null;
  },
  left_right: drawBearings,
  high_low: drawValues("center_z"),
  front_behind: drawDepths,
  depth_choice: drawDepths,
  depth_order: drawDepths,
  distance_object_camera: drawCameraDistances,
  camera_motion: drawMotion,
  camera_pose: drawRing,
  multiview_distance_relative: (sketch, scope) => void drawPairs(sketch, scope),
  multiview_distance_absolute: (sketch, scope) => void drawPairs(sketch, scope),
  multiview_position: drawReader,
  correspondence_point: drawRays,
  route_plan: drawRoute,
};
