"""The report on questions: a row a sub-task, numbers that plot, a preview, and checks that find the fault."""

import json

import duckdb
import polars as pl
import pytest
from scipy.stats import chisquare
from small_scene import mark, question, questions_of

from openspatial_assets.assets.quality import preview_quality, quality_metadata, quality_of_variant
from openspatial_assets.checks.quality import LEAST_ANSWERS, RULES
from openspatial_assets.engine.questions import SUBTASKS
from resources.tables import QUALITY, REJECTIONS

OBJECTS = pl.DataFrame(
    [(scene, name, tag) for scene in ("room", "hall") for name, tag in (("chair_1", "chair"), ("table_1", "table"))],
    schema=["scene_id", "object_id", "tag"],
    orient="row",
)
REJECTED = pl.DataFrame(
    [("left_right", "columns_overlap", 7), ("high_low", "over_budget", 2), ("left_right", "columns_overlap", 3)],
    schema=REJECTIONS.schema,
    orient="row",
)


def judgement(number: int, yes: bool, **changes) -> dict:
    label = "yes" if yes else "no"
    text = "Is the chair (red box) to the left of the table?"
    claim = {"predicate": "left", "subject": str(number), "object": "table_1"}
    return question(
        f"j{number}", form="judgement", question=text, answer=label.capitalize(), answer_label=label,
        evidence=json.dumps({"asks": "left", "claim": claim}), **changes,
    )  # fmt: skip


def choice(number: int, letter: str, **changes) -> dict:
    options = ["0.50 m", "0.80 m", "1.20 m", "2.00 m"]
    return question(
        f"c{number}", "size_absolute", "multiple_choice", answer=f"{letter}. {options['ABCD'.index(letter)]}",
        options=options, answer_label=None, answer_value=80.0, answer_unit="cm",
        evidence=json.dumps({"asks": "height", "only": number}), **changes,
    )  # fmt: skip


def reported(rows: list[dict], rejections: pl.DataFrame = REJECTED) -> dict[str, dict]:
    table = QUALITY.checked(quality_of_variant(questions_of(rows), rejections, OBJECTS), "variant")
    return {row["subtask"]: row for row in table.iter_rows(named=True)}


def test_a_row_for_every_subtask_with_what_was_asked_and_what_was_not():
    rows = [judgement(0, True), judgement(1, False, scene_id="hall"), judgement(2, True, marks=[])]
    rows += [question("o1"), question("o2", answer_label="right", frame_ids=["0001"]), choice(1, "B"), choice(2, "C")]
    found = reported(rows)
    assert list(found) == list(SUBTASKS)
    sides = found["left_right"]
    expected = {
        "questions": 5, "scenes": 2, "frames": 3, "objects": 4, "tags": 2, "judgements": 3, "choices": 0,
        "marked_share": 0.8, "yes_share": pytest.approx(2 / 3), "letters_p_value": None, "lengths": 0,
        "yes_no_p_value": pytest.approx(chisquare([2, 1]).pvalue), "rejected": 10, "near_duplicates": 0,
        "labels": [{"name": "left", "count": 1}, {"name": "right", "count": 1}], "labels_p_value": None,
        "rejections": [{"name": "columns_overlap", "count": 10}], "capability": "spatial_relationship",
        "forms": [{"name": "judgement", "count": 3}, {"name": "open_ended", "count": 2}],
    }  # fmt: skip
    assert {name: sides[name] for name in expected} == expected
    assert {guess["name"] for guess in sides["guesses"]} == {"judgement", "judgement_with_names", "label"}
    sizes = found["size_absolute"]
    assert [entry["count"] for entry in sizes["letters"]] == [0, 1, 1, 0]
    assert (sizes["lengths"], sizes["length_median_m"]) == (2, 0.8)
    assert (found["high_low"]["questions"], found["high_low"]["rejected"]) == (0, 2)


def test_nothing_gives_rows_of_zeros_and_no_preview():
    empty = quality_of_variant(questions_of([]), REJECTIONS.empty(), OBJECTS.clear())
    table = QUALITY.checked(empty, "variant")
    assert table["questions"].sum() == 0
    assert len(table) == len(SUBTASKS)
    assert preview_quality(table) is None
    assert quality_metadata(questions_of([])) == {"questions": 0, "objects": 0, "near_duplicates": 0}


def test_numbers_of_one_partition():
    rows = [judgement(number, number % 2 == 0) for number in range(4)] + [question("again"), question("again2")]
    rows[-1]["evidence"] = rows[-2]["evidence"]
    found = quality_metadata(questions_of(rows), OBJECTS.filter(scene_id="room"))
    assert found == {
        "questions": 6, "yes_share": 0.5, "yes_no_p_value": 1.0, "objects": 2, "tags": 2, "near_duplicates": 1,
        "marked_share": 1.0,
    }  # fmt: skip
    assert all(isinstance(value, int | float) for value in found.values())
    assert "tags" not in quality_metadata(questions_of(rows))


def test_the_preview_has_a_chart_and_a_line_for_each_subtask_that_is_asked():
    rows = [judgement(number, number % 2 == 0) for number in range(4)] + [
        choice(number, "ABCD"[number]) for number in range(4)
    ]
    preview = preview_quality(quality_of_variant(questions_of(rows), REJECTED, OBJECTS))
    assert preview.startswith("![questions by sub-task and form](data:image/jpeg;base64,")
    lines = [line for line in preview.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in lines] == ["| sub-task", "| size_absolute", "| left_right"]
    assert " 29% |" in lines[2], "4 of 14 candidates were asked"
    assert " 50.0% |" in lines[2]
    assert "0.80 / 0.80 / 0.80" in lines[1]
    assert "No questions:" in preview


def broken(*tables: pl.DataFrame) -> set[str]:
    """Rules that the questions of a variant break, but for the one that every sub-task is asked."""
    question_quality = pl.concat([table.with_columns(variant=pl.lit("box_centric")) for table in tables])
    with duckdb.connect() as connection:
        connection.register("question_quality", question_quality.to_arrow())
        found = {rule.name for rule in RULES if connection.execute(rule.offending).fetchall()}
    assert "every_subtask_is_asked" in found
    return found - {"every_subtask_is_asked"}


def table_of(rows: list[dict]) -> pl.DataFrame:
    return quality_of_variant(questions_of(rows), REJECTED, OBJECTS)


def named(number: int) -> dict:
    return {"object_ids": [f"chair_{number}", "table_1"], "scene_id": f"room_{number % 4}"}


def test_checks_pass_for_even_questions():
    rows = [judgement(n, n % 2 == 0, **named(n)) for n in range(60)] + [
        choice(n, "ABCD"[n // 4 % 4], **named(n)) for n in range(60)
    ]
    assert not broken(table_of(rows), table_of([]))


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("letters_are_even", [choice(n, "AABC"[n // 4 % 4], **named(n)) for n in range(80)]),
        ("yes_and_no_are_even", [judgement(n, n // 4 % 3 > 0, **named(n)) for n in range(60)]),
        ("labels_are_even", [question(f"o{n}", answer_label="left", **named(n)) for n in range(60)]),
        ("questions_are_not_repeated", [judgement(0, True) | {"qa_id": f"j{n}"} for n in range(60)]),
    ],
)
def test_checks_find_the_fault(rule, rows):
    assert rule in broken(table_of(rows))
    few = [row for row in rows if int(row["qa_id"][1:]) < 9]
    assert not broken(table_of(few)), f"fewer than {LEAST_ANSWERS} answers are uneven by chance"


def test_a_wording_that_tells_the_answer_is_found():
    rows = [judgement(n, n // 4 % 2 == 0, **named(n)) for n in range(80)]
    for row in rows:
        row["question"] = "Is it so?" if row["answer_label"] == "yes" else "Could it be so?"
    assert "words_give_no_answer_away" in broken(table_of(rows))


def test_questions_may_carry_marks_without_an_object():
    rows = [question("points", marks=[mark(None, "point", "red", u=1.0, v=2.0)], object_ids=[])]
    assert reported(rows)["left_right"]["objects"] == 0
