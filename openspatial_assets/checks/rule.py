"""A rule about tables, and the Dagster check that it becomes."""

from dataclasses import dataclass

import dagster as dg

from resources import catalog
from resources.store import Workplace

SHOWN_ROWS = 20
"""Offending rows that a check's metadata shows."""


@dataclass(frozen=True)
class Rule:
    """Something that must hold of a table.

    Attributes:
        table: the asset that is checked.
        name: the check's name.
        description: what must hold.
        offending: SQL over the catalogue that selects what breaks the rule; no rows, and the rule holds.
        is_error: whether a broken rule is an error; else a warning, for what a lead should look at.
    """

    table: str
    name: str
    description: str
    offending: str
    is_error: bool = True


def check_of(rule: Rule) -> dg.AssetChecksDefinition:
    """The Dagster check of a rule."""

    @dg.asset_check(asset=dg.AssetKey(rule.table.split("/")), name=rule.name, description=rule.description)
    def evaluate(workplace: Workplace) -> dg.AssetCheckResult:
        with catalog.connect(workplace.lake) as connection:
            found = connection.execute(f"select * from ({rule.offending}) limit {SHOWN_ROWS}")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, map(str, row), strict=True)) for row in found.fetchall()]
            count = connection.execute(f"select count(*) from ({rule.offending})").fetchone()[0]
        schema = dg.TableSchema([dg.TableColumn(name) for name in names])
        table = {"found": dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema)} if rows else {}
        severity = dg.AssetCheckSeverity.ERROR if rule.is_error else dg.AssetCheckSeverity.WARN
        return dg.AssetCheckResult(passed=count == 0, severity=severity, metadata={"offending_rows": count, **table})

    return evaluate
