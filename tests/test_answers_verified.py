"""The check `answers_verified`: one wrong answer, or one that nobody verified, fails it and is named."""

import dagster as dg
import polars as pl
import pytest
from support.tables import random_tables

from openspatial_assets.assets.graph import GRAPH
from openspatial_assets.assets.questions import questions_of_scene
from openspatial_assets.assets.verifications import verifications_of
from openspatial_assets.automation import resources
from openspatial_assets.checks.questions import RULES
from openspatial_assets.checks.rule import checks_of
from openspatial_assets.engine.questions.settings import QuestionSettings
from resources import catalog
from resources.lake import Partition
from resources.tables import VERIFICATIONS, question_table

WHERE = Partition.of(scene="scene", variant="box_centric")
RULE = next(rule for rule in RULES if (rule.table, rule.name) == ("qa/size_relative", "answers_verified"))


@pytest.fixture(scope="module")
def tables():
    return random_tables(0, 12)


@pytest.fixture(scope="module")
def rows(tables) -> pl.DataFrame:
    asked = questions_of_scene(*tables, "scene", "box_centric", QuestionSettings(), subtasks=["size_relative"])
    return asked["size_relative"]


def put(workplace, table, frame: pl.DataFrame) -> None:
    workplace.lake.write(table, WHERE, frame, fingerprint="", parts={})


def evaluated(workplace) -> dg.AssetCheckEvaluation:
    catalog.refresh(workplace.lake, GRAPH.tables())
    definitions = dg.Definitions(asset_checks=[checks_of("check", [RULE])], resources=resources(workplace))
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)
        (found,) = result.get_asset_check_evaluations()
    return found


def named(found: dg.AssetCheckEvaluation) -> dict[str, str]:
    """Question -> what the check says of it."""
    return {record.data["qa_id"]: record.data["found"] for record in found.metadata["found"].value.records}


def with_first(rows: pl.DataFrame, **changes: str) -> pl.DataFrame:
    first = rows.head(1).with_columns(**{name: pl.lit(value) for name, value in changes.items()})
    return pl.concat([first.select(rows.columns), rows.slice(1)])


def test_right_answers_pass(workplace, tables, rows):
    put(workplace, question_table("size_relative"), rows)
    put(workplace, VERIFICATIONS, verifications_of(rows, tables.frames, tables.scene_boxes, "box"))
    assert evaluated(workplace).passed


def test_one_wrong_answer_fails_and_is_named(workplace, tables, rows):
    wrong = with_first(rows, answer_label="object_0" if rows["answer_label"][0] != "object_0" else "object_1")
    put(workplace, question_table("size_relative"), wrong)
    put(workplace, VERIFICATIONS, verifications_of(wrong, tables.frames, tables.scene_boxes, "box"))
    found = evaluated(workplace)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert list(named(found)) == [rows["qa_id"][0]]
    assert "label" in named(found)[rows["qa_id"][0]]


def test_what_was_not_verified_or_changed_since_fails(workplace, tables, rows):
    put(workplace, VERIFICATIONS, verifications_of(rows.slice(1), tables.frames, tables.scene_boxes, "box"))
    put(workplace, question_table("size_relative"), pl.concat([rows.head(1), with_first(rows.slice(1), answer="Yes")]))
    said = named(evaluated(workplace))
    assert said[rows["qa_id"][0]].startswith("not verified yet")
    assert said[rows["qa_id"][1]].startswith("changed since it was verified")
    assert len(said) == 2
