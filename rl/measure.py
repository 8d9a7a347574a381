"""How good a policy's answers to held-out prompts are, by the exemplars' own verdicts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from .material import Material, Messages, RewardFile, inputs_of
from .sampling import sample
from .subjects import titles, with_subject
from .truth import ExemplarJudge

HELD_OUT = "grpo/prompts_heldout.jsonl"


@dataclass(frozen=True)
class Quality:
    """Means over sampled answers.

    `safe`: share without a violated veto. `proficiency`: mean S1 in [0, 1]. `excellence`: mean
    number of bonuses. `readable`: share of answers that are exemplar sentences at all; what is not
    readable counts as unsafe, and as nothing elsewhere. `words`: mean length.
    """

    answers: int
    safe: float
    proficiency: float
    excellence: float
    readable: float
    words: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def measure(
    model: Any,
    tokenizer: Any,
    material: Material,
    reward: RewardFile,
    *,
    per_prompt: int,
    most_tokens: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> tuple[Quality, list[str]]:
    """Sample `per_prompt` answers to every held-out prompt and judge them; also the answers."""
    rows = material.some_rows(HELD_OUT, "no prompts are held out")
    rows = [row for row in rows for _ in range(per_prompt)]
    subjects = titles(material)
    prompts: list[Messages] = [with_subject(row, subjects)["prompt"] for row in rows]
    answers = sample(
        model, tokenizer, prompts, most_tokens=most_tokens, temperature=temperature, seed=seed
    )
    return quality(rows, answers, ExemplarJudge(material.bundle.rubrics()), reward), answers


def quality(
    rows: Sequence[dict[str, Any]],
    answers: Sequence[str],
    judge: ExemplarJudge,
    reward: RewardFile,
) -> Quality:
    """Judge one answer per row (`rubric`, `inputs`, `profile`)."""
    safe = readable = excellence = words = 0
    proficiency = Fraction(0)
    for row, answer in zip(rows, answers, strict=True):
        name = row["rubric"]
        found = reward.score(
            name, judge.sheet(name, answer), inputs_of(row), answer, row["profile"] or None
        )
        words += len(answer.split())
        readable += judge.readable(name, answer)
        if found["key"] is None:
            continue
        safe += not found["violations"]
        proficiency += Fraction(found["proficiency"])
        excellence += found["excellence"]
    count = len(answers)
    return Quality(
        answers=count,
        safe=safe / count,
        proficiency=float(proficiency / count),
        excellence=excellence / count,
        readable=readable / count,
        words=words / count,
    )
