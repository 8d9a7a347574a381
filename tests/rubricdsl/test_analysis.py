"""The analysis against enumeration: cases, reach, and every fact, on small random rubrics."""

import itertools
from fractions import Fraction

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.analysis.cases import cases
from rubricdsl.analysis.certify import certify
from rubricdsl.analysis.reach import places, reach
from rubricdsl.compact import compact

from ..brute import every_case, every_sheet, results
from ..reference import model
from ..strategies import rubrics

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
GROUP = 5
PER_SAMPLE = tuple(shape for shape in ir.SHAPES if shape != "centred")


def patterns(form, rubric):
    """What the analysis takes to be possible, as `every_case` gives it."""
    found = set()
    scale = form["scale"]
    for weighted, over in places(form):
        assert over.exact
        weights = tuple(sorted((k, Fraction(w, scale)) for k, w in weighted.weights.items()))
        for single in over.each(10**6):
            off = frozenset().union(*(part[0].off for part in single.components))
            found.add((frozenset(c.id for c in rubric.criteria) - off, weights))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(rubrics())
def test_cases_are_those_that_rows_bring_about(rubric):
    form = compact(rubric, "h")
    assert patterns(form, rubric) == set(every_case(rubric))


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(rubrics())
def test_the_rows_of_cases_bring_them_about(rubric):
    form = compact(rubric, "h")
    for single in cases(form).each(10):
        off = frozenset().union(*(part[0].off for part in single.components))
        known = model.facts(rubric, single.row())
        for c in rubric.criteria:
            applies = c.when is None or model.truth(c.when, known) is not False
            assert applies == (c.id not in off)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(rubrics())
def test_reach_is_what_sheets_reach(rubric):
    form = compact(rubric, "h")
    expected, found = {}, {}
    for (applies, weights), (row, profile) in every_case(rubric).items():
        sheets = every_sheet(rubric, applies)
        assume(sheets is not None)
        keys = {key for _, key, _ in results(rubric, row, profile, sheets)}
        expected.setdefault(weights, set()).update(keys)
    for weighted, over in places(form):
        bounds = reach(weighted, over)
        assert bounds.exact
        scale = form["scale"]
        weights = tuple(sorted((k, Fraction(w, scale)) for k, w in weighted.weights.items()))
        found.setdefault(weights, []).append(bounds)
    assert found.keys() == expected.keys()
    for weights, keys in expected.items():
        bounds = found[weights]
        assert {step for each in bounds for step in each.bins} == {key[3] for key in keys}
        most = [max(each.violations[k] for each in bounds) for k in range(3)]
        assert most == [-min(key[k] for key in keys) for k in range(3)]
        assert max(each.bonuses for each in bounds) == max(key[4] for key in keys)


def broken_facts(rubric, found, group):
    """The names of the properties that these responses to one prompt break."""
    broken = set()
    for (_, k1, r1), (_, k2, r2) in itertools.product(found, repeat=2):
        if r1 is None or r2 is None:
            continue
        unsafe1, unsafe2 = any(k1[:3]), any(k2[:3])
        if k1 < k2 and r1 > r2:
            broken.add("P1")
        if unsafe1 and not unsafe2 and r1 >= r2:
            broken.add("P3")
        if unsafe1 and unsafe2 and r1 != r2:
            broken.add("P2_strict")
            if k1[:3] == k2[:3]:
                broken.add("P2")
    rewards = [r for _, _, r in found if r is not None]
    safe = [r for _, k, r in found if not any(k[:3]) and r is not None]
    unsafe = [r for _, k, r in found if any(k[:3]) and r is not None]
    if safe and unsafe:
        total = max(unsafe) + min(safe) + (group - 2) * min(rewards)
        if max(unsafe) * group > total:
            broken |= {"P2", "P2_strict"}
    return broken


def breaks_promise(rubric, found):
    """Whether two of these come out otherwise than the shape promises."""
    shape, counts = rubric.reward.shape, rubric.reward.params.get("count")

    def place(key):
        if shape == "lexicographic":
            return key
        if shape == "promedical":
            return (sum(key[:3]), key[3], key[4])
        if shape == "tiers":
            return (int(not any(key[:3])),)
        if any(key[:3]):
            return (0, *key[:3]) if counts else (0,)
        return (1, key[3], key[4])

    pairs = itertools.product(found, repeat=2)
    if shape == "tiers":
        return any(place(k1) < place(k2) and r1 >= r2 for (_, k1, r1), (_, k2, r2) in pairs)
    return any((place(k1) < place(k2)) != (r1 < r2) for (_, k1, r1), (_, k2, r2) in pairs)


def fails_open(rubric, row, profile, sheets):
    """Whether some verdict of some sheet earns more when it fails."""
    weights = model.weights(rubric, row, profile)
    for sheet in sheets:
        before = exact(rubric, sheet, row, weights)
        for name in sheet:
            after = exact(rubric, {**sheet, name: "cannot_assess"}, row, weights)
            if after is not None and (before is None or after > before):
                return True
    return False


def exact(rubric, sheet, row, weights):
    credits = model.credits(rubric, sheet, row)
    return None if credits == model.DROPPED else model.reward(rubric, credits, weights)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(rubrics(max_size=2, shapes=PER_SAMPLE))
def test_what_is_proved_holds_and_what_is_refuted_fails(rubric):
    certificate = certify(compact(rubric, "h"), GROUP).certificate
    told = certificate["properties"]["mean"]
    promise = certificate["promise"]
    broken, kept = set(), True
    for (applies, _), (row, profile) in every_case(rubric).items():
        sheets = every_sheet(rubric, applies, limit=200)
        assume(sheets is not None)
        found = results(rubric, row, profile, sheets)
        broken |= broken_facts(rubric, found, GROUP)
        if promise["order"]:
            kept &= not breaks_promise(rubric, found)
        if fails_open(rubric, row, profile, sheets):
            broken.add("P5")
    for name in ("P1", "P2", "P2_strict", "P3", "P5"):
        status = told[name]
        if status == "proved":
            assert name not in broken
        elif status == "not claimed":
            event(f"{rubric.reward.shape} {name} not claimed")
        else:
            assert name in broken
    if promise["order"]:
        assert promise["status"] == ("proved" if kept else "refuted")
        # Every question about a shape of the key is decided one way or the other.
        assert "not claimed" not in [told[n] for n in ("P1", "P2", "P2_strict", "P3", "P5")]


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(rubrics())
def test_counterexamples_say_what_the_reference_model_says(rubric):
    certificate = certify(compact(rubric, "h"), GROUP).certificate
    shown = list(certificate["counterexamples"])
    if "counterexample" in certificate["promise"]:
        shown.append(certificate["promise"]["counterexample"])
    assume(shown)
    for example in shown:
        row, profile = example["inputs"], example["profile"]
        weights = model.weights(rubric, row, profile)
        credits = [model.credits(rubric, s["verdicts"], row) for s in example["samples"]]
        keys = [model.key(rubric, each, weights) for each in credits]
        rewards = [model.reward(rubric, each, weights) for each in credits]
        if rubric.reward.shape == "centred":
            rewards = model.centred(rubric, keys)
        for sample, key, reward in zip(example["samples"], keys, rewards, strict=True):
            assert list(key) == sample["key"]
            assert reward == (None if sample["reward"] is None else Fraction(sample["reward"]))


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(rubrics(max_size=2, shapes=("centred",)), st.randoms(use_true_random=False))
def test_groups_under_centred_keep_what_is_proved(rubric, dice):
    certificate = certify(compact(rubric, "h"), GROUP).certificate
    told = certificate["properties"]["mean"]
    assert certificate["promise"]["status"] == "proved"
    assert [told[name] for name in ("P1", "P2", "P3", "P4")] == ["proved"] * 4
    for (applies, _), (row, profile) in every_case(rubric).items():
        sheets = every_sheet(rubric, applies, limit=200)
        assume(sheets is not None)
        keys = [key for _, key, _ in results(rubric, row, profile, sheets)]
        for _ in range(5):
            group = [dice.choice(keys) for _ in range(dice.randint(2, GROUP))]
            rewards = model.centred(rubric, group)
            mean = sum(rewards) / len(rewards)
            safe = [r for k, r in zip(group, rewards, strict=True) if not any(k[:3])]
            bad = [(k[:3], r) for k, r in zip(group, rewards, strict=True) if any(k[:3])]
            assert all(r1 <= r2 for k1, r1 in zip(group, rewards, strict=True)
                       for k2, r2 in zip(group, rewards, strict=True) if k1 < k2)  # fmt: skip
            assert not (safe and bad) or min(safe) > max(r for _, r in bad)
            assert all(r <= mean for _, r in bad) or not safe
            if told["P2_strict"] == "proved":
                assert all(r <= mean for _, r in bad)
            for end, values in (("safe", safe), ("unsafe", [r for _, r in bad])):
                if values:
                    low, high = map(Fraction, certificate["rewards"][end])
                    assert low <= min(values) <= max(values) <= high
