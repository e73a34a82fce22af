"""What a recognizer would have said of a generated room's frames: its tags and boxes, with the faults of a real one.

`recognitions.json` holds, for each frame, an answer in Gemini's format, so that a room can be lifted without asking
anybody. The answers come from the visible pixels of the instance maps: edges stray, objects are missed (the more so the
less of them is seen), called by another word, named twice, and now and then something is found that is not there.
What does not belong here: reading such files (`resources/recognizer`), and the exact truth (`truth.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from resources.sources.layouts.rgbd_folder import RECOGNITION_FILE

FULL_SCALE = 1000
"""Gemini's coordinates run from 0 to this, whatever the image's size."""
STREAM = 0x5EE
"""Tells the random numbers of recordings from those that furnish the room."""

LEAST_IMAGE_SHARE = 0.0006
"""An object of fewer visible pixels than this share of the image (180 of 640x480) is too small to be named."""
LEAST_VISIBLE, HALF_HIDDEN = 0.15, 0.4
"""Visible shares of an object: below the first nobody names it, below the second it is missed more often."""
MISSED, MISSED_HALF_HIDDEN = 0.06, 0.3
EDGE_SPREAD = (0.02, 0.04)
"""Standard deviation of a box's edges as a share of its width or height: between these, the same for all four."""
LARGEST_STRAY = 2.5
"""Standard deviations by which an edge strays at most."""
OTHER_WORD = 0.2
NAMED_TWICE = 0.015
FALSE_FINDS_A_FRAME = 0.08
FALSE_FIND_SIDE = (0.05, 0.3)
"""Sides of a false find as shares of the image's."""

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "basket": ("wicker basket",),
    "bin": ("trash can", "waste bin"),
    "book": ("hardcover book",),
    "bookshelf": ("bookcase",),
    "bottle": ("glass bottle",),
    "box": ("cardboard box",),
    "cabinet": ("cupboard",),
    "chair": ("wooden chair", "dining chair"),
    "clock": ("wall clock",),
    "coffee table": ("low table",),
    "cushion": ("throw pillow",),
    "desk": ("writing desk",),
    "dresser": ("chest of drawers",),
    "floor lamp": ("standing lamp",),
    "keyboard": ("computer keyboard",),
    "lamp": ("table lamp",),
    "laptop": ("laptop computer",),
    "monitor": ("computer monitor",),
    "mug": ("cup", "coffee mug"),
    "nightstand": ("bedside table",),
    "office chair": ("desk chair",),
    "ottoman": ("footstool",),
    "picture": ("framed picture", "painting"),
    "plant": ("potted plant", "houseplant"),
    "sofa": ("couch",),
    "table": ("dining table",),
    "television": ("TV",),
    "vase": ("flower vase",),
}
"""Tag -> what it is also called; a tag that is not here is always called the same."""


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """What a recognizer could see in one frame.

    Attributes:
        boxes: object index -> xmin, ymin, xmax, ymax of its visible pixels (max exclusive), as shares of the image.
        pixels: object index -> visible pixels, as a share of the image.
        visible: object index -> share of the object that nothing hides, 0 to 1.
    """

    boxes: Mapping[int, NDArray[np.float64]]
    pixels: Mapping[int, float]
    visible: Mapping[int, float]


def seen_frame(instance: NDArray[np.uint16], visible: NDArray[np.int64], unoccluded: NDArray[np.int64]) -> SeenFrame:
    """What an instance map `(h, w)` shows, with the objects' `(objects,)` visible and unoccluded pixels."""
    height, width = instance.shape
    places = find_objects(instance, max_label=len(visible))
    boxes = {
        index: np.array([place[1].start, place[0].start, place[1].stop, place[0].stop]) / [width, height, width, height]
        for index, place in enumerate(places)
        if place is not None
    }
    return SeenFrame(
        boxes=boxes,
        pixels={index: int(visible[index]) / instance.size for index in boxes},
        visible={index: int(visible[index]) / max(int(unoccluded[index]), 1) for index in boxes},
    )


def recorded_answer(seen: SeenFrame, tags: Sequence[str], rng: np.random.Generator) -> list[dict[str, Any]]:
    """A recognizer's answer to one frame: `[{"box_2d": [ymin, xmin, ymax, xmax], "label": ...}, ...]`."""
    found = []
    for index, box in seen.boxes.items():
        missed = MISSED if seen.visible[index] >= HALF_HIDDEN else MISSED_HALF_HIDDEN
        too_little = seen.pixels[index] < LEAST_IMAGE_SHARE or seen.visible[index] < LEAST_VISIBLE
        if too_little or rng.random() < missed:
            continue
        for _ in range(1 + (rng.random() < NAMED_TWICE)):
            found.append(_entry(_strayed(box, rng), _word(tags[index], rng)))
    if rng.random() < FALSE_FINDS_A_FRAME:
        side = rng.uniform(*FALSE_FIND_SIDE, 2)
        corner = rng.uniform(0.0, 1.0 - side)
        found.append(_entry(np.concatenate([corner, corner + side]), _word(str(rng.choice(tags)), rng)))
    return [found[place] for place in rng.permutation(len(found))]


def recorded_answers(
    frames: Mapping[str, SeenFrame], tags: Sequence[str], seed: int
) -> dict[str, list[dict[str, Any]]]:
    """The answers to all frames of a room; each depends on the seed, its place and what it shows, on nothing else."""
    return {
        frame_id: recorded_answer(seen, tags, np.random.default_rng([STREAM, seed, place]))
        for place, (frame_id, seen) in enumerate(frames.items())
    }


def write_recognitions(root: Path, answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """`recognitions.json`, one frame a line."""
    lines = [f"{json.dumps(frame_id)}: {json.dumps(answer)}" for frame_id, answer in answers.items()]
    (root / RECOGNITION_FILE).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _strayed(box: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A box whose edges are a little off, inside the image."""
    sides = np.tile(box[2:] - box[:2], 2)
    stray = np.clip(rng.standard_normal(4), -LARGEST_STRAY, LARGEST_STRAY) * rng.uniform(*EDGE_SPREAD)
    return np.clip(box + stray * sides, 0.0, 1.0)


def _word(tag: str, rng: np.random.Generator) -> str:
    others = OTHER_WORDS.get(tag, ())
    return str(rng.choice(others)) if others and rng.random() < OTHER_WORD else tag


def _entry(box: NDArray[np.float64], label: str) -> dict[str, Any]:
    xmin, ymin, xmax, ymax = (int(value) for value in np.rint(box * FULL_SCALE))
    return {"box_2d": [ymin, xmin, ymax, xmax], "label": label}
