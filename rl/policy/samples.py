"""What is written down of single answers: whole groups now and then, and pairs out of order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import Answer
from .counting import Rewards
from .figures import Step
from .logs import COMPLETIONS, ORDER, Lines
from .order import PROPERTIES, Case


@dataclass(frozen=True)
class Sampling:
    """So many groups of every so many steps; none with 0."""

    groups: int = 1
    every: int = 1


ONE_GROUP = Sampling()


class Samples:
    """Writes `completions.jsonl` and `order.jsonl` in a run's folder."""

    def __init__(self, folder: Path, sampling: Sampling) -> None:
        self._sampling = sampling
        self._completions = Lines(folder / COMPLETIONS)
        self._order = Lines(folder / ORDER)

    def wanted(self, step: int) -> bool:
        """Whether answers of this step are written down; the first step's always are."""
        return self._sampling.groups > 0 and (step - 1) % self._sampling.every == 0

    def keep(self, last: int) -> None:
        """Forget what is about steps after `last`."""
        self._completions.keep(last)
        self._order.keep(last)

    def add(
        self,
        number: int,
        step: Step,
        rewards: Rewards,
        names: Sequence[str],
        cases: Sequence[Case],
    ) -> None:
        """Write the sampled groups of a step, and one example of each property that broke.

        `rewards` has a row per answer and a column per function of `names`.
        """
        if self.wanted(number):
            chosen = list(step.groups())[: self._sampling.groups]
            self._completions.add(*(_group(number, step, g, rewards, names) for g in chosen))
        for name in PROPERTIES:
            own = [case for case in cases if case.property == name]
            broken = next((case for case in own if not case.held), None)
            if broken is not None:
                self._order.add(_example(number, step, broken, own, rewards, names))


def _group(
    number: int, step: Step, places: range, rewards: Rewards, names: Sequence[str]
) -> dict[str, Any]:
    first = step.answers[places[0]]
    return {
        "step": number,
        **_about(first),
        "profile": first.profile,
        "prompt": first.prompt,
        "answers": [
            {
                "completion": step.answers[place].text,
                "tokens": step.answers[place].tokens,
                **_verdicts(step.answers[place]),
                **_worth(place, step, rewards, names),
            }
            for place in places
        ],
    }


def _example(
    number: int,
    step: Step,
    broken: Case,
    own: Sequence[Case],
    rewards: Rewards,
    names: Sequence[str],
) -> dict[str, Any]:
    """A case in which a property did not hold, and the group that it is in."""
    places = next(group for group in step.groups() if broken.places[0] in group)
    return {
        "step": number,
        "property": broken.property,
        "broken": sum(not case.held for case in own),
        "cases": len(own),
        **_about(step.answers[places[0]]),
        "answers": [place - places[0] for place in broken.places],
        **_spread(broken),
        "group": [
            {"key": _key(step.answers[place]), **_worth(place, step, rewards, names)}
            for place in places
        ],
    }


def _spread(case: Case) -> dict[str, Any]:
    if case.spread is None:
        return {}
    return {"spread": {"in_the_group": case.spread[0], "alone": case.spread[1]}}


def _about(answer: Answer) -> dict[str, Any]:
    rubric = None if answer.judged is None else answer.judged.rubric
    return {"rubric": rubric, "prompt_id": answer.prompt_id}


def _verdicts(answer: Answer) -> Mapping[str, Any]:
    judged = answer.judged
    if judged is None:
        return {}
    return {
        "verdicts": dict(judged.sheet),
        "judge_failed": judged.failed,
        "violations": list(judged.violations),
        "proficiency": judged.proficiency,
        "excellence": judged.bonuses,
        "key": _key(answer),
    }


def _key(answer: Answer) -> list[int] | None:
    known = answer.judged is not None and answer.judged.key is not None
    return list(answer.judged.key) if known else None  # type: ignore[union-attr,arg-type]


def _worth(place: int, step: Step, rewards: Rewards, names: Sequence[str]) -> dict[str, Any]:
    """What the trainer was given for an answer, and the advantage that it made of it."""
    return {
        "rewards": dict(zip(names, rewards[place], strict=True)),
        "advantage": step.advantages[place],
    }
