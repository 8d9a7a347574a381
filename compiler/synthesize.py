"""Rows with known verdicts, made from a rubric's own prompts and exemplars.

A cold start for a pipeline without labels: an answer is a shuffled list of exemplar sentences, and
its verdicts are known because every sentence was chosen for one. It teaches a model to tell the
exemplars apart and no more; every such row says that it is synthetic.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.facts import Fact

from .meaning import Meaning
from .rows import Message, Response, Row, Verdict

# A rubric with fewer prompts than this gets reworded ones, so that some can be held out.
ENOUGH_PROMPTS = 8
_REWORDINGS = (
    "Hello. {}",
    "I have a question. {}",
    "{} What would you advise?",
    "Please help me with this. {}",
    "{} Thank you for any advice.",
    "A question for you: {}",
    "{} I would like to know what to do.",
)
# Said where an answer would otherwise be empty; no criterion is about it.
_FILLER = "Thank you for your question."


@dataclass(frozen=True)
class Quality:
    """How likely an answer does well, per tier. `violations`: vetoes broken on purpose."""

    name: str
    proficiency: float
    excellence: float
    violations: tuple[int, ...] = (0,)


QUALITIES: tuple[Quality, ...] = (
    Quality("fluent_unsafe", 0.85, 0.7, violations=(1, 1, 2)),
    Quality("safe_useless", 0.1, 0.15),
    Quality("safe_good", 0.75, 0.3),
    Quality("excellent", 1.0, 1.0),
)


@dataclass(frozen=True)
class Synthetic:
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Question:
    text: str
    inputs: Mapping[str, Fact]
    variant_of: str = ""


@dataclass(frozen=True)
class _Option:
    """One way to bring about a verdict: a sentence, or its absence."""

    criterion: str
    verdict: Verdict
    credit: Fraction
    sentence: str | None


_Ways = tuple[ir.Criterion, Sequence[_Option]]
"""A criterion that applies, and the ways to bring about its verdicts."""


def synthesize(rubric: ir.Rubric, count: int, seed: int) -> Synthetic:
    """`count` rows for one rubric, each a prompt with one answer of every quality.

    The same rubric, count and seed give the same rows; a larger count continues a smaller one.
    """
    meaning = Meaning(rubric)
    options = {c.id: _options(c) for c in rubric.criteria}
    questions = _questions(rubric)
    notes = list(_notes(rubric))
    rows = []
    for n in range(count):
        chance = random.Random(f"{seed}:{rubric.name}:{n}")
        question = questions[n % len(questions)]
        aside = meaning.set_aside(question.inputs)
        ways = [(c, options[c.id]) for c in rubric.criteria if c.id not in aside]
        answers = [_answer(meaning, ways, quality, chance) for quality in QUALITIES]
        rows.append(
            Row(
                id=f"synthetic:{rubric.name}:{n}",
                rubric=rubric,
                prompt=(Message("user", question.text),),
                inputs=dict(question.inputs),
                responses=tuple(answers),
                synthetic=True,
                variant_of=question.variant_of,
            )
        )
    return Synthetic(tuple(rows), tuple(notes))


def _questions(rubric: ir.Rubric) -> list[_Question]:
    """The rubric's prompts, or its title; reworded in turn until there are enough."""
    first = [_Question(p.text, p.inputs) for p in rubric.prompts] or [_Question(rubric.title, {})]
    found = list(first)
    for wording in _REWORDINGS:
        for question in first:
            if len(found) >= ENOUGH_PROMPTS:
                return found
            text = wording.format(question.text)
            found.append(_Question(text, question.inputs, variant_of=question.text))
    return found


def _notes(rubric: ir.Rubric) -> Iterator[str]:
    if not rubric.prompts:
        yield "it has no prompts, so its title stands for one"
    silent = [c.id for c in rubric.criteria if c.check is None and len(_options(c)) < 2]
    if silent:
        yield (
            f"{len(silent)} criteria have too few exemplars to make both good and bad answers: "
            + ", ".join(silent[:5])
            + (", …" if len(silent) > 5 else "")
        )


def _options(criterion: ir.Criterion) -> list[_Option]:
    """All the ways to bring about a verdict of a criterion.

    Saying nothing is `unmet`, except for a `requires` in safety: whether silence breaks such a
    veto is a matter of judgement, so it is always addressed in so many words. Saying nothing is
    also the lowest level, when that is worth nothing.
    """

    def option(verdict: Verdict, credit: Fraction | bool, sentence: str | None) -> _Option:
        return _Option(criterion.id, verdict, Fraction(credit), sentence)

    if criterion.levels:
        found = [
            option(step.level, step.credit, text)
            for step in criterion.levels
            for text in step.examples
        ]
        lowest = criterion.levels[0]
        if lowest.credit == 0 and any(o.credit > 0 for o in found):
            found.append(option(lowest.level, False, None))
        return found
    forbids = criterion.polarity == "forbids"
    found = [option("met", not forbids, text) for text in criterion.met]
    found += [option("unmet", forbids, text) for text in criterion.unmet]
    if forbids or criterion.tier != "safety":
        found.append(option("unmet", forbids, None))
    return found


def _answer(
    meaning: Meaning, ways: Sequence[_Ways], quality: Quality, chance: random.Random
) -> Response:
    broken = _broken_vetoes(ways, quality, chance)
    chosen = [
        _pick(_wanted(criterion, options, quality, broken, chance), chance)
        for criterion, options in ways
        if options
    ]
    sentences = list(dict.fromkeys(o.sentence for o in chosen if o.sentence is not None))
    chance.shuffle(sentences)
    text = " ".join(sentences) or _FILLER
    verdicts: dict[str, Verdict] = {o.criterion: o.verdict for o in chosen}
    verdicts |= _said_by_another(ways, chosen)
    verdicts |= meaning.checked(text)
    kept = {c.id: verdicts[c.id] for c, _ in ways if c.id in verdicts}
    return Response(quality.name, text, kept, quality.name)


def _broken_vetoes(
    ways: Sequence[_Ways], quality: Quality, chance: random.Random
) -> frozenset[str]:
    """The vetoes that this answer breaks: as many as drawn, among those that can be broken."""
    breakable = [
        c.id
        for c, options in ways
        if c.tier == "safety" and any(o.credit == 0 and o.sentence for o in options)
    ]
    count = min(chance.choice(quality.violations), len(breakable))
    return frozenset(chance.sample(breakable, count))


def _wanted(
    criterion: ir.Criterion,
    options: Sequence[_Option],
    quality: Quality,
    broken: frozenset[str],
    chance: random.Random,
) -> Sequence[_Option]:
    """The options that fit the quality; all of them when none does."""
    if criterion.tier == "safety":
        good = criterion.id not in broken
    elif criterion.tier == "proficiency":
        good = chance.random() < quality.proficiency
    else:
        good = chance.random() < quality.excellence
    best = max(o.credit for o in options)
    if good:
        return [o for o in options if o.credit == best and o.credit > 0] or options
    if criterion.tier == "safety":
        return [o for o in options if o.credit == 0]
    return [o for o in options if o.credit < best] or options


def _pick(wanted: Sequence[_Option], chance: random.Random) -> _Option:
    """One of the options; where silence is one of them, it is taken half of the time."""
    spoken = [o for o in wanted if o.sentence is not None]
    silent = [o for o in wanted if o.sentence is None]
    if silent and (not spoken or chance.random() < 0.5):
        return silent[0]
    return chance.choice(spoken)


def _said_by_another(ways: Sequence[_Ways], chosen: Sequence[_Option]) -> dict[str, Verdict]:
    """Verdicts of criteria left unsaid whose own exemplar stands in the answer for another one."""
    said = {o.sentence for o in chosen if o.sentence is not None}
    silent = {o.criterion for o in chosen if o.sentence is None}
    return {
        criterion.id: option.verdict
        for criterion, options in ways
        if criterion.id in silent
        for option in options
        if option.sentence in said
    }
