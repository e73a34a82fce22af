"""The phrasing files: complete, and filled in without a flaw for any tag."""

import re

import pytest

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.phrasing import Text, wordings

LEAST_PHRASINGS = 8
GROUPS = [(name, form, asks) for name, task in SUBTASKS.items() for form in task.forms for asks in task.asks]


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_every_form_has_phrasings_enough_for_all_that_it_asks(name, form, asks):
    entries = wordings(name)[form, asks]
    assert len(entries) >= LEAST_PHRASINGS
    assert len({entry.question for entry in entries}) == len(entries)
    for entry in entries:
        assert set(entry.answers) == ({"yes", "no"} if form == "judgement" else {"answer"})


@pytest.mark.parametrize("name", SUBTASKS)
def test_files_have_no_group_that_is_never_asked(name):
    task = SUBTASKS[name]
    assert {form for form, _ in wordings(name)} == set(task.forms)
    assert {asks for _, asks in wordings(name)} == set(task.asks)


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_words_are_clean(name, form, asks):
    for entry in wordings(name)[form, asks]:
        for text in (entry.question, *entry.answers.values()):
            for number in (True, False):
                filled = text.filled(_Itself(), dict.fromkeys(text.names, number))
                assert not re.search(r"  |\s[?.,:;]|^\s|\s$|metre|centre|\{[a-z]", filled), filled
                assert filled[0].isupper() or len(text.pieces) == 5, filled
        assert re.search(r"[?.}\]]$", entry.question.pieces[-1]), entry.question


class _Itself(dict):
    """Every placeholder filled with its own name."""

    def __missing__(self, name):
        return name

    def __contains__(self, name):
        return name[0].islower()


def test_what_is_filled_in_is_never_read_as_a_placeholder():
    text = Text.parsed('{a} {a|is|are} {"bbox": 1} near {b}.')
    words = {"a": "the {b} {0} %s", "b": 'the "x"/\\{a}'}
    assert text.filled(words, {"a": False}) == 'The {b} {0} %s is {"bbox": 1} near the "x"/\\{a}.'
    assert text.filled(words, {"a": True}).startswith("The {b} {0} %s are ")


def test_a_capital_placeholder_begins_a_sentence():
    assert Text.parsed("Look. {A} {a|is|are} red.").filled({"a": "the cup"}, {"a": False}) == "Look. The cup is red."


def test_a_missing_file_says_what_to_add():
    with pytest.raises(ValueError, match=r"phrasings/nothing\.json is missing"):
        wordings("nothing")
