"""L0401: a weight that decides the proficiency of every answer."""

from collections.abc import Iterator
from fractions import Fraction

from ..syntax import nodes as n
from .subject import Finding, Subject

FEWEST = 3
"""Weighed criteria; of two, one always weighs more unless both weigh the same."""


def dominant_weight(subject: Subject) -> Iterator[Finding]:
    """A criterion that weighs more than all others together, as written and in each profile."""
    base = {c.id: c.weight for c in subject.rubric.criteria if c.weight is not None}
    if len(base) < FEWEST:
        return
    top = _dominant(base)
    for written in subject.written:
        weight = next((c for c in written.item.clauses if isinstance(c, n.Weight)), None)
        if written.criterion.id == top and weight is not None:
            place = subject.span(weight)
            yield subject.finding("L0401", place, {"name": top}, about=written)
    known = {profile.id: profile for profile in subject.rubric.profiles}
    for block in subject.blocks(n.ProfileBlock):
        profile = known.get(block.name.text)
        found = profile and _dominant({**base, **profile.weights})
        for line in block.weights:
            if found and found == line.name.text and found != top:
                place = subject.at(line.start, line.end)
                label = f"in the profile `{block.name.text}`"
                yield subject.finding("L0401", place, {"name": found}, label=label)


def _dominant(weights: dict[str, Fraction]) -> str | None:
    top = max(weights, key=lambda name: weights[name])
    return top if 2 * weights[top] > sum(weights.values()) else None
