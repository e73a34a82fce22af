"""Videos that cannot be used, through the real sensor and a real run: one scene each, with its reason, and no other."""

from pathlib import Path

import cv2
import dagster as dg
import numpy as np
import pytest
from support.videos import write_video

from openspatial_assets.automation import failures, inbox, resources
from openspatial_assets.automation.jobs import bring_up_to_date
from openspatial_assets.partitions import SCENE_AXIS
from resources.store import Workplace

REASONS = {
    "no_video": "is no video",
    "three_frames": "keyframes",
    "noise": "can be registered",
}
FRAMES = 14


def unlike(count: int) -> list[np.ndarray]:
    """Pictures `(240, 320, 3)` that have nothing in common: no two of them show the same place."""
    dice = np.random.default_rng(0)
    return [
        cv2.resize(dice.integers(0, 255, (24, 32, 3), np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
        for _ in range(count)
    ]


@pytest.fixture
def folder(workplace) -> Path:
    folder = Path(workplace.path) / "inbox"
    folder.mkdir(parents=True)
    (Path(workplace.path) / "settings.toml").write_text("[inbox]\nstable_s = 0.0\n")
    (folder / "no_video.mp4").write_bytes(b"this was never a film" * 1000)
    write_video(folder / "three_frames.mp4", unlike(3))
    write_video(folder / "noise.mp4", unlike(FRAMES))
    (folder / "notes.txt").write_text("no business of the sensor")
    return folder


def tick(workplace: Workplace, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    result = inbox(dg.build_sensor_context(instance, cursor=cursor, resources={"workplace": workplace}))
    for request in result.dynamic_partitions_requests or []:
        instance.add_dynamic_partitions(SCENE_AXIS, list(request.partition_keys))
    return result


def test_each_becomes_one_scene_that_says_why(workplace, instance, folder):
    first = tick(workplace, instance, None)
    half = folder / "half.mp4"
    half.write_bytes(b"a copy that has only beg")
    second = tick(workplace, instance, first.cursor)
    asked = [request.tags["scene"] for request in second.run_requests]
    assert sorted(asked) == sorted(REASONS), "the half-copied file waits"
    for request in second.run_requests:
        bring_up_to_date.execute_in_process(
            run_config=request.run_config, instance=instance, resources=resources(workplace), raise_on_error=False
        )
    for scene, reason in REASONS.items():
        said = [line for line in failures(workplace, [scene]) if line.startswith(f"reconstructions [scene={scene}]")]
        assert len(said) == 1
        assert reason in said[0]
        assert f"{scene}.mp4" in said[0]

    half.unlink()
    for cursor in (second.cursor, None):
        again = tick(workplace, instance, cursor)
        assert not again.run_requests
        assert not tick(workplace, instance, again.cursor).run_requests
    assert sorted(instance.get_dynamic_partitions(SCENE_AXIS)) == sorted(REASONS)
