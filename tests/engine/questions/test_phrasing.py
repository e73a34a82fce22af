"""The phrasing files: complete, clean for any tag, and giving nothing away."""

import re

import pytest
from support.wording_samples import NAMED, TOLD, WORDS, samples

from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.engine.questions.phrasing import Text, sentences, wordings

LEAST_PHRASINGS = 8
GROUPS = [(name, form, asks) for name, task in SUBTASKS.items() for form in task.forms for asks in task.asks]

FLAWS = re.compile(
    r"  |\s[?.,:;)]|\(\s|^\s|\s$|[?,:;][?.,:;]|\.[?,:;]|(?<!\.)\.\.(?!\.)|\b(\w+) \1\b"
    r"|\ba [aeio]|\ban [^aeiou\W]|\{[A-Za-z]|None"
)
"""Doubled spaces, marks of punctuation and words; a space before a mark; a wrong article; what was not filled in."""

BRITISH = re.compile(
    r"(?i)met(?:re|res)\b|centre|colour|labell|neighbour|grey|behaviour|favour|towards\b|whilst|metre|mould|storey"
    r"|[a-z]{3}(?:ise|ised|ising|isation|yse)\b(?<!wise)(?<!otherwise)(?<!precise)(?<!rise)(?<!exercise)(?<!raise)"
)

JUDGED = (
    (re.compile(r"(?i)true or false"), ("True", "False")),
    (re.compile(r"(?i)correct or incorrect"), ("Correct", "Incorrect")),
    (re.compile(""), ("Yes", "No")),
)
"""What a judgement's question says -> how its answers begin; the first that fits counts."""

ASKING = re.compile(
    r"(?:(?:(?:In|On|At|To|From|For|Of|Among|Along|Around|About|By) )?(?:[Ww]hich|[Ww]hat|[Hh]ow)|Where|Is|Are|Does|Do"
    r"|Did|Can|Could|Would|Has|Have|Was|Were|Will)\b"
)
"""How a sentence begins that ends with a question mark."""


def filled(name: str, form: str, asks: str):
    """Each wording of a group with every sample of what fills it: question and answers."""
    for entry in wordings(name)[form, asks]:
        for words, plural in samples(name, form):
            answers = {said: text.filled(words, plural) for said, text in entry.answers.items()}
            yield entry.question.filled(words, plural), answers


def pieces_of(text: Text) -> str:
    """The text itself, each placeholder as a gap."""
    return " _ ".join(piece or "" for piece in text.pieces[::4])


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_every_form_has_phrasings_enough_for_all_that_it_asks(name, form, asks):
    entries = wordings(name)[form, asks]
    assert len(entries) >= LEAST_PHRASINGS
    for entry in entries:
        assert set(entry.answers) == ({"yes", "no"} if form == "judgement" else {"answer"})


@pytest.mark.parametrize("name", SUBTASKS)
def test_files_have_no_group_that_is_never_asked(name):
    task = SUBTASKS[name]
    assert {form for form, _ in wordings(name)} == set(task.forms)
    assert {asks for _, asks in wordings(name)} == set(task.asks)


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_wordings_of_a_group_are_different_sentences(name, form, asks):
    said = [re.sub(r"\W+", " ", pieces_of(entry.question)).lower() for entry in wordings(name)[form, asks]]
    # The order to answer with a letter makes no other sentence.
    orders = (
        r" (?:answer|reply) with (?:the letter|a b c or d)| (?:give|state) only the letter(?: of the right option)?"
    )
    assert len({re.sub(orders, "", text) for text in said}) == len(said)


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_wordings_use_what_their_rule_gives_and_never_the_answer_in_the_question(name, form, asks):
    known = {*NAMED.get(name, ""), *(word for words in WORDS[name] for word in words), "answer"}
    known |= {"others", "others_and"} if len(NAMED.get(name, "")) > 1 else set()
    for entry in wordings(name)[form, asks]:
        asked = set(entry.question.names)
        assert asked <= known - TOLD, asked - (known - TOLD)
        for text in entry.answers.values():
            choice = {"letter", "option"}
            assert set(text.names) <= (choice if form == "multiple_choice" else known), text


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_words_are_clean_for_any_name(name, form, asks):
    for question, answers in filled(name, form, asks):
        for text in (question, *answers.values()):
            assert not (found := FLAWS.search(text)), (found[0], text)
            assert not (found := BRITISH.search(text)), (found[0], text)
            assert text[0].isupper() or text[0].isdigit() or text[0] in "[-", text
            for sentence in re.split(r"(?<=[^A-D][.?!])\s+", text):
                assert not re.match(r"[a-z]", sentence), text


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_sentences_that_ask_end_with_a_question_mark(name, form, asks):
    for question, _ in filled(name, form, asks):
        assert re.search(r"[?.}\]]$", question) or "\n" in question, question
        for sentence in re.split(r"(?<=[.?!])\s+|\n", question):
            assert not ASKING.match(sentence) or sentence.endswith(("?", '?"')), question


@pytest.mark.parametrize(("name", "form", "asks"), [group for group in GROUPS if group[1] == "judgement"])
def test_judgements_are_answered_as_they_are_asked(name, form, asks):
    for question, answers in filled(name, form, asks):
        yes, no = next(said for pattern, said in JUDGED if pattern.search(question))
        assert re.match(rf"{yes}\b", answers["yes"]), (question, answers)
        assert re.match(rf"{no}\b", answers["no"]), (question, answers)
        assert ("." in answers["yes"]) == ("." in answers["no"]), "the answers are of one kind"


@pytest.mark.parametrize("name", [name for name in SUBTASKS if "view_a" in WORDS[name][0] or "views" in WORDS[name][0]])
def test_texts_about_several_views_say_that_they_show_one_scene(name):
    for form, asks in wordings(name):
        for question, _ in filled(name, form, asks):
            assert re.search(r"\b(?:scene|place|room)\b", question), question


@pytest.mark.parametrize(("name", "form", "asks"), GROUPS)
def test_views_are_called_by_their_numbers(name, form, asks):
    for question, answers in filled(name, form, asks):
        for text in (question, *answers.values()):
            assert not re.search(r"\bView(?! \d)|\bview \d|\bViews\b(?! \d)", text), text


@pytest.mark.parametrize(
    ("name", "form", "asks"), [group for group in GROUPS if "unit" in WORDS[group[0]][0] and group[1] == "open_ended"]
)
def test_numbers_have_the_unit_that_the_question_names(name, form, asks):
    for question, answers in filled(name, form, asks):
        unit = re.search(r"\b(meters|centimeters)\b", question)[1]
        assert re.search(rf"\d (?:{unit}|{ {'meters': 'm', 'centimeters': 'cm'}[unit] })\b", answers["answer"]), answers


@pytest.mark.parametrize(
    "text",
    ["Is  it?", "Is it ?", "Is it?.", "Is the the cup here?", "Is a apple here?", "Is an cup here?", "Where is {b}?",
     "The answer is None.", " Is it?", "It is 2.. or not"],
)  # fmt: skip
def test_flaws_would_be_noticed(text):
    assert FLAWS.search(text)
    assert not FLAWS.search('Is "a cup" (point A) at [x, y], {"b": "..."}: 2.50 m or 0.5 m? Answer with A, B, C or D.')


@pytest.mark.parametrize(
    "word", ["metres", "centimetre", "the centre", "colour", "labelled", "neighbours", "organised"]
)
def test_british_spelling_would_be_noticed(word):
    assert BRITISH.search(word)
    assert not BRITISH.search("meters, center, color, otherwise, clockwise, precise, raise, likewise, label, size")


@pytest.mark.parametrize("name", SUBTASKS)
def test_patterns_of_composed_answers_are_clean(name):
    for kind, patterns in sentences(name).items():
        assert len(set(patterns)) == len(patterns) or kind == "connector"
        for pattern in patterns:
            text = pieces_of(Text.parsed(pattern))
            assert not (found := BRITISH.search(text)), (found[0], text)
            assert not re.search(r"[a-z]  [a-z]", pattern), pattern


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
