"""The smallest and the largest reward over all cases and profiles, each with a sheet that has it.

Within one case every reward here grows with fewer violations, a later step and more bonuses, so
that the ends of each decide. Over many cases the sums of proficiency are kept apart by how many
vetoes or bonuses apply with them.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..analysis.answers import Answer
from ..analysis.cases import Cases
from ..analysis.reach import Place, Rubric, governed
from ..analysis.samples import (
    Case,
    Key,
    Sample,
    Witness,
    case_of,
    reward_of_key,
    sample,
    with_key,
    witness,
    worst_and_best,
)
from ..analysis.sums import MAX_BITS, START, State, TooLarge, bins_of, extend, solve
from ..runtime.form import CompactCriterion
from ..runtime.order import Tally
from .points import ends, points, scores, with_score
from .rows import fewest, first, plain_first

Label = tuple[int, ...]


class End(NamedTuple):
    """A reward, and the sheet and case that have it; None if no sheet was found in time."""

    reward: Fraction
    witness: Witness | None


class Extremes(NamedTuple):
    least: End
    most: End


def extremes(places: list[Place]) -> Extremes | None:
    """Both ends; None where no sheet has a reward. Raises `TooLarge`."""
    try:
        return _extremes(places)
    except TooLarge:
        found = _at_the_bounds(places)
        if found is None:
            raise
        return found


def _at_the_bounds(places: list[Place]) -> Extremes | None:
    """Sheets all bad and all good, if these have the rewards that no key can leave."""
    rubric, over = places[0]
    form = rubric.form
    if form["reward"]["shape"] in ("healthbench", "rar", "weighted") or not over.exact:
        return None
    case = case_of(rubric, first(plain_first(form, over)))
    bad, good = (
        sample(case, {name: worst_and_best(options)[end] for name, options in case.answers.items()})
        for end in (0, 1)
    )
    severities = [c["severity"] for c in form["criteria"]]
    bonuses = sum(c["tier"] == 2 for c in form["criteria"])
    low = reward_of_key(
        rubric, (-severities.count(0), -severities.count(1), -severities.count(2), 0, 0)
    )
    high = reward_of_key(rubric, (0, 0, 0, form["steps"], bonuses))
    if (bad.reward, good.reward) != (low, high):
        return None
    inputs = fewest(form, case.single.row())
    least, most = (witness(case, (each,))._replace(inputs=inputs) for each in (bad, good))
    return Extremes(End(low, least), End(high, most))


def _extremes(places: list[Place]) -> Extremes | None:
    """Both ends over every choice of weights. Raises `TooLarge`."""
    shape = places[0][0].form["reward"]["shape"]
    of_place = {"healthbench": _by_points, "rar": _by_points, "weighted": _weighted}.get(
        shape, _by_key
    )
    found = [(place, pair) for place in places if (pair := of_place(*place)) is not None]
    if not found:
        return None
    low_place, (low, _) = min(found, key=lambda each: each[1][0].reward)
    high_place, (_, high) = max(found, key=lambda each: each[1][1].reward)
    return Extremes(_shown(low_place, low), _shown(high_place, high))


class _Goal(NamedTuple):
    """A reward that some of the cases `among` have, whether some of given ones do, and a sheet of
    a single one that does."""

    among: Cases
    reward: Fraction
    possible: Callable[[Cases], bool]
    sheet: Callable[[Case], Sample | None]


def _shown(place: Place, goal: _Goal) -> End:
    """The reward with a sheet that is all bad or all good, if one of those has it."""
    rubric = place[0]
    if not goal.among.exact:
        return End(goal.reward, None)
    single = narrowed(plain_first(rubric.form, goal.among), goal.possible)
    case = case_of(rubric, single)
    found: Sample | None = None
    for end in (0, 1):
        simple = {name: worst_and_best(options)[end] for name, options in case.answers.items()}
        if found is None and (plain := sample(case, simple)).reward == goal.reward:
            found = plain
    found = found or goal.sheet(case)
    if found is None:
        return End(goal.reward, None)
    shown = witness(case, (found,))
    return End(goal.reward, shown._replace(inputs=fewest(rubric.form, shown.inputs)))


def narrowed(over: Cases, possible: Callable[[Cases], bool]) -> Cases:
    """The first single case, one component after the other, in which something is possible that
    is possible in some of these."""
    simple = first(over)
    if possible(simple):
        return simple
    for place, part in enumerate(over.components):
        for case in part:
            parts = (*over.components[:place], (case,), *over.components[place + 1 :])
            trial = over._replace(components=parts)
            if possible(trial):
                over = trial
                break
    return over


def labelled(
    rubric: Rubric, over: Cases, label: Callable[[CompactCriterion], Label], most: Label
) -> dict[Label, State]:
    """The sums of proficiency by the sum of labels of all that applies, each place up to `most`.

    Raises `TooLarge`.
    """
    off, known = governed(over), {c["id"]: c for c in rubric.form["criteria"]}

    def added(start: Label, names: set[str] | frozenset[str]) -> Label:
        for name in names:
            start = tuple(
                min(a + b, m) for a, b, m in zip(start, label(known[name]), most, strict=True)
            )
        return start

    state = START
    for name, item in rubric.proficiency.items():
        if name not in off:
            state = extend(state, item)
    found = {added((0,) * len(most), known.keys() - off): state}
    for part in over.components:
        names = {name for case in part for name in case.off}
        grown: dict[Label, State] = {}
        for chosen in {frozenset(names - case.off) for case in part}:
            for start, before in found.items():
                branch = before
                for name in sorted(chosen & rubric.proficiency.keys()):
                    branch = extend(branch, rubric.proficiency[name])
                there = grown.setdefault(added(start, chosen), {})
                for total, gains in branch.items():
                    there[total] = there.get(total, 0) | gains
        found = grown
        if sum(sum(each) for each in found.values()) > MAX_BITS:
            raise TooLarge
    return found


def _by_key(rubric: Rubric, over: Cases) -> tuple[_Goal, _Goal]:
    """Shapes of the key: all violations, the first step and no bonus; the last step and all."""
    return _least_by_key(rubric, over), _most_by_key(rubric, over)


def _least_by_key(rubric: Rubric, over: Cases) -> _Goal:
    """By severities where the shape tells them apart: then only the worst cases matter."""
    form, steps = rubric.form, rubric.form["steps"]
    shape, params = form["reward"]["shape"], form["reward"]["params"]
    severities = shape == "lexicographic" or bool(params.get("count", [0, 1])[0])
    worst = _most_violations(rubric, over) if severities else over
    most = len(form["criteria"]) if shape == "promedical" else 1

    def veto(criterion: CompactCriterion) -> Label:
        return (int(criterion["severity"] is not None),)

    def first_steps(some: Cases) -> dict[int, set[int]]:
        found = labelled(rubric, some, veto, (most,))
        return {count: bins_of(state, steps) for (count,), state in found.items()}

    def reward(count: int, step: int) -> Fraction:
        if severities:
            critical, major, moderate = _violations(rubric, first(worst))
            return reward_of_key(rubric, (-critical, -major, -moderate, step, 0))
        return reward_of_key(rubric, (-count, 0, 0, step, 0))

    known = {(count, min(bins)): reward(count, min(bins))
             for count, bins in first_steps(worst).items()}  # fmt: skip
    count, step = min(known, key=lambda each: known[each])

    def possible(some: Cases) -> bool:
        alike = not severities or _violations(rubric, first(some)) == _violations(
            rubric, first(worst)
        )
        return alike and any(n >= count and step in b for n, b in first_steps(some).items())

    def sheet(case: Case) -> Sample | None:
        critical, major, moderate = _violations(rubric, case.single)
        return with_key(case, (-critical, -major, -moderate, step, 0))

    return _Goal(worst, known[count, step], possible, sheet)


def _most_by_key(rubric: Rubric, over: Cases) -> _Goal:
    form, steps = rubric.form, rubric.form["steps"]

    def bonus(criterion: CompactCriterion) -> Label:
        return (int(criterion["tier"] == 2),)

    def last_steps(some: Cases) -> dict[int, set[int]]:
        found = labelled(rubric, some, bonus, (len(form["criteria"]),))
        return {count: bins_of(state, steps) for (count,), state in found.items()}

    known: dict[Key, Fraction] = {}
    for bonuses, bins in last_steps(over).items():
        key = (0, 0, 0, max(bins), bonuses)
        known[key] = reward_of_key(rubric, key)
    best = max(known, key=lambda key: known[key])

    def possible(some: Cases) -> bool:
        return any(n >= best[4] and best[3] in bins for n, bins in last_steps(some).items())

    return _Goal(over, known[best], possible, lambda case: with_key(case, best))


def _most_violations(rubric: Rubric, over: Cases) -> Cases:
    """The cases with the most critical vetoes, of those the ones with the most major ones, …

    Components add up, and sums keep that order, so each can be looked at by itself.
    """
    parts = []
    for part in over.components:
        counts = [_violations(rubric, Cases(((case,),), True)) for case in part]
        kept = (case for case, n in zip(part, counts, strict=True) if n == max(counts))
        parts.append(tuple(kept))
    return over._replace(components=tuple(parts))


def _violations(rubric: Rubric, single: Cases) -> tuple[int, int, int]:
    """How many vetoes of each severity apply in a single case."""
    off = governed(single)
    there = [c["severity"] for c in rubric.form["criteria"] if c["id"] not in off]
    return there.count(0), there.count(1), there.count(2)


def _by_points(rubric: Rubric, over: Cases) -> tuple[_Goal, _Goal] | None:
    """Scores of points: the ends of all sums."""
    found, shape = points(rubric), rubric.form["reward"]["shape"]
    both = ends(shape, scores(found, over), found.zero)
    if both is None:
        return None

    def goal(place: int) -> _Goal:
        score = both[place]

        def possible(some: Cases) -> bool:
            here = ends(shape, scores(found, some), found.zero)
            return here is not None and here[place] == score

        return _Goal(over, score, possible, lambda case: with_score(case, found, score))

    return goal(0), goal(1)


class _Mix(NamedTuple):
    """For each tier how good it is: 0 worst, 1 best, None when all of it has fallen away; of
    proficiency the step."""

    safety: int | None
    step: int | None
    excellence: int | None


def _weighted(rubric: Rubric, over: Cases) -> tuple[_Goal, _Goal]:
    """A mean of shares: each at one of its ends, or dropped out where all of it can fall away."""
    spare = {
        c["id"]: c["na"] or rubric.form["policies"][c["tier"]] == "exclude"
        for c in rubric.form["criteria"]
    }

    def label(criterion: CompactCriterion) -> Label:
        """Vetoes and bonuses that stay, and those that can fall away."""
        tier, may_skip = criterion["tier"], spare[criterion["id"]]
        return tuple(int((tier, may_skip) == kind) for kind in _KINDS)

    def mixes(some: Cases) -> dict[_Mix, Fraction]:
        return {
            mix: _mean(rubric, mix)
            for found, state in labelled(rubric, some, label, (1, 1, 1, 1)).items()
            for mix in _mixes(found, state, rubric.form["steps"])
        }

    known = mixes(over)
    low, high = min(known, key=lambda mix: known[mix]), max(known, key=lambda mix: known[mix])
    return (
        _Goal(over, known[low], lambda some: low in mixes(some), lambda case: _mixed(case, low)),
        _Goal(over, known[high], lambda some: high in mixes(some), lambda case: _mixed(case, high)),
    )


_KINDS = ((0, False), (0, True), (2, False), (2, True))


def _mixes(label: Label, state: State, steps: int) -> Iterator[_Mix]:
    def options(stays: int, may_skip: int) -> list[int | None]:
        return [*([0, 1] if stays or may_skip else []), *([] if stays else [None])]

    with_weight = {total: gains for total, gains in state.items() if total}
    reached = sorted(bins_of(with_weight, steps))
    shares: list[int | None] = [reached[0], reached[-1]] if reached else []
    if 0 in state:
        shares.append(None)
    for safety in options(*label[:2]):
        for excellence in options(*label[2:]):
            for step in shares:
                yield _Mix(safety, step, excellence)


def _mean(rubric: Rubric, mix: _Mix) -> Fraction:
    found = Tally(
        (1 - mix.safety if mix.safety is not None else 0, 0, 0),
        (0, 1),
        mix.step or 0,
        mix.excellence or 0,
        int(mix.safety is not None),
        int(mix.excellence is not None),
    )
    exact = rubric.exact(found, (0, int(mix.step is not None)))
    return Fraction(0) if exact is None else Fraction(*exact)


def _mixed(case: Case, mix: _Mix) -> Sample | None:
    items = case.weighed
    gains: Mapping[str, int | None] = dict.fromkeys(items)
    if mix.step is not None:
        try:
            solved = solve(list(items.values()), case.states, mix.step, case.rubric.form["steps"])
        except TooLarge:
            return None
        if solved is None:
            return None
        gains = dict(zip(items, solved, strict=True))
    tiers = {c["id"]: c["tier"] for c in case.rubric.form["criteria"]}
    given: dict[str, Answer] = {}
    for name, options in case.answers.items():
        if tiers[name] == 1:
            given[name] = _with_gain(case, options, gains[name], items[name].total)
        else:
            how: Any = mix.safety if tiers[name] == 0 else mix.excellence
            given[name] = options[-1] if how is None else worst_and_best(options)[how]
    return sample(case, given)


def _with_gain(case: Case, options: tuple[Answer, ...], gain: int | None, total: int) -> Answer:
    credit = None if gain is None else gain * case.rubric.form["unit"] // total
    return next(answer for answer in options if answer.credit == credit)
