"""The gallery is one file that loads nothing, shows what it says, escapes everything, and draws without a fault."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from small_scene import SmallScene, mark, question, questions_of, rows_of, small_scene
from support.linked_tables import linked_tables
from support.tables import HEIGHT, WIDTH, random_tables

from openspatial_assets.assets import gallery, gallery_choice
from openspatial_assets.assets.gallery import GalleryPage, gallery_page
from openspatial_assets.assets.gallery_data import LOOK, outline
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.rendering.gallery_settings import GallerySettings
from resources.tables import REJECTIONS, SCENE_BOXES, VERIFICATIONS

PAGE_PARTS = Path(gallery.__file__).parent / "gallery_page"
MAX_LINES = 400
ODD = (
    "</script><img src=x onerror=\"document.title='caught'\"> <!-- 'tag' {{data}} & \\ \u2028 étagère 书架 " + "x" * 200
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page with")

EVERY = """
const faults = [];
const drawn = new Set();
state.evidence = true;
for (const question of questions) {
  const made = questionOf(question);
  const text = made.textContent;
  const numbers = made.outerHTML.replace(/data:image[^"]*/g, "");
  if (/NaN|undefined|\\[object/.test(text + numbers)) faults.push(`${question.subtask} ${question.id}: odd text`);
  if (undrawable(question).length) faults.push(`${question.subtask} ${question.id}: mark lost`);
  if (question.options && rightOption(question) < 0) faults.push(`${question.subtask} ${question.id}: no letter`);
  if (made.querySelector(".sketch .layer-measured *")) drawn.add(question.subtask);
}
const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key }));
const told = [];
press("ArrowRight");
press("ArrowRight");
press("ArrowLeft");
told.push(location.hash);
choose({ subtask: "left_right", form: "judgement" });
told.push(document.querySelectorAll(".question").length, passing().every((one) => one.form === "judgement"));
press("l");
told.push(document.querySelectorAll(".card").length === passing().length);
choose({ text: "there is no such word" });
told.push(main.textContent.includes("No question passes"));
choose({ overview: true });
told.push(document.querySelectorAll(".overview tbody tr").length >= data.subtasks.length);
document.documentElement.dataset.faults = JSON.stringify({ count: questions.length, faults, drawn: [...drawn], told });
"""

NOTHING_ABOVE = {"grounding_3d", "size_absolute", "size_relative", "high_low", "correspondence_object", "scene_caption"}
"""Sub-tasks of which nothing is measured on the map but the boxes; sizes are labels, heights are drawn beside it."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SmallScene:
    return small_scene(tmp_path_factory.mktemp("room"))


def evidence(**further) -> str:
    boxes = {"chair_1": {"center": [-1.6, 0.0, 0.5], "extents": [0.6, 0.5, 0.4], "rpy": [0.0, 0.0, 0.0]}}
    measure = {"chair_1": {"columns_px": [10, 40], "bearing_deg": -20.0}, "table_1": {"columns_px": [90, 120]}}
    margin = {
        "required": {"bearing_gap_deg": 5.0, "max_share": 0.4},
        "found": {"bearing_gap_deg": 44.0, "max_share": 0.1},
    }
    return json.dumps({"asks": "left", "measure": measure, "margin": margin, "boxes": boxes, **further})


def made(scene: SmallScene, rows: list[dict] | pl.DataFrame, verifications=None, variants=("box_centric",), **settings):
    rows = rows if isinstance(rows, pl.DataFrame) else questions_of(rows)
    rejected = rows_of(REJECTIONS, [{"subtask": "left_right", "reason": "too_close", "count": 7}])
    return gallery_page(
        "room", scene.frames, dict.fromkeys(variants, scene.scene_boxes), dict.fromkeys(variants, scene.object_frames),
        rows, dict.fromkeys(variants, rejected), verifications, GallerySettings(**settings),
    )  # fmt: skip


def block(page: GalleryPage, name: str):
    found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', page.html.decode(), re.DOTALL)
    return json.loads(found[1])


def shown_in_browser(page: GalleryPage, folder: Path, fragment: str = "") -> str:
    """The page's elements once its script has run."""
    file = folder / "index.html"
    file.write_bytes(page.html)
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom",
        f"{file.as_uri()}#{fragment}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_one_file_that_loads_nothing_and_runs_nothing_else(scene):
    page = made(scene, [question("q1", evidence=evidence())]).html.decode()
    static = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert set(re.findall(r"https?://[^\"'\s]*", static)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<link|@import|url\((?!#)|<iframe|\b(?:fetch|eval|innerHTML|XMLHttpRequest)\b", static)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for element in ("script", "style"):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_static_parts_are_small_and_belong_together():
    names = {path.name for path in PAGE_PARTS.iterdir()}
    assert names == {"index.html", "style.css", *(f"{name}.js" for name in gallery.SCRIPTS)}
    for path in PAGE_PARTS.iterdir():
        assert len(path.read_text().splitlines()) <= MAX_LINES, f"{path.name} is two rooms"
        assert path.suffix != ".js" or not re.search("</script|<!--", path.read_text())


def test_every_question_is_in_the_page_with_its_marks(scene):
    rows = [question(f"q{i}", frame_ids=[f"000{i % 3}"], evidence=evidence()) for i in range(6)]
    two = [mark("mug_1", "mask", "cyan", image=1), mark("mug_1", "point", "pink", image=1, u=9.5, v=3.0, label="A")]
    rows.append(question("two", frame_ids=["0000", "0001"], marks=two, evidence=evidence()))
    page = made(scene, rows)
    data, pictures = block(page, "data"), block(page, "pictures")
    shown = {entry["id"]: entry for entry in data["questions"]}
    assert shown.keys() == {row["qa_id"] for row in rows}
    for row in rows:
        for name in ("question", "answer", "form", "variant", "evidence"):
            assert shown[row["qa_id"]][name] == row[name]
        assert [data["frames"][place]["id"] for place in shown[row["qa_id"]]["frames"]] == row["frame_ids"]
    mask, point = shown["two"]["marks"]
    assert (mask["image"], mask["color"], point["point"], point["label"]) == (1, "cyan", [9.5, 3.0], "A")
    seen = {(row["frame_id"], row["object_id"]): row for row in scene.object_frames.iter_rows(named=True)}
    assert shown["q1"]["marks"][0]["box"] == seen["0001", "chair_1"]["box_2d"]
    corners = np.array(data["outlines"][mask["mask"]][0]).reshape(-1, 2)
    box = seen["0001", "mug_1"]["box_2d"]
    assert np.allclose([*corners.min(0), *(corners.max(0) + 1)], box)
    assert len(pictures) == len(data["frames"]) == 3
    for picture, frame in zip(pictures, data["frames"], strict=True):
        image = cv2.imdecode(np.frombuffer(base64.b64decode(picture), np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (frame["h"], frame["w"], 3)
    assert page.rows.to_dicts() == [{"variant": "box_centric", "subtask": "left_right", "questions": 7, "shown": 7}]


def test_pictures_are_made_smaller_and_marks_stay_in_pixels_of_the_frame(scene):
    page = made(scene, [question("q1", evidence=evidence())], picture_width_px=80, jpeg_quality=50)
    image = cv2.imdecode(np.frombuffer(base64.b64decode(block(page, "pictures")[0]), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (60, 80, 3)
    assert block(page, "data")["frames"][0]["w"] == 160


def test_masks_lose_their_specks_and_keep_their_holes():
    mask = np.zeros((480, 640), bool)
    mask[100:300, 100:400] = True
    mask[150:200, 200:260] = False
    mask[10:13, 10:13] = True
    assert len(outline(mask)) == 2
    assert LOOK["fill"] == 0.45


def test_odd_texts_stay_texts(scene):
    boxes = rows_of(SCENE_BOXES, [{**row, "tag": ODD} for row in scene.scene_boxes.iter_rows(named=True)])
    row = question(
        "q1", question=ODD, answer=ODD, options=[ODD, "b", "c", "d"], evidence=evidence(claim={"subject": ODD})
    )
    odd = SmallScene(scene.frames, boxes, scene.frame_visibility, scene.refined_masks, scene.object_frames)
    page = made(odd, [row])
    entry = block(page, "data")["questions"][0]
    assert (entry["question"], entry["options"][0]) == (ODD, ODD)
    assert block(page, "data")["boxTables"][0]["chair_1"]["tag"] == ODD
    text = page.html.decode()
    assert len(re.findall("</script", text)) == 3
    assert "<img" not in text
    assert "<!-- 'tag'" not in text


def test_the_title_is_escaped(scene):
    page = gallery_page("<b>&", scene.frames, {}, {}, questions_of([]), {}, None, GallerySettings())
    assert "<title>Questions of scene &lt;b&gt;&amp;</title>" in page.html.decode()


def test_the_cap_is_honest_and_evenly_spread(scene):
    forms = ("open_ended", "judgement", "multiple_choice")
    rows = [
        question(f"{variant}{form}{i}", form=form, variant=variant, frame_ids=[f"000{i % 3}"])
        for variant in "ab" for form in forms for i in range(20)
    ]  # fmt: skip
    page = made(scene, rows, variants=("a", "b"), questions_per_subtask=9)
    assert page.rows.rows() == [("a", "left_right", 60, 9), ("b", "left_right", 60, 9)]
    assert block(page, "data")["counts"] == page.rows.to_dicts()
    entries = pl.DataFrame(
        [(e["variant"], e["form"], e["frameIds"][0]) for e in block(page, "data")["questions"]], orient="row"
    )
    assert entries.group_by(entries.columns).len()["len"].to_list() == [1] * 18


def test_the_number_of_pictures_has_a_limit(scene):
    rows = [question(f"q{i}", frame_ids=[f"000{i % 3}", f"000{(i + 1) % 3}"]) for i in range(12)]
    page = made(scene, rows, max_frames=2)
    assert len(block(page, "pictures")) == 2
    assert page.rows["shown"].to_list() == [4]
    assert made(scene, rows, max_frames=0).rows["shown"].to_list() == [0]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
def test_the_first_places_lie_evenly(count):
    ranks = gallery_choice.spread_order(count)
    assert sorted(ranks) == list(range(count))
    for first in range(2, count + 1):
        places = np.flatnonzero(np.array(ranks) < first)
        assert np.diff(places, prepend=-1, append=count).max() <= 4 * count / first


def test_what_a_variant_lacks_is_left_out(scene):
    rows = questions_of([question("q1", variant="seen"), question("q2", variant="unseen")])
    page = gallery_page(
        "room",
        scene.frames,
        {"seen": scene.scene_boxes},
        {"seen": scene.object_frames},
        rows,
        {},
        None,
        GallerySettings(),
    )
    marks = {entry["variant"]: entry["marks"] for entry in block(page, "data")["questions"]}
    assert "box" in marks["seen"][0]
    assert "box" not in marks["unseen"][0]
    assert "mask" not in marks["unseen"][1]
    assert page.rows["shown"].to_list() == [1, 1]


def test_the_order_of_rows_does_not_matter(scene):
    rows = questions_of([question(f"q{i}", frame_ids=[f"000{i % 3}"]) for i in range(9)])
    shuffled = SmallScene(*(getattr(scene, name).reverse() for name in SmallScene.__dataclass_fields__))
    assert made(scene, rows).digest == made(shuffled, rows.reverse()).digest
    assert (
        made(scene, rows, questions_per_subtask=4).digest
        == made(shuffled, rows.reverse(), questions_per_subtask=4).digest
    )


def test_verdicts_hold_for_the_words_that_were_looked_at(scene):
    rows = [question(name, evidence=evidence()) for name in ("right", "wrong", "changed", "never")]
    checked = {
        row["qa_id"]: hashlib.md5("\n".join((row["question"], row["answer"], row["evidence"])).encode()).hexdigest()
        for row in rows
    }
    verdicts = [("right", None, checked["right"]), ("wrong", "it is 3 m", checked["wrong"]), ("changed", None, "old")]
    table = [{"qa_id": a, "subtask": "left_right", "problem": b, "checked": c} for a, b, c in verdicts]
    page = made(scene, rows, rows_of(VERIFICATIONS, table))
    found = {entry["id"]: (entry["verified"], entry["problem"]) for entry in block(page, "data")["questions"]}
    assert found == {
        "right": (True, None), "wrong": (False, "it is 3 m"), "changed": (None, None), "never": (None, None)
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings", [{"questions_per_subtask": -1}, {"max_frames": -1}, {"picture_width_px": 3}, {"jpeg_quality": 0}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=f"gallery.{next(iter(settings))}"):
        GallerySettings(**settings)


@needs_browser
def test_a_question_its_marks_and_the_map_are_drawn(scene, tmp_path):
    rows = [question("q1", evidence=evidence()), question("q2", answer=ODD, question=ODD, evidence=evidence())]
    dom = shown_in_browser(made(scene, rows), tmp_path, "subtask=left_right&n=2")
    assert "data-error" not in dom
    assert 'data-id="q2"' in dom
    assert html.escape(ODD, quote=False) in dom
    assert "<title>Questions of scene room</title>" in dom
    for drawn in (
        'class="mask"',
        'class="contour"',
        'class="named"',
        'class="camera"',
        'aria-label="The scene seen from above"',
    ):
        assert drawn in dom, drawn
    assert "44.0°" in dom


@needs_browser
def test_a_scene_without_questions_says_so(scene, tmp_path):
    page = made(scene, [])
    assert page.rows["questions"].to_list() == [0]
    dom = shown_in_browser(page, tmp_path)
    assert "This scene has no questions." in dom
    assert "data-error" not in dom


@needs_browser
def test_all_kinds_of_questions_are_drawn_without_a_fault(tmp_path, monkeypatch):
    picture = tmp_path / "grey.jpg"
    cv2.imwrite(str(picture), np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    tables = {"metric": random_tables(3, 10), "without_scale": random_tables(4, 10, metric=False, scale=7.3)}
    asked = {
        name: questions_of_scene(*found, "room", name, QuestionSettings(), **linked_tables(found, 0))
        for name, found in tables.items()
    }
    parts = list(gallery._scripts())
    monkeypatch.setattr(gallery, "_scripts", lambda: [*parts, EVERY])
    questions = pl.concat([asked[name][subtask] for name in tables for subtask in SUBTASKS])
    # Both scenes have the same names of frames; each variant's questions are told by its own cameras in the evidence.
    page = gallery_page(
        "room", tables["metric"].frames.with_columns(image=pl.lit(str(picture))),
        {name: found.scene_boxes for name, found in tables.items()},
        {name: found.object_frames for name, found in tables.items()},
        questions, {name: made["rejections"] for name, made in asked.items()}, None, GallerySettings(3),
    )  # fmt: skip
    dom = shown_in_browser(page, tmp_path)
    report = json.loads(html.unescape(re.search(r'data-faults="([^"]*)"', dom)[1]))
    assert "data-error" not in dom
    assert report["faults"] == []
    assert report["told"] == ["#n=2&evidence=1", 1, True, True, True, True]
    assert report["count"] == page.rows["shown"].sum()
    asked_at_all = set(page.rows.filter(pl.col("shown") > 0)["subtask"])
    assert asked_at_all == set(SUBTASKS)
    assert asked_at_all - NOTHING_ABOVE <= set(report["drawn"])
