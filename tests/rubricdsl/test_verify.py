"""The checker: sound certificates pass, and every wrong claim is found out."""

import ast
import dataclasses
import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from rubricdsl import ir
from rubricdsl.bundle import open_bundle
from rubricdsl.compiler.compile import OrderLost, Request, compile_bundle
from rubricdsl.compiler.job import Options as CompileOptions
from rubricdsl.verify import verify as verify_module
from rubricdsl.verify.advantages import SETTINGS
from rubricdsl.verify.report import as_json, as_text
from rubricdsl.verify.verify import Options, verify

from ..strategies import rubrics

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
FEW = Options(stacks=("trl/none", "trl/group", "openrlhf/rloo"), groups=8)


def bundled(rubric, out, group=8):
    options = CompileOptions(targets=("ir", "reward"), group=group)
    compile_bundle(Request((rubric,), out, (), options))
    return open_bundle(out)


def shaped(rubric, shape, **params):
    reward = ir.Reward(shape, {name: Fraction(value) for name, value in params.items()})
    return dataclasses.replace(rubric, reward=reward)


@pytest.mark.parametrize("shape", ir.SHAPES)
def test_a_sound_bundle_is_sound_under_every_stack(shape, mole, tmp_path):
    bundle = bundled(shaped(mole, shape), tmp_path / "b")
    report = verify(bundle, Options(groups=30), {})
    assert report.faults == {mole.name: []}
    assert report.sound
    alone = {name for name, setting in SETTINGS.items() if setting.formula is None}
    assert alone == {"nemo_rl/gdpo"}
    assert set(report.seen[mole.name]) == set(SETTINGS) - (set() if shape == "tiers" else alone)


def test_what_leaving_out_may_raise_is_no_fault_where_it_is_not_claimed(mole, tmp_path):
    policies = ir.Policies(proficiency="exclude")
    rubric = dataclasses.replace(shaped(mole, "centred"), policies=policies)
    report = verify(bundled(rubric, tmp_path / "b"), Options(groups=200), {})
    assert report.faults == {mole.name: []}


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(rubrics(max_size=2).filter(lambda rubric: rubric.criteria))
def test_every_certificate_is_sound(tmp_path_factory, rubric):
    out = tmp_path_factory.mktemp("bundles") / "b"
    try:
        bundle = bundled(rubric, out, group=5)
    except OrderLost:
        assume(False)
    report = verify(bundle, FEW, {})
    assert report.faults == {rubric.name: []}
    assert report.sound


def test_gated_keeps_everything_where_nothing_is_divided(mole, tmp_path):
    report = verify(bundled(mole, tmp_path / "b"), Options(groups=30), {})
    for stack in ("trl/none", "verl/grpo_no_std", "openrlhf/rloo", "tinker/mean"):
        for seen in report.seen[mole.name][stack].values():
            assert (seen.claimed, seen.broken) == ("proved", 0)
            assert seen.groups > 30
    divided = report.seen[mole.name]["trl/group"]["P4"]
    assert divided.claimed == "refuted"
    assert divided.broken > 0


def test_gdpo_keeps_the_gate_and_nothing_else(mole, tmp_path):
    report = verify(bundled(shaped(mole, "tiers"), tmp_path / "b"), Options(groups=60), {})
    for stack in ("trl/normalize_then_sum", "verl/gdpo", "ms_swift/gdpo"):
        seen = report.seen[mole.name][stack]
        assert {name: s.claimed for name, s in seen.items() if s.claimed != "not claimed"} == {
            "P3": "proved"
        }
        assert seen["P3"].broken == 0
        assert seen["P1"].broken > 0


def test_a_clip_is_part_of_a_claim(mole, tmp_path):
    """Beyond 101 responses a group's outliers may all end at the clip."""
    stacks = ("openrlhf/group_norm", "verl/grpo")
    wide = bundled(shaped(mole, "gated"), tmp_path / "wide", group=102)
    statuses = json.loads((wide.root / "certificate.json").read_text("utf-8"))["rubrics"]
    properties = statuses[mole.name]["properties"]
    assert properties["divided_clipped"]["P3"] == "not claimed"
    assert properties["divided"]["P3"] == "proved"
    small = bundled(mole, tmp_path / "small")
    for group, claimed in ((8, "proved"), (101, "proved"), (102, "not claimed")):
        report = verify(small, Options(stacks, group=group, groups=1), {})
        assert report.seen[mole.name]["openrlhf/group_norm"]["P3"].claimed == claimed
        assert report.seen[mole.name]["verl/grpo"]["P3"].claimed == "proved"


def test_every_rubric_has_a_certificate_of_its_own_version(mole, tmp_path):
    rubrics = tuple(dataclasses.replace(mole, name=f"r{k}") for k in range(3))
    options = CompileOptions(targets=("ir", "reward"))
    compile_bundle(Request(rubrics, tmp_path / "b", (), options))
    bundle = open_bundle(tmp_path / "b")
    few = dataclasses.replace(FEW, rubrics=1)
    assert len(verify(bundle, few, {}).faults) == 1
    changed = rewritten(bundle, change_hash)
    assert sum(map(bool, verify(changed, few, {}).faults.values())) == 3


def test_what_the_field_uses_breaks_its_priorities(mole, tmp_path):
    report = verify(bundled(mole, tmp_path / "b"), Options(("trl/none",), shape="weighted"), {})
    assert report.sound
    seen = report.seen[mole.name]["trl/none"]
    assert all(seen[name].claimed == "not claimed" for name in seen)
    assert all(seen[name].broken > 0 for name in ("P1", "P2", "P2_strict", "P3"))


def rewritten(bundle, change):
    """The same bundle with a changed certificate, listed in the manifest as it now is."""
    document = json.loads((bundle.root / "certificate.json").read_text("utf-8"))
    for certificate in document["rubrics"].values():
        change(certificate)
    replaced(bundle, "certificate.json", json.dumps(document))
    return open_bundle(bundle.root)


def replaced(bundle, name, text):
    data = text.encode()
    (bundle.root / name).write_bytes(data)
    manifest = json.loads((bundle.root / "manifest.json").read_text("utf-8"))
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (bundle.root / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def claim(family, name, status="proved"):
    def change(certificate):
        certificate["properties"][family][name] = status

    return change


def change_least(certificate):
    certificate["gaps"]["proficiency"]["least"] = "1/3"


def change_reach(certificate):
    certificate["reach"]["bonuses"] = 0


def change_steps(certificate):
    certificate["reach"]["steps"] = [[0, 19]]


def change_violations(certificate):
    certificate["reach"]["violations"][1] -= 1


def change_rewards(certificate):
    certificate["rewards"]["safe"][0] = "5/4"


def change_gap(certificate):
    certificate["gaps"]["excellence"]["least"] = "1/2"


def change_hash(certificate):
    certificate["hash"] = "sha256:0"


def change_example(certificate):
    certificate["counterexamples"][0]["samples"][0]["reward"] = "7/8"


def change_verdict(certificate):
    verdicts = certificate["counterexamples"][0]["samples"][0]["verdicts"]
    verdicts["calls_mole_harmless"] = "met"


def refute_nothing(certificate):
    certificate["properties"]["mean"]["P1"] = {"refuted": 0}


@pytest.mark.parametrize(
    ("shape", "change"),
    [
        ("gated", claim("divided", "P4")),
        ("gated", claim("whitened", "P2_strict")),
        ("lexicographic", claim("mean", "P2")),
        ("lexicographic", claim("clipped", "P2_strict")),
        ("weighted", claim("mean", "P1")),
        ("weighted", claim("divided", "P3")),
        ("promedical", claim("mean", "P1")),
        ("tiers", claim("mean", "P1")),
        ("tiers", claim("divided_twice", "P4")),
        ("tiers", claim("divided_twice", "P1")),
        ("tiers", claim("divided_twice", "P2_strict")),
        ("tiers", claim("divided_by_others_twice", "P1")),
        ("rar", claim("mean", "P3")),
        ("centred", claim("mean", "P2_strict")),
        ("centred", claim("divided", "P4")),
        ("centred", change_least),
        ("centred", change_example),
        *(
            ("gated", change)
            for change in (
                change_reach, change_steps, change_violations, change_rewards, change_gap,
                change_hash, change_example, change_verdict, refute_nothing,
            )
        ),
    ],
)  # fmt: skip
def test_a_wrong_claim_is_found_out(shape, change, mole, tmp_path):
    bundle = bundled(shaped(mole, shape), tmp_path / "b")
    assert verify(bundle, Options(groups=60), {}).sound
    assert not verify(rewritten(bundle, change), Options(groups=60), {}).sound


def test_an_altered_reward_is_found_out(mole, tmp_path):
    bundle = bundled(mole, tmp_path / "b")
    text = (bundle.root / "reward.py").read_text("utf-8")
    assert "return 0, 1\n" in text
    replaced(bundle, "reward.py", text.replace("return 0, 1\n", "return 1, 9\n", 1))
    report = verify(open_bundle(bundle.root), FEW, {})
    assert any(fault.startswith("reward.py gives 0.1") for fault in report.faults[mole.name])


def test_reports_say_the_same_to_people_and_machines(mole, tmp_path):
    report = verify(bundled(mole, tmp_path / "b"), FEW, {})
    document = json.loads(json.dumps(as_json(report)))
    assert document["sound"] is True
    text = as_text(report)
    assert "1 certificate checked, all sound" in text
    assert text.count("proved 0 %") == sum(
        s["claimed"] == "proved"
        for stack in document["rubrics"][mole.name]["stacks"].values()
        for s in stack.values()
    )


def test_the_checker_shares_no_code_with_what_it_checks():
    folder = Path(verify_module.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {node.module or "", *(alias.name for alias in node.names)}
                parts = {part for name in names for part in name.split(".")}
                assert not parts & {"analysis", "runtime", "compact", "evaluate"}


def test_rubrics_that_come_with_the_rows(mole, tmp_path):
    options = CompileOptions(targets=("ir", "reward", "grpo"), rubrics_in_rows=True)
    compile_bundle(Request((mole,), tmp_path / "b", (), options))
    report = verify(open_bundle(tmp_path / "b"), FEW, {})
    assert report.sound
    assert report.seen[mole.name]["trl/none"]["P1"].groups > 8
