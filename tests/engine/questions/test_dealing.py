"""Choosing within budgets, even shares, and options."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspatial_assets.engine.questions.balance import deal
from openspatial_assets.engine.questions.candidates import Candidates, Sieve, chosen
from openspatial_assets.engine.questions.forms import JUDGEMENT, MULTIPLE_CHOICE, OPEN_ENDED
from openspatial_assets.engine.questions.options import placed, wrong_lengths, wrong_orders
from openspatial_assets.engine.questions.settings import QuestionSettings

FORMS = (OPEN_ENDED, MULTIPLE_CHOICE, JUDGEMENT)


@given(count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_every_share_is_as_even_as_can_be(count, seed):
    turns = deal(FORMS, {}, count, np.random.default_rng(seed))
    by_form = {form: [turn for turn in turns if turn.form == form] for form in FORMS}
    assert len(by_form[JUDGEMENT]) % 2 == 0
    assert sum(turn.first for turn in by_form[JUDGEMENT]) * 2 == len(by_form[JUDGEMENT])
    assert max(map(len, by_form.values())) - min(map(len, by_form.values())) <= 3
    for group in by_form.values():
        assert abs(2 * sum(turn.first for turn in group) - len(group)) <= 1
        assert abs(2 * sum(turn.unit == "m" for turn in group) - len(group)) <= 1
        letters = np.bincount([turn.letter for turn in group], minlength=4)
        assert letters.max() - letters.min() <= 1


def test_a_form_is_given_only_to_those_who_can_take_it():
    possible = np.arange(40) < 8
    turns = deal(FORMS, {MULTIPLE_CHOICE: possible}, 40, np.random.default_rng(0))
    chosen_form = np.array([turn.form == MULTIPLE_CHOICE for turn in turns])
    assert chosen_form[possible].all()
    assert not chosen_form[~possible].any()
    assert sum(turn.form == JUDGEMENT for turn in turns) == 16


def test_letter_and_side_are_independent():
    turns = deal((MULTIPLE_CHOICE,), {}, 4000, np.random.default_rng(0))
    table = np.zeros((2, 4))
    np.add.at(table, ([int(turn.first) for turn in turns], [turn.letter for turn in turns]), 1)
    assert np.abs(table - 500).max() < 80


def test_gates_count_what_they_stop_and_budgets_hold():
    sieve = Sieve(value=np.arange(10))
    sieve.keep("odd", sieve["value"] % 2 == 0)
    sieve.keep("large", sieve["value"] < 7)
    sieve.keep("none", True)
    assert sieve["value"].tolist() == [0, 2, 4, 6]
    assert sieve.rejected == {"odd": 5, "large": 1}


def test_no_fact_is_repeated_and_no_frame_overused():
    rng = np.random.default_rng(0)
    frames, facts = rng.integers(0, 20, 500), rng.integers(0, 60, 500)
    candidates = Candidates(frames[:, None], facts[:, None], {"before": 3}, lambda row, turn: None)
    rows, rejected = chosen(candidates, QuestionSettings(max_per_frame=4, max_repeats_per_fact=1), rng)
    assert np.bincount(frames[rows]).max() == 4
    assert np.bincount(facts[rows]).max() == 2
    assert (np.diff(frames[rows]) >= 0).all()
    assert sum(rejected.values()) == 3 + 500 - len(rows)
    assert set(rejected) == {"before", "repeated", "over_budget"}


@given(value=st.floats(0.05, 10.0), unit=st.sampled_from(["m", "cm"]), seed=st.integers(0, 10_000))
def test_shown_lengths_differ_by_a_fifth(value, unit, seed):
    number = value * 100 if unit == "cm" else value
    right = f"{number:.0f}" if unit == "cm" else f"{number:.2f}"
    wrong = wrong_lengths(number, unit, np.random.default_rng(seed))
    shown = sorted([float(right), *(float(text.split()[0]) for text in wrong)])
    assert all(text.endswith(f" {unit}") for text in wrong)
    assert shown[0] > 0
    assert all(b >= 1.2 * a and a <= 0.8 * b + 1e-9 for a, b in pairwise(shown))


def test_the_right_length_is_no_more_often_in_the_middle():
    rng = np.random.default_rng(0)
    ranks = [sum(float(text.split()[0]) < 2.0 for text in wrong_lengths(2.0, "m", rng)) for _ in range(2000)]
    assert np.abs(np.bincount(ranks, minlength=4) - 500).max() < 80


def test_wrong_orders_are_other_orders_and_the_right_one_has_its_letter():
    wrong = wrong_orders(("1", "2", "3"), np.random.default_rng(0))
    assert len({*wrong, ("1", "2", "3")}) == 4
    assert placed("r", ["x", "y", "z"], 2) == ("x", "y", "r", "z")


@pytest.mark.parametrize("wrong", [{"max_per_frame": -1}, {"marked_share": 1.5}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        QuestionSettings(**wrong)
