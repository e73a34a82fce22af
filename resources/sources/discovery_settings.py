"""Settings of the section `[discovery]`: the dataset folders that are looked through for scenes.

What does not belong here: looking (`discovery.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DatasetRoot:
    """A folder with scenes of a dataset.

    Attributes:
        root: the folder.
        source: the layout; empty: whichever finds scenes there.
        pattern: of the scene ids that are taken, with `*` and `?`; several are separated by blanks.
        prefix: stands before the scene ids, so that two datasets may use the same names.
        license: licence of the images; empty for the dataset's own.
        options: of the layout, such as `{every = 20}`.
    """

    root: str
    source: str = ""
    pattern: str = "*"
    prefix: str = ""
    license: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DiscoverySettings:
    """What the sensor `datasets` registers.

    Attributes:
        roots: the folders, each a table `[[discovery.roots]]`.
        materialise: whether new scenes are also computed at once. A whole dataset takes days, and may cost money where
            boxes are lifted.
        scenes_a_tick: new scenes that one tick registers; the next one goes on.
    """

    roots: tuple[DatasetRoot, ...] = ()
    materialise: bool = False
    scenes_a_tick: int = 500

    def __post_init__(self) -> None:
        """Raise `ValueError` for what cannot be."""
        if self.scenes_a_tick < 1:
            raise ValueError(f"discovery.scenes_a_tick={self.scenes_a_tick} must be at least 1")
