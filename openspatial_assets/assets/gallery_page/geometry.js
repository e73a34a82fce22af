// Vectors, oriented boxes and cameras. World: z up. Camera: x right, y down, z forward. Arrays of three numbers.

const plus = (a, b) => a.map((value, axis) => value + b[axis]);
const minus = (a, b) => a.map((value, axis) => value - b[axis]);
const times = (a, factor) => a.map((value) => value * factor);
const dot = (a, b) => a.reduce((sum, value, axis) => sum + value * b[axis], 0);
const length = (a) => Math.hypot(...a);
const unit = (a) => times(a, 1 / (length(a) || 1));
const between = (a, b, share) => plus(a, times(minus(b, a), share));
const radians = (angle) => (angle * Math.PI) / 180;

/** The box of an entry {center, extents, rpy}: R = Rz(yaw) Ry(pitch) Rx(roll), its columns are `axes`. */
function boxOf({ center, extents, rpy }) {
  const [[sr, cr], [sp, cp], [sy, cy]] = rpy.map((angle) => [Math.sin(angle), Math.cos(angle)]);
  const axes = [
    [cy * cp, sy * cp, -sp],
    [cy * sp * sr - sy * cr, sy * sp * sr + cy * cr, cp * sr],
    [cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr],
  ];
  const half = times(extents, 0.5);
  const corners = [];
  for (let bits = 0; bits < 8; bits += 1) {
    let corner = center;
    axes.forEach((axis, at) => {
      corner = plus(corner, times(axis, bits & (4 >> at) ? half[at] : -half[at]));
    });
    corners.push(corner);
  }
  return { center, extents, half, axes, corners };
}

/** Pairs of corner indices of the twelve edges. */
const EDGES = [4, 2, 1].flatMap((bit) =>
  Array.from({ length: 8 }, (_, at) => at)
    .filter((at) => !(at & bit))
    .map((at) => [at, at | bit]),
);

const bottomOf = (box) => Math.min(...box.corners.map((corner) => corner[2]));
const topOf = (box) => Math.max(...box.corners.map((corner) => corner[2]));

/** The point of a solid box nearest to `point`. */
function nearestInside(box, point) {
  const offset = minus(point, box.center);
  return box.axes.reduce(
    (sum, axis, at) => plus(sum, times(axis, clamped(dot(offset, axis), -box.half[at], box.half[at]))),
    box.center,
  );
}

const PROJECTIONS_MOST = 4000;
const STILL_M = 1e-9;

/**
 * The closest points of two solid boxes, by projecting onto one and the other in turn (Cheney and Goldstein, 1959):
 * for disjoint convex bodies that converges to the closest pair.
 */
function closestPoints(a, b) {
  let here = nearestInside(a, b.center);
  let there = nearestInside(b, here);
  for (let step = 0; step < PROJECTIONS_MOST; step += 1) {
    const next = nearestInside(a, there);
    const moved = length(minus(next, here));
    here = next;
    there = nearestInside(b, here);
    if (moved < STILL_M) break;
  }
  return [here, there];
}

/** The convex hull of points [x, y], counter-clockwise (Andrew's monotone chain). */
function hullOf(points) {
  const sorted = points.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (list) => {
    const found = [];
    for (const point of list) {
      while (found.length > 1 && turnOf(found.at(-2), found.at(-1), point) <= 0) found.pop();
      found.push(point);
    }
    found.pop();
    return found;
  };
  return [...chain(sorted), ...chain(sorted.slice().reverse())];
}

const turnOf = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** The camera of {w, h, k: [fx, fy, cx, cy], pose: 4 x 4 world from camera, row by row}. */
function cameraOf({ w, h, k, pose }) {
  const column = (at) => [pose[at], pose[4 + at], pose[8 + at]];
  return { w, h, k, right: column(0), down: column(1), forward: column(2), center: column(3) };
}

/** [x, y, z] of a world point in camera axes. */
function seenFrom(camera, point) {
  const offset = minus(point, camera.center);
  return [dot(offset, camera.right), dot(offset, camera.down), dot(offset, camera.forward)];
}

/** Pixel [u, v] of a point in camera axes. */
const pixelOf = ({ k: [fx, fy, cx, cy] }, [x, y, z]) => [(fx * x) / z + cx, (fy * y) / z + cy];

/** World point under pixel (u, v) at `depth` along the optical axis. */
function pointUnder({ k: [fx, fy, cx, cy], right, down, forward, center }, u, v, depth) {
  const offset = plus(times(right, ((u - cx) / fx) * depth), times(down, ((v - cy) / fy) * depth));
  return plus(plus(center, offset), times(forward, depth));
}

const NEAR_M = 0.05;

/** The part of a segment before the camera as two pixels, or null. */
function segmentSeen(camera, from, to) {
  let [a, b] = [seenFrom(camera, from), seenFrom(camera, to)];
  if (a[2] < NEAR_M && b[2] < NEAR_M) return null;
  if (a[2] < NEAR_M) a = between(b, a, (b[2] - NEAR_M) / (b[2] - a[2]));
  if (b[2] < NEAR_M) b = between(a, b, (a[2] - NEAR_M) / (a[2] - b[2]));
  return [pixelOf(camera, a), pixelOf(camera, b)];
}

/** Where a camera looks, seen from above: unit [x, y, 0]; of one that looks straight down, where its picture's top is. */
function headingOf(camera) {
  const ahead = [camera.forward[0], camera.forward[1], 0];
  return unit(length(ahead) > 0.1 ? ahead : [-camera.down[0], -camera.down[1], 0]);
}
