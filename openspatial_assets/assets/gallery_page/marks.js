// A question's marks over its picture, as the training pictures have them: fills, then lines, points and labels.
// Coordinates are pixels of the frame; the centre of the first pixel is (0, 0).

const look = data.look;
let masksDrawn = 0;

/** How many pixels of a frame stand for one of a 640 x 480 picture. */
const unitOf = (frame) => Math.max(Math.min(frame.w, frame.h) / look.reference, look.minUnit);

/** Width of a drawn line that is meant to be `width` wide: OpenCV draws odd numbers of pixels. */
function drawnWidth(width) {
  const asked = Math.max(2 * Math.round((width - 1) / 2), 1);
  return asked > 1 ? asked + 1 : 1;
}

const lineWidth = (side, scale, halo) =>
  drawnWidth(((side >= look.small * scale ? look.line : look.line * look.smallShare) + 2 * halo) * scale);

/** The marks of one view of a question, as children of an SVG whose user unit is a pixel of the frame. */
function drawnMarks(question, view, frame) {
  const scale = unitOf(frame);
  const marks = question.marks.filter((mark) => mark.image === view);
  const masks = marks.filter((mark) => mark.mask !== undefined).map((mark) => maskOf(mark));
  const boxes = marks.filter((mark) => mark.box !== undefined);
  const points = marks.filter((mark) => mark.kind === "point" && mark.point);
  const taken = [];
  return [
    fills(masks, scale),
    contours(masks, scale),
    rectangles(boxes, frame, scale),
    points.map((mark) => dotMark(mark, scale, taken)),
    labels(marks, masks, frame, scale, taken),
  ].flat(Infinity);
}

/** Marks that the tables have nothing to draw for: a page must not pass over them in silence. */
const undrawable = (question) =>
  question.marks.filter(
    (mark) =>
      (mark.kind === "mask" && mark.mask === undefined) ||
      (mark.kind === "box" && !mark.box) ||
      (mark.kind === "point" && !mark.point),
  );

function maskOf(mark) {
  const rings = data.outlines[mark.mask];
  const [xs, ys] = [0, 1].map((axis) => rings.flatMap((ring) => ring.filter((_, at) => at % 2 === axis)));
  const path = rings
    .map((ring) => {
      const pairs = [];
      for (let at = 0; at < ring.length; at += 2) pairs.push(`${ring[at]} ${ring[at + 1]}`);
      return `M${pairs.join("L")}Z`;
    })
    .join("");
  const range = (values) =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  return { mark, path, left, right, top, bottom, color: data.palette[mark.color] };
}

/** Translucent fills; where two masks overlap, diagonal stripes of both. */
function fills(masks, scale) {
  return masks.map((mask, at) => {
    const rivals = masks
      .map((other, place) => ({ other, place }))
      .filter(
        ({ other, place }) =>
          place !== at &&
          other.left <= mask.right &&
          mask.left <= other.right &&
          other.top <= mask.bottom &&
          mask.top <= other.bottom,
      );
    const attributes = { d: mask.path, fill: mask.color, "fill-opacity": look.fill, "fill-rule": "evenodd" };
    if (!rivals.length) return svg("path", { ...attributes, class: "mask" });
    masksDrawn += 1;
    const id = `share-${masksDrawn}`;
    const hidden = rivals.map(({ other, place }, rank) => [
      stripes(`${id}-${rank}`, Math.max(Math.round(look.stripe * scale), 1), place < at ? 0 : 1),
      svg("path", { d: other.path, fill: `url(#${id}-${rank})`, "fill-rule": "evenodd" }),
    ]);
    const everywhere = svg("rect", { x: -1, y: -1, width: 1e5, height: 1e5, fill: "white" });
    const area = { x: -1, y: -1, width: 1e5, height: 1e5, maskUnits: "userSpaceOnUse" };
    return [
      svg("mask", { id, ...area }, everywhere, hidden),
      svg("path", { ...attributes, class: "mask", mask: `url(#${id})` }),
    ];
  });
}

/** A pattern that is black on the first or the second of two diagonal stripes of width `side`. */
function stripes(id, side, which) {
  const two = 2 * side;
  const shapes = [
    [`0,0 ${side},0 0,${side}`, `${two},0 ${two},${side} ${side},${two} 0,${two}`],
    [`${side},0 ${two},0 0,${two} 0,${side}`, `${two},${side} ${two},${two} ${side},${two}`],
  ][which];
  return svg(
    "pattern",
    { id, width: two, height: two, patternUnits: "userSpaceOnUse" },
    shapes.map((points) => svg("polygon", { points, fill: "black" })),
  );
}

function contours(masks, scale) {
  return [look.halo, 0].map((halo) =>
    masks.map(({ path, color, left, right, top, bottom }) =>
      svg("path", {
        d: path,
        class: "contour",
        stroke: halo ? contrasting(color) : color,
        "stroke-width": lineWidth(Math.min(right - left, bottom - top) + 1, scale, halo),
      }),
    ),
  );
}

function rectangles(marks, frame, scale) {
  const drawn = apart(
    marks.map((mark) => mark.box),
    frame,
    scale,
  );
  return [look.halo, 0].map((halo) =>
    marks.map((mark, at) => {
      const [x0, y0, x1, y1] = drawn[at];
      const color = data.palette[mark.color];
      return svg("rect", {
        x: x0,
        y: y0,
        width: x1 - x0,
        height: y1 - y0,
        class: "contour",
        stroke: halo ? contrasting(color) : color,
        "stroke-width": lineWidth(Math.min(x1 - x0, y1 - y0), scale, halo),
      });
    }),
  );
}

/** Whole-pixel boxes, moved inwards so that lines stay in the picture and off the lines of larger boxes. */
function apart(boxes, frame, scale) {
  const half = Math.ceil((look.line / 2 + look.halo) * scale);
  const pitch = Math.round((look.line + look.halo) * scale);
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  const order = boxes.map((_, at) => at).sort((a, b) => area(boxes[b]) - area(boxes[a]));
  const placed = [];
  for (const at of order) {
    const limits = [frame.w, frame.h, frame.w, frame.h];
    const box = boxes[at].map((value, edge) => clamped(Math.round(value), half, limits[edge] - 1 - half));
    for (const edge of [0, 1, 2, 3]) {
      for (const other of order.map((place) => placed[place]).filter(Boolean)) {
        const meet =
          box[0] <= other[2] + pitch &&
          box[1] <= other[3] + pitch &&
          other[0] <= box[2] + pitch &&
          other[1] <= box[3] + pitch;
        const room = box[2 + (edge % 2)] - box[edge % 2] > 4 * pitch;
        if (meet && room && Math.abs(box[edge] - other[edge]) < pitch)
          box[edge] = other[edge] + (edge < 2 ? pitch : -pitch);
      }
    }
    placed[at] = box;
  }
  return placed;
}

/** A disc with a white ring and a black rim. */
function dotMark(mark, scale, taken) {
  const [u, v] = mark.point;
  const reach = Math.round((look.dot + 3) * scale);
  taken.push([u - reach, v - reach, u + reach, v + reach]);
  const inks = [
    [3, "#000000"],
    [1.8, "#ffffff"],
    [0, data.palette[mark.color]],
  ];
  return inks.map(([grown, fill]) =>
    svg("circle", { cx: u, cy: v, r: (look.dot + grown) * scale, fill, class: "point" }),
  );
}

function labels(marks, masks, frame, scale, taken) {
  const size = Math.round(look.label * scale);
  const height = Math.round(1.5 * size);
  const centered = (x, y, width) => [x - width / 2, y - height / 2];
  return marks
    .filter((mark) => mark.label && (mark.point || mark.box))
    .map((mark) => {
      const font = `700 ${size}px sans-serif`;
      const text = shortened(mark.label, Math.floor(frame.w / size));
      const width = Math.max(textWidth(text, font) + Math.round(0.7 * size), height);
      let spots;
      if (mark.kind === "box") {
        const [x0, y0, x1, y1] = mark.box;
        spots = [
          [x0, y0 - height],
          [x0, y0],
          [x1 - width, y0 - height],
          [x0, y1],
          [x1 - width, y1],
        ];
      } else {
        spots = around(...mark.point, width, height, (look.dot + 4) * scale);
        if (mark.kind === "mask") spots.unshift(centered(...mark.point, width));
      }
      const { x, y } = findRoom(spots, width, height, [frame.w, frame.h], taken);
      taken.push([x, y, x + width, y + height]);
      const color = data.palette[mark.color];
      const rim = Math.max(Math.round(size / 12), 1);
      return svg(
        "g",
        { class: "label" },
        svg("rect", {
          x: x + rim / 2,
          y: y + rim / 2,
          width: width - rim,
          height: height - rim,
          rx: Math.max(Math.round(0.3 * size), 1),
          fill: color,
          stroke: contrasting(color),
          "stroke-width": rim,
        }),
        svg(
          "text",
          {
            x: x + width / 2,
            y: y + height / 2,
            "font-size": size,
            fill: contrasting(color),
          },
          text,
        ),
      );
    });
}
