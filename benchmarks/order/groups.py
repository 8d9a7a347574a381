"""Groups of responses to one prompt: drawn, or of the rubrics and grades in ../shared/data.

**Drawn.** One rubric (four vetoes, weights 8, 5, 4, 2 and 1, three bonuses). A response is safe
with probability 0.6; otherwise it violates one or two vetoes, either as likely. Its step, 0 to 20,
and its number of bonuses, 0 to 3, are uniform and independent. Which sheet of those with that key
is uniform as well.

**Vignettes.** The rubrics that have a section "Unsafe Errors", imported with
`--unsafe-as-safety major`. The data has no verdicts for them, so verdicts are drawn: a response has
a quality q, uniform in 0 to 1; it meets each criterion of proficiency with probability q, each
bonus too, and violates each of v vetoes with probability 1 - 0.6^(1/v), so that 60 % are safe. 24
responses per rubric; a group is of one rubric, and its responses are different ones.

**HealthBench.** The 764 records, read with tiers for this experiment: negative criteria are vetoes
of one severity, positive ones with the tag `axis:communication_quality` bonuses, all others
proficiency. Records without a veto or without proficiency are left out. Verdicts as for vignettes.

**Graded.** The 28 graded answers, whose verdicts are real: criteria with the tag `axis:accuracy`
are read as vetoes, those with `axis:communication_quality` as bonuses, the others as proficiency.
Every subset of four answers to one prompt is a group.

Batches are of eight groups, of one group for graded answers. Lengths, which one formula weighs by,
are uniform.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rubricdsl import ir
from rubricdsl.compiler.importers import healthbench, sections
from rubricdsl.compiler.importers.jsonl import Fault

from .shapes import Sheets, Variant, all_sheets, drawn_rubric, ranked, sheets_of

WEIGHTS = (8, 5, 4, 2, 1)
SAFE = 0.6
BATCH = 8
LENGTHS = (20, 800)  # tokens of a response, uniform


@dataclass(frozen=True)
class Groups:
    """Groups of one size over sheets of one or more prompts.

    `members` is (batches, groups, size): places in the sheets, all prompts one after the other.
    `lengths` has the same shape. `places` and `violations` are per sheet, as `breaks` reads them.
    """

    sheets: tuple[Sheets, ...]
    members: np.ndarray
    lengths: np.ndarray
    places: np.ndarray
    violations: np.ndarray

    @property
    def safe(self) -> np.ndarray:
        return self.violations[self.members] == 0

    def rewards(self, variant: Variant, present: np.ndarray) -> np.ndarray:
        """Rewards in the shape of `members`; who is absent matters under `centred` alone."""
        size = self.members.shape[-1]
        if variant.shape != "centred":
            each = np.concatenate([sheets.rewards(variant, size) for sheets in self.sheets])
            return each[self.members]
        keys = [key for sheets in self.sheets for key in sheets.keys]
        rows = zip(self.members.reshape(-1, size).tolist(), present.reshape(-1, size), strict=True)
        groups = [
            [keys[m] if there else None for m, there in zip(members, row, strict=True)]
            for members, row in rows
        ]
        form = self.sheets[0].form(variant, size)
        return ranked(form, groups).reshape(self.members.shape)

    def columns(self) -> np.ndarray:
        return np.concatenate([sheets.columns() for sheets in self.sheets])[self.members]


def groups_of(sheets: Sequence[Sheets], members: np.ndarray, dice: np.random.Generator) -> Groups:
    keys = [key for each in sheets for key in each.keys]
    order = {key: place for place, key in enumerate(sorted(set(keys)))}
    counts = {counts: n for n, counts in enumerate(sorted({key[:3] for key in keys}, reverse=True))}
    # (0, 0, 0) is the greatest, so it is number 0 where it occurs at all.
    shift = 0 if (0, 0, 0) in counts else 1
    return Groups(
        tuple(sheets),
        members,
        dice.integers(*LENGTHS, members.shape, endpoint=True),
        np.array([order[key] for key in keys]),
        np.array([counts[key[:3]] + shift for key in keys]),
    )


def drawn(number: int, size: int, dice: np.random.Generator) -> Groups:
    """Groups as the module says under *Drawn*; `number` is a multiple of `BATCH`."""
    sheets = all_sheets(drawn_rubric(WEIGHTS))
    table = np.array([(-sum(key[:3]), key[3], key[4]) for key in sheets.keys])
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, key in enumerate(table.tolist()):
        alike[tuple(key)].append(place)
    shape = (number // BATCH, BATCH, size)
    violations = np.where(dice.random(shape) < SAFE, 0, dice.integers(1, 3, shape))
    steps, bonuses = dice.integers(0, 21, shape), dice.integers(0, 4, shape)
    which = dice.random(shape)
    members = np.empty(shape, np.int64)
    for key, places in alike.items():
        here = (violations == key[0]) & (steps == key[1]) & (bonuses == key[2])
        members[here] = np.array(places)[(which[here] * len(places)).astype(np.int64)]
    return groups_of([sheets], members, dice)


def vignettes(path: Path, number: int, size: int, dice: np.random.Generator) -> Groups:
    """Groups as the module says under *Vignettes*."""
    found = [
        piece.rubric
        for piece in sections.read(path, unsafe="major")
        if not isinstance(piece, Fault) and piece.rubric and piece.rubric.tier("safety")
    ]
    return _of_rubrics(found, number, size, dice)


def records(path: Path, number: int, size: int, dice: np.random.Generator) -> Groups:
    """Groups as the module says under *HealthBench*."""
    found = [
        tiered(piece.rubric, lambda c: c.polarity == "forbids")
        for piece in healthbench.read(path)
        if not isinstance(piece, Fault) and piece.rubric
    ]
    usable = [rubric for rubric in found if rubric.tier("safety") and rubric.tier("proficiency")]
    return _of_rubrics(usable, number, size, dice)


def graded(path: Path, dice: np.random.Generator) -> Groups:
    """Groups as the module says under *Graded*, each a batch of its own."""
    rubrics: dict[str, ir.Rubric] = {}
    verdicts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for piece in healthbench.read(path):
        if isinstance(piece, Fault) or piece.verdicts is None:
            continue
        if piece.rubric:
            rubrics[piece.rubric.name] = tiered(
                piece.rubric, lambda c: c.polarity == "forbids" or "axis:accuracy" in c.tags
            )
        verdicts[piece.verdicts["rubric"]].append(piece.verdicts["verdicts"])
    sheets, members, start = [], [], 0
    for name, rubric in rubrics.items():
        rows = [[int(row[c.id] == "met") for c in rubric.criteria] for row in verdicts[name]]
        sheets.append(sheets_of(rubric, np.array(rows, dtype=np.int8)))
        members += list(itertools.combinations(range(start, start + len(rows)), 4))
        start += len(rows)
    return groups_of(sheets, np.array(members)[:, None, :], dice)


def tiered(rubric: ir.Rubric, is_veto: Callable[[ir.Criterion], bool]) -> ir.Rubric:
    """A flat rubric with tiers: vetoes where the test says so, communication as bonuses."""

    def moved(criterion: ir.Criterion) -> ir.Criterion:
        if is_veto(criterion):
            return replace(criterion, tier="safety", severity="major", weight=None)
        if criterion.polarity == "requires" and "axis:communication_quality" in criterion.tags:
            return replace(criterion, tier="excellence", weight=None)
        return criterion

    found = [moved(criterion) for criterion in rubric.criteria]
    ordered = tuple(c for tier in ir.TIERS for c in found if c.tier == tier)
    return replace(rubric, criteria=ordered)


def _of_rubrics(
    rubrics: Sequence[ir.Rubric], number: int, size: int, dice: np.random.Generator
) -> Groups:
    """Groups of drawn verdicts, each of a rubric chosen at random."""
    each = max(24, 2 * size)
    drawn_from = dice.integers(0, len(rubrics), number // BATCH * BATCH)
    used, chosen = np.unique(drawn_from, return_inverse=True)
    sheets = [sheets_of(rubrics[n], _answers(rubrics[n], each, dice)) for n in used]
    inside = dice.random((len(chosen), each)).argsort(1)[:, :size]
    members = (chosen[:, None] * each + inside).reshape(-1, BATCH, size)
    return groups_of(sheets, members, dice)


def _answers(rubric: ir.Rubric, number: int, dice: np.random.Generator) -> np.ndarray:
    """Drawn verdicts as codes: (number, criteria)."""
    vetoes = len(rubric.tier("safety"))
    kept, quality = SAFE ** (1 / vetoes), dice.random(number)
    columns: Iterator[np.ndarray] = (
        (dice.random(number) < (kept if c.tier == "safety" else quality))
        == (c.polarity == "requires")
        for c in rubric.criteria
    )
    return np.stack([column.astype(np.int8) for column in columns], axis=1)
