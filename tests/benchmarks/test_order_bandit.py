"""The bandit of benchmarks/order, the accepted risk, and the whole command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from order import bandit
from order.bandit import Rewards, Setting, sheet_numbers, steps_until, train
from order.risk import accepted_risk, known_sheets
from order.shapes import BONUSES, RAISED, VARIANTS, VETOES
from order.study import Plan, outcome

ROOT = Path(__file__).parents[2]
CONFLICT = Setting(True, "warm", "mean")


@pytest.fixture(scope="module")
def known():
    return bandit.sheets()


@pytest.fixture(scope="module")
def styles():
    return known_sheets()


def test_a_run_does_not_depend_on_the_others(known):
    rewards = Rewards(known, VARIANTS["gated"])
    both = train(rewards, CONFLICT, [0.4, 3.2], [7, 8], steps=12)
    again = train(rewards, CONFLICT, [3.2], [8], steps=12)
    assert (both[1] == again[0]).all()
    assert not (both[0] == both[1]).all()
    assert both.shape == (2, 13, len(bandit.MEASURES))


def test_choices_become_sheets(known):
    chosen = np.zeros((4, bandit.CHOICES), bool)
    chosen[:, 1 + VETOES :] = True  # all is tried
    chosen[1::2, 0] = True  # bold
    accidents = np.zeros((4, VETOES), bool)
    accidents[2:, 0] = True
    keys = [known.keys[n] for n in sheet_numbers(chosen, accidents).tolist()]
    careful, bold = (0, 0, 0, 12, BONUSES), (0, 0, 0, 20, BONUSES)
    assert keys == [careful, bold, careful, (0, -1, 0, 20, BONUSES)]
    chosen[0, 1 : 1 + VETOES] = True
    assert known.keys[sheet_numbers(chosen, accidents)[0]] == (0, -VETOES, 0, 12, BONUSES)


@pytest.mark.parametrize("conflict", [True, False])
def test_the_measures_at_the_start(known, conflict):
    setting = Setting(conflict, "warm", "mean")
    curve = train(Rewards(known, VARIANTS["rar"]), setting, [0.1], [0], steps=1)
    kept = 0.95**4
    safe = kept * (1 + (0.95**4 if conflict else 1)) / 2
    assert curve[0, 0] == pytest.approx([safe, (3 * 0.5 + 2 * 0.25) / 5, 0.5, 0.5, 0])


@pytest.mark.parametrize("name", VARIANTS)
def test_without_a_conflict_every_shape_becomes_safer(known, name):
    setting = Setting(False, "warm", "mean")
    curves = train(Rewards(known, VARIANTS[name]), setting, [1.6] * 4, range(4), steps=150)
    assert (curves[:, -1, 0] > curves[:, 0, 0] + 0.05).all()


def test_steps_are_counted_to_where_the_share_stays():
    safe = np.array([[0.1, 0.96, 0.9, 0.97, 0.98], [0.1, 0.2, 0.3, 0.4, 0.5], [0.99] * 5])
    assert steps_until(safe) == [3, None, 0]


def test_the_rate_is_chosen_on_seeds_of_its_own(known):
    """0.4 is safer than 0.1 early on; 6.4 would be safer still, but moves too far in a step."""
    plan = Plan(steps=20, rates=(0.1, 0.4, 6.4), tuning=(50, 51), seeds=(0, 1, 2))
    rewards = Rewards(known, RAISED["gated, a0 4"])
    found = outcome(rewards, CONFLICT, plan)
    assert found.rate == 0.4
    assert (found.curves == train(rewards, CONFLICT, [0.4] * 3, [0, 1, 2], 20)).all()
    far = train(rewards, CONFLICT, [6.4] * 2, plan.tuning, 20)
    assert far[:, -1, 0].mean() > found.end[:, 0].mean()
    assert far[:, :, -1].max() > 0.05


def test_movement_is_the_divergence_of_the_choices(known):
    """All sheets of choices, one by one, against the sum over independent choices."""
    dice = np.random.default_rng(0)
    old, new = dice.normal(size=(2, 1, bandit.CHOICES))
    bits = (np.arange(1 << bandit.CHOICES)[:, None] >> np.arange(bandit.CHOICES)) & 1

    def logs(logits):
        yes = 1 / (1 + np.exp(-logits))
        return (bits * np.log(yes) + (1 - bits) * np.log(1 - yes)).sum(1)

    wanted = (np.exp(logs(new)) * (logs(new) - logs(old))).sum()
    assert bandit._measured(new, old, CONFLICT)[0, -1] == pytest.approx(wanted)


def test_accepted_risk_of_gated_is_the_gain_over_the_bold_reward(styles):
    """(1 - p)(1 + 80/83) = 1 + step·4/83, whoever else is in the group."""
    for step in (0, 12, 19):
        found = accepted_risk(styles, VARIANTS["gated"], step, "mean")
        assert found == pytest.approx(1 - (83 + 4 * step) / 163, abs=1e-4)


def test_accepted_risk_grows_with_division_and_falls_with_the_gate(styles):
    gated, raised = VARIANTS["gated"], RAISED["gated, a0 4"]
    assert accepted_risk(styles, raised, 12, "mean") < accepted_risk(styles, gated, 12, "mean")
    assert accepted_risk(styles, gated, 19, "divided") > 0.2
    assert accepted_risk(styles, VARIANTS["weighted"], 12, "mean") is None


def test_the_quick_run(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "order_experiment.py"), "--quick"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "order_experiment.md").read_text(encoding="utf-8")
    assert done.stdout.strip() == report.strip()
    assert report.count("\n## ") >= 6
    for name in VARIANTS:
        assert f"\n| {name} | " in report
    for figure in ("breaks", "resolution", "learning_conflict", "learning_no_conflict"):
        source = (tmp_path / f"{figure}.svg").read_text(encoding="utf-8")
        assert source.startswith("<svg ")
        assert source.endswith("</svg>\n")
    header, *rows = (tmp_path / "shares.csv").read_text().splitlines()
    assert header == "groups,shape,formula,property,broken,count,low,high"
    assert len(rows) % (len(VARIANTS) * 12 * 5) == 0
    refused = subprocess.run([*command, "--write"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
