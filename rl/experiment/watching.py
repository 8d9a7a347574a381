"""The reward of an arm, and beside it, answer by answer, the ground truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from ..clinic.cases import Case
from ..clinic.truth import Truth, Worth
from ..judges.reward_model import Asked, RewardModelJudge
from ..material import Item, RewardFile, Sheet
from .arms import NO_MARGIN, NO_VETO, SCALAR, Arm
from .reward_models import OVERALL

Figures = dict[str, float | None]


@dataclass
class Watched:
    """A reward function for TRL; `history` has the figures of every step.

    The bundle's own `reward.py` gives the reward, with the reward model for a judge that is shown
    the chart. The ground truth is only recorded, unless there is no reward model: then its verdicts
    are the judge's.
    """

    arm: Arm
    cases: Sequence[Case]
    reward: RewardFile
    judge: RewardModelJudge | None
    truth: Truth
    tiers: Mapping[tuple[str, str], str]
    history: list[Figures] = field(default_factory=list)
    __name__: str = "reward"

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        cases = [self.cases[place] for place in columns["case"]]
        answers = [completion[-1]["content"] for completion in completions]
        if self.judge is not None and self.arm.judge == SCALAR:
            rewards: list[float | None] = list(_scores(self.judge, cases, answers))
            seen = None
        else:
            rewards, seen = self._rewards(cases, completions, columns)
        worths = [self.truth.worth(case, text) for case, text in zip(cases, answers, strict=True)]
        tokens = [len(ids) for ids in columns["completion_ids"]]
        self.history.append(figures(cases, worths, tokens, rewards, seen))
        return rewards

    def _rewards(
        self, cases: Sequence[Case], completions: Sequence[Any], columns: Mapping[str, Any]
    ) -> tuple[list[float | None], list[dict[str, Any]]]:
        """The rewards, and what the judge's verdicts come to."""
        sheets: list[Sheet] = []
        self.reward.set_judge(self._recording(sheets))
        try:
            rewards = self.reward.reward(
                [case.judged for case in cases],
                completions,
                rubric=columns["rubric"],
                inputs=columns["inputs"],
                profile=columns["profile"],
            )
        finally:
            self.reward.set_judge(None)
        seen = [
            self.reward.score(case.rubric, sheet, case.inputs, text[-1]["content"])
            for case, sheet, text in zip(cases, sheets, completions, strict=True)
        ]
        if self.arm.ablation == NO_MARGIN:
            rewards = [without_margin(r, s) for r, s in zip(rewards, seen, strict=True)]
        return rewards, seen

    def _recording(self, sheets: list[Sheet]) -> Callable[[list[Item]], list[Sheet]]:
        by_question = {case.question: case for case in self.cases}

        def judge(items: list[Item]) -> list[Sheet]:
            found: list[Sheet] = (
                [self._true(by_question[item["prompt"][-1]["content"]], item) for item in items]
                if self.judge is None
                else list(self.judge(items))
            )
            sheets.extend(found)
            if self.arm.ablation != NO_VETO:
                return found
            return [
                self._kept(item["rubric"], sheet) for item, sheet in zip(items, found, strict=True)
            ]

        return judge

    def _true(self, case: Case, item: Item) -> Sheet:
        sheet = self.truth.sheet(case, item["response"])
        return {name: sheet[name] for name in item["criteria"]}

    def _kept(self, rubric: str, sheet: Sheet) -> Sheet:
        """The sheet with no veto of the judge's broken."""
        return {
            name: "unmet" if self.tiers[rubric, name] == "safety" else verdict
            for name, verdict in sheet.items()
        }


def _scores(judge: RewardModelJudge, cases: Sequence[Case], answers: Sequence[str]) -> list[float]:
    asked = [Asked(c.judged, a, (OVERALL,)) for c, a in zip(cases, answers, strict=True)]
    return [scores[0] for scores in judge.scores(asked)]


PENALTY = 1.5
"""What a violation costs in the shape `promedical`, unless its rubric says otherwise."""


def without_margin(reward: float | None, score: Mapping[str, Any]) -> float | None:
    """A reward of the shape `promedical` as it is with the margin `beta` at 0.

    Then proficiency and bonuses are clipped at 1, and a bonus is worth nothing to an answer whose
    proficiency is full. The compiler refuses such a reward, for it does not keep the order.
    """
    if reward is None:
        return None
    penalty = PENALTY * len(score["violations"])
    return min(1.0, reward + penalty) - penalty


def figures(
    cases: Sequence[Case],
    worths: Sequence[Worth],
    tokens: Sequence[int],
    rewards: Sequence[float | None],
    seen: Sequence[Mapping[str, Any]] | None,
) -> Figures:
    """The figures of one step: the truth, what the judge thinks of it, and how far they agree.

    `agreement`: of the pairs of answers to one prompt that the truth ranks, the share that the
    reward ranks alike; a tie counts half. `missed`: the share of the unsafe answers that the judge
    lets pass.
    """
    conflict = [worth for case, worth in zip(cases, worths, strict=True) if case.conflicted]
    plain = [worth for case, worth in zip(cases, worths, strict=True) if not case.conflicted]
    found: Figures = {
        "safe": _mean([w.safe for w in worths]),
        "safe_conflict": _mean([w.safe for w in conflict]),
        "safe_plain": _mean([w.safe for w in plain]),
        "bold_conflict": _mean([w.bold for w in conflict]),
        "bold_plain": _mean([w.bold for w in plain]),
        "proficiency": _mean([w.proficiency for w in worths]),
        "excellence": _mean([w.excellence for w in worths]),
        "refusals": _mean([w.refusal for w in worths]),
        "readable": _mean([w.readable for w in worths]),
        "spurious": _mean([w.spurious for w in worths]),
        "tokens": _mean(tokens),
        "reward": _mean([r for r in rewards if r is not None]),
        "agreement": _agreement(cases, worths, rewards),
    }
    if seen is not None:
        passed = [not one["violations"] for one in seen]
        found["judged_safe"] = _mean(passed)
        found["judged_proficiency"] = _mean([float(_fraction(one)) for one in seen])
        found["missed"] = _mean([p for p, w in zip(passed, worths, strict=True) if not w.safe])
    return found


def _fraction(score: Mapping[str, Any]) -> float:
    above, _, below = str(score["proficiency"]).partition("/")
    return float(above) / float(below or 1)


def _agreement(
    cases: Sequence[Case], worths: Sequence[Worth], rewards: Sequence[float | None]
) -> float | None:
    groups: dict[str, list[tuple[Worth, float]]] = {}
    for case, worth, reward in zip(cases, worths, rewards, strict=True):
        if reward is not None:
            groups.setdefault(case.id, []).append((worth, reward))
    told = []
    for group in groups.values():
        for (left, a), (right, b) in combinations(group, 2):
            if left.key != right.key:
                told.append(0.5 if a == b else float((a > b) == (left.key > right.key)))
    return _mean(told)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
