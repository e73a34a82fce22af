"""The floors of the house: an import goes down, never up, never in a circle; no room grows too large."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "openspatial_assets").rglob("*.py"), *(ROOT / "resources").rglob("*.py")])
MAX_LINES = 400

FLOORS = {
    "openspatial_assets.engine": 0,
    "openspatial_assets.variants": 0,
    "resources": 1,
    "openspatial_assets.verifier": 1,
    "openspatial_assets.partitions": 2,
    "openspatial_assets.staleness": 3,
    "openspatial_assets.assets": 4,
    "openspatial_assets.checks": 4,
    "openspatial_assets.automation": 5,
    "openspatial_assets.doctor": 5,
    "openspatial_assets.definitions": 6,
    "openspatial_assets.cli": 6,
}
"""Room -> floor, from the ground; a room imports its own floor and those below."""


VERIFIER = "openspatial_assets.verifier"
VERIFIER_MAY_IMPORT = {"numpy", "polars", "scipy", *sys.stdlib_module_names}
ASKS_THE_VERIFIER = ("openspatial_assets.assets.verifications",)
"""The stage that hands questions to the verifier: nothing else of the project knows it."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path) for path in FILES}


def floor(module: str) -> int | None:
    return next((FLOORS[room] for room in FLOORS if module == room or module.startswith(f"{room}.")), None)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which floor they reach"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` leads to the module; its package is only the way there.
            found |= names if names <= MODULES else names | {node.module or ""}
    return found


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_go_down_and_rooms_stay_small(path):
    name, here = module_name(path), floor(module_name(path))
    if here is None:
        assert path.read_text() == "", f"{name} stands on no floor"
        return
    for imported in imports(path):
        there = floor(imported)
        assert there is None or there <= here, f"{name} imports {imported} from a floor above"
        if here == 0:
            assert imported.split(".")[0] not in ("dagster", "polars", "resources"), f"{name} imports {imported}"
    assert len(path.read_text().splitlines()) <= MAX_LINES, f"{name} is two rooms"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_the_verifier_stands_apart(path):
    name = module_name(path)
    inside = name == VERIFIER or name.startswith(f"{VERIFIER}.")
    for imported in imports(path):
        to_verifier = imported == VERIFIER or imported.startswith(f"{VERIFIER}.")
        if inside:
            allowed = to_verifier or imported.split(".")[0] in VERIFIER_MAY_IMPORT
            assert allowed, f"{name} imports {imported}: a second computation shares no code with the first"
        else:
            assert not to_verifier or name in ASKS_THE_VERIFIER, f"{name} imports {imported}"


def test_no_import_goes_in_a_circle():
    known = {module_name(path): path for path in FILES}
    edges = {
        name: {other for other in imports(path) if other in known and other != name} for name, path in known.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' -> '.join((*trail, name))}"
        if name in done:
            return
        for other in sorted(edges[name]):
            visit(other, (*trail, name))
        done.add(name)

    for name in sorted(known):
        visit(name, ())


def test_the_engine_opens_no_files_of_its_own_accord():
    for path in (ROOT / "openspatial_assets" / "engine").rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not any(isinstance(call, ast.Name) and call.id == "open" for call in calls), path
