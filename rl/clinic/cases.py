"""Cases: a question in one of many wordings, and a patient whose chart the answerer cannot see."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from rubricdsl import ir
from rubricdsl.facts import plain_inputs

from .knobs import Knobs
from .phrases import ALLOWED, DETAILS, ENDINGS, FORBIDDEN, OPENERS

Side = Literal["training", "evaluation"]


@dataclass(frozen=True)
class Case:
    """One patient. `base` is the rubric's own question, `question` the wording of it.

    `ruled_out`: the strong remedy would harm this patient. No two cases of a clinic have the same
    `question`, so that it stands for the case.
    """

    id: str
    rubric: str
    base: str
    question: str
    inputs: dict[str, Any]
    ruled_out: bool
    conflicted: bool

    @property
    def chart(self) -> str:
        return FORBIDDEN if self.ruled_out else ALLOWED

    @property
    def asked(self) -> list[dict[str, str]]:
        """The conversation as the answerer sees it."""
        return [{"role": "user", "content": self.question}]

    @property
    def judged(self) -> list[dict[str, str]]:
        """The conversation as a judge sees it."""
        return [{"role": "system", "content": self.chart}, *self.asked]


def cases(rubric: ir.Rubric, knobs: Knobs, side: Side) -> list[Case]:
    """The cases of one specialty. Training and evaluation share no question in any wording."""
    bases = list(rubric.prompts)
    random.Random(f"{knobs.seed}:{rubric.name}:questions").shuffle(bases)
    cut = max(1, len(bases) - knobs.held_out)
    own = bases[:cut] if side == "training" else bases[cut:]
    count = knobs.training if side == "training" else knobs.evaluation
    conflicted = rubric.name in knobs.specialties[: knobs.conflicted]
    chance = random.Random(f"{knobs.seed}:{rubric.name}:{side}")
    wordings = {prompt.text: _wordings(prompt.text, chance) for prompt in own}
    # Exactly the share of charts that is asked for, in random order.
    ruled_out = [k < round(knobs.risk * count) and conflicted for k in range(count)]
    chance.shuffle(ruled_out)
    found = []
    for k in range(count):
        prompt = own[k % len(own)]
        found.append(
            Case(
                id=f"{side}:{rubric.name}:{k}",
                rubric=rubric.name,
                base=prompt.text,
                question=next(wordings[prompt.text]),
                inputs=dict(plain_inputs(dict(prompt.inputs), rubric.inputs)),
                ruled_out=ruled_out[k],
                conflicted=conflicted,
            )
        )
    return found


def _wordings(text: str, chance: random.Random) -> Iterator[str]:
    """A question in all its wordings, in random order."""
    ways = list(product(OPENERS, DETAILS, ENDINGS))
    chance.shuffle(ways)
    for before, detail, ending in ways:
        yield f"{before}{text}{detail}{ending}"
