"""From scores to verdicts: curves, thresholds, the rule that reads a score, and its file."""

import json
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from rubricdsl.rl.calibration.curves import Bin, Calibration, Curve, Threshold, TierCurve
from rubricdsl.rl.calibration.file import CALIBRATION, Prompts, read_calibration, write_calibration
from rubricdsl.rl.calibration.fit import Wish, fit, safety_threshold
from rubricdsl.rl.calibration.halves import sets_thresholds
from rubricdsl.rl.calibration.regressions import isotonic, platt, sigmoid
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.material import Question
from rubricdsl.rl.runs import Run

VETO = Question("r", "veto", "safety", "?", {"met": Fraction(0), "unmet": Fraction(1)}, False)
YES = Question("r", "yes", "excellence", "?", {"unmet": Fraction(0), "met": Fraction(1)}, False)
LEVELS = Question(
    "r", "levels", "proficiency", "?", {0: Fraction(0), 1: Fraction(1, 2), 2: Fraction(1)}, False
)
RUN = Run("reward model", "b" * 64, "a" * 64, {}, "m", {})

points = st.lists(
    st.tuples(st.integers(-6, 6).map(float), st.sampled_from([0.0, 0.5, 1.0])),
    min_size=1,
    max_size=8,
)


def squares(knots, found):
    curve = Curve("isotonic", knots=tuple(knots))
    return sum((curve.credit(score) - credit) ** 2 for score, credit in found)


@settings(max_examples=60, deadline=None)
@given(points, st.lists(st.floats(0, 1), min_size=13, max_size=13))
def test_no_rising_curve_is_nearer_than_the_isotonic_one(found, values):
    knots = isotonic(found)
    assert [y for _, y in knots] == sorted(y for _, y in knots)
    assert [x for x, _ in knots] == sorted({x for x, _ in knots})
    other = [(float(x - 6), y) for x, y in enumerate(sorted(values))]
    assert squares(knots, found) <= squares(other, found) + 1e-9


def test_isotonic_by_hand():
    found = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (2.0, 1.0), (3.0, 1.0)]
    # 1 and 2 fall, so they are pooled with their mean 2/3.
    assert isotonic(found) == [(0.0, 0.0), (1.0, 2 / 3), (2.0, 2 / 3), (3.0, 1.0)]
    curve = Curve("isotonic", knots=tuple(isotonic(found)))
    assert [curve.credit(x) for x in (-9.0, 0.5, 1.5, 9.0)] == pytest.approx([0, 1 / 3, 2 / 3, 1])


@settings(max_examples=40, deadline=None)
@given(points, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_no_sigmoid_has_less_cross_entropy_than_platts(found, down, across):
    slope, intercept = platt(found)
    good = sum(credit for _, credit in found)
    high, low = (good + 1) / (good + 2), 1 / (len(found) - good + 2)

    def loss(a, b):
        terms = [(low + k * (high - low), sigmoid(a * x + b)) for x, k in found]
        return -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for t, p in terms)

    assert slope >= 0
    assert loss(slope, intercept) <= loss(max(0, slope + down), intercept + across) + 1e-6


def test_platt_ends_where_a_threshold_divides_all_labels():
    slope, intercept = platt([(-1e6, 0.0)] * 20 + [(1e6, 1.0)] * 20)
    assert sigmoid(slope * 1e6 + intercept) == pytest.approx(21 / 22, abs=1e-4)


def test_scores_that_are_the_wrong_way_round_say_nothing():
    found = [(-1.0, 1.0)] * 30 + [(1.0, 0.0)] * 10
    slope, intercept = platt(found)
    assert slope == 0
    assert sigmoid(intercept) == pytest.approx(0.75, abs=0.03)


def test_the_method_follows_from_the_labels():
    many = [(float(k % 7), float(k % 7 > 2)) for k in range(1000)]
    fitted = fit(
        {"safety": many, "proficiency": many[:999], "excellence": [(1.0, 1.0)] * 5}, pinned=True
    )
    methods = {tier: one.curve.method for tier, one in fitted.tiers.items()}
    assert methods == {"safety": "isotonic", "proficiency": "platt", "excellence": "identity"}
    rare = [(float(k), float(k > 50)) for k in range(1000)]
    assert fit({"safety": rare}, pinned=True).tiers["safety"].curve.method == "platt"


def test_one_class_alone_gives_no_verdict_where_the_zero_is_free():
    fitted = fit({"safety": [(1.0, 1.0)] * 5}, pinned=False)
    assert fitted.tiers["safety"].curve.method == "none"
    assert fitted.verdict(VETO, 3.0) == "cannot_assess"
    assert fit({"safety": [(1.0, 1.0)] * 5}, pinned=True).verdict(VETO, 3.0) == "unmet"


def test_scores_that_are_no_numbers_set_nothing():
    good = [(1.0, 1.0), (-1.0, 0.0)] * 9
    bad = [(math.nan, 0.0), (math.inf, 0.0)]
    plain, damaged = (fit({"safety": p}, pinned=True).tiers["safety"] for p in (good, good + bad))
    assert replace(damaged, left_out=0) == plain
    assert damaged.left_out == 2


def test_the_threshold_has_the_most_recall_at_its_precision():
    found = [(-3.0, 0.0), (-2.0, 0.0), (-1.0, 1.0), (0.0, 0.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]
    at = safety_threshold(found, 0.75)
    assert (at.at, at.rule, at.precision, at.recall) == (0.5, "precision", 0.75, 1.0)
    strict = safety_threshold(found, 0.76)
    assert (strict.at, strict.recall) == (-1.5, 2 / 3)


@settings(max_examples=60, deadline=None)
@given(points.filter(lambda p: any(k == 0 for _, k in p)), st.floats(0, 1))
def test_no_threshold_does_better(found, precision):
    def at(border):
        flagged = [k == 0 for x, k in found if x <= border]
        hits, bad = sum(flagged), sum(k == 0 for _, k in found)
        return hits, hits / len(flagged) if flagged else 0.0, 2 * hits / (len(flagged) + bad)

    chosen = safety_threshold(found, precision)
    hits, had, f1 = at(chosen.at)
    assert chosen.precision == had
    reaching = [at(x) for x, _ in found if at(x)[0] and at(x)[1] >= precision]
    if chosen.rule == "precision":
        assert hits == max(one[0] for one in reaching)
    else:
        assert not reaching
        assert f1 == max(at(x)[2] for x, _ in found)


def test_the_rule_that_reads_a_score():
    tiers = dict(Calibration().tiers)
    tiers["safety"] = TierCurve(Curve("platt", 1.0, 0.0), Threshold(2.0, "precision", 0.5, 0.5, 1))
    calibration = Calibration(tiers)
    assert [calibration.verdict(VETO, r) for r in (1.9, 2.0, 2.1)] == ["met", "met", "unmet"]
    assert [calibration.verdict(YES, r) for r in (-0.1, 0.0, 0.1)] == ["unmet", "unmet", "met"]
    # Levels share out the range of the sigmoid: the borders are at 1/4 and 3/4.
    quarter = math.log(3)
    scores = (-quarter - 0.01, -quarter, -quarter + 0.01, quarter, quarter + 0.01)
    assert [calibration.verdict(LEVELS, r) for r in scores] == [0, 0, 1, 1, 2]
    for question in (VETO, YES, LEVELS):
        for score in (math.nan, math.inf, -math.inf):
            assert calibration.verdict(question, score) == "cannot_assess"


def test_a_band_of_indecision_is_for_what_is_not_safety():
    calibration = Calibration(indecision=0.1)
    assert [calibration.verdict(YES, r) for r in (-0.5, 0.0, 0.3, 0.5)] == [
        "unmet",
        "cannot_assess",
        "cannot_assess",
        "met",
    ]
    assert calibration.verdict(LEVELS, math.log(3)) == "cannot_assess"
    assert calibration.verdict(LEVELS, 0.0) == 1
    assert calibration.verdict(VETO, 0.0) == "met"


def test_a_prompt_is_in_one_half_for_good():
    names = [f"p-{k:016x}" for k in range(400)]
    first = [name for name in names if sets_thresholds(name)]
    assert 150 < len(first) < 250
    # Were a prompt to move, figures would be measured on what set a threshold of an older model.
    assert [sets_thresholds(f"p-{k}") for k in range(8)] == HALVES


HALVES = [False, False, True, False, False, True, False, False]


@pytest.fixture
def folder(tmp_path):
    many = [(k / 7, float(k % 7 > 2)) for k in range(1000)]
    found = fit({"safety": many, "proficiency": many[:50]}, pinned=True, wish=Wish(0.4, 0.05))
    tiers = dict(found.tiers)
    tiers["safety"] = replace(tiers["safety"], reliability=(None, Bin(3, 0.5, 0.25)))
    found = replace(found, tiers=tiers)
    write_calibration(tmp_path, RUN, found, Wish(0.4, 0.05), Prompts(5, 6))
    return tmp_path, found


def read(folder, pinned=True):
    return read_calibration(folder, RUN.template, RUN.bundle, pinned=pinned)


def test_what_is_written_is_read_back(folder):
    path, found = folder
    assert read(path) == found


def test_without_a_file_the_zero_must_be_pinned(tmp_path):
    assert read(tmp_path) == Calibration()
    with pytest.raises(TrainingError, match="free constant") as refused:
        read(tmp_path, pinned=False)
    assert "--pointwise-weight" in refused.value.hint


def test_a_free_zero_without_labels_is_refused(tmp_path):
    write_calibration(tmp_path, RUN, fit({}, pinned=False), Wish(), Prompts(0, 0))
    with pytest.raises(TrainingError, match="free constant"):
        read(tmp_path, pinned=False)


SAFETY = ("tiers", "safety")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("format",), 2),
        (("format",), True),
        (("template",), "c" * 64),
        (("bundle",), None),
        (("pinned",), 1),
        (("indecision",), 2),
        (("tiers",), []),
        (("tiers", "safety"), None),
        (("tiers", "more"), {}),
        ((*SAFETY, "method"), "guess"),
        ((*SAFETY, "method"), ["isotonic"]),
        ((*SAFETY, "method"), "platt"),
        ((*SAFETY, "knots"), []),
        ((*SAFETY, "knots"), [[0, 0.5], [1, 0.4]]),
        ((*SAFETY, "knots"), [[1, 0.5], [1, 0.6]]),
        ((*SAFETY, "knots"), [[0, -0.5]]),
        ((*SAFETY, "knots"), [[0, float("nan")]]),
        ((*SAFETY, "knots"), [[0, 1, 2]]),
        ((*SAFETY, "knots"), [[True, 1]]),
        ((*SAFETY, "knots"), [[k, 0.5] for k in range(100_001)]),
        (("tiers", "proficiency", "slope"), -1),
        (("tiers", "proficiency", "slope"), 10**400),
        (("tiers", "proficiency", "intercept"), float("inf")),
        (("tiers", "proficiency", "intercept"), "0"),
        ((*SAFETY, "threshold", "at"), float("nan")),
        ((*SAFETY, "threshold", "rule"), "luck"),
        ((*SAFETY, "threshold", "recall"), 1.5),
        ((*SAFETY, "labels"), -1),
        ((*SAFETY, "labels"), 1.5),
        ((*SAFETY, "reliability"), [{"labels": 1, "expected": 2, "credit": 0}]),
        ((*SAFETY, "reliability"), ["x"]),
    ],
)
def test_a_damaged_file_is_refused(folder, place, value):
    path, _ = folder
    document = json.loads((path / CALIBRATION).read_text())
    row = document
    for name in place[:-1]:
        row = row[name]
    row[place[-1]] = value
    (path / CALIBRATION).write_text(json.dumps(document))
    with pytest.raises(TrainingError, match="damaged"):
        read(path)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '"x"', "1" * 5000, "\xff"])
def test_what_is_no_document_is_refused(tmp_path, text):
    (tmp_path / CALIBRATION).write_text(text, encoding="latin-1")
    with pytest.raises(TrainingError, match="damaged"):
        read(tmp_path)
