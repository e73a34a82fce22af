"""Asset checks: what must hold of the tables whatever made them, one module a stage.

A check is a query of the DuckDB catalogue for rows that break a rule: none found, and it passes; else its metadata
shows the first of them. Checks see all partitions and name the scenes that break the rule. That every partition could
be computed at all is the check `complete`, which the stages' runner makes itself.

A module here needs only a tuple `RULES`; it is found by its name.
"""

import importlib
import pkgutil

import dagster as dg

from openspatial_assets.checks.rule import checks_of


def checks() -> list[dg.AssetChecksDefinition]:
    """The Dagster checks of all modules, one step a module."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    rules = {name: getattr(importlib.import_module(f"{__name__}.{name}"), "RULES", ()) for name in names}
    return [checks_of(f"check_{name}", found) for name, found in rules.items() if found]
