"""The mixture has no near-duplicates, leaks no scene, cannot be guessed; samples show what their question marks."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest
from small_scene import SmallScene, mark, question, questions_of, small_scene, training_samples

from openspatial_assets.assets.dataset import drawn_samples, export_chunks, file_name, mixture_of
from openspatial_assets.engine.dataset.settings import DatasetSettings, ExportSettings
from openspatial_assets.engine.rendering.palette import PALETTE
from resources.tables import DATASET, REJECTIONS, TRAINING_EXPORT

SUBTASKS = ("left_right", "high_low", "depth_choice")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SmallScene:
    return small_scene(tmp_path_factory.mktemp("room"))


def many_questions() -> pl.DataFrame:
    """1,200 questions of 20 scenes: 70 % of the judgements say yes, half of the letters are A, a tenth repeats."""
    rng = np.random.default_rng(0)
    rows = []
    for index in range(1200):
        form = ("open_ended", "judgement", "multiple_choice")[int(rng.integers(3))]
        changes = {"scene_id": f"room_{index % 20}", "subtask": SUBTASKS[int(rng.integers(3))]}
        if form == "judgement":
            yes = bool(rng.random() < 0.7)
            changes |= {"answer_label": "yes" if yes else "no", "answer": "Yes." if yes else "No."}
        if form == "multiple_choice":
            letter = "ABCD"[int(max(rng.integers(-2, 4), 0))]
            changes |= {"answer": f"{letter}. left", "options": ["a", "b", "c", "d"]}
        rows.append(question(f"q{index:04d}", form=form, **changes))
    repeated = [{**row, "qa_id": f"again_{row['qa_id']}", "frame_ids": ["0002"]} for row in rows[::10]]
    return questions_of(rows + repeated)


SCENES = pl.DataFrame({"scene_id": [f"room_{i}" for i in range(20)], "license": ["CC-BY-4.0", None] * 10})


def test_mixture_has_each_fact_once_balanced_answers_and_disjoint_scenes():
    questions = many_questions()
    mixture = mixture_of(questions, SCENES, DatasetSettings(val_fraction=0.3))
    rows = DATASET.checked(mixture.rows, "variant=box_centric")
    dropped = REJECTIONS.checked(mixture.dropped, "variant=box_centric")
    assert rows.height + dropped["count"].sum() == questions.height
    assert dropped.filter(pl.col("reason") == "same_words")["count"].sum() == 120

    assert (
        not rows.select(pl.struct("scene_id", "subtask", "object_ids", "evidence", "answer_label").is_duplicated())
        .to_series()
        .any()
    )
    by_split = {split: set(part["scene_id"]) for (split,), part in rows.group_by("split")}
    assert set(by_split) == {"train", "val"}
    assert not by_split["train"] & by_split["val"]

    for (_, subtask), part in [*rows.group_by("split", "subtask"), *((("", ""), p) for _, p in rows.group_by("split"))]:
        labels = part.filter(pl.col("form") == "judgement")["answer_label"]
        slack = 1 / len(labels) if subtask else 0
        assert 0.45 - slack <= (labels == "yes").mean() <= 0.55 + slack
        letters = part.filter(pl.col("form") == "multiple_choice")["answer"].str.head(1)
        assert letters.value_counts()["count"].max() / len(letters) <= 0.30 + slack

    for _, part in rows.group_by("split"):
        shares = part.group_by("subtask", "form").agg(pl.col("weight").sum())["weight"]
        assert shares.max() == pytest.approx(shares.min())
        assert part["weight"].mean() == pytest.approx(1)
    licensed = dict(rows.select("scene_id", "license").unique().iter_rows())
    assert licensed["room_0"] == "CC-BY-4.0"
    assert licensed["room_1"] is None


def test_mixture_is_the_same_for_any_order_of_rows_and_other_scenes_change_no_choice_of_near_duplicates():
    questions = many_questions()
    settings = DatasetSettings(val_fraction=0.3, answer_share_tolerance=1.0)
    whole = mixture_of(questions, SCENES, settings)
    shuffled = mixture_of(questions.sample(fraction=1.0, shuffle=True, seed=3), SCENES[::-1], settings)
    assert whole.rows.equals(shuffled.rows)
    assert whole.dropped.equals(shuffled.dropped)
    alone = mixture_of(questions.filter(pl.col("scene_id") == "room_7"), SCENES, settings)
    theirs = whole.rows.filter(pl.col("scene_id") == "room_7")
    assert alone.rows.drop("weight").equals(theirs.drop("weight"))


def test_mixture_of_nothing_and_of_an_unknown_scene():
    empty = mixture_of(many_questions().clear(), SCENES, DatasetSettings())
    assert DATASET.checked(empty.rows, "").is_empty()
    assert REJECTIONS.checked(empty.dropped, "").is_empty()
    with pytest.raises(ValueError, match="room_19 has questions"):
        mixture_of(many_questions(), SCENES.head(19), DatasetSettings())


def dataset_of(rows: list[dict]) -> pl.DataFrame:
    scenes = pl.DataFrame({"scene_id": ["room"], "license": ["CC-BY-4.0"]})
    settings = DatasetSettings(answer_share_tolerance=1.0, views_per_fact=100)
    return mixture_of(questions_of(rows), scenes, settings).rows


def test_samples_show_the_marks_of_their_question_and_read_like_a_conversation(scene: SmallScene):
    point = mark("mug_1", "point", "green", image=1, u=80.0, v=40.0, label="A")
    rows = [
        question("one"),
        question("two", frame_ids=["0000", "0001"], marks=[mark("chair_1", "box", "red"), point]),
        question("bare", marks=[]),
    ]
    samples = pl.concat(
        training_samples(dataset_of(rows), lambda _: (scene.frames, scene.object_frames), ExportSettings())
    )
    samples = TRAINING_EXPORT.checked(samples, "")
    by_id = {row["qa_id"]: row for row in samples.iter_rows(named=True)}
    assert by_id["one"]["messages"] == [
        {"from": "human", "value": "<image>\nWhere is the chair (red box)? [one]"},
        {"from": "gpt", "value": "To the left."},
    ]
    assert by_id["two"]["messages"][0]["value"].startswith("<image>\n<image>\nWhere")
    assert [p["path"] for p in by_id["two"]["QA_images"]] == ["images/room/two_0.jpg", "images/room/two_1.jpg"]
    assert by_id["one"]["license"] == "CC-BY-4.0"

    one, two, bare = ([decoded(p) for p in by_id[name]["QA_images"]] for name in ("one", "two", "bare"))
    box = scene.object_frames.filter((pl.col("frame_id") == "0000") & (pl.col("object_id") == "chair_1"))["box_2d"][0]
    top_middle = (round((box[0] + box[2]) / 2), round(box[1]))
    assert near(one[0], *top_middle, "red")
    assert near(two[0], *top_middle, "red")
    assert near(two[1], 80, 40, "green")
    assert not near(bare[0], *top_middle, "red")


def decoded(picture: dict) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(picture["bytes"], np.uint8), cv2.IMREAD_COLOR_RGB)


def near(picture: np.ndarray, u: int, v: int, color: str) -> bool:
    """Whether a palette colour is seen within 3 pixels; JPEG blurs colours of thin lines."""
    patch = picture[max(v - 3, 0) : v + 4, max(u - 3, 0) : u + 4].astype(int)
    return bool((np.abs(patch - PALETTE[color]).max(-1) < 70).any())


def test_chunks_can_be_drawn_anywhere_and_give_the_same_bytes(scene: SmallScene):
    rows = [question(f"q{i:03d}", frame_ids=[f"000{i % 3}"]) for i in range(150)]
    dataset = dataset_of(rows)
    chunks = list(export_chunks(dataset, lambda _: (scene.frames.lazy(), scene.object_frames.lazy())))
    assert [chunk.questions.height for chunk in chunks] == [128, 22]
    assert chunks[1].frames["frame_id"].to_list() == ["0002"]
    direct = pl.concat(drawn_samples(chunk, ExportSettings()) for chunk in chunks)
    sent = pl.concat(drawn_samples(pickle.loads(pickle.dumps(chunk)), ExportSettings()) for chunk in chunks)
    assert direct.equals(sent)
    assert direct["qa_id"].n_unique() == 150


def test_missing_frame_object_and_image_are_named(scene: SmallScene, tmp_path: Path):
    def draw(frames: pl.DataFrame, object_frames: pl.DataFrame) -> None:
        list(training_samples(dataset_of([question("one")]), lambda _: (frames, object_frames), ExportSettings()))

    with pytest.raises(ValueError, match="question one: frame 0000"):
        draw(scene.frames.clear(), scene.object_frames)
    with pytest.raises(ValueError, match="question one: object chair_1"):
        draw(scene.frames, scene.object_frames.clear())
    with pytest.raises(ValueError, match=r"gone\.png"):
        draw(scene.frames.with_columns(image=pl.lit(str(tmp_path / "gone.png"))), scene.object_frames)


def test_file_names_differ_where_ids_differ():
    assert file_name("3f2a-9") == "3f2a-9"
    names = {file_name(qa_id) for qa_id in ("a/b", "a|b", "a b", "a=2fb", "a..b", "ä")}
    assert len(names) == 6
    assert not any(set(name) & set('/\\|<>:"?* ') for name in names)
