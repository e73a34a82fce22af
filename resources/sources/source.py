"""A dataset layout as the rest of the project sees it: one interface, and what a layout does not say for itself.

A layout is a module (or package) of `resources/sources/layouts`; a new one is a new file there, and no list is edited.
It has the functions and constants named below, of which only `frame_entries` and `signature` are required. What does
not belong here: the layouts themselves.

- `LICENSE`: what its images may be used for, as it stands in every exported row where a registration names none.
- `PAGE`: the dataset's web page, where a missing file is to be had.
- `METRIC`: whether its world is in metres. True where it is left out.
- `GRAVITY_ALIGNED`: whether its world's Z is up. True where it is left out.
- The functions of `Source`, under the same names.

A layout of plain video has, in place of `frame_entries`, `entries_of(registration, reconstructions, depth_maps)` and
`scene_facts(registration, reconstructions)`: its frames are made of those two tables.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import polars as pl

from resources.sources.findings import Finding, missing_files
from resources.sources.frame_files import Dropped, FrameEntry, read_entries, settle_frames
from resources.sources.registration import Registration, SourceError
from resources.sources.surface import SceneSurface


@dataclass(frozen=True)
class SceneReading:
    """What a source gives of one scene.

    Attributes:
        frames: the `frames` table, usable frames only.
        boxes: the `scene_boxes` table; None where the source has no annotated boxes.
        dropped: frames that cannot be used, as `{"frame_id": ..., "reason": ...}`.
        metric: whether world units are metres.
        gravity_aligned: whether world Z is up.
        license: licence of the scene's images, if known.
    """

    frames: pl.DataFrame
    boxes: pl.DataFrame | None
    dropped: Dropped
    metric: bool
    gravity_aligned: bool
    license: str | None


@dataclass(frozen=True)
class Source:
    """A layout, with defaults for what its module leaves out."""

    module: ModuleType

    @property
    def name(self) -> str:
        """Its name in registrations: that of the module."""
        return self.module.__name__.rsplit(".", 1)[-1]

    @property
    def page(self) -> str:
        """The dataset's web page; empty for none."""
        return getattr(self.module, "PAGE", "")

    @property
    def is_plain_video(self) -> bool:
        """Whether its scenes' poses and depth must be reconstructed."""
        return hasattr(self.module, "entries_of")

    def prepare(self, registration: Registration) -> None:
        """Make what must exist before the scene is read: a generated room, an index. Most layouts need nothing."""
        self._call("prepare", None, registration)

    def discover(self, root: str) -> Iterator[Registration]:
        """The scenes of this layout under a folder, in order, without reading them; none where there are none.

        Raises:
            SourceError: the folder is of this layout, but cannot be listed.
        """
        return self._call("discover", iter(()), root)

    def findings(self, registration: Registration) -> list[Finding]:
        """Every file of a scene that is missing or wrong, as far as can be told without decoding every image.

        What a layout's own `findings` names, and what goes wrong when the scene is prepared and listed, its boxes are
        read and its frames' files are looked for; each file once.
        """
        found = list(self._call("findings", [], registration))

        def tried(step: Callable[[Registration], Any]) -> Any:
            try:
                return step(registration)
            except SourceError as error:
                found.append(Finding.of_error(error, registration, self.page))

        tried(self.prepare)
        if not self.is_plain_video:
            entries = tried(self.frame_entries)
            found += missing_files(registration, entries or (), self.page)
        tried(self.read_boxes)
        tried(self.surface)
        return list({finding.path: finding for finding in reversed(found)}.values())[::-1]

    def frame_entries(self, registration: Registration) -> list[FrameEntry]:
        """All frames in the order of capture; poses are read, images are not.

        Raises:
            SourceError: what all frames share is missing or broken.
        """
        return self.module.frame_entries(registration)

    def entries_of(
        self, registration: Registration, reconstructions: pl.DataFrame, depth_maps: pl.DataFrame
    ) -> list[FrameEntry]:
        """The frames of a plain video, made of what was reconstructed."""
        return self.module.entries_of(registration, reconstructions, depth_maps)

    def scene_facts(self, registration: Registration, reconstructions: pl.DataFrame) -> Any:
        """`metric` and `gravity_aligned` of a plain video, once it is reconstructed."""
        return self.module.scene_facts(registration, reconstructions)

    def read_frames(self, registration: Registration) -> tuple[pl.DataFrame, Dropped]:
        """The `frames` table and the dropped frames, in this process.

        Raises:
            SourceError: as `frame_entries`, and if no frame can be used.
        """
        return settle_frames(registration, *read_entries(registration, self.frame_entries(registration)))

    def read_boxes(self, registration: Registration) -> pl.DataFrame | None:
        """The annotated `scene_boxes`; None where the scene has none.

        Raises:
            SourceError: a file of them is missing or broken.
        """
        return self._call("read_boxes", None, registration)

    def box_origins(self, registration: Registration) -> tuple[str, ...]:
        """Where the scene's boxes may come from, values of the choice `boxes`. Both, unless the layout knows better."""
        return self._call("box_origins", ("annotated", "lifted"), registration)

    def recorded_recognitions(self, registration: Registration) -> str | None:
        """A file of recorded recognitions, as a path or fsspec URL."""
        return self._call("recorded_recognitions", None, registration)

    def surface(self, registration: Registration) -> SceneSurface | None:
        """The mesh that depth is to be rendered from; None where depth images are read.

        Raises:
            SourceError: the registration asks for it, but there is no mesh.
        """
        return self._call("surface", None, registration)

    def is_metric(self, registration: Registration) -> bool:
        """Whether world units are metres: as the layout says, unless the registration denies it."""
        return self._call("is_metric", self._default("METRIC") and registration.metric is not False, registration)

    def is_gravity_aligned(self, registration: Registration) -> bool:
        """Whether world Z is up."""
        return self._call("is_gravity_aligned", self._default("GRAVITY_ALIGNED"), registration)

    def license(self, registration: Registration) -> str | None:
        """The licence of the scene's images: the registration's, else the dataset's."""
        return registration.license or self._call("license_of", getattr(self.module, "LICENSE", None), registration)

    def read_scene(self, registration: Registration) -> SceneReading:
        """Frames, boxes and what is known of the scene as a whole."""
        frames, dropped = self.read_frames(registration)
        return SceneReading(
            frames=frames,
            boxes=self.read_boxes(registration),
            dropped=dropped,
            metric=self.is_metric(registration),
            gravity_aligned=self.is_gravity_aligned(registration),
            license=self.license(registration),
        )

    def signature(self, registration: Registration) -> dict[str, str]:
        """`frames`, `boxes`, `recognitions`, `surface`: hashes that change when files that are read change."""
        return {"surface": "", "recognitions": "", "boxes": "", **self.module.signature(registration)}

    def _default(self, constant: str) -> bool:
        return bool(getattr(self.module, constant, True))

    def _call(self, function: str, default: Any, *arguments: Any) -> Any:
        found = getattr(self.module, function, None)
        return default if found is None else found(*arguments)
