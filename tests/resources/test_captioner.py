"""Captions in other words, by a server of the test's own: what is kept, what is refused, and what a failure leaves."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from support.gemini_server import HANG
from support.tables import random_tables

from openspatial_assets.assets.captions import rephrased, rephrased_by, rephrasing_counts
from openspatial_assets.assets.scene_graph import scene_graph
from openspatial_assets.engine.questions.caption_plan import captions_of
from openspatial_assets.engine.questions.caption_settings import CaptionSettings
from resources.captioner import GeminiCaptioner, PlainCaptioner, load, prompt_of
from resources.gemini import Gemini, GeminiError

GEMINI = CaptionSettings(captioner="gemini", model="gemini-test")
VIEWS = 5


@pytest.fixture(scope="module")
def captions():
    """Three captions of a scene of five views and more: their sentences with the numbers of their facts."""
    scene = scene_graph(*random_tables(1, num_frames=8), "scene")
    return [(shown, caption) for shown, caption in captions_of(scene, np.random.default_rng(0))[0]][:3]


@pytest.fixture(scope="module")
def rows(captions):
    evidence = [
        {"asks": "caption", "facts": caption.facts, "margin": {"required": {"words": 200}, "found": {"words": 1}}}
        for _, caption in captions
    ]
    return pl.DataFrame(
        {
            "qa_id": [str(index) for index in range(len(captions))],
            "answer": [caption.text for _, caption in captions],
            "evidence": [json.dumps(entry) for entry in evidence],
            "frame_ids": [[str(frame) for frame in shown.frames] for shown, _ in captions],
        }
    )


@pytest.fixture
def captioner(server, tmp_path):
    return GeminiCaptioner(Gemini("gemini-test", str(tmp_path), 5.0, 2, server.url, pause=lambda seconds: None))


def answer_of(caption, change=lambda text: text):
    """The caption's own sentences in another order, each with its facts, as a model would answer."""
    numbered, first = [], 1
    for sentence in caption.sentences:
        numbers = list(range(first, first + len(sentence.facts)))
        numbered.append({"text": change(sentence.text), "facts": numbers})
        first += len(numbers)
    return json.dumps({"sentences": [numbered[0], *numbered[:0:-1]]})


def lying(text):
    """One comparison, or support, the other way round."""
    for word, instead in (("taller than", "less tall than"), ("larger than", "smaller than"), ("higher", "lower")):
        if word in text:
            return text.replace(word, instead)
    return text


def test_a_good_answer_is_kept_with_its_facts(rows, captions, server, captioner):
    server.answers = [answer_of(caption) for _, caption in captions]
    found = rephrased_by(rows, captioner, "gemini-test")
    assert rephrasing_counts(found) == {"rephrased": len(captions)}
    assert found["answer"].to_list() != rows["answer"].to_list()
    for row, plain in zip(found.iter_rows(named=True), rows["answer"], strict=True):
        told = json.loads(row["evidence"])
        assert (told["rephrased"], told["rephrased_by"], told["plain"]) == (True, "gemini-test", plain)
        assert all(fact["text"] in row["answer"] for fact in told["facts"])
        assert 200 <= told["margin"]["found"]["words"] == len(row["answer"].split()) <= 300
        assert told["margin"]["found"]["relations"] >= 8
    assert found.schema == rows.schema
    assert found.drop("answer", "evidence").equals(rows.drop("answer", "evidence"))


def test_the_same_captions_are_never_asked_about_twice(rows, captions, server, captioner):
    server.answers = [answer_of(caption) for _, caption in captions]
    first = rephrased_by(rows, captioner, "gemini-test")
    asked = len(server.requests)
    assert rephrased_by(rows, captioner, "gemini-test").equals(first)
    assert len(server.requests) == asked == len(captions)
    assert captioner.gemini.usage.remembered == len(captions)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"sentences": [{"text": "A ', "no JSON"),
        ('{"sentences": []}', "does not fit its schema"),
        ('["sentences"]', "does not fit its schema"),
        ('{"sentences": [{"text": 3, "facts": []}]}', "does not fit its schema"),
        ('{"sentences": [{"text": "A scene.", "facts": [true]}]}', "does not fit its schema"),
        ('{"sentences": [{"text": "A scene.", "facts": [1000]}]}', "cites fact 1000, which there is not"),
        (None, "gave no text"),
        (500, "no answer in 2 attempts"),
    ],
)
def test_what_cannot_be_used_leaves_the_plain_text(rows, server, captioner, answer, reason):
    server.answers = [answer]
    found = rephrased_by(rows, captioner, "gemini-test")
    assert found["answer"].to_list() == rows["answer"].to_list()
    told = [json.loads(evidence) for evidence in found["evidence"]]
    assert all(reason in entry["rephrasing_refused"] for entry in told)
    assert not any("rephrased" in entry for entry in told)
    assert [entry["facts"] for entry in told] == [json.loads(evidence)["facts"] for evidence in rows["evidence"]]


def test_an_altered_relation_is_refused(rows, captions, server, captioner):
    server.answers = [answer_of(caption, lying) for _, caption in captions]
    found = rephrased_by(rows, captioner, "gemini-test")
    assert found["answer"].to_list() == rows["answer"].to_list()
    reasons = rephrasing_counts(found)
    assert all(reason.startswith("refused: sentence ") for reason in reasons)
    assert any("nothing cited says that" in reason for reason in reasons)


def test_a_service_that_hangs_costs_a_few_timeouts_at_most(rows, server, captioner):
    captioner.gemini.timeout_s, captioner.gemini.attempts = 0.1, 1
    server.answers = [HANG]
    many = pl.concat([rows, rows.with_columns(answer=pl.col("answer") + " More.")] * 2)
    counts = rephrasing_counts(rephrased_by(many, captioner, "gemini-test"))
    assert len(server.requests) == 3
    assert sum(counts.values()) == len(many)
    assert counts["refused: the service failed 3 times in a row, so it was not asked"] == len(many) - 3


def test_a_key_that_is_refused_ends_the_work(rows, server, captioner):
    server.answers = [403]
    with pytest.raises(GeminiError, match="refuses the request"):
        rephrased_by(rows, captioner, "gemini-test")


def test_without_a_key_the_settings_say_what_to_set(rows, monkeypatch, tmp_path):
    for variable in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(GeminiError, match="GEMINI_API_KEY"):
        rephrased(rows, GEMINI, str(tmp_path))


def test_by_default_nothing_is_asked_and_nothing_changes(rows, tmp_path):
    assert rephrased(rows, CaptionSettings(), str(tmp_path)) is rows
    assert isinstance(load(CaptionSettings(), str(tmp_path)), PlainCaptioner)
    assert rephrasing_counts(rephrased_by(rows, PlainCaptioner(), "none")) == {"plain": len(rows)}
    assert not list(tmp_path.iterdir())


def test_settings_are_handed_on(server, tmp_path):
    made = load(replace(GEMINI, timeout_s=3.0, attempts=7), str(tmp_path), server.url)
    assert (made.gemini.model, made.gemini.timeout_s, made.gemini.attempts) == ("gemini-test", 3.0, 7)


@pytest.mark.parametrize("wrong", [{"timeout_s": 0.0}, {"attempts": 0}, {"model": " "}])
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=f"caption settings: {next(iter(wrong))}"):
        CaptionSettings(**wrong)


def test_the_prompt_has_every_fact_and_the_caption(captions):
    _, caption = captions[0]
    prompt = prompt_of(caption.text, caption.facts)
    assert prompt.endswith(caption.text)
    for number, fact in enumerate(caption.facts, start=1):
        assert f"\n{number}. " in prompt
        assert json.dumps(fact["text"], ensure_ascii=False) in prompt
