"""`include` and `extends`: the rubrics that this one builds on, each checked in its own right."""

from collections.abc import Callable
from typing import NamedTuple

from .. import ir
from ..diagnostics import Label, instead
from ..syntax import nodes as n
from .header import version
from .scope import Scope
from .tiers import Module

DEPTH = "depth"


class Found(NamedTuple):
    """The answer to a name: a rubric, or the path and the reason why there is none.

    `refused` is a cycle of names, or `DEPTH`; `error` what is wrong first in the file.
    """

    rubric: ir.Rubric | None
    path: str | None
    declared: str = ""
    refused: str = ""
    error: Label | None = None


Lookup = Callable[[str], Found]


class Modules(NamedTuple):
    """An include that could not be resolved is None: its name is known, its criteria are not."""

    included: dict[str, Module | None]
    base: ir.Rubric | None
    origins: tuple[ir.Origin, ...]


def modules(scope: Scope, active: bool, lookup: Lookup) -> Modules:
    """Resolve every include and extension of the file."""
    included: dict[str, Module | None] = {}
    origins: list[ir.Origin] = []
    base: ir.Rubric | None = None
    for item in scope.tree.items:
        if isinstance(item, n.Include):
            alias = item.alias.text
            if alias in included:
                scope.report("R0201", item.alias, name=alias, what="an include")
                continue
            rubric = _rubric(scope, item, active, lookup)
            included[alias] = Module(alias, rubric) if rubric else None
            if rubric is not None:
                origins.append(ir.Origin(rubric.name, rubric.version, alias))
        elif isinstance(item, n.Extends):
            if base is not None or scope.lost:
                scope.report("R0808", item, what="extends")
                continue
            base = _rubric(scope, item, active, lookup)
            if base is None:
                scope.lost = True
            else:
                origins.append(ir.Origin(base.name, base.version, ""))
    return Modules(included, base, tuple(origins))


def _rubric(
    scope: Scope, item: n.Include | n.Extends, active: bool, lookup: Lookup
) -> ir.Rubric | None:
    name = item.name.text
    asked = item.version if item.version is not None and version(scope, item.version) else None
    found = lookup(name)
    if found.path is None:
        scope.report("R0301", item.name, name=name, file=name.replace(".", "/") + ".rubric")
    elif found.refused == DEPTH:
        scope.report("R0317", item.name, name=name)
    elif found.refused:
        scope.report("R0302", item.name, name=name, cycle=found.refused)
    elif found.declared and found.declared != name:
        scope.report("R0308", item.name, name=name, found=found.declared)
    elif found.rubric is None:
        labels = [found.error] if found.error else []
        scope.report("R0307", item.name, labels=labels, name=name, path=found.path)
    else:
        rubric = found.rubric
        if item.version is None:
            code = "R0803" if active else "R0810"
            at, text = item.name.end, f'version "{rubric.version}"'
            fixes = [scope.fix(f"add `{text}`", at, at, f" {text}")]
            scope.report(code, item, name=name, version=rubric.version, fixes=fixes)
        elif asked is not None and asked.value != rubric.version:
            there = rubric.version
            fixes = [instead(scope.span(asked), f'"{there}"')]
            scope.report("R0303", asked, fixes=fixes, name=name, found=there, asked=asked.value)
        if rubric.status == "retired":
            scope.report("R0314", item.name, name=name)
        return rubric
    return None
