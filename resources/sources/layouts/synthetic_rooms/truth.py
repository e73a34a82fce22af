"""The kept truth of a generated room, for tests and checks; the pipeline never reads it.

`truth/truth.json` holds the boxes and the pixel counts, `truth/instance/<frame>.png` the instance maps (16 bit, 0 is
background, otherwise index + 1 of the object). What does not belong here: making it (`coverage.py`, `folder.py`).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openspatial_assets.engine.geometry.boxes import Boxes

TRUTH_FILE = "truth/truth.json"
INSTANCE_FILE = "truth/instance/{frame_id}.png"


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a generated room.

    Attributes:
        object_ids, tags: of the objects; instance maps show object k as k + 1.
        boxes: `(objects,)` exact tight boxes, world, metres.
        frame_ids: of the frames.
        visible_pixels: `(frames, objects)` pixels that show the object.
        unoccluded_pixels: `(frames, objects)` pixels that would show it if nothing else were there.
        root: the scene's folder.
    """

    object_ids: tuple[str, ...]
    tags: tuple[str, ...]
    boxes: Boxes
    frame_ids: tuple[str, ...]
    visible_pixels: NDArray[np.int64]
    unoccluded_pixels: NDArray[np.int64]
    root: Path

    def instance_map(self, frame_id: str) -> NDArray[np.uint16]:
        """`(h, w)`: 0 for background, k + 1 for object k.

        Raises:
            FileNotFoundError: the room has no such frame.
        """
        path = self.root / INSTANCE_FILE.format(frame_id=frame_id)
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if image is None:
            raise FileNotFoundError(f"{path}: no instance map of frame {frame_id}; prepare the room again")
        return image


def load_truth(root: str | Path) -> Truth:
    """The truth of the room in a folder.

    Raises:
        FileNotFoundError: the folder holds no generated room.
    """
    record = json.loads((Path(root) / TRUTH_FILE).read_text())
    objects = record["objects"]
    return Truth(
        object_ids=tuple(item["id"] for item in objects),
        tags=tuple(item["label"] for item in objects),
        boxes=Boxes.from_rpy(*(np.array([item[key] for item in objects]) for key in ("center", "extents", "rpy"))),
        frame_ids=tuple(record["frames"]),
        visible_pixels=np.array(record["visible_pixels"], np.int64),
        unoccluded_pixels=np.array(record["unoccluded_pixels"], np.int64),
        root=Path(root),
    )
