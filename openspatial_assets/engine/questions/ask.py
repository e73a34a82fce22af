"""From a scene to its questions: each rule's candidates are chosen, dealt a form, worded, and kept with their evidence.

What does not live here: the rules (one module a capability), and tables (`assets/questions.py`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openspatial_assets.engine.questions.balance import deal
from openspatial_assets.engine.questions.candidates import Draft, Mention, chosen
from openspatial_assets.engine.questions.evidence import Ledger
from openspatial_assets.engine.questions.forms import CENTIMETERS, JUDGEMENT, METERS, MULTIPLE_CHOICE, Turn
from openspatial_assets.engine.questions.grammar import listed
from openspatial_assets.engine.questions.options import LETTERS, placed, shown
from openspatial_assets.engine.questions.phrasing import Wording, wordings
from openspatial_assets.engine.questions.referring import Marked, Naming, mentions
from openspatial_assets.engine.questions.registry import SubTask
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

NAMES = "abcde"
"""Placeholders of the named objects, in order."""

UNIT_WORDS = {METERS: "meters", CENTIMETERS: "centimeters"}

ID_BYTES = 10
"""Of a question's id: among 10^9 questions, two share an id with a probability of 4e-7."""


@dataclass(frozen=True)
class Question:
    """One question and its answer, without what is the same for its whole table."""

    qa_id: str
    form: str
    question: str
    answer: str
    options: tuple[str, ...] | None
    value: float | None
    unit: str | None
    label: str | None
    frames: tuple[int, ...]
    object_ids: tuple[str, ...]
    marks: tuple[Marked, ...]
    evidence: str


@dataclass(frozen=True)
class Asked:
    """The questions of one sub-task in one scene, ordered by frame, and what was rejected: reason -> count."""

    questions: tuple[Question, ...]
    rejected: Mapping[str, int]


def seeded(*parts: object) -> np.random.Generator:
    """A generator whose numbers depend on `parts` alone."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def ask_scene(
    scene: SceneGraph, subtasks: Sequence[SubTask], variant: str, settings: QuestionSettings
) -> dict[str, Asked]:
    """Sub-task -> its questions; what is asked does not depend on the variant's name, nor on the other sub-tasks."""
    writer = _Writer(scene, variant, settings)
    return {subtask.name: writer.ask(subtask) for subtask in subtasks}


@dataclass
class _Writer:
    """Words the questions of one scene."""

    scene: SceneGraph
    variant: str
    settings: QuestionSettings
    naming: Naming = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.naming, self.ledger = Naming(self.scene), Ledger(self.scene)

    def ask(self, subtask: SubTask) -> Asked:
        scene, settings = self.scene, self.settings
        rng = seeded(settings.seed, scene.scene_id, subtask.name, *scene.frames.ids)
        candidates = subtask.rule(scene, settings, rng)
        rows, rejected = chosen(candidates, settings, rng)
        offered = {form: possible[rows] for form, possible in candidates.offered.items()}
        turns = deal(subtask.forms, offered, len(rows), rng)
        decks: dict[tuple[str, str], list[Wording]] = {}
        questions = []
        for row, turn in zip(rows.tolist(), turns, strict=True):
            draft = candidates.draft(row, turn)
            wording = _next_wording(decks, subtask.name, turn, draft.asks)
            frames = tuple(frame for frame in candidates.frames[row].tolist() if frame >= 0)
            questions.append(self.worded(subtask.name, frames, draft, turn, wording))
        return Asked(tuple(questions), dict(sorted(rejected.items())))

    def worded(self, subtask: str, frames: tuple[int, ...], draft: Draft, turn: Turn, wording: Wording) -> Question:
        options, choices, involved = None, (), draft.named
        if turn.form == MULTIPLE_CHOICE:
            wrong = [draft.wrong[index] for index in turn.rng.permutation(len(draft.wrong)).tolist()]
            choices = placed(draft.right, wrong, turn.letter)
            involved += tuple(item for item in choices if isinstance(item, int) and item not in draft.named)
        share = self.settings.marked_share
        called, marks = mentions(self.scene, draft, frames, involved, self.naming, share, turn.rng)
        words, plural = _words(draft, called)
        words |= self._views(draft, frames, marks)
        if choices:
            options = tuple(called[item].text if isinstance(item, int) else item for item in choices)
            words |= {"letter": LETTERS[turn.letter], "option": options[turn.letter]}
        question = wording.question.filled(words, plural)
        if options is not None:
            question = "\n".join(
                [question, *(f"{letter}. {text}" for letter, text in zip(LETTERS, options, strict=True))]
            )
        label, answer = draft.label, "answer"
        if turn.form == JUDGEMENT:
            label = answer = "yes" if draft.holds else "no"
        ids = tuple(self.ledger.object_ids[sighting] for sighting in draft.named)
        frame_ids = [self.scene.frames.ids[frame] for frame in frames]
        key = (self.scene.scene_id, self.variant, subtask, turn.form, draft.asks, *frame_ids, "", *ids)
        # Measured numbers stay out of the id: another rounding makes no other question.
        key += tuple(f"{name}={value}" for name, value in draft.further.items() if isinstance(value, int | str))
        key += tuple(f"point={point.u:.0f},{point.v:.0f}" for point in draft.points if point.label is None)
        return Question(
            qa_id=hashlib.blake2b("\x1f".join(key).encode(), digest_size=ID_BYTES).hexdigest(),
            form=turn.form,
            question=question,
            answer=wording.answers[answer].filled(words, plural),
            options=options,
            value=draft.value,
            unit=draft.unit,
            label=label,
            frames=frames,
            object_ids=ids,
            marks=tuple(marks),
            evidence=self.ledger.evidence(draft, frames, involved, choices),
        )

    def _views(self, draft: Draft, frames: tuple[int, ...], marks: Sequence[Marked]) -> dict[str, str]:
        """What several images are called, and in which of them each object is named."""
        if len(frames) == 1:
            return {}
        views = [f"View {number}" for number in range(1, len(frames) + 1)]
        shown_in = [views[frames.index(frame)] for frame in self.scene.sightings.frames[list(draft.named)].tolist()]
        words = {f"view_{name}": view for name, view in zip(NAMES, shown_in, strict=False)}
        unlabelled = (mark.color for mark in marks if mark.kind == "point" and mark.label is None)
        return words | {"views": listed(views), "point_color": next(unlabelled, "")}


def _next_wording(decks: dict[tuple[str, str], list[Wording]], subtask: str, turn: Turn, asks: str) -> Wording:
    """The wordings of a form and what it asks in a random order, each once before any comes again."""
    deck = decks.setdefault((turn.form, asks), [])
    if not deck:
        known = wordings(subtask).get((turn.form, asks), ())
        if not known:
            raise ValueError(f"phrasings/{subtask}.json has no wordings for form {turn.form}, asks {asks}; add them")
        deck.extend(known[index] for index in turn.rng.permutation(len(known)).tolist())
    return deck.pop()


def _words(draft: Draft, called: Mapping[int, Mention]) -> tuple[dict[str, str], dict[str, bool]]:
    """What fills the placeholders, and which of them take "are"."""
    words, plural = dict(draft.words), {}
    named = [called[sighting] for sighting in draft.named if sighting in called]
    for name, mention in zip(NAMES, named, strict=False):
        words[name], plural[name] = mention.text, mention.plural
    words["others"] = listed([mention.text for mention in named[1:]], "or")
    words["others_and"] = listed([mention.text for mention in named[1:]])
    if draft.compose is not None:
        words |= draft.compose(named)
    if draft.by_point_only:
        words["introduced"] = words["objects"] = f"the objects at points {listed(draft.point_labels)}"
        words["either"] = f"the object at point {listed(draft.point_labels, 'or')}"
    elif draft.point_labels:
        words["introduced"] = listed([mention.introduced for mention in named])
        words["objects"] = listed([mention.text for mention in named])
        words["either"] = listed([mention.text for mention in named], "or")
    if isinstance(draft.right, int):
        words["answer"], plural["answer"] = called[draft.right].text, called[draft.right].plural
    elif draft.right is not None:
        words["answer"] = draft.right
    if draft.unit is not None:
        words |= {"value": shown(draft.value, draft.unit), "unit": draft.unit, "units": UNIT_WORDS[draft.unit]}
    return words, plural
