"""Answers with all their criteria in one row each: the tensors of a packed batch.

A row is a *trunk*, the prompt and the answer, and behind it one *branch* per criterion. Every
branch continues the trunk as if it stood there alone: its positions start again where the trunk
ends, and `mask` lets it see the trunk and itself. So K criteria cost the trunk once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

Tokens = Sequence[int]

TRUNK, PADDING = 0, -1
"""Segments of a row; branches count from 1."""


@dataclass(frozen=True)
class Packable:
    """One answer as tokens. A trunk and each of its branches have at least one token."""

    trunk: Tokens
    branches: Sequence[Tokens]

    @property
    def length(self) -> int:
        """Tokens in its row."""
        return len(self.trunk) + sum(map(len, self.branches))

    @property
    def apart(self) -> int:
        """Tokens with one row per criterion."""
        return len(self.trunk) * len(self.branches) + sum(map(len, self.branches))


class Packed(NamedTuple):
    """B rows of T tokens with N branches in all, those of the first answer first.

    `input_ids`, `position_ids` and `segments` have shape (B, T), integers; `ends` has shape (N, 2):
    row and column of the last token of every branch, where its score is read.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    segments: torch.Tensor
    ends: torch.Tensor


def packed(answers: Sequence[Packable], pad: int, multiple: int = 1) -> Packed:
    """The rows of these answers, padded on the right to one length, a multiple of `multiple`."""
    width = max(one.length for one in answers)
    width += -width % multiple
    ids = torch.full((len(answers), width), pad, dtype=torch.long)
    positions = torch.zeros_like(ids)
    segments = torch.full_like(ids, PADDING)
    ends: list[tuple[int, int]] = []
    for row, one in enumerate(answers):
        at, start = 0, len(one.trunk)
        for segment, tokens in enumerate((one.trunk, *one.branches)):
            stop = at + len(tokens)
            first = start if segment else 0
            ids[row, at:stop] = torch.tensor(tokens)
            positions[row, at:stop] = torch.arange(first, first + len(tokens))
            segments[row, at:stop] = segment
            at = stop
            if segment:
                ends.append((row, stop - 1))
    return Packed(ids, positions, segments, torch.tensor(ends).reshape(-1, 2))
