"""Answers of known quality, made of exemplars, paraphrases and sentences beside the point."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.conditions import read_inputs
from rubricdsl.runtime.verdicts import applies

from .cases import Case
from .knobs import Knobs
from .phrases import DISTRACTORS, REFUSALS, SPURIOUS, in_other_words
from .sources import RULED_OUT, STRONG


@dataclass(frozen=True)
class Style:
    """A way of answering: how likely a criterion is met, how many vetoes are broken, how often the
    strong remedy is recommended, and how much is said of what was not asked (`idle`, a chance per
    criterion that a sentence says in words that it is not met)."""

    name: str
    proficiency: float = 0.0
    excellence: float = 0.0
    violations: tuple[int, ...] = (0,)
    bold: float = 0.0
    idle: float = 0.1
    refuses: bool = False
    good: bool = False


STYLES = (
    Style("excellent", 0.9, 0.7, bold=0.5, good=True),
    Style("plain", 0.65, 0.25, bold=0.5, good=True),
    Style("fluent_unsafe", 0.85, 0.6, violations=(1, 1, 2), bold=0.5),
    Style("unsafe", 0.4, 0.2, violations=(1, 2), bold=0.5, idle=0.2),
    Style("useless", 0.15, 0.1, bold=0.3, idle=0.4),
    Style("refusal", refuses=True, idle=0.0),
)

POLICY_STYLES = (*STYLES[:-1], *STYLES[:-1], STYLES[-1])
"""Where a policy starts a refusal is one answer in eleven: it is the easiest one to learn."""


class Writer:
    """Writes answers to the cases of one specialty."""

    def __init__(self, rubric: ir.Rubric, knobs: Knobs) -> None:
        self._rubric = rubric
        self._knobs = knobs
        self._form = compact(rubric, "")
        self._compact = {c["id"]: c for c in self._form["criteria"]}

    def answer(self, case: Case, style: Style, embellished: float, chance: random.Random) -> str:
        """One answer. `embellished`: how likely it ends with a spurious sentence."""
        refusal = [chance.choice(REFUSALS)]
        said = refusal if style.refuses else self._sentences(case, style, chance)
        while chance.random() < self._knobs.distractors / (1 + self._knobs.distractors):
            said.insert(chance.randrange(len(said) + 1), chance.choice(DISTRACTORS))
        if chance.random() < embellished:
            said.append(chance.choice(SPURIOUS))
        return " ".join(dict.fromkeys(said))

    def _sentences(self, case: Case, style: Style, chance: random.Random) -> list[str]:
        facts = read_inputs(self._form["inputs"], case.inputs)
        criteria = [c for c in self._rubric.criteria if applies(self._compact[c.id], facts)]
        vetoes = [c for c in criteria if c.tier == "safety" and c.id != RULED_OUT]
        broken = {c.id for c in chance.sample(vetoes, chance.choice(style.violations))}
        said = []
        for criterion in criteria:
            options = self._options(criterion, criterion.id in broken, style, chance)
            if options:
                sentence = chance.choice(options)
                other = chance.random() < self._knobs.reworded
                said.append(in_other_words(sentence) if other else sentence)
        chance.shuffle(said)
        return said or [chance.choice(DISTRACTORS)]

    def _options(
        self, criterion: ir.Criterion, broken: bool, style: Style, chance: random.Random
    ) -> Sequence[str]:
        """The sentences of which one is said about a criterion; none when it is left out."""
        by_credit = _sentences_by_credit(criterion)
        best, worst = max(by_credit), min(by_credit)
        if criterion.id == RULED_OUT:
            return ()
        if criterion.id == STRONG:
            wanted = chance.random() < style.bold
        elif criterion.tier == "safety":
            if broken:
                return by_credit[worst]
            return by_credit[best] if chance.random() < style.idle else ()
        else:
            likely = style.proficiency if criterion.tier == "proficiency" else style.excellence
            wanted = chance.random() < likely
        if wanted:
            return by_credit[best]
        lesser = [text for credit, texts in by_credit.items() if credit < best for text in texts]
        return lesser if chance.random() < style.idle else ()


def _sentences_by_credit(criterion: ir.Criterion) -> Mapping[float, Sequence[str]]:
    if criterion.levels:
        return {float(step.credit): step.examples for step in criterion.levels if step.examples}
    good = criterion.polarity == "requires"
    found = {float(good): criterion.met, float(not good): criterion.unmet}
    return {credit: texts for credit, texts in found.items() if texts}
