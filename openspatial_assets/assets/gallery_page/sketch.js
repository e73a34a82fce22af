// A drawing in world coordinates: what is added is projected, fitted into the frame, and its labels find room.
// What does not belong here: what is drawn (map.js, measured.js, charts.js).

const LAYERS = ["ground", "other", "named", "camera", "measured"];
const SKETCH_FONT = "600 13px system-ui, sans-serif";
const FAINT_FONT = "400 11px system-ui, sans-serif";
const LABEL_HEIGHT = 19;
const FAINT_HEIGHT = 13;
const ROOMY = 1.3;

class Sketch {
  /**
   * @param {(point: number[]) => number[]} project world point to [across, up], in metres.
   * @param {{width: number, height: number, margin?: number, title: string, least?: number, corner?: number}} frame size
   *   in pixels, the least span in metres that it shows, and the square at the bottom right that labels leave free.
   */
  constructor(project, { width, height, margin = 34, title, least = 1.0, corner = 0 }) {
    Object.assign(this, { project, width, height, margin, title, least, corner });
    this.kept = [];
    this.shapes = Object.fromEntries(LAYERS.map((layer) => [layer, []]));
    this.labels = [];
  }

  /** Points that must be seen. */
  keep(...points) {
    this.kept.push(...points);
    return this;
  }

  /** A shape made once the scale is known: `make(px, scale)` returns SVG; px takes a world point to pixels. */
  add(layer, make) {
    this.shapes[layer].push(make);
  }

  polygon(layer, points, attributes) {
    this.add(layer, (px) => svg("polygon", { points: hullOf(points.map(px)).map(String).join(" "), ...attributes }));
  }

  polyline(layer, points, attributes) {
    this.add(layer, (px) =>
      svg("polyline", { points: points.map((point) => px(point).map(String).join()).join(" "), ...attributes }),
    );
  }

  dot(layer, point, attributes) {
    this.add(layer, (px) => {
      const [cx, cy] = px(point);
      return svg("circle", { cx, cy, r: 4, ...attributes });
    });
  }

  /** A line that says how long something is: with a dot at either end and a label in its middle. */
  measure(a, b, text, { color = null, faint = false } = {}) {
    const kind = faint ? "measure faint" : "measure";
    this.polyline("measured", [a, b], { class: kind, color });
    for (const end of [a, b]) this.dot("measured", end, { class: `${kind} end`, color, r: faint ? 2.5 : 3.5 });
    if (text) this.label(between(a, b, 0.5), text, { kind: faint ? "faint" : "measure", priority: faint ? 4 : 1 });
  }

  /** A line with an arrowhead at `b`. */
  arrow(a, b, attributes) {
    this.add("measured", (px) => {
      const [from, to] = [px(a), px(b)];
      const along = unit(minus(to, from));
      const side = [-along[1], along[0]];
      const back = minus(to, times(along, 10));
      const head = [to, plus(back, times(side, 5)), minus(back, times(side, 5))];
      return [
        svg("line", { x1: from[0], y1: from[1], x2: back[0], y2: back[1], class: "measure", ...attributes }),
        svg("polygon", {
          points: head.map(String).join(" "),
          ...attributes,
          class: `${attributes?.class ?? "measure"} head`,
        }),
      ];
    });
  }

  /**
   * An arc around `center` from direction `from` to `to` (world vectors in the drawing's plane), the short way, or the
   * way that `way` says as seen from above: "clockwise" or "counterclockwise".
   */
  arc(center, from, to, text, { radius = 44, arrow = false, kind = "measure", priority = 1, way = null } = {}) {
    const bearing = (px, way) => {
      const [a, b] = [px(center), px(plus(center, way))];
      return Math.atan2(b[1] - a[1], b[0] - a[0]);
    };
    const points = (px, reach) => {
      const start = bearing(px, from);
      let sweep = bearing(px, to) - start;
      sweep -= 2 * Math.PI * Math.round(sweep / (2 * Math.PI));
      // Pixels count downwards, so clockwise angles grow.
      if (way === "clockwise" && sweep < 0) sweep += 2 * Math.PI;
      if (way === "counterclockwise" && sweep > 0) sweep -= 2 * Math.PI;
      const middle = px(center);
      return Array.from({ length: 25 }, (_, step) => {
        const angle = start + (sweep * step) / 24;
        return [middle[0] + reach * Math.cos(angle), middle[1] + reach * Math.sin(angle)];
      });
    };
    this.add("measured", (px) => {
      const curve = points(px, radius);
      const line = svg("polyline", { points: curve.map(String).join(" "), class: "measure arc" });
      if (!arrow) return line;
      const [before, tip] = [curve.at(-4), curve.at(-1)];
      const along = unit(minus(tip, before));
      const side = [-along[1] * 4.5, along[0] * 4.5];
      const back = minus(tip, times(along, 9));
      return [
        line,
        svg("polygon", {
          points: [tip, plus(back, side), minus(back, side)].map(String).join(" "),
          class: "measure head",
        }),
      ];
    });
    if (text) this.labels.push({ text, kind, priority, place: (px) => points(px, radius + 16)[12] });
  }

  /**
   * Text at a world point.
   * @param {{kind?: string, color?: string|null, priority?: number, beside?: number, clear?: number[][]}} style kind: tag
   *   (a plate in `color`), view, measure or faint (dropped where there is no room); beside: pixels from the point, else
   *   on it; clear: world points of a thing that a label on it must not hide.
   */
  label(point, text, { kind = "faint", color = null, priority = 5, beside = 0, clear = null } = {}) {
    this.labels.push({ text, kind, color, priority, beside, clear, place: (px) => px(point) });
  }

  /** The finished SVG. */
  render() {
    const flat = this.kept.map(this.project);
    const low = [0, 1].map((axis) => Math.min(...flat.map((point) => point[axis])));
    const high = [0, 1].map((axis) => Math.max(...flat.map((point) => point[axis])));
    const span = [0, 1].map((axis) => (flat.length ? Math.max(high[axis] - low[axis], this.least) : this.least));
    const middle = [0, 1].map((axis) => (flat.length ? (low[axis] + high[axis]) / 2 : 0));
    const room = [this.width - 2 * this.margin, this.height - 2 * this.margin];
    const scale = Math.min(room[0] / span[0], room[1] / span[1]);
    const px = (point) => {
      const [across, up] = this.project(point);
      return [this.width / 2 + (across - middle[0]) * scale, this.height / 2 - (up - middle[1]) * scale];
    };
    const drawing = svg("svg", {
      viewBox: `0 0 ${this.width} ${this.height}`,
      class: "sketch",
      role: "img",
      "aria-label": this.title,
    });
    for (const layer of LAYERS) {
      drawing.append(
        svg(
          "g",
          { class: `layer-${layer}` },
          this.shapes[layer].map((make) => make(px, scale)),
        ),
      );
    }
    const taken = [[this.width - this.corner, this.height - this.corner, this.width, this.height]];
    drawing.append(this.scaleBar(scale, taken));
    drawing.append(svg("g", { class: "layer-labels" }, this.placed(px, taken)));
    return drawing;
  }

  placed(px, taken) {
    const size = [this.width, this.height];
    return this.labels
      .slice()
      .sort((a, b) => a.priority - b.priority)
      .map(({ text, kind, color, beside, clear, place }) => {
        const faint = kind === "faint";
        const shown = shortened(text, faint ? 22 : 34);
        const height = faint ? FAINT_HEIGHT : LABEL_HEIGHT;
        const width = textWidth(shown, faint ? FAINT_FONT : SKETCH_FONT) + (faint ? 2 : 12);
        const [x, y] = place(px);
        if (x < 0 || y < 0 || x > size[0] || y > size[1]) return null;
        const spots = beside
          ? around(x, y, width, height, beside)
          : spotsOn([x, y], width, height, (clear ?? []).map(px));
        const room = findRoom(spots, width, height, size, taken);
        if (faint && !room.clear) return null;
        taken.push([room.x, room.y, room.x + width, room.y + height]);
        const words = { x: room.x + width / 2, y: room.y + height / 2 };
        if (faint) return svg("text", { ...words, class: "faint" }, shown);
        return svg(
          "g",
          { class: `plate on-${kind}`, color, "on-color": color ? contrasting(color) : null },
          svg("rect", { x: room.x, y: room.y, width, height, rx: 4 }),
          svg("text", words, shown),
          text === shown ? null : svg("title", {}, text),
        );
      });
  }

  /** A bar of a round length at the bottom left. */
  scaleBar(scale, taken) {
    const wanted = this.width / scale / 6;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const metres = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= wanted * 0.7) ?? power;
    const [left, bottom, long] = [12, this.height - 12, metres * scale];
    taken.push([left, bottom - 12, left + long + 60, this.height]);
    return svg(
      "g",
      { class: "scale" },
      svg("path", { d: `M${left} ${bottom - 4}v4h${long}v-4` }),
      svg("text", { x: left + long + 7, y: bottom - 1 }, `${Number(metres.toPrecision(3))} ${LENGTH_UNIT}`),
    );
  }
}

/** Top left corners of a label on a point: in the middle of the shape `outline` if that leaves it visible, else around it. */
function spotsOn([x, y], width, height, outline) {
  const centered = [x - width / 2, y - height / 2];
  const shifted = [1, -1, 2, -2].map((step) => [centered[0], centered[1] + step * (height + 1)]);
  const further = [...around(x, y, width, height, 12), ...around(x, y, width, height, 30)];
  if (!outline.length) return [centered, ...shifted, ...further];
  const [left, right] = [0, 0].map((axis, end) => Math[end ? "max" : "min"](...outline.map((point) => point[axis])));
  const [top, bottom] = [1, 1].map((axis, end) => Math[end ? "max" : "min"](...outline.map((point) => point[axis])));
  if (right - left > ROOMY * width && bottom - top > ROOMY * height) return [centered, ...shifted, ...further];
  const middle = (left + right) / 2;
  const beside = [
    [middle - width / 2, top - height - 3],
    [middle - width / 2, bottom + 3],
    [right + 4, y - height / 2],
    [left - width - 4, y - height / 2],
  ];
  return [...beside, ...further, ...shifted];
}
