"""Changes of a rubric beyond its criteria."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from .. import ir
from ..printing import condition_text, exact, input_text, prompt_text
from .change import Change, Kind, Step

Part = TypeVar("Part")


def whole(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    """First what the order and the reward depend on, then inputs and profiles, then the rest."""
    yield from _policies(old, new)
    if old.steps != new.steps:
        yield Change("steps", "", "minor", f"1/{old.steps}", f"1/{new.steps}")
    if old.reward != new.reward:
        yield Change("reward", "", "minor", _reward(old.reward), _reward(new.reward))
    yield from _inputs(old, new)
    yield from _profiles(old, new)
    yield from _settings(old, new)
    yield from _parts(
        "source", {s.id: s for s in old.sources}, {s.id: s for s in new.sources}, lambda s: s.title
    )
    yield from _parts(
        "value_set",
        {v.id: v.terms for v in old.value_sets},
        {v.id: v.terms for v in new.value_sets},
        lambda terms: ", ".join(_term(term) for term in terms),
    )
    yield from _prompts(old, new)
    yield from _parts(
        "include",
        {i.criterion or "extends": i for i in old.includes},
        {i.criterion or "extends": i for i in new.includes},
        lambda i: f"{i.rubric} {i.version}",
    )


def _policies(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    for tier in ir.TIERS:
        before, after = getattr(old.policies, tier), getattr(new.policies, tier)
        if before != after:
            yield Change("policy", tier, "major", before, after)


def _reward(reward: ir.Reward) -> str:
    return " ".join([reward.shape, *(f"{k} {exact(v)}" for k, v in reward.params.items())])


def _inputs(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    before, after = ({i.id: i for i in rubric.inputs} for rubric in (old, new))
    for name, declared in after.items():
        known = before.get(name)
        text = input_text(declared)
        if known is None:
            step: Step = "minor" if _may_lack(declared) else "major"
            yield Change("input", name, step, "", text)
        elif input_text(known) != text:
            yield Change("input", name, _input_step(known, declared), input_text(known), text)
    for name, declared in before.items():
        if name not in after:
            yield Change("input", name, "major", input_text(declared), "")
    if list(before) != list(after) and before.keys() == after.keys():
        yield Change("sequence", "inputs", "patch", ", ".join(before), ", ".join(after))


def _may_lack(declared: ir.Input) -> bool:
    """Whether a row that does not have the input is read."""
    return declared.optional or declared.default is not None


def _input_step(known: ir.Input, declared: ir.Input) -> Step:
    """Minor as long as every row that was read is read to the same: wider, or another default."""
    same = (known.type, known.unit) == (declared.type, declared.unit)
    wider = set(known.options) <= set(declared.options)
    return "minor" if same and wider and _may_lack(declared) >= _may_lack(known) else "major"


def _profiles(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    before, after = ({p.id: p for p in rubric.profiles} for rubric in (old, new))
    for name, profile in after.items():
        known = before.get(name)
        if known is None:
            yield Change("profile", name, "minor", "", _profile(profile, new))
        elif (known.weights, known.when) != (profile.weights, profile.when):
            yield Change("profile", name, "minor", _profile(known, old), _profile(profile, new))
    for name, profile in before.items():
        if name not in after:
            yield Change("profile", name, "major", _profile(profile, old), "")
    common = [[p.id for p in r.profiles if p.id in before and p.id in after] for r in (old, new)]
    if common[0] != common[1]:  # the first that applies is chosen
        yield Change("sequence", "profiles", "minor", *(", ".join(names) for names in common))


def _profile(profile: ir.Profile, rubric: ir.Rubric) -> str:
    when = f"when {condition_text(profile.when, rubric)} " if profile.when is not None else ""
    return when + ", ".join(f"{name} {exact(w)}" for name, w in sorted(profile.weights.items()))


def _settings(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    if old.name != new.name:
        yield Change("name", "", "major", old.name, new.name)
    if old.title != new.title:
        yield Change("title", "", "patch", old.title, new.title)
    if old.status != new.status:
        step: Step = "minor" if new.status == "retired" else "patch"
        yield Change("status", "", step, old.status, new.status)
    if old.purpose != new.purpose:
        yield Change("purpose", "", "minor", old.purpose, new.purpose)
    if old.tags != new.tags:
        yield Change("tags", "", "patch", ", ".join(old.tags), ", ".join(new.tags))
    if old.reviews != new.reviews:
        texts = ["; ".join(f"{r.reviewer} {r.date}" for r in x.reviews) for x in (old, new)]
        yield Change("review", "", "patch", *texts)


def _parts(
    kind: Kind, before: Mapping[str, Part], after: Mapping[str, Part], text: Callable[[Part], str]
) -> Iterator[Change]:
    """Parts that decide no verdict and no reward of themselves, by their names."""
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            texts = [text(parts[name]) if name in parts else "" for parts in (before, after)]
            yield Change(kind, name, "patch", *texts)


def _prompts(old: ir.Rubric, new: ir.Rubric) -> Iterator[Change]:
    """Prompts that came and went, by what they say: most have no name of their own."""
    before, after = ({prompt_text(p, r): p.id for p in r.prompts} for r in (old, new))
    for text, name in after.items():
        if text not in before:
            yield Change("prompt", name, "patch", "", text)
    for text, name in before.items():
        if text not in after:
            yield Change("prompt", name, "patch", text, "")


def _term(term: ir.Term) -> str:
    return term.text + (f" ({term.system} {term.code})" if term.code else "")
