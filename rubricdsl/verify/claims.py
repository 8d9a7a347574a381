"""What a certificate claims of one rubric, held against sheets that were judged anew."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from .. import ir
from .meaning import Judged, Key, judge
from .pool import Pool, Response, Score
from .rewards import ranked
from .rows import case_of

Certificate = Mapping[str, Any]


def checked(
    rubric: ir.Rubric, certificate: Certificate, pools: Sequence[Pool], score: Score
) -> Iterator[str]:
    """Everything in a certificate that is not so, in words."""
    for pool in pools:
        yield from _reach(certificate, pool)
        yield from _rewards(certificate, pool)
        if certificate["shape"] != "centred":
            if certificate["promise"]["status"] == "proved":
                yield from _promise(rubric, certificate, pool)
            yield from _gaps(certificate, pool)
        yield from _failing(rubric, certificate, pool, score)
    yield from _missing(certificate, pools)
    wrong = list(_examples(rubric, certificate, score))
    yield from wrong or _refutations(rubric, certificate)


def _reach(certificate: Certificate, pool: Pool) -> Iterator[str]:
    reach = certificate["reach"]
    for key in pool.keys:
        if any(-key[k] > reach["violations"][k] for k in range(3)):
            yield f"more violations than can be: {key}"
        if not any(low <= key[3] <= high for low, high in reach["steps"]):
            yield f"a step that cannot be reached: {key}"
        if key[4] > reach["bonuses"]:
            yield f"more bonuses than can be: {key}"


def _missing(certificate: Certificate, pools: Sequence[Pool]) -> Iterator[str]:
    """Steps that are said to be reached and are not, where every sheet of every case was judged."""
    every = certificate["cases"]["patterns"] == 1 and all(pool.complete for pool in pools)
    if not every or not certificate["reach"]["exact"]:
        return
    seen = {key[3] for pool in pools for key in pool.keys}
    for low, high in certificate["reach"]["steps"]:
        for step in range(low, high + 1):
            if step not in seen:
                yield f"step {step} is said to be reached, and no sheet reaches it"


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
    if shape == "tiers":
        return (int(not any(key[:3])),)
    counts = Fraction(certificate["params"].get("count", "0/1"))
    if any(key[:3]):
        return (0, *key[:3]) if counts else (0,)
    return (1, *key[3:])


def _promise(rubric: ir.Rubric, certificate: Certificate, pool: Pool) -> Iterator[str]:
    """Equal places, equal rewards; a higher place, a higher reward.

    `tiers` leaves open how the safe ones stand among themselves.
    """
    rows = sorted(
        ((_place(certificate, r.judged.key), r) for r in pool.responses), key=lambda x: x[0]
    )
    for (low, worse), (high, better) in itertools.pairwise(rows):
        level = low == high and worse.reward != better.reward
        level = level and not (certificate["shape"] == "tiers" and low == (1,))
        if level or (low < high and worse.reward >= better.reward):
            yield f"the order is lost between {_told(worse)} and {_told(better)}"
            return


def _gaps(certificate: Certificate, pool: Pool) -> Iterator[str]:
    """No two responses whose order the shape promises are closer than is said of their kind."""
    gaps = {name: Fraction(gap["least"]) for name, gap in certificate["gaps"].items()}
    at: dict[tuple[int, ...], Response] = {
        _place(certificate, r.judged.key): r for r in pool.responses
    }
    for low, high in itertools.pairwise(sorted(at)):
        worse, better = at[low].judged, at[high].judged
        if worse.reward is None or better.reward is None:
            continue
        name = _kind(certificate, worse, better)
        if name in gaps and better.reward - worse.reward < gaps[name]:
            yield f"closer than {gaps[name]} in {name}: {_told(at[low])} and {_told(at[high])}"
            return


def _kind(certificate: Certificate, worse: Judged, better: Judged) -> str:
    """The highest tier in which the shape tells two responses apart."""
    if worse.unsafe and not better.unsafe:
        return "safety"
    low, high = worse.key[:3], better.key[:3]
    alike = sum(low) == sum(high) if certificate["shape"] == "promedical" else low == high
    if not alike:
        return "violations"
    return "excellence" if worse.key[3] == better.key[3] else "proficiency"


def fails_closed(certificate: Certificate) -> bool:
    """Whether P5 is claimed: it is about rewards, and so the same for every trainer."""
    return all(found["P5"] == "proved" for found in certificate["properties"].values())


def _failing(
    rubric: ir.Rubric, certificate: Certificate, pool: Pool, score: Score
) -> Iterator[str]:
    """P5: no failed verdict earns more, in the emitted module itself."""
    if not fails_closed(certificate):
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
        whole = _group(rubric, example)
        counts = itertools.accumulate(sample["count"] for sample in example["samples"])
        for sample, place in zip(example["samples"], counts, strict=True):
            found = whole[place - 1]
            if rubric.reward.shape != "centred":
                reward = score(sample["verdicts"], case.row, case.profile)
            else:
                reward = None if found is None or found.reward is None else float(found.reward)
            if not _agrees(found, reward, sample):
                yield f"a counterexample is not as it says: {sample['verdicts']}"


def _refutations(rubric: ir.Rubric, certificate: Certificate) -> Iterator[str]:
    """What is said to be refuted is, by the counterexample that is named, in exact arithmetic."""
    examples = [_group(rubric, example) for example in certificate["counterexamples"]]
    for family, statuses in certificate["properties"].items():
        for name, status in statuses.items():
            if isinstance(status, dict) and not _breaks(name, examples[status["refuted"]]):
                yield f"{family}: the counterexample to {name} does not break it"


def _group(rubric: ir.Rubric, example: Mapping[str, Any]) -> list[Judged | None]:
    case = case_of(rubric, example["inputs"], example["profile"])
    found: list[Judged | None] = []
    for sample in example["samples"]:
        judged = judge(rubric, case.facts, case.profile, sample["verdicts"], rubric.reward)
        found += [judged] * sample["count"]
    if rubric.reward.shape == "centred":
        present = [judged for judged in found if judged is not None]
        rewards = ranked(rubric.reward.params, [judged.key for judged in present])
        return [j._replace(reward=r) for j, r in zip(present, rewards, strict=True)]
    return found


def _breaks(name: str, group: Sequence[Judged | None]) -> bool:
    """Whether a group breaks a property of advantages that grow with the reward.

    P5 is about one sample before and after a verdict fails; a sample without a reward may be the
    one before.
    """
    if name == "P5":
        before, after = (None if j is None else j.reward for j in group[:2])
        return after is not None and (before is None or after > before)
    known = [(j.key, j.reward) for j in group if j is not None and j.reward is not None]
    safe = [r for key, r in known if not any(key[:3])]
    bad = [(key[:3], r) for key, r in known if any(key[:3])]
    pairs = list(itertools.permutations(known, 2))
    above = bool(safe) and any(r * len(known) > sum(r for _, r in known) for _, r in bad)
    if name == "P1":
        return any(low[0] < high[0] and low[1] > high[1] for low, high in pairs)
    if name == "P2":
        unlike = any(a[0] == b[0] and a[1] != b[1] for a, b in itertools.permutations(bad, 2))
        return above or unlike
    if name == "P2_strict":
        return above or len({r for _, r in bad}) > 1
    if name == "P3":
        return bool(safe and bad) and max(r for _, r in bad) >= min(safe)
    return len(safe) > 1 and len(bad) > 0 and _variance(safe) < _variance([r for _, r in known])


def _variance(values: Sequence[Fraction]) -> Fraction:
    """Times the number less one, over that number: the square of the sample deviation."""
    count = len(values)
    total = sum(values, Fraction(0))
    return (sum((v * v for v in values), Fraction(0)) - total * total / count) / (count - 1)


def _agrees(found: Judged | None, reward: float | None, sample: Mapping[str, Any]) -> bool:
    if found is None or found.reward is None or reward is None or sample["reward"] is None:
        return reward is None and sample["reward"] is None
    exact = Fraction(sample["reward"])
    same = list(found.key) == sample["key"] and found.reward == exact
    return same and reward == exact.numerator / exact.denominator


def _told(response: Response) -> str:
    return f"{response.sheet} with key {response.judged.key} and reward {response.judged.reward}"
