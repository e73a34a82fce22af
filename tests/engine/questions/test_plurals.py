"""Plurals of any tag, and numbers in words."""

import pytest

from openspatial_assets.engine.questions.plurals import number_word, plural_of


@pytest.mark.parametrize(
    ("tag", "plural"),
    [
        ("chair", "chairs"), ("box", "boxes"), ("bookshelf", "bookshelves"), ("knife", "knives"), ("couch", "couches"),
        ("battery", "batteries"), ("tray", "trays"), ("potato", "potatoes"), ("piano", "pianos"), ("glass", "glasses"),
        ("snowman", "snowmen"), ("ottoman", "ottomans"), ("computer mouse", "computer mice"), ("bus", "buses"),
        ("roof", "roofs"), ("quiz", "quizzes"), ("cactus", "cacti"), ("child", "children"), ("Shelf", "Shelves"),
        ("chest of drawers", "chests of drawers"), ("shelf with books", "shelves with books"),
        ("TV (off)", "TVs (off)"),
        ("lamp, floor", "lamps, floor"), ("sofa/couch", "sofas/couches"), ("t-shirt", "t-shirts"), ("café", "cafés"),
        ("scissors", "sets of scissors"), ("books", "sets of books"), ("people", "groups of people"),
        ("furniture", "pieces of furniture"), ("toilet paper", "pieces of toilet paper"), ("paper cup", "paper cups"),
        ("椅子", "objects called 椅子"), ('12"', 'objects called 12"'), ("", "objects called "),
        ("  two\nlines ", "sets of two lines"), ("mug/杯", "objects called mug/杯"),
    ],
)  # fmt: skip
def test_plurals(tag, plural):
    assert plural_of(tag) == plural


def test_small_numbers_are_words():
    assert [number_word(number) for number in (1, 2, 12, 13)] == ["one", "two", "twelve", "13"]
