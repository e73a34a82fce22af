"""Questions about a scene: the framework, and one module a capability with one function a sub-task.

A new sub-task is one function with the decorator `subtask` (`registry.py`) and one file of phrasings; a new capability
is one new module. What does not live here: tables and files (`assets/questions.py`), and pictures (`engine/rendering`).
"""

from collections.abc import Mapping

from openspatial_assets.engine.questions.registry import SubTask, discover

SUBTASKS: Mapping[str, SubTask] = discover(__name__)
"""Sub-task -> what it is, in the order of the paper."""
