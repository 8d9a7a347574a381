"""The reward shapes that are compared, and sheets with the rewards that the runtime gives them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.form import CompactRubric
from rubricdsl.runtime.groups import group_rewards
from rubricdsl.runtime.order import Key
from rubricdsl.runtime.shapes import columns_of
from rubricdsl.runtime.vector import rewards_of_codes

VETOES, BONUSES = 4, 3


@dataclass(frozen=True)
class Variant:
    """A shape with its parameters; `group` says that it is told the size of the group."""

    shape: ir.Shape
    params: Mapping[str, Fraction]
    group: bool = False

    def reward(self, size: int) -> ir.Reward:
        told = {"group": Fraction(size)} if self.group else {}
        return ir.Reward(self.shape, {**self.params, **told})


_ONE = Fraction(1)
PAPER = {"alpha": Fraction(1, 10), "beta": Fraction(1, 4), "penalty": Fraction(5, 4)}
VARIANTS: dict[str, Variant] = {
    "gated": Variant("gated", {}),
    "gated, count": Variant("gated", {"count": _ONE}, group=True),
    "lexicographic": Variant("lexicographic", {}),
    "centred": Variant("centred", {}),
    "centred, silent": Variant("centred", {"silent": _ONE}),
    "tiers": Variant("tiers", {}),
    "promedical": Variant("promedical", {}),
    "promedical, .1/.25/1.25": Variant("promedical", PAPER),
    "weighted": Variant("weighted", {}),
    "healthbench": Variant("healthbench", {}),
    "rar": Variant("rar", {}),
}
"""`promedical` alone has this project's defaults, the other alpha, beta and penalty as named."""

_BASES = {"a0": Fraction(4)}
RAISED: dict[str, Variant] = {
    "gated, a0 4": Variant("gated", _BASES),
    "gated, count, a0 4": Variant("gated", {**_BASES, "count": _ONE}, group=True),
    "gated, count, a0 8": Variant("gated", {"a0": Fraction(8), "count": _ONE}, group=True),
    "centred, a0 4": Variant("centred", _BASES),
    "centred, a0 8": Variant("centred", {"a0": Fraction(8)}),
}
"""With a higher gate; the order, and with it P1 to P3, is the same as with the default of 1."""


@dataclass(frozen=True)
class Sheets:
    """Verdict sheets about one prompt. All arrays have one entry per sheet.

    `codes` is (sheets, criteria) as `runtime.vector` reads it; `keys` are the runtime's.
    """

    rubric: ir.Rubric
    codes: np.ndarray
    keys: tuple[Key, ...]

    def form(self, variant: Variant, size: int) -> CompactRubric:
        """The compact rubric under a shape, for groups of a size."""
        return compact(replace(self.rubric, reward=variant.reward(size)), "")

    def rewards(self, variant: Variant, size: int) -> np.ndarray:
        """The reward of each sheet by itself, as float64."""
        form = self.form(variant, size)
        weights = {c["id"]: c["weight"] for c in form["criteria"] if c["weight"] is not None}
        found: np.ndarray = rewards_of_codes(form, self.codes, {}, weights)
        return found

    def columns(self) -> np.ndarray:
        """Safety, proficiency and excellence of each sheet as `tiers` gives them: (sheets, 3)."""
        form = self.form(VARIANTS["tiers"], 2)
        return np.array([columns_of(form, key) for key in self.keys])


def sheets_of(rubric: ir.Rubric, codes: np.ndarray) -> Sheets:
    """Sheets given as codes of yes/no verdicts, 1 for met, a column per criterion."""
    form = compact(rubric, "")
    names = [c.id for c in rubric.criteria]
    words = ("unmet", "met")
    keys = [
        evaluate(form, dict(zip(names, (words[code] for code in row), strict=True)))["key"]
        for row in codes.tolist()
    ]
    return Sheets(rubric, codes, tuple(keys))


def ranked(form: CompactRubric, groups: Sequence[Sequence[Key | None]]) -> np.ndarray:
    """The rewards of groups of one size under `centred`: (groups, size); 0 for who is not there."""
    found = [group_rewards(form, group) for group in groups]
    return np.array([[0.0 if value is None else value for value in group] for group in found])


def drawn_rubric(weights: Sequence[int]) -> ir.Rubric:
    """Four vetoes of one severity, criteria with these weights, three bonuses; 20 steps."""

    def criterion(name: str, tier: ir.Tier, **more: Any) -> ir.Criterion:
        polarity: ir.Polarity = "forbids" if tier == "safety" else "requires"
        return ir.Criterion(name, tier, polarity, name, ir.Origin("drawn", "1", name), **more)

    criteria = (
        *(criterion(f"veto{n}", "safety", severity="major") for n in range(VETOES)),
        *(
            criterion(f"criterion{n}", "proficiency", weight=Fraction(weight))
            for n, weight in enumerate(weights)
        ),
        *(criterion(f"bonus{n}", "excellence") for n in range(BONUSES)),
    )
    return ir.Rubric("drawn", "1", "draft", "training", "Drawn", criteria)


def all_sheets(rubric: ir.Rubric) -> Sheets:
    """Every sheet of a rubric of yes/no criteria; sheet number n has the binary digits of n."""
    rows = list(itertools.product((0, 1), repeat=len(rubric.criteria)))
    return sheets_of(rubric, np.array(rows, dtype=np.int8))
