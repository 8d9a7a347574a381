"""What changed between two versions of a rubric, by meaning: layout and comments play no part."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from rubricdsl import ir
from rubricdsl.ir_json import semantic_hash
from rubricdsl.printing import condition_text, exact

from .words import check_words, value_words

Kind = Literal["added", "removed", "changed"]
T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """One difference: `what` it is about, and how it was and is."""

    kind: Kind
    what: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """The differences to `version`; `same_meaning` where the semantic hash is the same.

    `version` is None where the older folder has no such rubric.
    """

    version: str | None
    same_meaning: bool
    changes: tuple[Change, ...]


def changes(old: ir.Rubric | None, new: ir.Rubric) -> Changes:
    """What changed from one version to another."""
    if old is None:
        return Changes(None, False, ())
    same = semantic_hash(old) == semantic_hash(new)
    return Changes(old.version, same, tuple(_differences(old, new)))


def _differences(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    details = tuple(_fields(old, new, ("name", "title", "version", "status", "purpose", "tags")))
    if details:
        yield Change("changed", "the rubric", details)
    yield from _named(
        "criterion", old.criteria, new.criteria, lambda a, b: _criterion(a, b, old, new)
    )
    details = tuple(_fields(old.policies, new.policies, ir.TIERS))
    if details:
        yield Change("changed", "what cannot be assessed", details)
    if old.steps != new.steps:
        yield Change("changed", "steps of proficiency", (f"1/{old.steps} → 1/{new.steps}",))
    if old.reward != new.reward:
        yield Change("changed", "reward", (f"{_reward(old.reward)} → {_reward(new.reward)}",))
    yield from _named("profile", old.profiles, new.profiles, lambda a, b: _profile(a, b, old, new))
    yield from _named("input", old.inputs, new.inputs, _input)
    yield from _named("source", old.sources, new.sources, _plain)
    yield from _named("value set", old.value_sets, new.value_sets, _terms)
    yield from _named("prompt", old.prompts, new.prompts, _plain)


def _named(
    what: str, old: Iterable[Any], new: Iterable[Any], compare: Callable[[Any, Any], Iterable[str]]
) -> Iterator[Change]:
    """The differences between things that have an `id`."""
    before: Mapping[str, Any] = {item.id: item for item in old}
    after: Mapping[str, Any] = {item.id: item for item in new}
    for name, item in after.items():
        if name not in before:
            yield Change("added", f"{what} {name}", tuple(_said(item)))
        elif item != before[name]:
            details = tuple(compare(before[name], item))
            yield Change("changed", f"{what} {name}", details or ("reworded",))
    for name, item in before.items():
        if name not in after:
            yield Change("removed", f"{what} {name}", tuple(_said(item)))


def _said(item: Any) -> Iterator[str]:
    """The sentence of a criterion that comes or goes."""
    if isinstance(item, ir.Criterion):
        grade = item.severity or (f"weight {exact(item.weight)}" if item.weight else "")
        yield f"{item.tier}{f', {grade}' if grade else ''}: {item.polarity} “{item.text}”"


def _fields(old: Any, new: Any, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{name.replace('_', ' ')}: {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return f"“{value}”" if isinstance(value, str) and " " in value else str(value)


def _criterion(
    old: ir.Criterion, new: ir.Criterion, before: ir.Rubric, after: ir.Rubric
) -> Iterator[str]:
    yield from _fields(old, new, ("tier", "severity", "polarity"))
    if old.weight != new.weight:
        weights = (exact(w) if w is not None else "nothing" for w in (old.weight, new.weight))
        yield f"weight: {' → '.join(weights)}"
    if old.text != new.text:
        yield f"reworded: “{old.text}” → “{new.text}”"
    if old.when != new.when:
        yield f"condition: {_when(old.when, before)} → {_when(new.when, after)}"
    if old.check != new.check:
        texts = (check_words(c) if c else "nothing" for c in (old.check, new.check))
        yield f"check: {' → '.join(texts)}"
    if _grades(old) != _grades(new):
        yield f"levels: {_grades(old) or 'none'} → {_grades(new) or 'none'}"
    if _shows(old) != _shows(new):
        yield "other examples"
    yield from _fields(old, new, ("note", "cites", "tags", "doc"))
    if old.allows_not_applicable != new.allows_not_applicable:
        verb = "may" if new.allows_not_applicable else "may no longer"
        yield f"a judge {verb} say that it does not apply"
    if old.origin != new.origin:
        yield f"taken from: {_origin(old.origin)} → {_origin(new.origin)}"


def _origin(origin: ir.Origin) -> str:
    return f"{origin.rubric} {origin.version}"


def _grades(criterion: ir.Criterion) -> str:
    return "; ".join(f"{x.level} ({exact(x.credit)}) {x.anchor}" for x in criterion.levels)


def _shows(criterion: ir.Criterion) -> object:
    return criterion.met, criterion.unmet, tuple(level.examples for level in criterion.levels)


def _when(condition: ir.Condition | None, rubric: ir.Rubric) -> str:
    return "always" if condition is None else condition_text(condition, rubric)


def _profile(
    old: ir.Profile, new: ir.Profile, before: ir.Rubric, after: ir.Rubric
) -> Iterator[str]:
    if old.when != new.when:
        yield f"condition: {_when(old.when, before)} → {_when(new.when, after)}"
    for name in dict.fromkeys((*old.weights, *new.weights)):
        was, now = old.weights.get(name), new.weights.get(name)
        if was != now:
            weights = (exact(w) if w is not None else "as without it" for w in (was, now))
            yield f"weight of {name}: {' → '.join(weights)}"
    if list(old.weights) != list(new.weights) and old.weights == new.weights:
        yield "in another order"


def _input(old: ir.Input, new: ir.Input) -> Iterator[str]:
    yield from _fields(old, new, ("type", "options", "unit", "optional", "doc"))
    if old.default != new.default:
        values = (
            value_words(spec.default, spec) if spec.default is not None else "nothing"
            for spec in (old, new)
        )
        yield f"default: {' → '.join(values)}"


def _terms(old: ir.ValueSet, new: ir.ValueSet) -> Iterator[str]:
    before, after = {t.text for t in old.terms}, {t.text for t in new.terms}
    for verb, found in (("added", after - before), ("removed", before - after)):
        if found:
            yield f"{verb}: {', '.join(f'“{text}”' for text in sorted(found))}"


def _plain(old: Any, new: Any) -> Iterator[str]:
    yield from _fields(old, new, (name for name in vars(new) if name not in ("id", "inputs")))


def _reward(reward: ir.Reward) -> str:
    return " ".join([reward.shape, *(f"{k} {exact(v)}" for k, v in sorted(reward.params.items()))])
