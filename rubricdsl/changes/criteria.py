"""Changes of single criteria."""

import re
from collections.abc import Iterator

from .. import ir
from ..conditions import inputs_of
from ..printing import check_text, condition_text, exact, quoted
from .change import Change, Step


def criteria(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    """What was added, removed, renamed and changed, in the order of the new rubric; what is gone
    comes last. A criterion that asks the same under another name was renamed."""
    before = {c.id: c for c in old.criteria}
    after = {c.id: c for c in new.criteria}
    renamed = _renamed(before, after)
    for criterion in new.criteria:
        origin = renamed.get(criterion.id, criterion.id)
        if criterion.id in renamed:
            yield Change("renamed", criterion.id, "major", origin, criterion.id)
        if origin in before:
            yield from _changed(before[origin], criterion, old, new)
        else:
            yield Change("added", criterion.id, "minor", "", described(criterion))
    gone = before.keys() - after.keys() - set(renamed.values())
    for criterion in old.criteria:
        if criterion.id in gone:
            yield Change("removed", criterion.id, "major", described(criterion), "")
    yield from _sequence(old, new)


def described(criterion: ir.Criterion) -> str:
    """What a criterion is and asks, on one line."""
    kind = {"safety": "veto", "proficiency": "criterion", "excellence": "bonus"}[criterion.tier]
    rank = f" {criterion.severity}" if criterion.severity else ""
    rank += f" weight {exact(criterion.weight)}" if criterion.weight is not None else ""
    return f"{kind}{rank} {criterion.polarity}: {criterion.text}"


def _renamed(before: dict[str, ir.Criterion], after: dict[str, ir.Criterion]) -> dict[str, str]:
    """From new names to the old ones, for criteria with the same question that no other has."""
    gone = [c for c in before.values() if c.id not in after]
    come = [c for c in after.values() if c.id not in before]
    found: dict[str, str] = {}
    for criterion in come:
        alike = [c for c in gone if _question(c) == _question(criterion)]
        twins = [c for c in come if _question(c) == _question(criterion)]
        if len(alike) == len(twins) == 1:
            found[criterion.id] = alike[0].id
    return found


def _question(criterion: ir.Criterion) -> tuple[object, ...]:
    return criterion.polarity, criterion.text, criterion.check, criterion.levels


def _changed(
    one: ir.Criterion, other: ir.Criterion, old: ir.Rubric, new: ir.Rubric
) -> Iterator[Change]:
    name = other.id
    if one.tier != other.tier:
        yield Change("moved", name, "major", one.tier, other.tier)
    if one.severity and other.severity and one.severity != other.severity:
        ranks = ir.SEVERITIES.index(one.severity), ir.SEVERITIES.index(other.severity)
        step: Step = "major" if ranks[1] > ranks[0] else "minor"
        yield Change("severity", name, step, one.severity, other.severity)
    if one.polarity != other.polarity:
        yield Change("polarity", name, "major", one.polarity, other.polarity)
    if one.text != other.text:
        step = "patch" if _words(one.text) == _words(other.text) else "minor"
        yield Change("reworded", name, step, one.text, other.text)
    if one.weight is not None and other.weight is not None and one.weight != other.weight:
        yield Change("weight", name, "minor", exact(one.weight), exact(other.weight))
    yield from _levels(one, other)
    if one.when != other.when or _read_otherwise(one, old, new):
        step = "major" if other.tier == "safety" and other.when is not None else "minor"
        yield Change("condition", name, step, _when(one, old), _when(other, new))
    if one.check != other.check:
        yield Change("check", name, "minor", _check(one), _check(other))
    if one.allows_not_applicable != other.allows_not_applicable:
        step = "major" if other.tier == "safety" and other.allows_not_applicable else "minor"
        words = ("no", "yes") if other.allows_not_applicable else ("yes", "no")
        yield Change("not_applicable", name, step, *words)
    if (one.met, one.unmet) != (other.met, other.unmet):
        yield Change("examples", name, "patch", *_examples(one, other))
    if one.note != other.note:
        yield Change("note", name, "patch", one.note, other.note)
    if one.cites != other.cites:
        yield Change("cites", name, "patch", ", ".join(one.cites), ", ".join(other.cites))
    if one.tags != other.tags:
        yield Change("tags", name, "patch", ", ".join(one.tags), ", ".join(other.tags))


def _levels(one: ir.Criterion, other: ir.Criterion) -> Iterator[Change]:
    if one.levels == other.levels:
        return
    old, new = one.levels, other.levels
    if len(old) != len(new):
        # Verdicts on the one are none on the other.
        yield Change("levels", other.id, "major", _scale(one), _scale(other))
        return
    if [x.credit for x in old] != [x.credit for x in new]:
        yield Change("levels", other.id, "minor", _scale(one), _scale(other))
    for left, right in zip(old, new, strict=True):
        if left.anchor != right.anchor:
            step: Step = "patch" if _words(left.anchor) == _words(right.anchor) else "minor"
            about = f"{other.id} level {right.level}"
            yield Change("anchors", about, step, left.anchor, right.anchor)
    if [x.examples for x in old] != [x.examples for x in new]:
        yield Change("examples", other.id, "patch", *_examples(one, other))


def _sequence(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    """Criteria that both have, in another order: judges are shown them in it."""
    both = {c.id for c in old.criteria} & {c.id for c in new.criteria}
    before, after = ([c.id for c in r.criteria if c.id in both] for r in (old, new))
    tiers = [[c.tier for c in r.criteria if c.id in both] for r in (old, new)]
    if before != after and sorted(before) == sorted(after) and tiers[0] == tiers[1]:
        yield Change("sequence", "", "patch", ", ".join(before), ", ".join(after))


_WORD = re.compile(r"[^\s,;:!?\"'“”‘’()]+")


def _words(text: str) -> list[str]:
    """What is left of a text without case, white space and the signs of a sentence."""
    return [word.rstrip(".") for word in _WORD.findall(text.casefold())]


def _scale(criterion: ir.Criterion) -> str:
    return ", ".join(exact(x.credit) for x in criterion.levels) or "yes or no"


def _examples(one: ir.Criterion, other: ir.Criterion) -> tuple[str, str]:
    """The examples that only the one has, and those that only the other has."""
    old, new = _marked(one), _marked(other)
    gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
    if not gone and not come:
        return ", ".join(old), ", ".join(new)  # the same in another order
    return ", ".join(gone), ", ".join(come)


def _marked(criterion: ir.Criterion) -> list[str]:
    marked = [f"met {quoted(text)}" for text in criterion.met]
    marked += [f"unmet {quoted(text)}" for text in criterion.unmet]
    return marked + [f"level {x.level} {quoted(e)}" for x in criterion.levels for e in x.examples]


def _when(criterion: ir.Criterion, rubric: ir.Rubric) -> str:
    return "always" if criterion.when is None else condition_text(criterion.when, rubric)


def _read_otherwise(criterion: ir.Criterion, old: ir.Rubric, new: ir.Rubric) -> bool:
    """Whether the same condition has a quantity in another unit."""
    if criterion.when is None or old.inputs == new.inputs:
        return False
    units = [{i.id: i.unit for i in rubric.inputs} for rubric in (old, new)]
    return any(units[0].get(name) != units[1].get(name) for name in inputs_of(criterion.when))


def _check(criterion: ir.Criterion) -> str:
    return "none" if criterion.check is None else check_text(criterion.check)
