"""Articles, number and lists for any tag."""

import pytest

from openspatial_assets.engine.questions.grammar import definite, every, is_plural, listed, tidy, with_article


@pytest.mark.parametrize(
    ("tag", "article"),
    [
        ("chair", "a"), ("apple", "an"), ("hourglass", "an"), ("house", "a"), ("umbrella", "an"), ("utensil", "a"),
        ("used towel", "a"), ("unicorn", "a"), ("uninflated ball", "an"), ("one-seater sofa", "a"), ("onion", "an"),
        ("usb cable", "a"), ("tv", "a"), ("lcd screen", "an"), ("x-ray machine", "an"), ("mp3 player", "an"),
        ("8-ball", "an"), ("80-inch tv", "an"), ("11-inch tablet", "an"), ("110 v adapter", "a"),
        ("u-shaped sofa", "a"),        ("l-shaped sofa", "an"), ("european plug", "a"), ("étagère", "an"),
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
        ("black and white chair", False),        ("electronics", False), ("flip-flops", True),
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


def test_tags_stay_on_one_line():
    assert tidy("  odd\n\ttag\u2028with\x00breaks ") == "odd tag with breaks"


def test_lists():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"], "or") == "a or b"
    assert listed(["a", "b", "c"]) == "a, b and c"
