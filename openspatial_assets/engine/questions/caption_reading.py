"""What a sentence of a caption claims, read from its words by a small grammar: strict, so that nothing is overlooked.

Whatever the grammar does not know is a reason to refuse the sentence: an unknown word, a relation in an unusual form, a
negation. What does not live here: whether the claims hold (`caption_check.py`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openspatial_assets.engine.questions.caption_words import (
    ABOUT,
    COMPARED_IN,
    CONTRASTS,
    DIMENSIONS,
    FINITE,
    LENGTH,
    NUMBER,
    RELATIONS,
    VERBS,
    vocabulary,
)
from openspatial_assets.engine.questions.grammar import tidy
from openspatial_assets.engine.questions.plurals import NUMBER_WORDS, collective_of, plural_of

BEGINNING = re.compile(r"[W,DV]*N(?:[,&]N)*[W,]*[VRE]|[W,]*RN(?:[,&]N)*[W,]*V|[W,V]*rN")
"""Of a clause: "the lamp is", "close to the bed is", "a large distance separates"; `V` is a verb, `W` another word."""

FORMS = (
    *("", "N", "A", "NRN", "NRNRN", "NRNHRN", "RNN", "RNNRN", "Nr", "rN", "NEND", "DNEN"),
    *("NM", "MN", "NMN", "MNN", "NNM", "NS", "SN"),
)
"""What a clause may consist of: N objects, R r E relations, D in what, S sizes, M a distance, A an area, H "which"."""


@dataclass(frozen=True)
class Mention:
    """Objects of one tag in a sentence: how many of them; None for all."""

    tag: str
    number: int | None


@dataclass(frozen=True)
class Claim:
    """Something that a sentence says.

    Attributes:
        kind: as of a fact.
        subjects, objects: the two sides; of a claim about two things together, both stand in `subjects`.
        dimension: of a size.
        meters: numbers, in metres.
    """

    kind: str
    subjects: tuple[Mention, ...] = ()
    objects: tuple[Mention, ...] = ()
    dimension: str = ""
    meters: tuple[float, ...] = ()


class NotUnderstood(ValueError):
    """The sentence says something that the grammar does not know."""


@dataclass(frozen=True)
class _Token:
    symbol: str
    value: object = None
    verb: bool = False


class Reader:
    """Reads the sentences of one caption.

    Args:
        numbers: tag -> how many objects there are.
        views: how many views are shown.
    """

    def __init__(self, numbers: Mapping[str, int], views: int) -> None:
        self._numbers = {tidy(tag).lower(): (tag, number) for tag, number in numbers.items()}
        self._views = views
        self._surfaces: dict[str, tuple[str, bool]] = {}
        for lower, (tag, number) in self._numbers.items():
            self._surfaces[lower] = (tag, False)
            if collective := collective_of(lower):
                self._surfaces[f"{collective} of {lower}"] = (tag, False)
            if number > 1:
                self._surfaces[plural_of(lower).lower()] = (tag, True)
        names = "|".join(re.escape(name) for name in sorted(self._surfaces, key=len, reverse=True)) or "(?!)"
        whole = r"each of (?:the )?|both (?:of )?(?:the )?|all (?:of )?(?:the )?|the "
        counted = rf"(?:(?P<part>{NUMBER}) of (?:the )?|{whole})"
        quantity = rf"(?P<of>{counted})?(?P<number>(?:a single|an?|every|each|{NUMBER})(?= ))? ?"
        self._patterns = [
            ("A", re.compile(rf"{ABOUT}(\d+(?:\.\d+)?)(?: ?(?:meters|m))? by {LENGTH}")),
            ("S", re.compile(rf"{ABOUT}{LENGTH} (long|wide|tall|high|in (?:length|width|height))\b")),
            ("S", re.compile(rf"(?P<of>length|width|height) of {ABOUT}{LENGTH}")),
            ("M", re.compile(rf"{ABOUT}{LENGTH}(?: apart| away(?: from)?)?")),
            ("N", re.compile(rf"{quantity}(?P<name>(?<![\w-])(?:{names})(?![\w-]))")),
            ("W", re.compile(rf"(?:{'|'.join(sorted(vocabulary()['phrases'], key=len, reverse=True))})(?![\w-])")),
            *((symbol, re.compile(rf"(?:{text})(?![\w-])")) for text, (symbol, _) in RELATIONS.items()),
            ("D", re.compile(r"in (?:overall )?(height|size|volume)\b")),
            ("V", re.compile(rf"({NUMBER}) (?:\w+ )?(?:views|viewpoints|images)\b")),
            ("H", re.compile(r"which\b")),
            ("W", re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")),
            (",", re.compile(r"[,:]")),
            (";", re.compile(r"[;.]")),
        ]
        before = [symbol for symbol, _ in self._patterns].index("R")
        self._kinds = dict(enumerate((kind for _, kind in RELATIONS.values()), start=before))

    def claims(self, sentence: str) -> list[Claim]:
        """All that a sentence claims.

        Raises:
            NotUnderstood: it says something that the grammar does not know.
        """
        tokens = self._tokens(" ".join(sentence.lower().split()))
        return [claim for clause in _clauses(tokens) for claim in _claims(clause)]

    def _tokens(self, text: str) -> list[_Token]:
        found, place = [], 0
        while place < len(text):
            if text[place] == " ":
                place += 1
                continue
            for index, (symbol, pattern) in enumerate(self._patterns):
                match = pattern.match(text, place)
                if match and match.end() > place:
                    found.append(self._token(symbol, match, self._kinds.get(index)))
                    place = match.end()
                    break
            else:
                raise NotUnderstood(f"{text[place : place + 12]!r} is not understood")
        return found

    def _token(self, symbol: str, match: re.Match, kind: str | None) -> _Token:
        if symbol == "N":
            return _Token("N", self._mention(match))
        if symbol == "S":
            groups = match.groups()
            words = groups if match.re.groups == 3 and groups[0] not in DIMENSIONS else (*groups[1:], groups[0])
            return _Token("S", (DIMENSIONS[words[2]], _meters(words[0], words[1])))
        if symbol == "M":
            return _Token("M", _meters(*match.groups()))
        if symbol == "A":
            return _Token("A", (_meters(match[1], match[3]), _meters(match[2], match[3])))
        if symbol == "D":
            return _Token("D", COMPARED_IN[match[1]])
        if symbol == "V":
            if _number(match[1]) != self._views:
                raise NotUnderstood(f"there are {self._views} views, not {match[1]}")
            return _Token("W", "views")
        if symbol == "W":
            word = match[0]
            if word in ("and", "plus"):
                return _Token("&")
            if word not in vocabulary()["words"] and word not in vocabulary()["phrases"]:
                raise NotUnderstood(f"the word {word!r} is not known")
            return _Token("W", word, word in VERBS)
        return _Token(symbol, kind, symbol == "E" or kind == "-on" or FINITE.match(match[0]) is not None)

    def _mention(self, match: re.Match) -> Mention:
        """How many objects a mention is about; refused if the words do not fit their number."""
        tag, many = self._surfaces[match["name"]]
        total, of, number = self._numbers[tidy(tag).lower()][1], match["of"] or "", match["number"]
        said, part = _number(number), _number(match["part"])
        if total == 1:
            fits = not many and of in ("", "the ") and said in (None, 1) and number not in ("every", "each")
            if not fits:
                raise NotUnderstood(f"{match[0]!r}: there is one")
            return Mention(tag, None)
        if part is not None:
            if not many or part >= total or said not in (None, total):
                raise NotUnderstood(f"{match[0]!r}: there are {total}")
            return Mention(tag, part)
        if of.startswith(("both", "all", "each of", "the")) or number in ("every", "each"):
            fits = (many or number in ("every", "each")) and said in (None, total)
            if not fits or (of.startswith("both") and total != 2):
                raise NotUnderstood(f"{match[0]!r}: there are {total}")
            return Mention(tag, None)
        if many and said == total:
            return Mention(tag, None)
        raise NotUnderstood(f"{match[0]!r}: there are {total}, and it is not clear which are meant")


def _number(text: str | None) -> int | None:
    """A number in words or digits; None for other words."""
    if text in ("a", "an", "a single"):
        return 1
    if text in NUMBER_WORDS:
        return NUMBER_WORDS.index(text)
    return int(text) if text and text.isdigit() else None


def _meters(number: str, unit: str) -> float:
    return float(number) / 100.0 if unit.startswith("c") else float(number)


def _clauses(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """The tokens cut where a new clause begins: at semicolons, and at an "and" between two clauses with verbs."""
    clauses: list[list[_Token]] = [[]]
    for index, token in enumerate(tokens):
        if token.symbol == ";":
            clauses.append([])
            continue
        contrast = token.symbol == "W" and token.value in CONTRASTS
        if (contrast or token.symbol == "&") and _is_clause(clauses[-1]) and _begins_clause(tokens[index + 1 :]):
            clauses.append([])
        elif not contrast:
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


def _is_clause(tokens: Sequence[_Token]) -> bool:
    return any(token.verb or token.symbol == "r" for token in tokens)


def _begins_clause(tokens: Sequence[_Token]) -> bool:
    """Whether a clause of its own follows: subject and verb, or the other way round."""
    symbols = []
    for token in tokens:
        if token.symbol == ";" or (token.symbol == "W" and token.value in CONTRASTS):
            break
        symbols.append("V" if token.verb and token.symbol == "W" else token.symbol)
    return BEGINNING.match("".join(symbols)) is not None


def _claims(clause: Sequence[_Token]) -> list[Claim]:
    """What one clause claims."""
    form, values = _form(clause)
    found: list[Claim] = []
    inner = re.search(r"NH?S(?=R|E)", form)
    if inner:  # "the desk, which is 1.4 meters long, carries ..."
        found += [_size(values[inner.start()], one) for one in values[inner.end() - 1]]
        form = form[: inner.start() + 1] + form[inner.end() :]
        values = values[: inner.start() + 1] + values[inner.end() :]
    if form not in FORMS:
        raise NotUnderstood(f"a clause of the form {form} is not known")
    names = [value for symbol, value in zip(form, values, strict=True) if symbol == "N"]
    kinds = [value for symbol, value in zip(form, values, strict=True) if symbol in "Rr"]
    if form == "N":
        return [*found, *(Claim("count", (one,)) for one in names[0])]
    if form == "A":
        return [*found, Claim("spread", meters=tuple(sorted(values[0], reverse=True)))]
    if form in ("NRN", "NRNRN"):
        for kind, others in zip(kinds, names[1:], strict=True):
            found += _related(kind, names[0], others)
        return found
    if form == "NRNHRN":
        return [*found, *_related(kinds[0], *names[:2]), *_related(kinds[1], *names[1:])]
    if form in ("RNN", "RNNRN"):
        if kinds[0] not in ("on", "near", "far"):
            raise NotUnderstood(f"a clause that begins with {kinds[0]!r} is not known")
        found += _related(kinds[0], names[1], names[0])
        return found + (_related(kinds[1], names[1], names[2]) if len(names) > 2 else [])
    if "r" in form:
        return [*found, Claim(kinds[0], _pair(names))]
    if "E" in form:
        return [*found, *_related(values[form.index("D")], *names)]
    if "M" in form:
        return [*found, Claim("distance", _pair(names), meters=(values[form.index("M")],))]
    if "S" in form:
        return [*found, *(_size(names[0], one) for one in values[form.index("S")])]
    return found


def _form(clause: Sequence[_Token]) -> tuple[str, list]:
    """The symbols of a clause, with lists of objects and lists of sizes as one each; and their values."""
    form, values, between = "", [], ""
    for token in clause:
        if token.symbol in ("W", ",", "&"):
            between += token.symbol
            continue
        joined = token.symbol == "S" or (token.symbol == "N" and set(between) <= {",", "&"})
        if joined and form.endswith(token.symbol):
            values[-1].append(token.value)
        elif token.symbol == "H" and form == "":
            pass  # "which" of a question, or of nothing
        else:
            form += token.symbol
            values.append([token.value] if token.symbol in "NS" else token.value)
        between = ""
    return form, values


def _related(kind: str, subjects: Sequence[Mention], objects: Sequence[Mention]) -> list[Claim]:
    if kind.startswith("-"):
        kind, subjects, objects = kind[1:], objects, subjects
    return [Claim(kind, (one,), (other,)) for one in subjects for other in objects]


def _pair(names: Sequence[Sequence[Mention]]) -> tuple[Mention, ...]:
    """The two sides of a claim about two things together."""
    sides = tuple(one for side in names for one in side)
    if len(sides) > 2:
        raise NotUnderstood("more than two things are said to be near to, or far from, each other")
    return sides


def _size(names: Sequence[Mention], size: tuple[str, float]) -> Claim:
    if len(names) != 1:
        raise NotUnderstood("a size of several things")
    return Claim("size", tuple(names), dimension=size[0], meters=(size[1],))
