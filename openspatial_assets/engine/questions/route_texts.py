"""How a walk is asked about: which views show it, its steps in words, its turns as options, and its evidence.

What does not live here: which walks there are (`routes.py`), and the sentences around the steps (`phrasings/`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from itertools import product

import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.questions.candidates import Mention
from openspatial_assets.engine.questions.forms import OPTIONS
from openspatial_assets.engine.questions.grammar import capitalized, listed
from openspatial_assets.engine.questions.routes import CLEARANCE_M, TURNS, Terrain
from openspatial_assets.engine.scene_graph.floor import Floor
from openspatial_assets.engine.scene_graph.scene import SceneGraph

NEARBY_M = 0.5
"""Boxes this close to a leg are evidence: twice the clearance that is required."""

CROP_M = 2 * CLEARANCE_M
"""Around a walk, so much of the floor is evidence."""

RUN = re.compile(r"(.)\1*")
"""Of equal characters."""

COUNTED = ("", "", "two ", "three ")

GO = "go forward until you reach"


def views_of(
    scene: SceneGraph, named: NDArray[np.bool_], linked: NDArray[np.bool_], frame: int, objects: Sequence[int]
) -> tuple[int, ...] | None:
    """The views that show all `objects`: `frame`, then as few as a greedy choice finds; None if there are none.

    Each further view is linked with one before it, so that a reader can tell how they lie to each other. Of views that
    show as many new objects, the one is taken that shows more of them.

    Args:
        named: `(f, o)` whether an object can be named in a frame.
        linked: `(f, f)` whether two frames may be shown together.
    """
    shown = [frame]
    missing = [one for one in objects if not named[frame, one]]
    while missing:
        partners = np.flatnonzero(linked[shown].any(axis=0))
        new = named[np.ix_(partners, missing)]
        if not new.any():
            return None
        clarity = (new * scene.shown_fraction[np.ix_(partners, missing)]).sum(axis=1) / (len(missing) + 1)
        shown.append(int(partners[np.argmax(new.sum(axis=1) + clarity)]))
        missing = [one for one in missing if not named[shown[-1], one]]
    return tuple(shown)


def linked_frames(scene: SceneGraph) -> NDArray[np.bool_]:
    """`(f, f)` whether two frames are a pair of views."""
    count = len(scene.frames.ids)
    linked = np.zeros((count, count), np.bool_)
    linked[scene.views.first, scene.views.second] = linked[scene.views.second, scene.views.first] = True
    return linked


def words_of(turns: Sequence[str], num_views: int) -> dict[str, str]:
    """Words of the phrasings that do not depend on the names of the objects.

    `shown`: a sentence on the views; `viewpoint` and `camera`: where the walk begins; `blanks`: the gaps; `missing`:
    what is asked for; `are`, `each`, `in_order`: in agreement with their number; `filled`, `listing`: the answer in two
    more ways.
    """
    count = len(turns)
    views = [f"View {number}" for number in range(1, num_views + 1)]
    gaps = [f"[turn {number}]" for number in range(1, count + 1)]
    return {
        "shown": f"{listed(views)} show the same scene." if num_views > 1 else "This image shows a scene.",
        "viewpoint": "View 1" if num_views > 1 else "the image",
        "camera": "the camera of View 1" if num_views > 1 else "the camera",
        "blanks": listed(gaps),
        "missing": f"{COUNTED[count]}missing turn{'s' if count > 1 else ''}",
        "are": "are" if count > 1 else "is",
        "each": "Each turn" if count > 1 else "The turn",
        "in_order": " in order" if count > 1 else "",
        "filled": ", ".join(f"turn {number}: {turn}" for number, turn in enumerate(turns, start=1)),
        "listing": ", ".join(turns),
    }


def steps_of(mentions: Sequence[Mention]) -> dict[str, str]:
    """The walk as a numbered list (`steps`) and as a sentence (`walk`), and its last object (`goal`)."""
    parts = [f"{GO} {mentions[0].text}"]
    for number, mention in enumerate(mentions[1:], start=1):
        parts += [f"[turn {number}]", f"{GO} {mention.text}"]
    lines = [part if part.startswith("[") else f"{capitalized(part)}." for part in parts]
    lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
    return {"steps": "\n".join(lines), "walk": ", then ".join(parts), "goal": mentions[-1].text}


def said(turns: Sequence[str]) -> str:
    """The turns in order, as an answer: "turn left, then turn back"."""
    return ", then ".join(f"turn {turn}" for turn in turns)


def wrong_turns(turns: tuple[str, ...], known: Counter, rng: np.random.Generator) -> tuple[str, ...]:
    """Three other sequences, as they are said: such as other walks have, so that none looks unlikely.

    Args:
        known: how often each sequence occurs among the scene's walks.
    """
    others = [one for one in product(TURNS, repeat=len(turns)) if one != turns]
    weights = np.array([known[one] + 1.0 for one in others])  # one that no walk has may stand among them, too
    chosen = rng.choice(len(others), OPTIONS - 1, replace=False, p=weights / weights.sum())
    return tuple(said(others[index]) for index in chosen.tolist())


def evidence_of(
    scene: SceneGraph,
    terrain: Terrain,
    points: NDArray[np.float64],
    near: Set[int],
    boxes: Sequence[Mapping[str, object]],
) -> dict[str, object]:
    """The walk along `points` `(legs + 1, 2)`, the floor that it crosses and what stands near it, as plain numbers.

    Args:
        near: goals near the walk. Effective boxes may reach farther than the scene's own, which alone are written down.
        boxes: of all objects, as plain numbers.
    """
    starts, ends = points[:-1], points[1:]
    lengths = np.linalg.norm(ends - starts, axis=-1).tolist()
    near = sorted({*near, *terrain.obstacles_within(starts, ends, NEARBY_M * terrain.unit)})
    return {
        "start": points[0].tolist(),
        "stops": ends.tolist(),
        "lengths_m" if scene.metric else "lengths_units": lengths,
        "floor": _cropped(terrain.floor, points, CROP_M * terrain.unit),
        "boxes": {scene.object_ids[one]: boxes[one] for one in near},
    }


def _cropped(floor: Floor, points: NDArray[np.float64], around: float) -> dict[str, object]:
    """The part of the floor around a walk; rows go along x, the first one has the least y.

    A row is text: "12x5.8x" are 12 cells on which one cannot walk, 5 on which one can, and again 8 on which one cannot.
    """
    size = np.array(floor.walkable.shape[::-1])
    low = np.floor((points.min(axis=0) - around - floor.origin) / floor.cell_m).astype(np.int64)
    high = np.floor((points.max(axis=0) + around - floor.origin) / floor.cell_m).astype(np.int64) + 1
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    return {
        "z": floor.height,
        "cell_m": floor.cell_m,
        "origin": (floor.origin + low * floor.cell_m).tolist(),
        "rows": _run_lengths(floor.walkable[low[1] : high[1], low[0] : high[0]]),
    }


def _run_lengths(cells: NDArray[np.bool_]) -> list[str]:
    width = cells.shape[1]
    text = np.where(cells, np.uint8(ord(".")), np.uint8(ord("x"))).tobytes().decode()
    return [
        RUN.sub(lambda run: f"{len(run[0])}{run[1]}", text[start : start + width])
        for start in range(0, len(text), width)
    ]
