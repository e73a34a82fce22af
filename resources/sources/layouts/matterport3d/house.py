"""The two text files of a building: `.house`, its panoramas, categories and objects; and `.conf`, its cameras.

What is read here is what the files say, in their own conventions. What does not belong here: what a scene is, and the
project's conventions (beside this module).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from resources.sources.folders import pinhole

MAX_BYTES = 1 << 28
"""The largest `.house` files have some 20 MB; what is far beyond is none."""

PANORAMA_FIELDS = 13
CATEGORY_FIELDS = 11
OBJECT_FIELDS = 24
"""Fields of a line, its kind included."""

COUNTS_IN_HEADER = {"panoramas": 4, "objects": 8, "categories": 9}
"""Field of the line H -> how many lines of a kind there are, since version 1.1."""

NO_NAME = "-"
"""Stands for a name that is not there; spaces in names are written as `#`."""

_IMAGE_NAME = re.compile(r"(?P<panorama>.+)_[di](?P<camera>\d+)_(?P<yaw>\d+)\.\w+")


class HouseObject(NamedTuple):
    """An object's oriented box: half lengths along two axes, not always of unit length, and along their cross product.

    Attributes:
        category: an index; -1 for none.
        center, first_axis, second_axis, radii: `(3,)`, metres where they are lengths.
    """

    index: int
    region: int
    category: int
    center: NDArray[np.float64]
    first_axis: NDArray[np.float64]
    second_axis: NDArray[np.float64]
    radii: NDArray[np.float64]


@dataclass
class House:
    """What a `.house` file says.

    Attributes:
        panoramas: name -> (index, region); region -1 for none.
        categories: index -> the raw category, with its spaces; empty for one without a name.
    """

    panoramas: dict[str, tuple[int, int]] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    objects: list[HouseObject] = field(default_factory=list)

    @property
    def regions(self) -> list[int]:
        """The regions in which panoramas were taken."""
        return sorted({region for _, region in self.panoramas.values() if region >= 0})


class Scan(NamedTuple):
    """One image of a `.conf` file.

    Attributes:
        panorama, camera, yaw: as its files are named.
        intrinsics: fx, fy, cx, cy, pixels; cy is counted from the image's bottom.
        world_from_camera: `(4, 4)`; the camera looks along -z, y is up. None where the line does not hold it.
    """

    panorama: str
    camera: int
    yaw: int
    depth_name: str
    color_name: str
    intrinsics: tuple[float, ...]
    world_from_camera: NDArray[np.float64] | None


def read_house(path: Path) -> House:
    """The content of a `.house` file, without its segments, which come last and are most of it.

    Raises:
        ValueError: the file cannot be read, is cut off, or a line is broken.
    """
    house, announced = House(), {}
    with _opened(path) as file:
        version = file.readline().split()
        if version[:1] != ["ASCII"]:
            raise ValueError("is no .house file: it does not begin with ASCII")
        for number, line in enumerate(file, 2):
            kind = line[:2]
            if kind == "E ":
                break
            try:
                if kind == "H " and version != ["ASCII", "1.0"]:
                    words = line.split()
                    announced = {name: int(words[place]) for name, place in COUNTS_IN_HEADER.items()}
                elif kind in _READ:
                    _READ[kind](house, line.split())
            except (ValueError, IndexError):
                raise ValueError(f"line {number} is broken; the file may be truncated") from None
    for name, count in announced.items():
        if (found := len(getattr(house, name))) != count:
            raise ValueError(f"announces {count} {name} but holds {found}; it is truncated or was changed")
    if not house.panoramas:
        raise ValueError("holds no panorama; it may be truncated")
    return house


def read_scans(path: Path, panoramas: set[str]) -> list[Scan]:
    """The images of some panoramas, in the order of a `.conf` file.

    Raises:
        ValueError: the file cannot be read, is cut off, or a line on which many images depend is broken.
    """
    scans, intrinsics, announced, count = [], None, None, 0
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            kind, *words = line.split() or [""]
            if kind == "n_images":
                announced = int(words[0]) if words and words[0].isdigit() else None
            elif kind == "intrinsics_matrix":
                try:
                    intrinsics = pinhole(np.array(words, dtype=np.float64).reshape(3, 3))
                except ValueError as error:
                    raise ValueError(f"line {number}: its intrinsics cannot be used ({error})") from None
            elif kind == "scan":
                count += 1
                if intrinsics is None:
                    raise ValueError(f"line {number}: a scan before any intrinsics_matrix")
                named = _IMAGE_NAME.fullmatch(words[1]) if len(words) > 1 else None
                if named and named["panorama"] in panoramas:
                    camera, yaw = int(named["camera"]), int(named["yaw"])
                    scans.append(Scan(named["panorama"], camera, yaw, *words[:2], intrinsics, _matrix(words[2:])))
    if announced is not None and announced != count:
        raise ValueError(f"announces {announced} images but holds {count}; it is truncated or was changed")
    return scans


def _matrix(words: list[str]) -> NDArray[np.float64] | None:
    try:
        return np.array(words, dtype=np.float64).reshape(4, 4)
    except ValueError:
        return None


def _opened(path: Path) -> TextIO:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"has more than {MAX_BYTES >> 20} MiB; it is no file of this dataset")
        return open(path, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise ValueError("the file is missing") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error


def _expect(words: list[str], fields: int) -> None:
    if len(words) != fields:
        raise ValueError


def _read_panorama(house: House, words: list[str]) -> None:
    """A panorama; or a portal, which begins with P too, but has more fields and a number in place of a name."""
    if len(words) > PANORAMA_FIELDS and words[1].isdigit():
        return
    _expect(words, PANORAMA_FIELDS)
    house.panoramas[words[1]] = (int(words[2]), int(words[3]))


def _read_category(house: House, words: list[str]) -> None:
    _expect(words, CATEGORY_FIELDS)
    house.categories[int(words[1])] = "" if words[3] == NO_NAME else words[3].replace("#", " ")


def _read_object(house: House, words: list[str]) -> None:
    _expect(words, OBJECT_FIELDS)
    index, region, category = (int(word) for word in words[1:4])
    numbers = np.array(words[4:16], dtype=np.float64).reshape(4, 3)
    house.objects.append(HouseObject(index, region, category, *numbers))


_READ = {"P ": _read_panorama, "C ": _read_category, "O ": _read_object}
