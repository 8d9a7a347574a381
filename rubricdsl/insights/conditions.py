"""Conditions that are never true, never false, or have parts that decide nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..runtime.conditions import holds, read_inputs
from ..syntax import nodes as n
from .finding import Finding, Undecided, finding
from .subject import Subject, noun
from .truth import (
    ALWAYS,
    MAX_LOOKS,
    NEVER,
    Facts,
    Part,
    combinations,
    proper_parts,
    replaced,
    written,
)
from .truth import tally as counted


class Asked(NamedTuple):
    """A condition as this file writes it. `settles` is the outcome on which its owner acts: a
    criterion is set aside by what is false, a profile chosen by what is true."""

    name: str
    noun: str
    condition: list[Any]
    clause: n.When
    settles: bool


def conditions(subject: Subject) -> Iterator[Finding | Undecided]:
    """Findings about every condition that is written in this file."""
    for asked in _asked(subject):
        over = combinations(subject.form, asked.condition)
        if over is None:
            yield Undecided("never-true", asked.name, "its condition has too many combinations")
            continue
        found = counted(asked.condition, over)
        if not found[True]:
            yield _never_true(subject, asked, over)
        elif not found[False]:
            yield _never_false(subject, asked, over)
        else:
            yield from _idle_parts(subject, asked, over)


def _asked(subject: Subject) -> Iterator[Asked]:
    for criterion in subject.form["criteria"]:
        clause = subject.clause(criterion["id"], n.When)
        if clause is not None and criterion["when"] is not None:
            yield Asked(criterion["id"], noun(criterion), criterion["when"], clause, False)
    for profile in subject.form["profiles"]:
        block = subject.profile(profile["id"])
        if block is not None and block.when is not None and profile["when"] is not None:
            yield Asked(profile["id"], "profile", profile["when"], block.when, True)


def _never_true(subject: Subject, asked: Asked, over: list[Facts]) -> Finding:
    unknown = [each for each in over if holds(asked.condition, each.known) is None]
    values = {"name": asked.name, "noun": asked.noun, "count": len(over)}
    if asked.noun == "profile":
        so = "so only a caller who names the profile gets it"
    elif unknown:
        so = "so it applies only where a fact is missing or cannot be read"
    else:
        so = "so it never applies"
    place = subject.span(asked.clause.condition)
    reason = f"{_combinations(over)}: never true, {so}"
    row = None
    if unknown and asked.noun != "profile":
        row = _sparse(subject, asked, unknown[0].row)
    return finding(subject.form, "R0901", place, values, label="never true", reason=reason, row=row)


def _sparse(subject: Subject, asked: Asked, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what is not needed to leave the condition unknown."""
    kept = dict(row)
    for name in row:
        without = {other: value for other, value in kept.items() if other != name}
        if holds(asked.condition, read_inputs(subject.form["inputs"], without)) is None:
            kept = without
    return kept


def _never_false(subject: Subject, asked: Asked, over: list[Facts]) -> Finding:
    values = {"name": asked.name, "noun": asked.noun, "count": len(over)}
    so = "it is chosen wherever its facts are known" if asked.settles else "it always applies"
    place = subject.span(asked.clause.condition)
    reason = f"{_combinations(over)}: never false, so {so}"
    return finding(subject.form, "R0902", place, values, label="never false", reason=reason)


def _idle_parts(subject: Subject, asked: Asked, over: list[Facts]) -> Iterator[Finding | Undecided]:
    """Parts that could as well be always true, or always false; each with those before it gone."""
    condition = asked.condition
    before = _outcomes(condition, asked.settles, over)
    gone: list[Part] = []
    parts = list(proper_parts(condition))
    if len(parts) * len(over) > MAX_LOOKS:
        yield Undecided("idle-part", asked.name, "its condition has too many combinations")
        return
    for way in parts:
        if any(way[: len(other)] == other for other in gone):
            continue
        for constant, word in ((ALWAYS, "true"), (NEVER, "false")):
            without = replaced(condition, way, constant)
            if _outcomes(without, asked.settles, over) == before:
                condition = without
                gone.append(way)
                yield _idle(subject, asked, way, word, over)
                break


def _outcomes(condition: list[Any], settles: bool, over: list[Facts]) -> list[bool]:
    return [holds(condition, each.known) is settles for each in over]


def _idle(subject: Subject, asked: Asked, way: Part, word: str, over: list[Facts]) -> Finding:
    expr = written(asked.clause.condition, way)
    values = {"name": asked.name, "noun": asked.noun, "word": word}
    what = "when it is chosen" if asked.settles else "when it applies"
    reason = f"{_combinations(over)}: with this part always {word}, nothing changes about {what}"
    return finding(
        subject.form,
        "R0903",
        subject.span(expr),
        values,
        label=f"as good as always {word}",
        reason=reason,
    )


def _combinations(over: list[Facts]) -> str:
    return f"{len(over)} combination{'s' if len(over) != 1 else ''} of facts looked at"
