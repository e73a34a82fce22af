// How a question fills the window: the largest pictures and map for which all that was measured is seen without scrolling.
// What does not belong here: what is shown (question.js, views.js, map.js).

const GAP_PX = 24;
const BETWEEN_VIEWS_PX = 10;
const BOTTOM_PX = 10;
/** The map's caption, or the title of a chart. */
const TITLE_PX = 28;
/** Narrower, and the names on the map hide what they name. */
const LEAST_MAP_PX = 330;
/** Wider, and it shows no more. */
const MOST_MAP_PX = 760;
/** Beside the map, tables need this much to be read without scrolling sideways. */
const FINDINGS_PX = 270;
/** Narrower pictures do not show small things; wider ones show no more than they hold. */
const LEAST_PICTURE_PX = 150;
const MOST_PICTURE_PX = 640;
/** In narrower pages all stands in one column. */
const LEAST_PAGE_PX = 640;
/** In lower windows one scrolls. */
const LEAST_HEIGHT_PX = 480;
const STEP_PX = 4;
const PASSES = 3;
/** Heights of a view's caption, of what stands under the views, and of the tables, before they are set. */
const FIRST_GUESS_PX = [30, 0, 120];
/** How much more it counts that pictures are large than that the map is: the exponent of their width. */
const PICTURE_WORTH = 1.5;
/** Tables may take up this much; longer ones are scrolled to. */
const MOST_FINDINGS_PX = 250;
const ROW_OF_VIEWS_MOST = 4;

/** Height of a map, or of a map and its chart, per pixel of width. */
const tallness = (charts) => MAP_HEIGHT / MAP_WIDTH + (charts ? SIDE_HEIGHT / MAP_WIDTH : 0);

/**
 * The best arrangement.
 * @param {{count: number, aspect: number, width: number, height: number, charts: boolean, caption: number,
 *   under: (wide: number) => number, findings: number}} room how many views of which width per height, the pixels that
 *   there are, the height of a view's caption, of what stands under the views where they are `wide` pixels wide, and of
 *   the tables.
 * @returns {{way: string, columns: number, picture: number, map: number, score: number} | null} way: "beside" (views at
 *   the left, map at the right) or "above" (views in a row over all); null if there is no room for any.
 */
function arranged(room) {
  let best = null;
  for (let columns = 1; columns <= room.count; columns += 1) {
    for (let picture = MOST_PICTURE_PX; picture >= LEAST_PICTURE_PX; picture -= STEP_PX) {
      for (const found of [besideViews(room, columns, picture), belowViews(room, columns, picture)]) {
        if (found && (!best || found.score > best.score)) best = found;
      }
    }
  }
  return best;
}

const scored = (picture, map) => ({ picture, map, score: picture ** PICTURE_WORTH * map });

function besideViews({ count, aspect, width, height, charts, caption, under, findings }, columns, picture) {
  const left = columns * picture + (columns - 1) * BETWEEN_VIEWS_PX;
  const right = width - left - GAP_PX;
  const rows = Math.ceil(count / columns);
  if (right < LEAST_MAP_PX || rows * (picture / aspect + caption) + under(left) > height) return null;
  const free = height - TITLE_PX * (charts ? 2 : 1);
  const over = Math.min(right, MOST_MAP_PX, (free - findings) / tallness(charts));
  const besides = Math.min(right - FINDINGS_PX - GAP_PX, MOST_MAP_PX, free / tallness(charts));
  const map = Math.max(over, besides);
  return map < LEAST_MAP_PX ? null : { way: "beside", columns, ...scored(picture, map) };
}

function belowViews({ count, aspect, width, height, charts, caption, under }, columns, picture) {
  if (count < 2 || columns !== count || count > ROW_OF_VIEWS_MOST || under(width) > 0) return null;
  if (columns * picture + (columns - 1) * BETWEEN_VIEWS_PX > width) return null;
  const free = height - picture / aspect - caption - TITLE_PX;
  const room = width - FINDINGS_PX - GAP_PX;
  const map = Math.min((charts ? room - GAP_PX : room) / (charts ? 2 : 1), MOST_MAP_PX, (free * MAP_WIDTH) / MAP_HEIGHT);
  return map < LEAST_MAP_PX ? null : { way: "above", columns, ...scored(picture, map) };
}

/** Arrange the question that is shown. What its words take up shows once they are set, so it is arranged again. */
function arrange() {
  const article = main.querySelector(".question");
  if (!article) return;
  const [body, left, right] = [".body", ".shown", ".found"].map((part) => article.querySelector(part));
  const figures = [...article.querySelectorAll(".views figure")];
  const sizes = figures.map((figure) => figure.querySelector("svg")?.viewBox.baseVal).filter(Boolean);
  const aspect = sizes.length ? Math.min(...sizes.map((size) => size.width / size.height)) : 1;
  const under = article.querySelector(".under");
  const charts = article.querySelector(".charts") !== null;
  article.dataset.way = "flow";
  if (main.clientWidth < LEAST_PAGE_PX || !figures.length) return;
  const top = body.getBoundingClientRect().top + window.scrollY;
  const height = Math.max(window.innerHeight - top - BOTTOM_PX, LEAST_HEIGHT_PX);
  const lines = article.querySelector(".answer.long") !== null && under.querySelector(".answer") !== null;
  let [caption, below, findings] = FIRST_GUESS_PX;
  let kept = null;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const room = { count: figures.length, aspect, width: body.clientWidth, height, charts, caption, findings };
    // Text grows shorter where it is wider, tables do not.
    const found = arranged({ ...room, under: (wide) => (lines ? below / wide : below) });
    if (!found) break;
    kept = found;
    article.dataset.way = found.way;
    article.style.setProperty("--columns", found.columns);
    article.style.setProperty("--picture", `${Math.floor(found.picture)}px`);
    article.style.setProperty("--map", `${Math.floor(found.map)}px`);
    const overflows = [left, right].some((part) => part.offsetTop + part.scrollHeight > top + height);
    if (!overflows && pass) break;
    const captions = figures.map((one) => one.offsetHeight - one.querySelector(".picture, .missing").clientHeight);
    caption = Math.max(...captions) + BETWEEN_VIEWS_PX;
    below = under.offsetHeight * (lines ? under.offsetWidth : 1);
    findings = Math.min(article.querySelector(".findings").offsetHeight, MOST_FINDINGS_PX);
  }
  if (!kept) article.dataset.way = "flow";
}
