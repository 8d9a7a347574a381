"""The certificate of one reward, as plain JSON data; docs/certificate.md describes the fields."""

from fractions import Fraction
from typing import Any, NamedTuple

from ..runtime.form import CompactRubric
from .cases import cases
from .facts import Fact, Facts
from .floats import float_steps
from .reach import places, reach
from .samples import Sample, Witness
from .shapes import SHAPES
from .stacks import FAMILIES, properties

STACK, STACK_OF_COLUMNS = "trl/none", "trl/normalize_then_sum"
"""What the emitted `grpo.yaml` sets, for one number per response and for one per tier."""


class Certified(NamedTuple):
    """The certificate, and the facts that it was made from."""

    certificate: dict[str, Any]
    facts: Facts


def certify(form: CompactRubric, group: int) -> Certified:
    """Prove what can be proved of a rubric's reward in groups of this size."""
    found = places(form)
    shape = SHAPES[form["reward"]["shape"]]
    facts = shape.facts(found, group)
    bounds = [reach(rubric, over) for rubric, over in found]
    over = cases(form)
    certificate: dict[str, Any] = {
        "version": form["version"],
        "hash": form["hash"],
        "shape": form["reward"]["shape"],
        "params": {name: _text(Fraction(*v)) for name, v in form["reward"]["params"].items()},
        "cases": {
            "patterns": over.number(),
            "profiles": [profile["id"] for profile in form["profiles"]],
            "exact": over.exact,
        },
        "reach": {
            "violations": [max(each.violations[k] for each in bounds) for k in range(3)],
            "steps": _ranges(sorted({step for each in bounds for step in each.bins})),
            "of": form["steps"],
            "bonuses": max(each.bonuses for each in bounds),
            "exact": all(each.exact for each in bounds),
        },
        "rewards": {"safe": _range(facts.safe), "unsafe": _range(facts.unsafe)},
        "gaps": {
            name: {"least": _text(gap.least), **float_steps(gap.least, gap.size)}
            for name, gap in facts.gaps.items()
        },
        "promise": {"order": shape.promise, **_status(facts.promise, shape.promise is not None)},
        "largest_group": {None: "any", 0: None}.get(facts.largest_group, facts.largest_group),
        "properties": {},
        "counterexamples": [],
    }
    _add_properties(certificate, facts)
    return Certified(certificate, facts)


def _add_properties(certificate: dict[str, Any], facts: Facts) -> None:
    """Statuses per family; a counterexample stands once and is referred to by its place."""
    shown: list[Witness] = []

    def told(fact: Fact) -> str | dict[str, Any]:
        if fact.holds is not False or fact.witness is None:
            return "proved" if fact.holds else "not claimed"
        if fact.witness not in shown:
            shown.append(fact.witness)
        return {"refuted": shown.index(fact.witness)}

    for family in FAMILIES:
        found = properties(facts, family)
        certificate["properties"][family] = {name: told(fact) for name, fact in found.items()}
    certificate["counterexamples"] = [witness_json(witness) for witness in shown]


def _status(fact: Fact, promised: bool) -> dict[str, Any]:
    if not promised:
        return {"status": "not claimed"}
    if fact.holds is False and fact.witness is not None:
        return {"status": "refuted", "counterexample": witness_json(fact.witness)}
    return {"status": "proved" if fact.holds else "not claimed"}


def witness_json(witness: Witness) -> dict[str, Any]:
    """A counterexample: one case, and the sheets that go wrong in it, worse ones first."""
    return {
        "inputs": witness.inputs,
        "profile": witness.profile,
        "samples": [
            {"count": count, **_sample(sample)}
            for sample, count in zip(witness.samples, witness.counts, strict=True)
        ],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "verdicts": sample.sheet,
        "key": list(sample.tally.key()),
        "reward": None if sample.reward is None else _text(sample.reward),
    }


def _text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _range(ends: tuple[Fraction, Fraction] | None) -> list[str] | None:
    return None if ends is None else [_text(end) for end in ends]


def _ranges(steps: list[int]) -> list[list[int]]:
    """Runs of neighbouring steps, as first and last."""
    runs: list[list[int]] = []
    for step in steps:
        if runs and runs[-1][1] == step - 1:
            runs[-1][1] = step
        else:
            runs.append([step, step])
    return runs
