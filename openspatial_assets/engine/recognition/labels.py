"""What a recognizer calls an object, as a label that a question could say.

What does not belong here: boxes (`answers.py`), and which labels name the same (`engine/lifting/names.py`).
"""

import re
import unicodedata

LONGEST_LABEL = 40
"""Characters: a longer label is a sentence, and no name."""

_SEPARATORS = re.compile(r"""[\s_<>|{}\[\]()"`*#:;,!?/\\=]+""")
"""Characters that no tag may have: ids are joined by some, and questions would not read well with the others."""
_ARTICLES = ("a ", "an ", "the ")


def normalized_label(label: str) -> str:
    """A label in lower case, with single spaces, without article and punctuation; empty if nothing of a name is left.

    The result is its own normalised form.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).lower())  # lower case may be two marks
    text = "".join(" " if unicodedata.category(mark)[0] in "CZ" else mark for mark in text)
    words = _SEPARATORS.sub(" ", text).split()
    words = [word for word in (word.strip("'.-&+") for word in words) if word]
    while len(words) > 1 and f"{words[0]} " in _ARTICLES:
        words = words[1:]
    text = " ".join(words)
    return text if len(text) <= LONGEST_LABEL and any(mark.isalpha() for mark in text) else ""
