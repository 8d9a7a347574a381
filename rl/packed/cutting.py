"""What is cut where conversation and criterion are longer than the model may read.

A criterion is never cut. The prompt loses its front, down to its last `PROMPT_KEPT` tokens, and
only then the answer loses its end.
"""

from typing import Literal

from .layout import Tokens

PROMPT_KEPT = 64


def fit(
    trunk: Tokens, parts: tuple[int, int], room: int
) -> tuple[Tokens, Literal["prompt", "answer"]]:
    """A trunk that is longer than `room` tokens, cut to them, and what was cut.

    `parts`: how many tokens come before the answer and how many behind it.
    """
    before, behind = parts
    over = len(trunk) - room
    front = min(over, max(0, before - PROMPT_KEPT))
    end = len(trunk) - behind
    back = over - front
    cut = [*trunk[front : max(before, end - back)], *trunk[end:]]
    return cut[:room], "answer" if back else "prompt"
