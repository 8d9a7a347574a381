"""Figures and findings against enumeration with the reference model, on small random rubrics."""

import itertools
from collections import Counter
from dataclasses import replace
from fractions import Fraction

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.insights.analyze import analyze
from rubricdsl.insights.figures import figures
from rubricdsl.insights.subject import Subject
from rubricdsl.passes.check import Checked

from ..brute import every_case, every_row, every_sheet, results
from ..reference import model
from ..strategies import rubrics

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
SMALL = {"deadline": None, "suppress_health_check": SLOW}
PER_SAMPLE = tuple(shape for shape in ir.SHAPES if shape != "centred")


@st.composite
def lopsided(draw):
    """Rubrics on coarse grids, some of whose weights are small beside the others."""
    rubric = draw(rubrics(max_size=3, shapes=PER_SAMPLE))
    weights = st.sampled_from([Fraction(1, 3), Fraction(1), Fraction(3), Fraction(40)])
    written = [replace(c, weight=c.weight and draw(weights)) for c in rubric.criteria]
    written = [c for c in written if c.tier == "proficiency" or c.id[-1] == "0"]
    steps = draw(st.sampled_from([1, 2, 3, 5]))
    return replace(rubric, criteria=tuple(written), steps=steps)


def subject_of(rubric):
    return Subject(Checked("r.rubric", None, rubric, ()), rubric, compact(rubric, ""))


def everything(rubric, limit):
    """The results of every sheet, case by case: [(row, profile, [(sheet, key, reward)])]."""
    found = []
    for (applies, _), (row, profile) in every_case(rubric).items():
        sheets = every_sheet(rubric, applies, limit)
        assume(sheets is not None)
        found.append((row, profile, results(rubric, row, profile, sheets)))
    return found


@settings(max_examples=80, **SMALL)
@given(rubrics(max_size=2))
def test_the_smallest_and_the_largest_reward(rubric):
    rewards = [
        reward
        for _, _, found in everything(rubric, 700)
        for _, _, reward in found
        if reward is not None
    ]
    ends = figures(subject_of(rubric)).rewards
    if not rewards:
        assert ends is None
        return
    event(rubric.reward.shape)
    assert (ends.least.reward, ends.most.reward) == (min(rewards), max(rewards))
    for end in ends:
        shown, (sample,) = end.witness, end.witness.samples
        weights = model.weights(rubric, shown.inputs, shown.profile)
        credits = model.credits(rubric, sample.sheet, shown.inputs)
        assert model.reward(rubric, credits, weights) == end.reward


@settings(max_examples=80, **SMALL)
@given(rubrics(max_size=3))
def test_the_numbers_of_keys_and_rewards_in_the_fullest_case(rubric):
    told = figures(subject_of(rubric))
    known = model.facts(rubric, told.inputs)
    applies = [c for c in rubric.criteria
               if c.when is None or model.truth(c.when, known) is not False]  # fmt: skip
    sheets = every_sheet(rubric, {c.id for c in applies})
    assume(sheets is not None)
    found = results(rubric, told.inputs, None, sheets)
    assert told.keys == len({key for _, key, _ in found})
    if rubric.reward.shape != "centred":
        assert told.distinct == len({r for _, _, r in found if r is not None})
    else:
        assert told.distinct is None


@settings(max_examples=60, **SMALL)
@given(rubrics(max_size=3))
def test_how_often_each_tier_decides(rubric):
    told = figures(subject_of(rubric))
    known = model.facts(rubric, told.inputs)
    options = []
    for c in rubric.criteria:
        if c.when is None or model.truth(c.when, known) is not False:
            usual = list(range(len(c.levels))) if c.levels else ["met", "unmet"]
            given_ = [*usual, *(["not_applicable"] if c.allows_not_applicable else [])]
            options.append([(c.id, verdict) for verdict in given_])
    sheets = [dict(sheet) for sheet in itertools.islice(itertools.product(*options), 2001)]
    assume(len(sheets) <= 2000)
    found = results(rubric, told.inputs, None, sheets)
    keys = Counter(key for _, key, _ in found)
    decided, total = Counter(), len(sheets) ** 2
    for (one, n), (other, m) in itertools.product(keys.items(), repeat=2):
        place = next((i for i in range(5) if one[i] != other[i]), "tie")
        decided[place] += n * m
        if not any(one[:3]) and not any(other[:3]):
            decided["safe", place] += n * m
    expected = [Fraction(decided[place], total) for place in (0, 1, 2, 3, 4, "tie")]
    assert list(told.shares[:6]) == expected
    safe = sum(n for key, n in keys.items() if not any(key[:3]))
    assert told.shares.safe == Fraction(safe, len(sheets))
    of_safe = [Fraction(decided["safe", place], safe**2) for place in (3, 4, "tie")]
    assert list(told.shares[7:]) == of_safe


def differing(rubric, cases, same, wanted=None):
    """The criteria (with their verdicts) on which two sheets that differ there alone differ by
    `same`, a function of key and reward."""
    seen = set()
    for _, _, found in cases:
        by_rest = {}
        for sheet, key, reward in found:
            for name, verdict in sheet.items():
                rest = frozenset(entry for entry in sheet.items() if entry[0] != name)
                by_rest.setdefault((name, rest), []).append((verdict, same(key, reward)))
        for (name, _), entries in by_rest.items():
            for (one, a), (other, b) in itertools.combinations(entries, 2):
                if a != b:
                    seen.add((name, one, other))
    return seen


def told_about(insights, code):
    return {f.about for f in insights.findings if f.diagnostic.code == code}


@settings(max_examples=120, **SMALL)
@given(lopsided())
def test_what_never_decides_and_what_the_reward_never_shows(rubric):
    insights = analyze(subject_of(rubric))
    cases = everything(rubric, 300)
    there = {name for _, _, found in cases for sheet, _, _ in found for name in sheet}
    by_key = differing(rubric, cases, lambda key, reward: key)
    by_both = differing(rubric, cases, lambda key, reward: (key, reward))
    by_reward = differing(rubric, cases, lambda key, reward: reward)
    weighed = {c.id for c in rubric.tier("proficiency")} & there
    lost, unseen = told_about(insights, "R0904"), set()
    for found in insights.findings:
        unseen |= set(found.evidence.get("criteria", ()))
    if rubric.reward.shape in ("healthbench", "rar"):
        assert not lost
    else:
        shows = {name for name, _, _ in by_both}
        assert lost == weighed - shows
        event(f"lost: {bool(lost)}")
        levels = {
            (c.id, level)
            for c in rubric.tier("proficiency")
            for level in range(1, len(c.levels))
            if c.id in weighed - lost and (c.id, level - 1, level) not in by_key
        }
        assert len(levels) == sum(f.diagnostic.code == "R0905" for f in insights.findings)
    event(f"unseen: {bool(unseen)}")
    shown = {name for name, _, _ in by_reward}
    assert there - shown == unseen | lost


@settings(max_examples=60, **SMALL)
@given(rubrics(max_size=3, shapes=("gated", "lexicographic", "promedical")))
def test_steps_that_no_sheet_reaches(rubric):
    insights = analyze(subject_of(rubric))
    reached = {key[3] for _, _, found in everything(rubric, 3000) for _, key, _ in found}
    missing = rubric.steps + 1 - len(reached)
    told = [f for f in insights.findings if f.diagnostic.code == "R0906"]
    if rubric.tier("proficiency") and missing:
        assert told[0].diagnostic.message.startswith(f"no answer reaches {missing} of")
    else:
        assert told == []


@settings(max_examples=80, **SMALL)
@given(rubrics(max_size=3, shapes=("gated",)))
def test_profiles_that_change_nothing_or_are_never_chosen(rubric):
    insights = analyze(subject_of(rubric))
    idle, hidden = told_about(insights, "R0908"), told_about(insights, "R0909")
    cases = every_case(rubric)
    by_pattern = {}
    for (applies, _), (row, _) in cases.items():
        by_pattern.setdefault(applies, row)
    for profile in rubric.profiles:
        changes = False
        for applies, row in by_pattern.items():
            sheets = every_sheet(rubric, applies)
            assume(sheets is not None)
            own = {c.id: c.weight for c in rubric.tier("proficiency")}
            mine = own | profile.weights
            pairs = set()
            for sheet in sheets:
                credits = model.credits(rubric, sheet, row)
                if credits != model.DROPPED:
                    pairs.add(tuple(round(model.share(rubric, credits, w) * rubric.steps)
                                    for w in (own, mine)))  # fmt: skip
            ordered = sorted(pairs)
            changes |= any(not (a[0] < b[0] and a[1] < b[1])
                           for a, b in itertools.pairwise(ordered))  # fmt: skip
        assert (profile.id in idle) == (not changes)
        event(f"idle: {profile.id in idle}")
    chosen, true = set(), set()
    for row in every_row(rubric):
        known = model.facts(rubric, row)
        here = [p.id for p in rubric.profiles
                if p.when is not None and model.truth(p.when, known) is True]  # fmt: skip
        true |= set(here)
        chosen |= set(here[:1])
    assert hidden == true - chosen
