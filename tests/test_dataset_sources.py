"""Every dataset layout, found by discovery, through the whole graph to questions; beside it, a scene that is broken."""

import importlib
import json
from pathlib import Path

import duckdb
import polars as pl
import pytest
from support.truth_scene import furnished_room

from openspatial_assets.automation import failures, launch
from resources import catalog, sources
from resources.sources.discovery import discovered, register_found
from resources.sources.discovery_settings import DatasetRoot

LICENCES = {
    "arkitscenes": ["CC BY-NC-SA 4.0"],
    "embodiedscan": ["CC BY-NC-SA 4.0"],
    "hypersim": ["CC BY-SA 3.0"],
    "matterport3d": ["Matterport3D"],
    "scannet": ["ScanNet Terms"],
    "scannetpp": ["ScanNet++ Terms"],
}
"""Dataset -> words of the licences that its rows must carry."""
FRAMES = 6


@pytest.fixture
def roots(tmp_path) -> dict[str, Path]:
    """A folder for each dataset, with the same room in it in the dataset's own form."""
    room = furnished_room(frames=FRAMES)
    for name in LICENCES:
        write = getattr(importlib.import_module(f"support.datasets.{name}"), f"write_{name}")
        write(tmp_path / name, room)
    return {name: tmp_path / name for name in LICENCES}


def test_every_dataset_becomes_verified_questions_that_carry_its_licence(workplace, instance, roots):
    scenes = {}
    for name, root in roots.items():
        found = discovered(DatasetRoot(str(root)))
        assert {scene.source for scene in found} == {name}, "no other layout takes the folder for its own"
        assert register_found(workplace.path, found).refused == []
        for scene in found:
            assert sources.of(scene).findings(scene) == []
            scenes[scene.scene_id] = name
    broken = next(iter((roots["scannet"] / "scans").iterdir()))
    (broken / f"{broken.name}.aggregation.json").write_text('{"sceneId": "scene0000_00", "segGroups": [')

    launch(workplace, instance, ["box_centric"], None, lambda line: None)

    failed = failures(workplace)
    assert failed
    assert all("scene=scene0000_00" in line or "scene0000_00" in line for line in failed)
    assert any("aggregation.json" in line for line in failed)
    with catalog.connect(workplace.lake) as connection:
        asked = _table(connection, "select scene_id, subtask, count(*) as n from questions group by all")
        wrong = _table(connection, "select * from verifications where problem is not null")
        facts = _table(connection, "select * from scenes")
        rows = _table(connection, "select distinct scene_id, license from training_export")
    assert wrong.is_empty(), wrong.to_dicts()
    for scene, name in scenes.items():
        (fact,) = facts.filter(pl.col("scene_id") == scene).to_dicts()
        assert (fact["source"], fact["metric"]) == (name, True)
        assert any(words in fact["license"] for words in LICENCES[name])
        if scene == "scene0000_00":
            assert "aggregation.json" in json.dumps(fact["findings"])
            continue
        of_scene = asked.filter(pl.col("scene_id") == scene)
        few = fact["num_frames"] < FRAMES  # the corridor beside the room
        assert of_scene["subtask"].n_unique() >= (1 if few else 8), (scene, of_scene)
        assert rows.filter(pl.col("scene_id") == scene)["license"].to_list() == [fact["license"]]


def _table(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    found = connection.execute(query)
    return pl.DataFrame(found.fetchall(), schema=[column[0] for column in found.description], orient="row")
