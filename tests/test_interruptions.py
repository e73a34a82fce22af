"""Runs that are killed, and runs at the same time: a re-run completes, and the tables are those of a quiet run."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from openspatial_assets.assets.graph import GRAPH
from resources import catalog
from resources.lake import Lake
from resources.sources.registration import register

ROOT = Path(__file__).parent.parent

LAUNCH = textwrap.dedent("""
    import os, sys
    import dagster as dg
    from openspatial_assets.automation import launch
    from openspatial_assets.cli import dagster_instance
    from resources.store import Workplace

    home, scene, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
    replace, writes = os.replace, 0

    def counted(source, target):
        global writes
        writes += 1
        if writes == kill_at:
            os.kill(os.getpid(), 9)
        replace(source, target)

    if __name__ == "__main__":
        os.replace = counted
        workplace = Workplace(home=home, workers=1)
        with dagster_instance(workplace) as instance:
            launch(workplace, instance, ["no_filter"], [scene])
        print("writes:", writes)
""")


def start(home: Path, scene: str, kill_at: int = -1) -> subprocess.Popen:
    environment = {**os.environ, "DAGSTER_HOME": str(home / "dagster"), "PYTHONPATH": str(ROOT)}
    script = home / "launch.py"
    script.write_text(LAUNCH)
    command = [sys.executable, "-W", "ignore", str(script), str(home), scene, str(kill_at)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def contents(home: Path) -> dict:
    lake = Lake(str(home))
    return {(table.name, p): r.content for table, _ in GRAPH.tables() for p, r in lake.records(table).items()}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory, rooms) -> tuple[dict, int]:
    """The tables of a run that nothing disturbs, and how many files it put in place."""
    home = tmp_path_factory.mktemp("quiet")
    register(home, rooms[0])
    process = start(home, "room_0")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return contents(home), int(output.rsplit("writes:", 1)[1])


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_killed_run_leaves_nothing_broken_and_the_next_one_completes(tmp_path, rooms, quiet, share):
    expected, writes = quiet
    register(tmp_path, rooms[0])
    killed = start(tmp_path, "room_0", kill_at=1 + round(share * (writes - 1)))
    killed.communicate()
    assert killed.returncode == -9
    for key, content in contents(tmp_path).items():
        assert expected[key] == content, "what was written before the kill is whole"
    again = start(tmp_path, "room_0")
    output, _ = again.communicate()
    assert again.returncode == 0, output
    assert contents(tmp_path) == expected


def test_two_runs_at_once_on_one_lake(tmp_path, rooms, quiet):
    expected, _ = quiet
    for room in rooms:
        register(tmp_path, room)
    both = [start(tmp_path, room.scene_id) for room in rooms]
    outputs = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    made = contents(tmp_path)
    ours = {key: content for key, content in expected.items() if key[1].get("scene") == "room_0"}
    assert {key: made[key] for key in ours} == ours
    with catalog.connect(Lake(str(tmp_path))) as connection:
        assert connection.execute("select count(distinct scene_id) from questions").fetchone() == (2,)
