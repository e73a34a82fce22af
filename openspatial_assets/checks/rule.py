"""A rule about tables, and the Dagster checks that rules become."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
import duckdb

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
        reads: further assets that the query reads: in the same run, they are made first.
    """

    table: str
    name: str
    description: str
    offending: str
    is_error: bool = True
    reads: tuple[str, ...] = ()

    @property
    def spec(self) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(
            self.name,
            asset=dg.AssetKey(self.table.split("/")),
            description=self.description,
            additional_deps=[dg.AssetKey(table.split("/")) for table in self.reads],
        )


def checks_of(name: str, rules: Sequence[Rule]) -> dg.AssetChecksDefinition:
    """The Dagster checks of some rules, evaluated in one step, which costs as much as one check would."""

    @dg.multi_asset_check(name=name, specs=[rule.spec for rule in rules], can_subset=True)
    def evaluate(context: dg.AssetCheckExecutionContext, workplace: Workplace) -> Iterator[dg.AssetCheckResult]:
        with catalog.connect(workplace.lake) as connection:
            for rule in rules:
                if rule.spec.key in context.selected_asset_check_keys:
                    yield _result(rule, connection)

    return evaluate


def _result(rule: Rule, connection: duckdb.DuckDBPyConnection) -> dg.AssetCheckResult:
    count = connection.execute(f"select count(*) from ({rule.offending})").fetchone()[0]
    found = connection.execute(f"select * from ({rule.offending}) limit {SHOWN_ROWS}")
    names = [column[0] for column in found.description]
    records = [dg.TableRecord(dict(zip(names, map(str, row), strict=True))) for row in found.fetchall()]
    schema = dg.TableSchema([dg.TableColumn(name) for name in names])
    return dg.AssetCheckResult(
        passed=count == 0,
        asset_key=rule.spec.asset_key,
        check_name=rule.name,
        severity=dg.AssetCheckSeverity.ERROR if rule.is_error else dg.AssetCheckSeverity.WARN,
        metadata={"offending_rows": count, **({"found": dg.MetadataValue.table(records, schema)} if records else {})},
    )
