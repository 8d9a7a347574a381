"""A report for people and for machines."""

import dataclasses
from typing import Any

from .groups import PROPERTIES
from .verify import Report, Seen

_MOST = 5
"""Faults shown of one rubric."""


def as_json(report: Report) -> dict[str, Any]:
    """Everything seen, by rubric and setting."""
    return {
        "sound": report.sound,
        "group": report.group,
        "notes": report.notes,
        "checked": len(report.faults),
        "of": report.bundle,
        "rubrics": {
            name: {
                "faults": report.faults[name],
                "stacks": {
                    stack: {prop: dataclasses.asdict(s) for prop, s in found.items()}
                    for stack, found in report.seen.get(name, {}).items()
                },
            }
            for name in report.faults
        },
    }


def as_text(report: Report) -> str:
    """A table of settings and properties over all rubrics, then what is wrong."""
    lines = [f"groups of {report.group}, share in which a property broke; `proved` where that is "
             "claimed of every rubric", ""]  # fmt: skip
    stacks = list(dict.fromkeys(s for by in report.seen.values() for s in by))
    width = max([len("advantage of"), *map(len, stacks)])
    header = "".join(f"  {prop:>12}" for prop in PROPERTIES)
    lines.append(f"{'advantage of':<{width}}{header}")
    for stack in stacks:
        seen = [by[stack] for by in report.seen.values() if stack in by]
        cells = [_cell([found[prop] for found in seen]) for prop in PROPERTIES]
        lines.append(f"{stack:<{width}}" + "".join(f"  {cell:>12}" for cell in cells))
    lines += ["", *(f"note: {note}" for note in report.notes)]
    wrong = 0
    for name, faults in report.faults.items():
        told = [*faults, *_broken_claims(report, name)]
        wrong += bool(told)
        lines += [f"{name}: {fault}" for fault in told[:_MOST]]
        if len(told) > _MOST:
            lines.append(f"{name}: and {len(told) - _MOST} more")
    count = len(report.faults)
    left = report.bundle - count
    if left:
        lines.append(f"{left:,} of {report.bundle:,} rubrics were not looked at; "
                     f"--rubrics {report.bundle} looks at all")  # fmt: skip
    held = f"{count} certificate{'s' if count != 1 else ''}"
    lines.append(f"{held} checked, all sound" if not wrong else f"{held} checked, {wrong} unsound")
    return "\n".join(lines)


def _cell(found: list[Seen]) -> str:
    groups, broken = sum(s.groups for s in found), sum(s.broken for s in found)
    if any(s.wrong for s in found):
        return "CLAIM BROKEN"
    if found and all(s.claimed == "proved" for s in found):
        return "proved 0 %"
    if not groups:
        return "-"
    share = 100 * broken / groups
    return "< 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def _broken_claims(report: Report, name: str) -> list[str]:
    return [
        f"{prop} is claimed with {stack} and broke in {seen.broken} of {seen.groups} groups"
        for stack, found in report.seen.get(name, {}).items()
        for prop, seen in found.items()
        if seen.wrong
    ]
