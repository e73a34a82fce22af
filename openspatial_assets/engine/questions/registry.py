"""What a sub-task is, how one is declared, and how all of them are found.

A sub-task is one function with the decorator `subtask` in the module of its capability; its phrasings stand in
`phrasings/<sub-task>.json`. A capability is one module of this package. No list names them: `discover` looks into every
module. What does not live here: the rules themselves, and how questions are made of what they find (`ask.py`).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from openspatial_assets.engine.questions.candidates import Candidates
from openspatial_assets.engine.questions.settings import QuestionSettings
from openspatial_assets.engine.scene_graph.scene import SceneGraph

CAPABILITIES = (
    "spatial_measurement",
    "spatial_relationship",
    "camera_perception",
    "multi_view_consistency",
    "scene_aware_reasoning",
)
"""The five capabilities in the order of the paper; a module of another name comes after them."""

Rule = Callable[[SceneGraph, QuestionSettings, np.random.Generator], Candidates]


@dataclass(frozen=True)
class SubTask:
    """One kind of question.

    Attributes:
        name: as in tables and partition paths, such as `left_right`.
        capability: the module that it lives in.
        paper_name: what the OpenSpatial paper calls it.
        forms: the forms that it is asked in.
        asks: what `evidence.asks` may say.
        version: of the rule; raised when its meaning changes.
        of_views: whether the answer is about the shown views: seen from elsewhere, it is another question.
        description: the first line of the function's docstring.
        rule: finds what can be asked in a scene: `rule(scene, settings, rng)`.
    """

    name: str
    capability: str
    paper_name: str
    forms: tuple[str, ...]
    asks: tuple[str, ...]
    version: str
    of_views: bool
    description: str
    rule: Rule


def subtask(
    *, paper_name: str, forms: tuple[str, ...], asks: tuple[str, ...], version: str, of_views: bool = False
) -> Callable[[Rule], SubTask]:
    """Declares the decorated function to be the rule of the sub-task of its name, in the capability of its module."""

    def declare(rule: Rule) -> SubTask:
        capability = rule.__module__.rpartition(".")[2]
        description = (rule.__doc__ or "").strip().partition("\n")[0]
        return SubTask(rule.__name__, capability, paper_name, forms, asks, version, of_views, description, rule)

    return declare


def discover(package: str) -> Mapping[str, SubTask]:
    """All sub-tasks of the modules of `package`, ordered as the paper has them, then as their module does."""
    names = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__))
    names.sort(key=lambda name: CAPABILITIES.index(name) if name in CAPABILITIES else len(CAPABILITIES))
    values = [(name, value) for name in names for value in vars(importlib.import_module(f"{package}.{name}")).values()]
    return {value.name: value for module, value in values if isinstance(value, SubTask) and value.capability == module}
