"""What a rephrased caption may say: plain captions pass, and every small lie is found."""

import re

import numpy as np
import pytest
from support.tables import random_tables

from openspatial_assets.assets.scene_graph import scene_graph
from openspatial_assets.engine.questions.caption_check import (
    CitingSentence,
    problems_of,
    problems_of_sentence,
    reader_of,
)
from openspatial_assets.engine.questions.caption_plan import captions_of

COUNTS = {
    "sofa": ["s"],
    "table": ["t"],
    "lamp": ["l1", "l2"],
    "cushion": ["c1", "c2", "c3"],
    "mug": ["m"],
    "scissors": ["x"],
}

FACTS = [
    *({"kind": "count", "tag": tag, "number": len(ids), "objects": ids} for tag, ids in COUNTS.items()),
    {"kind": "on", "subject": "m", "object": "t"},  # 6
    {"kind": "on", "subject": "x", "object": "t"},
    {"kind": "on", "subject": "c1", "object": "s"},  # 8
    {"kind": "on", "subject": "c2", "object": "s"},
    {"kind": "near", "subject": "t", "object": "s"},  # 10
    {"kind": "near", "subject": "l1", "object": "s"},
    {"kind": "far", "subject": "l1", "object": "t"},  # 12
    {"kind": "far", "subject": "l2", "object": "t"},
    {"kind": "taller", "subject": "s", "object": "t"},  # 14
    {"kind": "larger", "subject": "s", "object": "t"},
    {"kind": "higher", "subject": "m", "object": "s"},  # 16
    {"kind": "size", "subject": "s", "dimension": "length", "value": 2.104, "unit": "m"},
    {"kind": "size", "subject": "s", "dimension": "height", "value": 0.851, "unit": "m"},  # 18
    {"kind": "distance", "subject": "m", "object": "s", "value": 1.2501, "unit": "m"},
    {"kind": "distance", "subject": "l1", "object": "l2", "value": 84.6, "unit": "cm"},  # 20
    {"kind": "spread", "objects": ["s"], "values": [4.211, 3.0], "unit": "m"},
    {"kind": "taller", "subject": "l1", "object": "t"},  # 22
    {"kind": "taller", "subject": "l2", "object": "t"},
]


def problems(text, *cited):
    return problems_of_sentence(CitingSentence(text, cited), FACTS, reader_of(FACTS, 4))


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Four views show the same scene.", ()),
        ("A sofa, a table and two lamps are visible.", (0, 1, 2)),
        ("The scene contains a sofa, two lamps, three cushions, and a set of scissors.", (0, 2, 3, 5)),
        ("The mug and the scissors rest on top of the table.", (6, 7)),
        ("On top of the table, one finds the mug and the scissors.", (6, 7)),
        ("The table holds the mug, and two of the three cushions are on the sofa.", (6, 8, 9)),
        ("Close to the sofa is the table.", (10,)),
        ("The sofa and the table are close to each other.", (10,)),
        ("One of the lamps is located next to the sofa, while both lamps are far from the table.", (11, 12, 13)),
        ("The sofa is taller than the table.", (14,)),
        ("The table is less tall than the sofa and also smaller than the sofa.", (14, 15)),
        ("In height, the sofa surpasses the table, and the mug is located higher up than the sofa.", (14, 16)),
        ("The sofa, which is 2.10 meters long and 0.85 meters tall, is close to the table.", (17, 18, 10)),
        ("The sofa measures 210 cm in length and 85 centimeters in height.", (17, 18)),
        ("The sofa has a length of about 2.10 m.", (17,)),
        ("The gap between the mug and the sofa is 1.25 meters.", (19,)),
        ("The mug is 1.25 meters away from the sofa.", (19,)),
        ("The two lamps are 85 centimeters apart.", (20,)),
        ("All objects are spread over an area of 4.21 by 3.00 meters.", (21,)),
        ("Both lamps are taller than the table; the mug is higher up than the sofa.", (22, 23, 16)),
    ],
)
def test_what_holds_is_accepted_in_many_forms(text, cited):
    assert problems(text, *cited) == []


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("The table supports both the mug and the scissors.", (6, 7)),
        ("The sofa is taller and larger than the table.", (14, 15)),
        ("Taller than the table is the sofa.", (14,)),
    ],
)
def test_what_holds_in_a_form_that_is_not_known_is_refused_rather_than_misread(text, cited):
    assert problems(text, *cited)


@pytest.mark.parametrize(
    ("text", "cited", "reason"),
    [
        ("The table is taller than the sofa.", (14,), "nothing cited says that taller"),
        ("The sofa is less tall than the table.", (14,), "nothing cited says that taller"),
        ("The sofa is smaller than the table.", (15,), "nothing cited says that larger"),
        ("The sofa is higher up than the mug.", (16,), "nothing cited says that higher"),
        ("The table is on top of the mug.", (6,), "nothing cited says that on"),
        ("The mug supports the table.", (6,), "nothing cited says that on"),
        ("The sofa is far from the table.", (10,), "nothing cited says that far"),
        ("The sofa is taller than the table.", (15,), "nothing cited says that taller"),
        ("The sofa is taller than the table.", (), "nothing cited says that taller"),
        ("The sofa is close to the table.", (10, 14), r"fact 15 \(taller\) is cited and not said"),
        ("The sofa is 2.20 meters long.", (17,), "nothing cited says that size"),
        ("The sofa is 2.10 centimeters long.", (17,), "nothing cited says that size"),
        ("The sofa is 2.10 meters wide.", (17,), "nothing cited says that size"),
        ("The table is 2.10 meters long.", (17,), "nothing cited says that size"),
        ("The mug is 1.35 meters away from the sofa.", (19,), "nothing cited says that distance"),
        ("The mug is 1.25 meters away from the table.", (19,), "nothing cited says that distance"),
        ("All objects are spread over an area of 4.21 by 3.20 meters.", (21,), "nothing cited says that spread"),
        ("A sofa and three lamps are visible.", (0, 2), "there are 2"),
        ("A sofa and a lamp are visible.", (0, 2), "not clear which"),
        ("The lamp is next to the sofa.", (11,), "there are 2"),
        ("Both lamps are next to the sofa.", (11,), "nothing cited says that near"),
        ("All three cushions are on the sofa.", (8, 9), "nothing cited says that on"),
        ("One of the three cushions is on the sofa.", (8, 9), "nothing cited says that on"),
        ("Two of the four cushions are on the sofa.", (8, 9), "there are 3"),
        ("Both sofas are close to the table.", (10,), "the word 'sofas' is not known"),
        ("The sofa is not close to the table.", (10,), "the word 'not' is not known"),
        ("The red sofa is close to the table.", (10,), "the word 'red' is not known"),
        ("The sofa is close to the table below a window.", (10,), "the word 'below' is not known"),
        ("The couch is close to the table.", (10,), "the word 'couch' is not known"),
        ("To the left of the sofa is the table.", (10,), "the word 'left' is not known"),
        ("The mug is in the table.", (6,), "a clause of the form NN"),
        ("The mug is between the table and the sofa.", (6,), "a clause of the form NN"),
        ("It is on top of the table.", (6,), "a clause of the form RN"),
        ("Five views show the same scene.", (), "there are 4 views"),
        ("The mug is on the table.", (99,), "cites fact 100"),
        ("The mug is on the table!", (6,), "is not understood"),
        ("There are 7 things.", (), "is not understood"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_found(text, cited, reason):
    assert any(re.search(reason, problem) for problem in problems(text, *cited)), problems(text, *cited)


def captions(seed, **change):
    scene = scene_graph(*random_tables(seed, num_frames=8, **change), "scene")
    for shown, caption in captions_of(scene, np.random.default_rng(seed))[0]:
        places, sentences = 0, []
        for sentence in caption.sentences:
            sentences.append(CitingSentence(sentence.text, tuple(range(places, places + len(sentence.facts)))))
            places += len(sentence.facts)
        yield sentences, caption.facts, len(shown.frames)


@pytest.mark.parametrize("change", [{}, {"metric": False, "scale": 3.0}, {"fitted": True}])
def test_every_plain_caption_passes(change):
    checked = [problems_of(*caption) for seed in range(3) for caption in captions(seed, **change)]
    assert len(checked) >= 5
    assert not any(checked), next(filter(None, checked))


LIES = [
    (r"\btaller than\b", "less tall than"), (r"\bless tall than\b", "taller than"),
    (r"\b(larger|bigger) than\b", "smaller than"), (r"\bmore space\b", "less space"), (r"\bless space\b", "more space"),
    (r"\bhigher\b", "lower"), (r"\blower\b", "higher"),
    (r"\bfar (away )?from\b", "close to"), (r"\bclose to\b", "far from"),
    (r"\bboth\b", "one of the two"), (r"\ball three\b", "two of the three"), (r"\bone of the\b", "all of the"),
    (r"\btwo\b", "three"), (r"\bthree\b", "two"), (r"\blong\b(?= |\.)", "wide"), (r"\bin height\b", "in length"),
    (r"\b(\d)\.(\d\d)\b", r"\1.9\2"), (r"\b(\d\d?) centimeters", r"1\1 centimeters"), (r"\bmeters\b", "centimeters"),
    (r"\ba sofa\b", "two sofas"), (r"\bthe sofa\b", "the bed"), (r"\bthe bed\b", "the sofa"), (r"\bis\b", "is not"),
    (r"\bon top of\b", "under"), (r"\b(supports|carries)\b", "rests on top of"),
]  # fmt: skip


def test_every_lie_in_a_plain_caption_is_found():
    """One word of one sentence is changed so that it says something else."""
    told = 0
    for sentences, facts, views in captions(1):
        for place, sentence in enumerate(sentences):
            for pattern, instead in LIES:
                changed = re.sub(pattern, instead, sentence.text, count=1)
                if changed == sentence.text:
                    continue
                told += 1
                lying = [*sentences[:place], CitingSentence(changed, sentence.cited), *sentences[place + 1 :]]
                assert problems_of(lying, facts, views), (sentence.text, changed)
    assert told > 100


def test_sides_of_a_comparison_cannot_be_swapped():
    swapped = 0
    for sentences, facts, views in (caption for seed in range(2, 6) for caption in captions(seed)):
        for place, sentence in enumerate(sentences):
            kinds = {facts[cited]["kind"] for cited in sentence.cited}
            match = re.fullmatch(
                r"The ([\w ]+?) (is|exceeds|takes|has|rests)( .*)? the ([\w ]+?)( in \w+)?\.", sentence.text
            )
            if match and len(sentence.cited) == 1 and kinds <= {"on", "taller", "larger", "higher"}:
                text = f"The {match[4]} {match[2]}{match[3] or ''} the {match[1]}{match[5] or ''}."
                lying = [*sentences[:place], CitingSentence(text, sentence.cited), *sentences[place + 1 :]]
                assert problems_of(lying, facts, views)
                swapped += 1
    assert swapped > 5


def test_a_caption_keeps_its_length_its_counts_and_its_relations():
    sentences, facts, views = next(captions(1))
    assert any("words" in problem for problem in problems_of(sentences[:8], facts, views))
    assert any("words" in problem for problem in problems_of([*sentences, *sentences], facts, views))
    counting = next(place for place, one in enumerate(sentences) if one.cited)
    fewer = [*sentences[:counting], *sentences[counting + 1 :]]
    assert any("the number of" in problem for problem in problems_of(fewer, facts, views))
    only_counts = [one for one in sentences if all(facts[place]["kind"] == "count" for place in one.cited)]
    assert any("relations are left" in problem for problem in problems_of(only_counts, facts, views))


def test_tags_with_signs_are_names_like_any_other():
    odd = ['12" monitor', "sofa/couch", "café table (round)", "椅子", "t.v."]
    facts = [{"kind": "count", "tag": tag, "number": 1, "objects": [tag]} for tag in odd]
    facts += [{"kind": "near", "subject": odd[0], "object": tag} for tag in odd[1:]]
    reader = reader_of(facts, 3)
    for place, tag in enumerate(odd[1:], start=len(odd)):
        text = f"The {odd[0]} is close to the {tag}."
        assert problems_of_sentence(CitingSentence(text, (place,)), facts, reader) == []
