"""Coverage as JSON values."""

from typing import Any

from ..render import place
from .record import Coverage, FileCoverage, Goal, Part, Tally


def to_json(coverage: Coverage) -> dict[str, Any]:
    """Every goal with its place; lines and columns count from 1."""
    return {**_counts(coverage.tally()), "files": [_file(file) for file in coverage.files]}


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "reached": tally.reached,
        "goals": tally.total,
        "percent": int(tally.percent * 10) / 10,
    }


def _file(file: FileCoverage) -> dict[str, Any]:
    return {
        "path": file.source.path,
        "rubric": file.name,
        "cases": file.cases,
        **_counts(file.tally()),
        "parts": [_part(file, part) for part in file.parts],
    }


def _part(file: FileCoverage, part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "tier": part.tier,
        **_counts(part.tally()),
        "tried": [_goal(file, goal) for goal in part.goals],
    }


def _goal(file: FileCoverage, goal: Goal) -> dict[str, Any]:
    return {
        "kind": goal.kind,
        "name": goal.name,
        "about": goal.about,
        "asked": goal.asked,
        "cases": goal.times,
        "first": goal.first,
        **place(goal.span, lambda _: file.source),
    }
