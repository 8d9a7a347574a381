"""What a compilation is about: options, rubrics, rows, and which prompts are held out."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from rubricdsl import ir
from rubricdsl.analysis.certify import STACK, STACK_OF_COLUMNS
from rubricdsl.batches import Hardware

from .rows import Row

Part = Literal["ir", "reward_model", "judge", "reward", "grpo"]
PARTS: tuple[Part, ...] = ("ir", "reward_model", "judge", "reward", "grpo")

Chunk = tuple[str, bytes]
"""The next bytes of a file of the bundle: its relative path, and what follows."""


@dataclass(frozen=True)
class Options:
    """What can be asked for.

    `group` is the number of samples per prompt in GRPO, `stack` the trainer's setting that is meant
    (None: what the one stack is set to, otherwise what `grpo.yaml` sets). `stacks` are names of
    `emit.targets.TARGETS`, `formats` of `emit.formats.FORMATS`; with `lossy` these are written
    although they lose something. `hardware` is what the run files are for. With `rubrics_in_rows`
    the prompts carry their rubrics, and `reward.py` has none.
    """

    targets: tuple[Part, ...] = PARTS
    stacks: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    lossy: bool = False
    synthesize: int = 0
    seed: int = 0
    shape: ir.Shape | None = None
    group: int = 8
    heldout: Fraction = Fraction(1, 5)
    rubrics_in_rows: bool = False
    stack: str | None = None
    hardware: Hardware = field(default_factory=Hardware)


@dataclass(frozen=True)
class Job:
    """Everything that an emitter reads.

    `rows` can be gone through again and again and gives the same rows in the same order; only rows
    of rubrics for training are among them. `evaluated` gives those of rubrics for evaluation alone.
    """

    rubrics: tuple[ir.Rubric, ...]
    hashes: Mapping[str, str]
    options: Options
    rows: Callable[[], Iterator[Row]]
    heldout: frozenset[str]
    certificates: Mapping[str, Mapping[str, Any]]
    stack_setting: str | None = None
    evaluated: Callable[[], Iterator[Row]] = lambda: iter(())

    @property
    def training(self) -> tuple[ir.Rubric, ...]:
        return tuple(r for r in self.rubrics if r.purpose == "training")

    @property
    def by_tier(self) -> bool:
        """Whether the policy is trained with one reward function per tier."""
        return bool(self.training) and all(r.reward.shape == "tiers" for r in self.training)

    @property
    def emitted_stack(self) -> str:
        """What `grpo.yaml` sets: for one number per response, or for one per tier."""
        return STACK_OF_COLUMNS if self.by_tier else STACK

    @property
    def stack(self) -> str:
        """The trainer's setting that the certificate is read for."""
        return self.options.stack or self.stack_setting or self.emitted_stack

    def side(self, prompt_id: str) -> str:
        return "heldout" if prompt_id in self.heldout else "train"


def held_out(prompts: Mapping[str, Iterable[str]], fraction: Fraction) -> frozenset[str]:
    """The prompt ids kept out of training, from the prompt ids of each rubric.

    A prompt's own hash decides, so that it stays on its side when data is added. A rubric with two
    prompts or more has at least one on either side, as far as shared prompts allow.
    """
    out = {p for ids in prompts.values() for p in ids if _place(p) < fraction}
    if fraction <= 0:
        return frozenset()
    for name in sorted(prompts):
        ids = sorted(set(prompts[name]), key=_place)
        if len(ids) < 2:
            continue
        if out.isdisjoint(ids):
            out.add(ids[0])
        elif out.issuperset(ids):
            out.remove(ids[-1])
    return frozenset(out)


def _place(prompt_id: str) -> Fraction:
    """A place in [0, 1) that depends on the id alone."""
    digest = hashlib.sha256(prompt_id.encode()).digest()[:8]
    return Fraction(int.from_bytes(digest, "big"), 1 << 64)
