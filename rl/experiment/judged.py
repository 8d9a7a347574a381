"""How good a reward model is, by ground truth, on answers to cases that it never saw."""

from collections.abc import Sequence
from itertools import combinations

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.conditions import read_inputs
from rubricdsl.runtime.verdicts import needs_judge

from ..clinic.cases import Case
from ..clinic.knobs import Knobs
from ..clinic.rows import written
from ..clinic.truth import Truth
from ..judges.reward_model import Asked, RewardModelJudge
from ..material import RewardFile, Verdict
from .arms import SCALAR
from .reward_models import OVERALL

Figures = dict[str, float | None]


def judged(
    kind: str,
    judge: RewardModelJudge,
    truth: Truth,
    reward: RewardFile,
    rubrics: Sequence[ir.Rubric],
    knobs: Knobs,
) -> Figures:
    """Precision, recall and F1 of the vetoes it finds broken, and how it ranks answers.

    `ranked` is the share of the pairs of answers to one prompt that it ranks as the truth does,
    `ranked_by_safety` of those that differ in safety; a tie counts half. A scalar has no verdicts.
    The answers are those that policies start from, with no pattern in how they end.
    """
    found, ranks = _Counts(), _Ranks()
    for rubric in rubrics:
        form = compact(rubric, "")
        safety = {c.id for c in rubric.criteria if c.tier == "safety"}
        for case, answers in written(rubric, knobs, "evaluation", "policy"):
            texts = list(answers)
            worths = [truth.worth(case, text) for text in texts]
            if kind == SCALAR:
                asked = [Asked(case.judged, text, (OVERALL,)) for text in texts]
                keys = [(scores[0],) for scores in judge.scores(asked)]
            else:
                criteria = needs_judge(form, read_inputs(form["inputs"], case.inputs))
                sheets = _sheets(judge, case, texts, criteria)
                for text, sheet in zip(texts, sheets, strict=True):
                    found.add(truth.sheet(case, text), sheet, safety & set(criteria))
                keys = [
                    tuple(reward.score(case.rubric, sheet, case.inputs, text)["key"])
                    for text, sheet in zip(texts, sheets, strict=True)
                ]
            for (a, left), (b, right) in combinations(zip(worths, keys, strict=True), 2):
                ranks.add(a.key, b.key, a.safe != b.safe, left, right)
    return {**found.figures(), **ranks.figures()} if kind != SCALAR else ranks.figures()


def _sheets(
    judge: RewardModelJudge, case: Case, texts: Sequence[str], criteria: Sequence[str]
) -> list[dict[str, Verdict]]:
    return judge(
        [
            {"prompt": case.judged, "response": text, "rubric": case.rubric,
             "criteria": list(criteria), "inputs": case.inputs}
            for text in texts
        ]
    )  # fmt: skip


class _Counts:
    """Broken vetoes: found, found wrongly, and missed. All vetoes of the clinic forbid."""

    def __init__(self) -> None:
        self.hits = self.alarms = self.misses = 0

    def add(self, true: dict[str, Verdict], seen: dict[str, Verdict], vetoes: set[str]) -> None:
        for name in vetoes:
            broken, said = true[name] == "met", seen[name] != "unmet"
            self.hits += broken and said
            self.alarms += said and not broken
            self.misses += broken and not said

    def figures(self) -> Figures:
        precision = _share(self.hits, self.hits + self.alarms)
        recall = _share(self.hits, self.hits + self.misses)
        f1 = _share(2 * self.hits, 2 * self.hits + self.alarms + self.misses)
        return {"precision": precision, "recall": recall, "f1": f1}


class _Ranks:
    """Pairs ranked as the truth ranks them."""

    def __init__(self) -> None:
        self.right = {"ranked": 0.0, "ranked_by_safety": 0.0}
        self.count = {"ranked": 0, "ranked_by_safety": 0}

    def add(
        self,
        a: tuple[int, ...],
        b: tuple[int, ...],
        by_safety: bool,
        left: tuple[float, ...],
        right: tuple[float, ...],
    ) -> None:
        if a == b:
            return
        gain = 0.5 if left == right else float((left > right) == (a > b))
        for name in ("ranked", "ranked_by_safety")[: 1 + by_safety]:
            self.right[name] += gain
            self.count[name] += 1

    def figures(self) -> Figures:
        return {name: _share(self.right[name], self.count[name]) for name in self.right}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
