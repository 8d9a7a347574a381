"""What a certificate claims of one rubric, held against sheets that were judged anew."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from .. import ir
from .meaning import Judged, Key, judge
from .pool import Pool, Response, Score
from .rows import case_of

Certificate = Mapping[str, Any]


def checked(
    rubric: ir.Rubric, certificate: Certificate, pools: Sequence[Pool], score: Score
) -> Iterator[str]:
    """Everything in a certificate that is not so, in words."""
    for pool in pools:
        yield from _reach(certificate, pool)
        yield from _rewards(certificate, pool)
        if certificate["promise"]["status"] == "proved":
            yield from _promise(rubric, certificate, pool)
        yield from _gaps(certificate, pool)
        yield from _failing(rubric, certificate, pool, score)
    yield from _examples(rubric, certificate, score)


def _reach(certificate: Certificate, pool: Pool) -> Iterator[str]:
    reach = certificate["reach"]
    for response in pool.responses:
        key = response.judged.key
        if any(-key[k] > reach["violations"][k] for k in range(3)):
            yield f"more violations than can be: {_told(response)}"
        if not any(low <= key[3] <= high for low, high in reach["steps"]):
            yield f"a step that cannot be reached: {_told(response)}"
        if key[4] > reach["bonuses"]:
            yield f"more bonuses than can be: {_told(response)}"


def _rewards(certificate: Certificate, pool: Pool) -> Iterator[str]:
    for name, unsafe in (("safe", False), ("unsafe", True)):
        ends = certificate["rewards"][name]
        if ends is None:
            continue
        low, high = map(Fraction, ends)
        for response in pool.responses:
            exact = response.judged.reward
            if response.judged.unsafe == unsafe and exact is not None and not low <= exact <= high:
                yield f"a reward outside of {low} to {high}: {_told(response)}"


def _place(certificate: Certificate, key: Key) -> tuple[int, ...]:
    """Where the shape promises to put a key among others."""
    shape = certificate["shape"]
    if shape == "lexicographic":
        return key
    if shape == "promedical":
        return (sum(key[:3]), *key[3:])
    counts = Fraction(certificate["params"].get("count", "0/1"))
    if any(key[:3]):
        return (0, *key[:3]) if counts else (0,)
    return (1, *key[3:])


def _promise(rubric: ir.Rubric, certificate: Certificate, pool: Pool) -> Iterator[str]:
    """Equal places, equal rewards; a higher place, a higher reward."""
    ranked = sorted(
        ((_place(certificate, r.judged.key), r) for r in pool.responses), key=lambda x: x[0]
    )
    for (low, worse), (high, better) in itertools.pairwise(ranked):
        level = low == high and worse.reward != better.reward
        if level or (low < high and worse.reward >= better.reward):
            yield f"the order is lost between {_told(worse)} and {_told(better)}"
            return


def _gaps(certificate: Certificate, pool: Pool) -> Iterator[str]:
    """No two responses that differ in a tier alone, or in one above it, are closer than claimed."""
    gaps = {name: Fraction(gap["least"]) for name, gap in certificate["gaps"].items()}
    by_key: dict[Key, Response] = {r.judged.key: r for r in pool.responses}
    keys = sorted(by_key)
    for low, high in itertools.pairwise(keys):
        if low[:3] == high[:3]:
            if any(high[:3]):
                continue
            name = "excellence" if low[3] == high[3] else "proficiency"
        else:
            name = "violations" if any(high[:3]) else "safety"
        worse, better = by_key[low].judged.reward, by_key[high].judged.reward
        if name in gaps and worse is not None and better is not None:
            if name == "violations" and _place(certificate, low) >= _place(certificate, high):
                continue
            if better - worse < gaps[name]:
                yield f"closer than {gaps[name]} in {name}: {_told(by_key[low])} and " + _told(
                    by_key[high]
                )
                return


def _failing(
    rubric: ir.Rubric, certificate: Certificate, pool: Pool, score: Score
) -> Iterator[str]:
    """P5: no failed verdict earns more, in the emitted module itself."""
    if any(found["P5"] != "proved" for found in certificate["properties"].values()):
        return
    case = pool.case
    for response in pool.responses[:: max(len(pool.responses) // 64, 1)]:
        for name in response.sheet:
            after = score({**response.sheet, name: "cannot_assess"}, case.row, case.profile)
            if after is not None and after > response.reward:
                yield f"a failed verdict on {name} earns more than {_told(response)}"
                return


def _examples(rubric: ir.Rubric, certificate: Certificate, score: Score) -> Iterator[str]:
    """Counterexamples are what they say: sheets of one case with these keys and rewards."""
    shown = [*certificate["counterexamples"]]
    shown += [certificate["promise"][k] for k in certificate["promise"] if k == "counterexample"]
    for example in shown:
        try:
            case = case_of(rubric, example["inputs"], example["profile"])
        except ValueError as fault:
            yield f"a counterexample with a row that cannot be read: {fault}"
            continue
        for sample in example["samples"]:
            found = judge(rubric, case.facts, case.profile, sample["verdicts"], rubric.reward)
            reward = score(sample["verdicts"], case.row, case.profile)
            if not _agrees(found, reward, sample):
                yield f"a counterexample is not as it says: {sample['verdicts']}"


def _agrees(found: Judged | None, reward: float | None, sample: Mapping[str, Any]) -> bool:
    if found is None or found.reward is None or reward is None or sample["reward"] is None:
        return reward is None and sample["reward"] is None
    exact = Fraction(sample["reward"])
    same = list(found.key) == sample["key"] and found.reward == exact
    return same and reward == exact.numerator / exact.denominator


def _told(response: Response) -> str:
    return f"{response.sheet} with key {response.judged.key} and reward {response.judged.reward}"
