"""The two recognizers, Gemini by a server of the test's own: what is asked, what is kept, what a failure costs."""

import base64
import json
import logging
import traceback
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.gemini_server import ANSWER_TOKENS, HANG, KEY, PROMPT_TOKENS

from openspatial_assets.assets.recognitions import Recognised, recognised_by, recognitions_of
from openspatial_assets.assets.sources import frames_of
from openspatial_assets.engine.recognition.settings import RecognitionSettings
from resources.images import ImageError
from resources.recognizer import RecognitionError, can_recognise, load
from resources.recognizer.gemini import sent_picture
from resources.tables import RECOGNITIONS

FRAMES = 4
SETTINGS = RecognitionSettings(recognizer="gemini", model="gemini-test", timeout_s=5.0, attempts=3)
CHAIR = {"box_2d": [250, 500, 750, 1000], "label": "Chair"}
TABLE = {"box_2d": [100, 0, 900, 400], "label": "dining table"}
GOOD = json.dumps([CHAIR, TABLE])
BROKEN = '[{"box_2d": [250, 500, 750, 1000], "label": "cha'


@pytest.fixture
def scene(make_folder):
    return make_folder(FRAMES)


@pytest.fixture
def frames(scene):
    """All of them keyframes: the folder's cameras stand a metre apart."""
    found, _ = frames_of(scene)
    assert found["keyframe"].all()
    return found


@pytest.fixture
def recognise(scene, frames, server, tmp_path):
    """A function that recognises the scene anew, with what was asked before still on disk; pauses take no time."""

    def run(settings: RecognitionSettings = SETTINGS, shown=frames) -> Recognised:
        recognizer = load(scene, settings, str(tmp_path / "answers"), server.url)
        recognizer.gemini.pause = lambda seconds: None
        return recognised_by(recognizer, scene.scene_id, shown, settings)

    return run


def prompts(server):
    return [body["contents"][0]["parts"][1]["text"] for _, _, body in server.requests]


def record(scene, content):
    (Path(scene.root) / "recognitions.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_good_answers_become_rows(server, recognise, frames):
    server.answers = [GOOD]
    found = recognise()
    assert found.rows.schema == RECOGNITIONS.schema
    assert found.rows.filter(frame_id="000001").rows() == [
        ("000001", 0, "chair", [32.0, 12.0, 64.0, 36.0], "gemini-test"),
        ("000001", 1, "dining table", [0.0, pytest.approx(4.8), 25.6, pytest.approx(43.2)], "gemini-test"),
    ]
    assert found.rows["frame_id"].unique().sort().equals(frames["frame_id"])
    counts = found.counts()
    assert (counts["asked"], counts["remembered"], counts["frames_without_answer"]) == (FRAMES, 0, 0)
    assert (counts["prompt_tokens"], counts["answer_tokens"]) == (FRAMES * PROMPT_TOKENS, FRAMES * ANSWER_TOKENS)
    assert "cost_usd" not in counts


def test_the_cost_follows_from_prices(server, recognise):
    server.answers = [GOOD]
    found = recognise(replace(SETTINGS, input_price=0.3, output_price=2.5))
    assert found.cost_usd == pytest.approx(FRAMES * (PROMPT_TOKENS * 0.3 + ANSWER_TOKENS * 2.5) / 1e6)


def test_what_is_asked(server, recognise, frames):
    server.answers = [GOOD, json.dumps([CHAIR]), "[]", GOOD]
    recognise()
    first, second, _, last = prompts(server)
    assert "normalized to 0-1000" in first
    assert "At most 40 objects" in first
    assert "were found" not in first
    assert "were found: chair, dining table." in second
    assert "were found: chair, dining table." in last
    for (_, _, body), path in zip(server.requests, frames["image"], strict=True):
        config = body["generationConfig"]
        assert config["temperature"] == 0.0
        assert set(config["responseJsonSchema"]["items"]["required"]) == {"box_2d", "label"}
        sent = base64.urlsafe_b64decode(body["contents"][0]["parts"][0]["inlineData"]["data"])
        image = cv2.imdecode(np.frombuffer(sent, np.uint8), cv2.IMREAD_COLOR)
        assert np.abs(image.astype(int) - cv2.imread(path)).mean() < 20


def test_nothing_is_asked_twice(server, recognise, monkeypatch):
    server.answers = [GOOD, BROKEN, GOOD]
    first = recognise()
    asked = len(server.requests)
    monkeypatch.delenv("GEMINI_API_KEY")
    again = recognise()
    assert again.rows.equals(first.rows)
    assert len(server.requests) == asked == FRAMES + 1
    assert (again.usage.asked, again.usage.remembered, again.counts()["prompt_tokens"]) == (0, asked, 0)


def test_only_keyframes_are_asked_about(server, recognise, frames):
    server.answers = [GOOD]
    shown = frames.with_columns(keyframe=frames["frame_id"].is_in(["000000", "000002"]))
    assert recognise(shown=shown).rows["frame_id"].unique().sort().to_list() == ["000000", "000002"]
    assert len(server.requests) == 2
    with pytest.raises(RecognitionError, match="no keyframe"):
        recognise(shown=frames.with_columns(keyframe=False))


def test_boxes_out_of_range_are_clamped_swapped_or_dropped(server, recognise):
    wild = [
        {"box_2d": [-50, 900, 500, 1300], "label": "lamp"},
        {"box_2d": [800, 400, 200, 100], "label": "rug"},
        {"box_2d": [1200, 1200, 1400, 1400], "label": "ghost"},
        {"box_2d": [0, 0, 500], "label": "stool"},
    ]
    server.answers = [json.dumps(wild)]
    found = recognise()
    rows = found.rows.filter(frame_id="000000")
    assert rows["label"].to_list() == ["lamp", "rug"]
    np.testing.assert_allclose(rows["box_2d"].to_numpy(), [[57.6, 0, 64, 24], [6.4, 9.6, 25.6, 38.4]])
    assert found.dropped == {"outside": FRAMES, "malformed": FRAMES}


@pytest.mark.parametrize(("bad", "questions"), [(BROKEN, 2), ('{"chairs": 2}', 2), (None, 1), (400, 1)])
def test_one_frame_without_an_answer_does_not_lose_the_scene(server, recognise, bad, questions):
    server.answers = [GOOD, *[bad] * questions, GOOD]
    found = recognise()
    assert set(found.unanswered) == {"000001"}
    assert found.counts()["frames_without_answer"] == 1
    assert found.rows["frame_id"].unique().sort().to_list() == ["000000", "000002", "000003"]
    assert len(server.requests) == FRAMES - 1 + questions


def test_the_second_question_after_a_broken_answer_is_for_fewer_objects(server, recognise):
    server.answers = [BROKEN, GOOD]
    assert not recognise().unanswered
    assert "At most 20 objects" in prompts(server)[1]


def test_a_model_that_never_answers_well_is_left_after_three_frames(server, recognise):
    server.answers = [BROKEN]
    with pytest.raises(RecognitionError, match=r"scene room: gemini-test .* first 3 of 4 frames.*000000.*no JSON"):
        recognise()
    assert len(server.requests) == 2 * 3


def test_a_model_that_has_answered_once_may_fail_on_all_others(server, recognise):
    server.answers = [GOOD, None]
    found = recognise()
    assert (len(found.rows), len(found.unanswered)) == (2, FRAMES - 1)


def test_a_busy_service_is_asked_again(server, recognise):
    server.answers = [429, GOOD]
    found = recognise()
    assert (found.usage.sent_again, len(found.rows)) == (1, 2 * FRAMES)


@pytest.mark.parametrize("bad", [500, HANG])
def test_a_service_that_is_down_fails_the_scene_and_later_only_the_rest_is_asked(server, recognise, bad):
    server.answers = [GOOD, GOOD, bad]
    with pytest.raises(RecognitionError, match=r"scene room, frame 000002: .*no answer in 2 attempts.*kept; run"):
        recognise(replace(SETTINGS, timeout_s=0.2, attempts=2))
    assert len(server.requests) == 2 + 2
    server.released.set()
    server.answers, server.requests[:] = [GOOD], []
    assert len(recognise().rows) == 2 * FRAMES
    assert len(server.requests) == FRAMES - 2


def test_a_key_that_is_refused_fails_the_scene_at_once(server, recognise):
    server.answers = [403]
    with pytest.raises(RecognitionError, match=r"refuses the request.*\[recognition\]"):
        recognise()
    assert len(server.requests) == 1


def test_the_key_is_in_no_file_log_row_or_error(server, recognise, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers = [429, GOOD]
    found = recognise()
    server.answers = [403]
    with pytest.raises(RecognitionError) as caught:
        recognise(replace(SETTINGS, model="gemini-other"))
    said = [caplog.text, repr(found), "".join(traceback.format_exception(caught.value))]
    said += [path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY in text for text in said)


def test_a_picture_is_sent_as_it_is_stored_and_no_larger_than_set(make_folder):
    frames, _ = frames_of(make_folder(1, size=(300, 200)))
    frame = frames.row(0, named=True)
    turned = Image.new("RGB", (300, 200), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(frame["image"], exif=exif)
    small, whole = (
        cv2.imdecode(np.frombuffer(sent_picture(frame, side).data, np.uint8), cv2.IMREAD_COLOR) for side in (150, 300)
    )
    assert (small.shape, whole.shape) == ((100, 150, 3), (200, 300, 3))
    np.testing.assert_allclose(small.mean((0, 1)), [0, 0, 255], atol=3)
    assert sent_picture(frame, 150).digest != sent_picture(frame, 300).digest
    with pytest.raises(ImageError, match="frame 000000 is 301x200"):
        sent_picture(frame | {"width": 301}, 300)


def test_recorded_answers_are_read_for_the_frames_that_they_name(scene, frames, tmp_path):
    record(scene, {"000002": [CHAIR], "0": [TABLE, CHAIR], "77": [CHAIR], "3": "none"})
    found = recognitions_of(scene, frames, RecognitionSettings(), str(tmp_path / "answers"))
    assert found.rows.select("frame_id", "detection", "label", "recognizer").rows() == [
        ("000000", 0, "dining table", "recorded"),
        ("000000", 1, "chair", "recorded"),
        ("000002", 0, "chair", "recorded"),
    ]
    assert set(found.unanswered) == {"000003"}
    assert (found.frames, found.usage.asked) == (3, 0)
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON file"),
        ([CHAIR], "must hold an object with an entry a frame, not a list"),
        ({"living_room_7": [CHAIR]}, "names no frame of the scene .*living_room_7; .*frames are 000000, 000001"),
        ({}, "names no frame of the scene"),
        ({"0": None}, "no usable answer to the first 1 of 1 frames"),
    ],
)
def test_a_recording_that_cannot_be_used_is_named(scene, frames, content, message):
    record(scene, content)
    with pytest.raises(RecognitionError, match=rf"(?s)scene room: .*{message}"):
        recognitions_of(scene, frames, RecognitionSettings(), "")


def test_who_is_asked_of_a_scene(scene, monkeypatch, tmp_path):
    for variable in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)

    def settled(with_key: bool, recognizer: str) -> tuple[bool, str]:
        monkeypatch.setenv("GOOGLE_API_KEY", KEY if with_key else "")
        settings = replace(SETTINGS, recognizer=recognizer)
        try:
            name = load(scene, settings, str(tmp_path)).name
        except RecognitionError as error:
            name = str(error)
        return can_recognise(scene, settings), name

    assert settled(False, "auto") == (False, "gemini-test")
    assert settled(True, "auto") == (True, "gemini-test")
    possible, message = settled(True, "recorded")
    assert not possible
    assert "has no recorded recognitions; add" in message
    record(scene, {"0": [CHAIR]})
    assert settled(True, "auto") == (True, "recorded")
    assert settled(False, "auto") == settled(False, "recorded") == (True, "recorded")
    assert settled(False, "gemini") == (False, "gemini-test")


def test_without_a_key_the_error_says_what_to_set(scene, frames, monkeypatch, tmp_path):
    for variable in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(RecognitionError, match="GEMINI_API_KEY"):
        recognitions_of(scene, frames, RecognitionSettings(), str(tmp_path))
