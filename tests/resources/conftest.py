import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.gemini_server import KEY, serving

from resources.sources.registration import Registration

KITCHEN = Path(__file__).parents[3] / "shared" / "data" / "redkitchen"


@pytest.fixture
def kitchen() -> Registration:
    if not KITCHEN.is_dir():
        pytest.skip(f"the real kitchen is not at {KITCHEN}")
    return Registration("redkitchen", "rgbd_folder", str(KITCHEN))


@pytest.fixture
def make_folder(tmp_path):
    """A function that writes a small RGB-D folder and gives its registration."""

    def make(
        frames: int = 4, size=(64, 48), depth_size=None, depth_intrinsics=None, stem="{:06d}", name="room"
    ) -> Registration:
        root = tmp_path / name
        for folder in ("color", "depth", "pose", "intrinsic"):
            (root / folder).mkdir(parents=True)
        width, height = size
        depth_width, depth_height = depth_size or size
        rng = np.random.default_rng(0)
        for index in range(frames):
            pose = np.eye(4)
            pose[0, 3] = index
            np.savetxt(root / "pose" / f"{stem.format(index)}.txt", pose)
            color = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
            cv2.imwrite(str(root / "color" / f"{stem.format(index)}.jpg"), color)
            depth = np.full((depth_height, depth_width), 2000 + index, np.uint16)
            depth[:, 0] = 0
            cv2.imwrite(str(root / "depth" / f"{stem.format(index)}.png"), depth)
        matrix = np.diag([60.0, 61.0, 1.0, 1.0])
        matrix[:2, 2] = width / 2, height / 2 + 1
        np.savetxt(root / "intrinsic" / "intrinsic_color.txt", matrix)
        if depth_intrinsics is not None:
            fx, fy, cx, cy = depth_intrinsics
            np.savetxt(root / "intrinsic" / "intrinsic_depth.txt", [[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
        boxes = [
            {"id": "chair_1", "label": "Office_ chair ", "obb": [0, 0, 1, 0.5, 0.5, 1, 0, 0, 0.3]},
            {"id": 7, "label": "mug", "obb": [1, 0, 1, 0.1, 0.1, 0.1, 0, 0, 0]},
        ]
        (root / "objects.json").write_text(json.dumps(boxes))
        return Registration(name, "rgbd_folder", str(root))

    return make


@pytest.fixture
def server(monkeypatch):
    """A server of the test's own that speaks as Gemini does, and its key in the environment."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    with serving() as state:
        yield state
