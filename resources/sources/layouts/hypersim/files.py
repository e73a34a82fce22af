"""Where Hypersim keeps what: the names of a scene's files, and where those of the owners' repository are looked for.

What does not belong here: what the files hold (`cameras.py`, `boxes.py`).
"""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from resources.sources import options
from resources.sources.registration import Registration, SourceError

PAGE = "https://github.com/apple/ml-hypersim"
OPTIONS = ("camera", "color", "camera_parameters", "repository")

CAMERA_NAME = re.compile(r"cam_\d{2,}")
FRAME_NAME = re.compile(r"frame\.(\d{4})")

CAMERA_PARAMETERS = "metadata_camera_parameters.csv"
IN_REPOSITORY = Path("contrib", "mikeroberts3000", CAMERA_PARAMETERS)
REPOSITORY = "ml-hypersim"

LIGHT, PREVIEW = ".color.hdf5", ".tonemap.jpg"
DEPTH, ENTITIES = ".depth_meters.hdf5", ".render_entity_id.hdf5"
"""What follows `frame.IIII` in the names of images."""

BOX = "metadata_semantic_instance_bounding_box_object_aligned_2d"


@dataclass(frozen=True)
class SceneFiles:
    """The files of a scene as one camera sees it; none of them need exist.

    Attributes:
        root: the folder `ai_VVV_NNN`.
        camera: such as `cam_00`.
        color: `auto`, `hdf5` or `preview`.
        given_parameters: where the registration says that the camera parameters are.
        given_repository: where it says that a clone of the owners' repository is.
    """

    root: Path
    camera: str
    color: str
    given_parameters: Path | None
    given_repository: Path | None

    @property
    def scale(self) -> Path:
        """Metres of an asset unit."""
        return self.root / "_detail" / "metadata_scene.csv"

    @property
    def orientations(self) -> Path:
        """`(N, 3, 3)`."""
        return self.root / "_detail" / self.camera / "camera_keyframe_orientations.hdf5"

    @property
    def positions(self) -> Path:
        """`(N, 3)`."""
        return self.root / "_detail" / self.camera / "camera_keyframe_positions.hdf5"

    @property
    def frame_numbers(self) -> Path:
        """`(N,)`: of which frame each pose is. May be absent: then they are 0, 1, 2 and so on."""
        return self.root / "_detail" / self.camera / "camera_keyframe_frame_indices.hdf5"

    @cached_property
    def reads_light(self) -> bool:
        """Whether pictures are made of light, and not the owners' previews."""
        if self.color != "auto":
            return self.color == "hdf5"
        return bool(_frames(self._images("final_hdf5"), LIGHT)) or not _frames(self._images("final_preview"), PREVIEW)

    @property
    def color_folder(self) -> Path:
        """The folder of the pictures that are read."""
        return self._images("final_hdf5" if self.reads_light else "final_preview")

    @property
    def color_suffix(self) -> str:
        """The end of their names."""
        return LIGHT if self.reads_light else PREVIEW

    @property
    def geometry_folder(self) -> Path:
        """The folder of depth and entities."""
        return self._images("geometry_hdf5")

    @cached_property
    def color_frames(self) -> frozenset[str]:
        """The numbers, as written, of the frames that have a picture."""
        return _frames(self.color_folder, self.color_suffix)

    @cached_property
    def depth_frames(self) -> frozenset[str]:
        """Those that have depth."""
        return _frames(self.geometry_folder, DEPTH)

    @cached_property
    def entity_frames(self) -> frozenset[str]:
        """Those of whose pixels it is known which were rendered."""
        return _frames(self.geometry_folder, ENTITIES)

    def color_file(self, frame: str) -> Path:
        """The picture of a frame, by its number as written."""
        return self.color_folder / f"frame.{frame}{self.color_suffix}"

    def depth_file(self, frame: str) -> Path:
        """The depth of a frame."""
        return self.geometry_folder / f"frame.{frame}{DEPTH}"

    def entity_file(self, frame: str) -> Path:
        """The rendered entities of a frame."""
        return self.geometry_folder / f"frame.{frame}{ENTITIES}"

    @property
    def boxes(self) -> tuple[Path, Path, Path]:
        """Positions `(S, 3)`, orientations `(S, 3, 3)` and extents `(S, 3)` of the semantic instances."""
        mesh = self.root / "_detail" / "mesh"
        return tuple(mesh / f"{BOX}_{what}.hdf5" for what in ("positions", "orientations", "extents"))

    @cached_property
    def classes(self) -> tuple[Path, Path]:
        """Class and semantic instance `(O, 1)` of each object of the scene's mesh."""
        inside = Path("_detail", "mesh")
        mesh = self.root / inside
        cloned = (folder / "evermotion_dataset" / "scenes" / self.root.name / inside for folder in self._repositories)
        folders = (mesh, *cloned)
        return tuple(
            next((folder / name for folder in folders if (folder / name).exists()), mesh / name)
            for name in ("mesh_objects_si.hdf5", "mesh_objects_sii.hdf5")
        )

    @cached_property
    def camera_parameters(self) -> Path:
        """The cameras of all scenes."""
        if self.given_parameters:
            return self.given_parameters
        usual = self.root.parent / CAMERA_PARAMETERS
        places = (self.root / CAMERA_PARAMETERS, usual, *(folder / IN_REPOSITORY for folder in self._repositories))
        return next((path for path in places if path.exists()), usual)

    @property
    def _repositories(self) -> tuple[Path, ...]:
        """Where a clone of the owners' repository may be: beside the scenes, or around them.

        The README has the download unpacked into `evermotion_dataset/scenes`, which is a folder of the repository.
        """
        if self.given_repository:
            return (self.given_repository,)
        beside = self.root.parent / REPOSITORY
        scenes, dataset = self.root.parent, self.root.parent.parent
        around = scenes.name == "scenes" and dataset.name == "evermotion_dataset"
        return (beside, dataset.parent) if around else (beside,)

    def _images(self, what: str) -> Path:
        return self.root / "images" / f"scene_{self.camera}_{what}"


def files_of(registration: Registration) -> SceneFiles:
    """The files of a registered scene; raises `SourceError` for an option that makes no sense."""
    camera = options.text(registration, "camera", "cam_00")
    if not CAMERA_NAME.fullmatch(camera):
        raise SourceError(
            f"scene {registration.scene_id}: {registration.source}: option camera={camera!r} must be a camera's name, "
            "such as cam_00"
        )

    def place(name: str, within: str = "") -> Path | None:
        text = options.text(registration, name)
        path = Path(text).expanduser()
        return (path / within if within and path.is_dir() else path) if text else None

    return SceneFiles(
        root=Path(registration.root),
        camera=camera,
        color=options.choice(registration, "color", ("auto", "hdf5", "preview"), "auto"),
        given_parameters=place("camera_parameters", CAMERA_PARAMETERS),
        given_repository=place("repository"),
    )


def _frames(folder: Path, suffix: str) -> frozenset[str]:
    """The numbers, as written, of the frames that have a file of this suffix."""
    try:
        names = os.listdir(folder)
    except OSError:
        return frozenset()
    found = (FRAME_NAME.fullmatch(name.removesuffix(suffix)) for name in names if name.endswith(suffix))
    return frozenset(name[1] for name in found if name)
