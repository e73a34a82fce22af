"""Fixtures that several rooms' tests share: generated rooms, and a home in which they went through the whole graph."""

import os
from pathlib import Path

os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

import resources.worker_environment  # noqa: F401, I001 - one thread each, before NumPy loads: tests run on all cores
import dagster as dg
import pytest

from resources import sources
from resources.sources.registration import Registration, register
from resources.store import Workplace

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
ROOM_FRAMES = 10
"""Frames of a test's room: enough for every sub-task, few enough to be generated in seconds."""


@pytest.fixture(autouse=True, scope="session")
def _cache_of_the_tests(tmp_path_factory):
    """Nothing is kept in the cache of the user who runs the tests."""
    before = os.environ.get("OPENSPATIAL_CACHE")
    os.environ["OPENSPATIAL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    os.environ.pop("OPENSPATIAL_CACHE") if before is None else os.environ.update(OPENSPATIAL_CACHE=before)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"real data is not here ({SHARED})")
    return SHARED


@pytest.fixture(scope="session")
def rooms(tmp_path_factory) -> list[Registration]:
    """Two generated rooms, registered nowhere."""
    root = tmp_path_factory.mktemp("rooms")
    made = [
        Registration(
            f"room_{seed}", "synthetic_rooms", str(root / f"room_{seed}"), "Apache-2.0",
            options={"seed": seed, "num_frames": ROOM_FRAMES},
        )
        for seed in (0, 1)
    ]  # fmt: skip
    for room in made:
        sources.load(room.source).prepare(room)
    return made


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Workplace:
    """An empty home of its own, worked on by one process."""
    monkeypatch.delenv("OPENSPATIAL_HOME", raising=False)
    return Workplace(home=str(tmp_path / "home"), workers=1)


@pytest.fixture
def instance():
    """A Dagster instance of its own, in memory: one on disk takes twice as long."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def room_home(workplace, rooms) -> Workplace:
    """A home in which the two rooms are registered and nothing is materialised."""
    for room in rooms:
        register(workplace.path, room)
    return workplace
