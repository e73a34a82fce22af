"""The few commands beside Dagster's own: `demo`, `scene`, `discover`, `doctor`, `update`, `plan`, `sql`, `prepare`.

What belongs here: arguments and what is printed. What does not: launching (`automation`) and everything below it.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table as Grid

from openspatial_assets.assets.graph import GRAPH
from openspatial_assets.assets.runner import worker_pool
from openspatial_assets.assets.sources import prepare_scene
from openspatial_assets.automation import (
    SceneConfig,
    add_partitions,
    dagster_instance,
    failures,
    launch,
    plan_text,
)
from openspatial_assets.doctor import examine_machine, examine_registered, examine_root
from openspatial_assets.staleness import context_of, footers, not_applicable, plan
from openspatial_assets.variants import VARIANTS
from resources import catalog, sources
from resources.compute import TaskError
from resources.segmenter import SegmenterError
from resources.settings import SettingError
from resources.sources.discovery import discovered, register_found
from resources.sources.discovery_settings import DatasetRoot
from resources.sources.registration import Registration, SourceError, register, registered
from resources.store import Workplace

DEMO_ROOMS = 3
DEMO_FRAMES = 18


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if all is well, 1 if a scene failed, 2 if the request was wrong, 130 if it was stopped."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        return options.run(options, Workplace(workers=options.workers), console)
    except (SourceError, SettingError, SegmenterError, FileNotFoundError, duckdb.Error) as error:
        console.print(f"[red]error:[/red] {error}", markup=True)
        return 2
    except KeyboardInterrupt as interruption:
        console.print(f"stopped: {interruption}" if str(interruption) else "stopped", markup=False)
        return 130


def demo(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Generate the rooms and materialise everything."""
    started = time.monotonic()
    rooms = demo_rooms(workplace.path)
    for room in rooms:
        register(workplace.path, room)
    console.print(f"Generating {DEMO_ROOMS} furnished rooms (kept for next time) ...")
    made = worker_pool(workplace.processes).run(prepare_scene, ((room.scene_id, (room,)) for room in rooms))
    for done, (scene_id, result) in enumerate(made, 1):
        if isinstance(result, TaskError):
            raise SourceError(f"scene {scene_id}: {result.message}")
        console.print(f"  {done} of {DEMO_ROOMS} scenes ready: {scene_id}")
    code = _materialise(workplace, console, list(VARIANTS), [room.scene_id for room in rooms])
    console.print(f"Done in {time.monotonic() - started:.0f} s. Next: [bold]make ui[/bold] to see it in the web UI.")
    return code


def demo_rooms(home: str) -> list[Registration]:
    """The demo's rooms, as they are registered."""
    return [
        Registration(
            f"room_{seed}",
            "synthetic_rooms",
            f"{home}/rooms/room_{seed}",
            "Apache-2.0",
            options={"seed": seed, "num_frames": DEMO_FRAMES},
        )
        for seed in range(DEMO_ROOMS)
    ]


def scene(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Register a folder or video and materialise it."""
    registration = SceneConfig(
        dir=os.path.abspath(options.dir),
        scene_id=options.id or "",
        source=options.source,
        license=options.license or "",
        metric=not options.not_metric,
        depth_scale=options.depth_scale or 0.0,
        options=_options_of(options),
    ).registration()
    sources.load(registration.source)
    variants = _variants(options)
    state = register(workplace.path, registration)
    console.print(f"scene {registration.scene_id}: registration {state}")
    code = _materialise(workplace, console, variants, [registration.scene_id])
    console.print("Next: [bold]make ui[/bold] to see it in the web UI.")
    return code


def update(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Run exactly what the plan says, for every registered scene."""
    return _materialise(workplace, console, _variants(options), options.scene or registered(workplace.path))


def sql(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Ask DuckDB; the tables are listed by `show tables`."""
    with catalog.connect(workplace.lake) as connection:
        found = connection.execute(options.query)
        grid = Grid(*(column[0] for column in found.description))
        for row in found.fetchall():
            grid.add_row(*map(str, row))
    console.print(grid)
    return 0


def show_plan(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Print what would run, and why."""
    context = context_of(GRAPH, workplace.path, workplace.settings(), footers(workplace.lake))
    variants, scenes = _variants(options), options.scene or None
    for line in [*not_applicable(context, variants, scenes), *plan_text(plan(context, variants, scenes))]:
        console.print(line, markup=False)
    return 0


def discover(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Register the scenes found under a dataset's folder."""
    found = discovered(_place(options))
    if options.dry_run:
        for scene in found:
            console.print(f"{scene.scene_id} ({scene.source}): {scene.root}", markup=False)
        console.print(f"{len(found)} scenes found; nothing was registered", markup=False)
        return 0
    done = register_found(workplace.path, found)
    with dagster_instance(workplace) as instance:
        add_partitions(instance, registered(workplace.path))
    for line in done.refused:
        console.print(line, markup=False)
    states = {"new": done.added, "changed": done.changed, "known": done.unchanged, "refused": done.refused}
    console.print(", ".join(f"{len(scenes)} {state}" for state, scenes in states.items()), markup=False)
    if not found:
        console.print("make doctor with the same ROOT says more", markup=False)
    return 1 if done.refused or not found else 0


def doctor(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Check the machine, the settings and every registered scene, or each scene under a folder; 1 if any is wrong."""

    def say(line: str) -> None:
        console.print(line, markup=False)

    if options.root:
        return min(1, examine_root(_place(options), workplace, say, options.all))
    wrong = examine_machine(workplace, say)
    return min(1, wrong + examine_registered(workplace, say, options.all))


def prepare(options: argparse.Namespace, workplace: Workplace, console: Console) -> int:
    """Make Dagster's home and the scene partitions, so that the web UI shows what is registered."""
    with dagster_instance(workplace) as instance:
        add_partitions(instance, registered(workplace.path))
    catalog.refresh(workplace.lake, GRAPH.tables())
    return 0


def _place(options: argparse.Namespace) -> DatasetRoot:
    """The folder that was named, and how it is to be looked through."""
    return DatasetRoot(
        options.root,
        options.source,
        options.pattern,
        getattr(options, "prefix", ""),
        getattr(options, "license", None) or "",
        _options_of(options),
    )


def _options_of(options: argparse.Namespace) -> dict[str, Any]:
    """What `--option name=value` gives, each value read as JSON where it is any (`10`, `true`), else as text."""
    given = {}
    for text in getattr(options, "option", None) or ():
        name, found, value = text.partition("=")
        if not (name and found):
            raise SettingError(f"--option {text!r} must be like every=10")
        try:
            given[name] = json.loads(value)
        except ValueError:
            given[name] = value
    return given


def _variants(options: argparse.Namespace) -> list[str]:
    """The variants that were asked for; all by default."""
    if unknown := [name for name in options.variant or () if name not in VARIANTS]:
        raise SettingError(f"variant {unknown[0]!r} is unknown; choose from {', '.join(VARIANTS)}")
    return options.variant or list(VARIANTS)


def _materialise(workplace: Workplace, console: Console, variants: list[str], scenes: list[str]) -> int:
    with dagster_instance(workplace) as instance:
        launch(workplace, instance, variants, scenes, lambda line: console.print(line, markup=False))
    _print_summary(workplace, console)
    failed = failures(workplace, scenes)
    for line in failed:
        console.print(f"failed: {line}", markup=False)
    return 1 if failed else 0


def _print_summary(workplace: Workplace, console: Console) -> None:
    """Questions per sub-task and variant, what was not asked and why, and where the files lie."""
    with catalog.connect(workplace.lake) as connection:
        for title, first, query in (
            ("Questions", "sub-task", "select subtask, variant, count(*) from questions group by all order by all"),
            (
                "Not asked, and why (each sub-task's reasons: table rejections)",
                "reason",
                "select replace(reason, '_', ' ') as why, variant, sum(count)::bigint from rejections "
                "group by all order by all",
            ),
        ):
            rows = connection.execute(query).fetchall()
            console.print(_pivot(title, first, rows))
    home = workplace.path
    console.print(f"Parquet:  {home}/lake\nExports:  {home}/lake/training_export\nDuckDB:   {home}/{catalog.FILE}")
    ask = "select subtask, form, count(*) from questions where variant='box_centric' group by all"
    console.print(f'Ask:      make sql QUERY="{ask}"', markup=False)


def _pivot(title: str, first: str, rows: Sequence[tuple[str, str, int]]) -> Grid:
    variants = list(dict.fromkeys([*VARIANTS, *(variant for _, variant, _ in rows)]))
    grid = Grid(title=title, title_justify="left")
    grid.add_column(first)
    for variant in variants:
        grid.add_column(variant, justify="right")
    counts = {(name, variant): count for name, variant, count in rows}
    for name in dict.fromkeys(name for name, _, _ in rows):
        grid.add_row(name, *(f"{counts.get((name, variant), 0):,}" for variant in variants))
    totals = (sum(count for _, of, count in rows if of == variant) for variant in variants)
    grid.add_row("total", *(f"{total:,}" for total in totals), style="bold")
    return grid


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openspatial", description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=0, help="worker processes (default: one a core)")
    commands = parser.add_subparsers(required=True)
    functions = {
        "demo": demo,
        "scene": scene,
        "update": update,
        "plan": show_plan,
        "sql": sql,
        "discover": discover,
        "doctor": doctor,
        "prepare": prepare,
    }
    for name, function in functions.items():
        command = commands.add_parser(name, help=function.__doc__.splitlines()[0])
        command.set_defaults(run=function)
        if name == "sql":
            command.add_argument("query", help="SQL over the tables, for example: select * from questions limit 5")
        if name == "scene":
            command.add_argument("dir", help="a scene's folder in any layout, or a video")
            command.add_argument("--id", help="scene id (default: the folder's name)")
            command.add_argument("--not-metric", action="store_true", help="the world's unit is not the metre")
            command.add_argument("--depth-scale", type=float, help="stored depth value / scale = metres")
        if name in ("discover", "doctor"):
            where = "a dataset's folder" + (" (default: all registered scenes)" if name == "doctor" else "")
            command.add_argument("root", nargs="?" if name == "doctor" else None, help=where)
            command.add_argument("--pattern", default="*", help="only these scene ids: * and ?, several with blanks")
        if name == "discover":
            command.add_argument("--prefix", default="", help="put before the scene ids")
            command.add_argument("--dry-run", action="store_true", help="only print what is found")
        if name == "doctor":
            command.add_argument("--all", action="store_true", help="name every file, however many")
        if name in ("discover", "doctor", "scene"):
            command.add_argument("--source", default="", help="the layout (default: the one that knows the folder)")
            command.add_argument("--option", action="append", help="an option of the layout, such as every=10")
        if name in ("discover", "scene"):
            command.add_argument("--license", help="licence of the images, carried to every exported row")
        if name in ("scene", "plan", "update"):
            command.add_argument("--variant", action="append", help="only this variant; may be repeated")
        if name in ("plan", "update"):
            command.add_argument("--scene", action="append", help="only this scene; may be repeated")
    return parser


if __name__ == "__main__":
    sys.exit(main())
