"""What other formats lose of the rubrics, for the commands that write them."""

import argparse
import dataclasses
from collections.abc import Iterable

from rubricdsl import ir
from rubricdsl.diagnostics import Diagnostic, in_order
from rubricdsl.foreign import unsaid
from rubricdsl.passes import Outcome

from ..emit.formats import FORMATS

JUDGES = {"verifiers": "verifiers-judge"}
"""Stacks that have a judge of their own, and the format that it reads."""


def add_lossy(parser: argparse.ArgumentParser) -> None:
    """The argument that writes what can be said."""
    parser.add_argument(
        "--lossy", action="store_true",
        help="write a format although it loses something; the file says what",
    )  # fmt: skip


def with_shape(rubric: ir.Rubric, shape: ir.Shape | None) -> ir.Rubric:
    """The rubric with another reward shape, where one is asked for."""
    if shape is None or shape == rubric.reward.shape:
        return rubric
    return dataclasses.replace(rubric, reward=ir.Reward(shape))


def lost_to_judges(
    stacks: Iterable[str], outcome: Outcome, shape: ir.Shape | None
) -> tuple[Diagnostic, ...]:
    """Why a stack's own judge gets no file, as warnings: the stack is written in any case."""
    names = (JUDGES[name] for name in stacks if name in JUDGES)
    files = [f for f in outcome.files if f.rubric is not None and f.rubric.purpose == "training"]
    return lost_in(names, outcome, shape, lossy=True) if len(files) == 1 else ()


def lost_in(
    formats: Iterable[str], outcome: Outcome, shape: ir.Shape | None, lossy: bool
) -> tuple[Diagnostic, ...]:
    """Every loss, at its place in the files."""
    return in_order(
        found
        for name in formats
        for file in outcome.files
        if file.rubric is not None
        for found in unsaid(name, FORMATS[name].powers, file, with_shape(file.rubric, shape), lossy)
    )
