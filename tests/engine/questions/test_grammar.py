"""Articles, number and lists for any tag."""

import pytest

from openspatial_assets.engine.questions.grammar import (
    capitalized,
    definite,
    every,
    every_is,
    head_noun,
    is_plural,
    listed,
    ordinal,
    tidy,
    with_article,
)


@pytest.mark.parametrize(
    ("tag", "article"),
    [
        ("chair", "a"), ("apple", "an"), ("hourglass", "an"), ("house", "a"), ("umbrella", "an"), ("utensil", "a"),
        ("used towel", "a"), ("unicorn", "a"), ("uninflated ball", "an"), ("one-seater sofa", "a"), ("onion", "an"),
        ("usb cable", "a"), ("tv", "a"), ("lcd screen", "an"), ("x-ray machine", "an"), ("mp3 player", "an"),
        ("8-ball", "an"), ("80-inch tv", "an"), ("11-inch tablet", "an"), ("110 v adapter", "a"),
        ("us flag", "a"), ("mri scanner", "an"), ("herb pot", "an"), ("m&m bag", "an"), ("hummus bowl", "a"),
        ("u-shaped sofa", "a"), ("l-shaped sofa", "an"), ("european plug", "a"), ("étagère", "an"),
        ('"odd" thing', "an"), ("ewer", "a"),
    ],
)  # fmt: skip
def test_the_article_follows_the_sound(tag, article):
    assert with_article(tag) == f"{article} {tag}"


@pytest.mark.parametrize(
    ("tag", "plural"),
    [
        ("scissors", True), ("pair of scissors", False), ("books", True), ("stack of books", False), ("glass", False),
        ("glasses", True), ("bus", False), ("canvas", False), ("kitchen cabinets", True), ("chess board", False),
        ("shelf with books", False), ("cactus", False), ("curtains", True), ("lens", False), ("people", True),
        ("sofa/couch", False), ("shelves / rack", True), ("salt and pepper shakers", True),
        ("black and white chair", False), ("ups", False),
        ("furniture", False), ("olive oil", False), ("electronics", False), ("flip-flops", True),
        ("mattress", False), ("tennis", False), ("trousers", True),
        ("s", False), ("", False), ("potted plants (small)", True), ("news", False), ("stairs", True),
    ],
)  # fmt: skip
def test_the_head_noun_decides_the_number(tag, plural):
    assert is_plural(tag) == plural


def test_plural_tags_have_no_article_and_go_with_all():
    assert with_article("scissors") == "scissors"
    assert every("scissors") == "all scissors"
    assert every("chair") == "every chair"
    assert definite("scissors") == "the scissors"


@pytest.mark.parametrize("tag", ["furniture", "olive oil", "toilet paper", "wooden furniture (old)", "Clothing"])
def test_what_cannot_be_counted_has_no_article_and_takes_is(tag):
    assert with_article(tag) == tag
    assert every_is(tag) == f"is all {tag}"
    assert with_article("paper towel") == "a paper towel"


@pytest.mark.parametrize(
    ("tag", "noun"),
    [
        ("pair of scissors", "pair"), ("yoga mat", "mat"), ("flip-flops", "flops"), ("sofa/couch", "sofa"), ("", ""),
        ("shelf with books", "shelf"), ("TV", "tv"), ("/", ""),
    ],
)  # fmt: skip
def test_the_head_noun_is_the_last_word_before_what_describes_it(tag, noun):
    assert head_noun(tag) == noun


def test_tags_stay_on_one_line():
    assert tidy("  odd\n\ttag\u2028with\x00breaks ") == "odd tag with breaks"


def test_lists():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"], "or") == "a or b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    views = [f"View {number}" for number in (1, 2, 3)]
    assert listed(views) == "View 1, View 2 and View 3"
    assert listed(views, "or") == "View 1, View 2 or View 3"


def test_only_the_first_letter_is_capitalized():
    assert capitalized("the TV in View 1") == "The TV in View 1"
    assert capitalized("") == ""


def test_ranks_stand_before_an_adjective():
    assert [f"{ordinal(rank)}closest" for rank in (1, 2, 5)] == ["closest", "second closest", "fifth closest"]
