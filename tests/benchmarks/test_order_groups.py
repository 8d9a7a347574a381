"""The arrays of benchmarks/order against the one-by-one code of rubricdsl/verify."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from order.breaks import broken, of_others_undone, shrinks, spread, wilson
from order.formulas import FORMULAS, advantages
from order.groups import drawn, graded, groups_of, records, vignettes
from order.shapes import RAISED, VARIANTS, all_sheets, drawn_rubric
from order.shares import fixed_groups, shares, spreads

from rubricdsl.compact import compact
from rubricdsl.runtime.shapes import columns_of
from rubricdsl.verify import groups as verify
from rubricdsl.verify.advantages import SETTINGS

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there")


def rewards(dice, batches=3, count=4, size=6):
    """Rewards with ties and level groups, who is there, and lengths."""
    values = dice.choice([0.0, 0.1, 1.0, 1.5, 2.0, 40.0], (batches, count, size))
    values[0, 0] = 0.1
    present = dice.random(values.shape) < 0.8
    present[..., :2] = True
    return values, present, dice.integers(20, 800, values.shape)


def ragged(array, present):
    """As the replicas take it: batches of groups of those who are there."""
    return [
        [a[p].tolist() for a, p in zip(batch, there, strict=True)]
        for batch, there in zip(array, present, strict=True)
    ]


def test_every_setting_of_verify_has_its_formula():
    named = [name for formula in FORMULAS.values() for name in formula.settings]
    assert sorted(named) == sorted(SETTINGS)
    for formula in FORMULAS.values():
        assert {(SETTINGS[n].noise, SETTINGS[n].of_others) for n in formula.settings} == {
            (formula.noise, formula.of_others)
        }


@pytest.mark.parametrize("name", [name for name, f in FORMULAS.items() if f.function])
def test_formulas_are_those_of_verify(name):
    values, present, lengths = rewards(np.random.default_rng(1))
    found = ragged(advantages(name, values, present, lengths), present)
    for setting in FORMULAS[name].settings:
        replica = SETTINGS[setting].formula
        wanted = [
            replica(batch, counts)
            for batch, counts in zip(
                ragged(values.astype(np.float32), present), ragged(lengths, present), strict=True
            )
        ]
        if name in ("whitened", "divided, then over tokens"):
            for batch, other in zip(found, wanted, strict=True):
                for group, same in zip(batch, other, strict=True):
                    assert group == pytest.approx(same, rel=1e-5, abs=1e-6)
        else:
            assert found == wanted


@pytest.mark.parametrize("name", [name for name, f in FORMULAS.items() if f.columns])
def test_columns_are_divided_as_verify_divides_them(name):
    dice = np.random.default_rng(2)
    columns = dice.random((1, 4, 8, 3)).astype(np.float32)
    lengths = dice.integers(20, 800, columns.shape[:3])
    found = advantages(name, columns[..., 0], None, lengths, columns)
    for setting in FORMULAS[name].settings:
        wanted = SETTINGS[setting].columns(columns[0].tolist(), lengths[0].tolist())
        np.testing.assert_allclose(found[0], wanted, rtol=1e-5, atol=1e-6)


def response(key, unsafe):
    return SimpleNamespace(judged=SimpleNamespace(key=key, unsafe=unsafe))


@pytest.mark.parametrize("shape", ["gated", "lexicographic", "weighted", "rar"])
@pytest.mark.parametrize("name", ["mean", "divided", "divided by others"])
def test_what_breaks_is_what_verify_finds(shape, name):
    groups = drawn(160, 4, np.random.default_rng(3))
    keys = groups.sheets[0].keys
    everybody = np.ones(groups.members.shape, bool)
    given = advantages(name, groups.rewards(VARIANTS[shape], everybody)).reshape(-1, 4)
    members = groups.members.reshape(-1, 4)
    noise = FORMULAS[name].noise
    found = broken(groups.places[members], groups.violations[members], given, noise)
    setting = SETTINGS[FORMULAS[name].settings[0]]
    for place, group in enumerate(members.tolist()):
        answers = tuple(response(keys[m], any(keys[m][:3])) for m in group)
        wanted = verify.broken(answers, given[place].tolist(), setting)
        assert {prop for prop in found if found[prop][place]} == wanted


def case(*rows):
    """`broken` on one group given as (place, violations, advantage)."""
    places, violations, given = (np.array([column]) for column in zip(*rows, strict=True))
    found = broken(places, violations, given.astype(float), 1e-5)
    return {prop for prop, hit in found.items() if hit[0]}


def test_breaks_of_groups_made_by_hand():
    assert case((5, 0, 0.5), (3, 0, 0.0), (1, 1, -0.5)) == set()
    assert case((5, 0, 0.0), (3, 0, 0.5), (1, 1, -0.5)) == {"P1"}
    assert case((5, 0, 0.5), (1, 1, 0.2), (0, 2, -0.7)) == {"P2", "P2_strict"}
    assert case((5, 0, 0.3), (3, 0, -0.3), (1, 1, -0.1), (0, 1, 0.1)) == {
        "P1", "P2", "P2_strict", "P3",
    }  # fmt: skip
    # Nobody is safe: the more fluent of two with the same violations gains.
    assert case((1, 1, 0.5), (0, 1, -0.5)) == {"P2", "P2_strict"}
    # One violation fewer gains: that is by violations alone.
    assert case((1, 1, 0.5), (0, 2, -0.5)) == {"P2_strict"}
    # Safe and unsafe alike.
    assert case((1, 0, 0.0), (0, 1, 0.0)) == {"P3"}
    # Rounding is no break.
    assert case((1, 0, 0.0), (0, 0, 1e-7)) == set()


def test_the_spread_and_its_shrinking():
    safe = np.array([[True, True, False]])
    given = np.array([[0.5, -0.25, 9.0]])
    assert spread(given, safe).tolist() == [0.75]
    assert spread(given, ~safe | safe).tolist() == [9.25]
    assert of_others_undone(np.array([1.5]), np.array([3])).tolist() == [1.0]
    assert shrinks(np.array([0.7]), np.array([0.75]), safe, 1e-5).tolist() == [True]
    assert shrinks(np.array([0.75]), np.array([0.75]), safe, 1e-5).tolist() == [False]
    alone = np.array([[True, True, True]])
    assert shrinks(np.array([0.0]), np.array([0.75]), alone, 1e-5).tolist() == [False]


def test_wilson():
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 29 of 29.
    for hits, count, low, high in (
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
        (29, 29, 0.8830, 1),
    ):  # fmt: skip
        assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_drawn_groups_are_as_they_are_said_to_be():
    groups = drawn(4000, 8, np.random.default_rng(4))
    keys = np.array([(-sum(k[:3]), k[3], k[4]) for k in groups.sheets[0].keys])
    found = keys[groups.members].reshape(-1, 3)
    assert abs((found[:, 0] == 0).mean() - 0.6) < 0.02
    assert set(found[:, 0]) == {0, 1, 2}
    assert set(found[:, 1]) == set(range(21))
    assert set(found[:, 2]) == set(range(4))
    assert (groups.safe == (keys[groups.members][..., 0] == 0)).all()


def test_places_order_as_keys_do():
    groups = drawn(8, 4, np.random.default_rng(5))
    keys = groups.sheets[0].keys
    by_place = [key for _, key in sorted(zip(groups.places.tolist(), keys, strict=True))]
    assert by_place == sorted(keys)


@pytest.mark.parametrize("name", [*VARIANTS, *RAISED])
def test_what_the_certificate_proves_is_not_seen_to_break(name):
    variant = {**VARIANTS, **RAISED}[name]
    cells = shares(drawn(160, 8, np.random.default_rng(6)), {name: variant})
    hits = {prop: cells[name, "mean", prop].hits for prop in ("P1", "P2", "P3", "P4")}
    kept = {
        "gated": ("P1", "P2", "P3", "P4"), "centred": ("P1", "P2", "P3", "P4"),
        "lexicographic": ("P1", "P3", "P4"), "tiers": ("P2", "P3", "P4"),
    }.get(variant.shape, ("P4",))  # fmt: skip
    assert all(hits[prop] == 0 for prop in kept)
    assert all(hits[prop] for prop in set(hits) - set(kept)) or variant.shape == "promedical"


def test_shares_of_one_group_by_hand():
    """A perfect unsafe answer above a useless safe one under `weighted`: all but P4 break."""
    sheets = all_sheets(drawn_rubric((5, 5, 5, 5)))
    at = {key: place for place, key in enumerate(sheets.keys)}
    members = [at[(0, -1, 0, 20, 3)], at[(0, 0, 0, 0, 0)], at[(0, 0, 0, 5, 0)]]
    groups = groups_of([sheets], np.array([[members]]), np.random.default_rng(0))
    cells = shares(groups, {"weighted": VARIANTS["weighted"], "gated": VARIANTS["gated"]})
    hits = {prop: cells["weighted", "mean", prop].hits for prop in ("P1", "P2", "P3", "P4")}
    assert hits == {"P1": 1, "P2": 1, "P3": 1, "P4": 0}
    assert cells["gated", "mean", "P1"].hits == 0
    assert cells["gated", "divided", "P4"].hits == 1


def test_the_spread_is_kept_without_division_alone():
    found = spreads({"gated": VARIANTS["gated"]})
    assert [g.members.shape[-1] for g in fixed_groups()] == [4, 5, 8, 16]
    assert found["gated", "mean"] == pytest.approx([60 / 83] * 4)
    assert found["gated", "divided"][0] > 2 * max(found["gated", "divided"][1:])


def test_columns_are_those_of_the_runtime():
    sheets = all_sheets(drawn_rubric((1,)))
    form = compact(sheets.rubric, "")
    assert sheets.columns().tolist() == [list(columns_of(form, key)) for key in sheets.keys]


@needs_data
def test_groups_of_real_rubrics():
    dice = np.random.default_rng(7)
    found = vignettes(DATA / "llmdata_medical_rubrics.jsonl.gz", 40, 8, dice)
    assert found.members.shape == (5, 8, 8)
    owner = np.repeat(np.arange(len(found.sheets)), [len(s.keys) for s in found.sheets])
    for group in found.members.reshape(-1, 8):
        assert len(set(group)) == 8
        assert len(set(owner[group])) == 1
    flat = records(DATA / "healthbench_records.jsonl.gz", 16, 8, dice)
    for sheets in flat.sheets:
        assert sheets.rubric.tier("safety")
        assert all(c.polarity == "forbids" for c in sheets.rubric.tier("safety"))


@needs_data
def test_the_graded_answers_hold_no_violation():
    found = graded(DATA / "healthbench_graded.jsonl.gz", np.random.default_rng(8))
    assert sum(len(s.keys) for s in found.sheets) == 28
    assert found.members.shape == (3 * 70 + 1, 1, 4)
    assert found.safe.all()
    assert len({key for s in found.sheets for key in s.keys}) > 1
