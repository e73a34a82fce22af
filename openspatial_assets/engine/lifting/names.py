"""Which labels may name one object, and what several views together call it.

What does not belong here: normalising labels (`engine/recognition/labels.py`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

SYNONYMS = (
    ("mug", "cup", "coffee mug", "coffee cup", "teacup", "tea cup"),
    ("sofa", "couch", "settee"),
    ("tv", "television", "tv screen"),
    ("monitor", "computer monitor", "computer screen"),
    ("fridge", "refrigerator"),
    ("cabinet", "cupboard"),
    ("closet", "wardrobe"),
    (
        "trash can",
        "trash bin",
        "garbage can",
        "garbage bin",
        "rubbish bin",
        "waste bin",
        "wastebasket",
        "dustbin",
        "bin",
    ),
    ("rug", "carpet"),
    ("picture", "painting", "picture frame", "wall art", "artwork"),
    ("plant", "potted plant", "houseplant", "house plant"),
    ("lamp", "light"),
    ("curtain", "curtains", "drape", "drapes"),
    ("cushion", "pillow"),
    ("nightstand", "night stand", "bedside table"),
    ("bookshelf", "bookcase", "book shelf"),
    ("shelf", "shelves", "shelving"),
    ("stove", "cooker", "hob"),
    ("tap", "faucet"),
    ("bag", "handbag", "tote bag"),
    ("backpack", "rucksack"),
    ("laptop", "laptop computer", "notebook computer"),
    ("phone", "telephone", "mobile phone", "cell phone", "smartphone"),
    ("box", "carton", "cardboard box"),
    ("container", "storage box", "storage bin", "storage container"),
    ("controller", "gamepad"),
    ("magazine", "journal"),
    ("dresser", "chest of drawers"),
    ("stool", "footstool"),
)
"""Everyday words that name the same thing. A row holds names of one kind, none of which is another kind as well."""

# fmt: off
FLOOR_STANDING = frozenset((
    "armchair", "bathtub", "bed", "bench", "bookshelf", "cabinet", "chair", "closet", "counter", "crib", "desk",
    "dishwasher", "dresser", "fridge", "nightstand", "ottoman", "oven", "piano", "sideboard", "sofa", "stand", "stool",
    "stove", "table", "toilet", "trash can", "trolley",
))
# fmt: on
"""Kinds that usually stand on the floor. A cabinet may hang on a wall: that a thing may stand on the floor is no more
than the reason to look whether its foot is hidden."""

_KIND = {name: row[0] for row in SYNONYMS for name in row}


@lru_cache(maxsize=4096)
def kind_of(label: str) -> str:
    """The kind that a normalised label names: of the label itself, or of its longest ending that is a name.

    The last word of an English compound says what the thing is ("wooden chair" is a chair); where two words name a kind
    of their own ("night stand", "bedside table") they are looked up together, before the last one.
    """
    words = label.split()
    for start in range(len(words)):
        name = " ".join(words[start:])
        if name in _KIND:
            return _KIND[name]
    return words[-1] if words else label


def same_object(one: str, other: str) -> bool:
    """Whether two normalised labels may name one object."""
    return kind_of(one) == kind_of(other)


def votes(labels: Sequence[str]) -> list[tuple[str, int]]:
    """How often each label was given, most votes first, equal ones in the order of the alphabet."""
    return sorted(Counter(labels).items(), key=lambda entry: (-entry[1], entry[0]))


def elected(labels: Sequence[str], everywhere: Mapping[str, int]) -> str:
    """What an object is called: the kind that most of its labels name, by that kind's most common name in the scene.

    Args:
        labels: of the object's views, at least one.
        everywhere: label -> how often it is given in the whole scene. So that two objects of a kind share one name
            though the views of one of them happen to prefer another word.
    """
    kind = votes([kind_of(label) for label in labels])[0][0]
    names = [label for label in everywhere if kind_of(label) == kind]
    return min(names, key=lambda label: (-everywhere[label], label))
