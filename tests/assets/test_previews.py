"""Previews show something wherever there is something to show, fit into the event log, and survive empty tables."""

import base64
import re

import cv2
import numpy as np
import polars as pl
import pytest
from small_scene import SmallScene, mark, question, questions_of, small_scene, training_samples

from openspatial_assets.assets import previews, question_previews
from openspatial_assets.assets.dataset import mixture_of
from openspatial_assets.engine.dataset.settings import DatasetSettings, ExportSettings
from openspatial_assets.engine.rendering.encoding import PREVIEW_BYTES
from openspatial_assets.engine.rendering.overlays import REASON_COLORS
from resources.tables import REJECTIONS


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SmallScene:
    return small_scene(tmp_path_factory.mktemp("room"))


def pictures_in(markdown: str) -> list[bytes]:
    return [base64.b64decode(data) for data in re.findall(r"\(data:image/jpeg;base64,([^)]*)\)", markdown)]


STAGES = {
    "preview_frames": ("frames",),
    "preview_boxes": ("frames", "scene_boxes"),
    "preview_visibility": ("frames", "scene_boxes", "frame_visibility"),
    "preview_masks": ("frames", "scene_boxes", "refined_masks"),
    "preview_objects": ("frames", "object_frames"),
}


@pytest.mark.parametrize("name", STAGES)
def test_pictures_of_stages_and_of_empty_stages(name: str, scene: SmallScene):
    function = getattr(previews, name)
    tables = [getattr(scene, table) for table in STAGES[name]]
    picture = function(*tables)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert min(picture.shape[:2]) > 200
    (data,) = pictures_in(previews.as_markdown(picture, name))
    assert len(data) <= PREVIEW_BYTES
    assert np.array_equal(picture, function(*(table.sample(fraction=1, shuffle=True, seed=1) for table in tables)))
    assert function(*tables[:-1], tables[-1].clear()) is None
    assert function(tables[0].clear(), *tables[1:]) is None
    assert previews.as_markdown(None, name) is None


def test_visibility_is_shown_in_the_colour_of_its_reason(scene: SmallScene):
    occluded = scene.frame_visibility.filter(pl.col("frame_id") == "0002")
    picture = previews.preview_visibility(scene.frames, scene.scene_boxes, occluded)[:, :, :].astype(int)
    for reason in ("ok", "occluded"):
        assert (np.abs(picture[:600] - REASON_COLORS[reason]).max(-1) < 12).sum() > 300
    assert not (np.abs(picture[:600] - REASON_COLORS["too_small"]).max(-1) < 12).any()


def test_questions_show_pictures_texts_and_every_form(scene: SmallScene):
    rows = [question(f"q{i}", frame_ids=[f"000{i % 2}"]) for i in range(9)]
    rows.append(question("yes", form="judgement", answer="Yes.", answer_label="yes", question="Is *a|b* <left>?"))
    rows.append(
        question("two", form="judgement", frame_ids=["0000", "0001"], marks=[mark("mug_1", "mask", "cyan", image=1)])
    )
    markdown = question_previews.preview_questions(questions_of(rows), scene.frames, scene.object_frames, 4)
    (data,) = pictures_in(markdown)
    assert len(data) <= PREVIEW_BYTES
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None
    text = markdown.split(")", 1)[1]
    assert re.findall(r"^\*\*(\d)\*\*", text, re.MULTILINE) == ["1", "2", "3", "4"]
    assert text.count("judgement") == 2
    assert r"Is \*a\|b\* \<left\>?" in text
    assert question_previews.preview_questions(questions_of([]), scene.frames, scene.object_frames) is None


def test_tables_of_mixture_rejections_and_export(scene: SmallScene):
    rows = [question(f"q{i}") for i in range(4)] + [
        question("yes", form="judgement", answer_label="yes", answer="Yes.")
    ]
    scenes = pl.DataFrame(
        {"scene_id": ["room"], "license": [None]}, schema={"scene_id": pl.String, "license": pl.String}
    )
    dataset = mixture_of(questions_of(rows), scenes, DatasetSettings()).rows
    table = question_previews.preview_dataset(dataset)
    assert "| left_right | judgement | 1 | 50.0% |" in table
    assert "| questions |  | 5 |  |" in table
    assert question_previews.preview_dataset(dataset.clear()) is None

    rejected = pl.DataFrame(
        {"subtask": ["a", "a"], "reason": ["few", "margin"], "count": [3, 1200]}, schema=REJECTIONS.schema
    )
    lines = question_previews.preview_rejections(rejected).splitlines()
    assert lines[2:] == ["| a | margin | 1,200 |", "| a | few | 3 |", "| all |  | 1,203 |"]
    assert question_previews.preview_rejections(rejected.clear()) is None

    samples = pl.concat(training_samples(dataset, lambda _: (scene.frames, scene.object_frames), ExportSettings()))
    markdown = question_previews.preview_export(samples)
    assert len(pictures_in(markdown)) == 1
    assert r"\<image\>" in markdown
    assert question_previews.preview_export(samples.clear()) is None
