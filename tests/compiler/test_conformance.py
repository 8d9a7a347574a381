"""The adapters, called as their stacks call them, against the published cases."""

import importlib
import json
import shutil
import sys
from collections import Counter

import pytest

from rubricdsl import ir
from rubricdsl.analysis.stacks import SETTINGS
from rubricdsl.compact import compact
from rubricdsl.compiler import cli
from rubricdsl.compiler.compile import Request, UnfitStacks, compile_bundle
from rubricdsl.compiler.conformance import make_cases
from rubricdsl.compiler.conformance.callers import (
    CALLERS,
    base,
    by_group,
    episodes,
    evaluation,
    one_at_a_time,
    promptfoo,
    trl,
)
from rubricdsl.compiler.conformance.cases import GROUP, published
from rubricdsl.compiler.conformance.recorded import recorded
from rubricdsl.compiler.conformance.run import run_stack
from rubricdsl.compiler.emit.formats import FORMATS
from rubricdsl.compiler.emit.targets import TARGETS
from rubricdsl.compiler.job import Options
from rubricdsl.runtime.evaluate import Case

from ..reference import model

PUBLISHED = published()
BY_ID = {case.id: case for case in PUBLISHED.cases}
FAULTY = [case for case in PUBLISHED.cases if case.fault]


@pytest.fixture(autouse=True)
def replayed(monkeypatch):
    """The stacks' own packages take seconds to import; `make test-stacks` is for them."""
    for module in (base, by_group, episodes, evaluation, one_at_a_time, trl):
        if hasattr(module, "here"):
            monkeypatch.setattr(module, "here", lambda package: False)
    monkeypatch.setattr(promptfoo, "installed", lambda: None)


@pytest.mark.parametrize("stack", TARGETS)
def test_all_rewards_agree(stack):
    if stack == "nemo-rl" and "torch" in sys.modules:
        pytest.skip("torch is imported already, and its place cannot be taken")
    report = run_stack(stack)
    assert report.differences == ()
    assert not report.real
    assert report.answers >= 1000


def test_every_stack_has_a_caller_and_a_record():
    assert list(CALLERS) == list(TARGETS)
    found = recorded()
    assert set(found) == {*TARGETS, *FORMATS}
    assert all(run["wrong"] == 0 for run in found.values())
    assert {name for name, run in found.items() if run["real"]} >= {"trl", "verl", "openrlhf"}


def test_settings_are_those_that_certificates_know():
    known = {setting.name for setting in SETTINGS}
    for target in TARGETS.values():
        if target.evaluates:
            assert target.tier_setting is None
        else:
            assert {target.setting, target.tier_setting or target.setting} <= known


def test_the_cases_are_what_is_made_today(tmp_path, monkeypatch):
    monkeypatch.setattr(make_cases, "__file__", str(tmp_path / "make_cases.py"))
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "policy")
    make_cases.main()
    make_cases.set_judge(None)
    made = json.loads((tmp_path / "cases.json").read_text(encoding="utf-8"))
    assert made["rubrics"] == PUBLISHED.sources
    assert tuple(map(make_cases._case, made["cases"])) == PUBLISHED.cases


def test_the_cases_have_all_shapes_and_kinds_of_failure():
    shapes = {rubric.reward.shape for rubric in PUBLISHED.rubrics()}
    assert shapes == set(ir.SHAPES)
    counted = Counter((case.fault, case.drop) for case in PUBLISHED.cases)
    assert all(counted[fault, drop] >= 10 for fault in ("raises", "too few", "no mapping")
               for drop in (True, False))  # fmt: skip
    lost = [e for case in PUBLISHED.cases for e in case.expected if e.reward is None]
    assert len(lost) > 100
    assert all(e.numbers["unscored"] == 1 for e in lost)


@pytest.mark.parametrize("case", [c for c in PUBLISHED.cases if not c.fault], ids=lambda c: c.id)
def test_what_must_come_out_is_what_the_reference_says(case):
    rubric = next(r for r in PUBLISHED.rubrics() if r.name == case.rubric)
    row, profile = json.loads(case.inputs), case.profile or None
    weight = model.weights(rubric, row, profile)
    found = [
        model.credits(rubric, sheet, row, answer)
        for sheet, answer in zip(case.sheets, case.answers, strict=True)
    ]
    rewards = [None if c == model.DROPPED else model.reward(rubric, c, weight) for c in found]
    if rubric.reward.shape == "centred":
        keys = [None if c == model.DROPPED else model.key(rubric, c, weight) for c in found]
        rewards = model.centred(rubric, keys)
    assert [e.reward for e in case.expected] == [
        None if exact is None else exact.numerator / exact.denominator for exact in rewards
    ]


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.id)
def test_a_judge_that_fails_never_raises_what_a_stack_is_given(case):
    rubric = next(r for r in PUBLISHED.rubrics() if r.name == case.rubric)
    if rubric.policies.proficiency == "exclude" and not case.drop:
        pytest.skip("what is left out may raise a share: the certificate refutes P5 for it")
    sound = BY_ID[f"{case.rubric}: four kinds of answer, an adult"]
    if rubric.reward.shape == "centred" and case.expected[0].reward is not None:
        # The whole group lost its verdicts, and ranks are among its answers alone.
        assert sum(e.value for e in case.expected) == pytest.approx(0, abs=1e-12)
        assert max(e.value for e in case.expected) <= 0.5
        return
    for failed, whole in zip(case.expected, sound.expected, strict=True):
        assert failed.value <= whole.value
        assert failed.numbers["judge_failed"] == 1


@pytest.mark.parametrize("rubric", PUBLISHED.rubrics(), ids=lambda rubric: rubric.name)
def test_the_constant_is_below_every_reward_that_was_published(rubric):
    own = [case for case in PUBLISHED.cases if case.rubric == rubric.name]
    constants = {e.value for case in own for e in case.expected if e.reward is None}
    rewards = [e.reward for case in own for e in case.expected if e.reward is not None]
    assert constants
    assert max(constants) <= min(rewards)


def bundle_of(tmp_path, stack, **options):
    out = tmp_path / "bundle"
    rubrics = tuple(r for r in PUBLISHED.rubrics() if r.reward.shape == "gated")
    chosen = Options(targets=TARGETS[stack].parts, stacks=(stack,), group=GROUP, **options)
    compile_bundle(Request(rubrics, out, (), chosen))
    return out


def test_an_adapter_that_changes_a_reward_is_found(tmp_path, capsys):
    bundle = bundle_of(tmp_path, "verl")
    assert cli.main(["conformance", "--stack", "verl", "--bundle", str(bundle)]) == 0
    assert "all agree (replayed)" in capsys.readouterr().out
    path = bundle / "stacks/verl/rubric_verl.py"
    text = path.read_text()
    path.write_text(text.replace('"score": scored.value,', '"score": scored.value or 1e-300,'))
    assert cli.main(["conformance", "--stack", "verl", "--bundle", str(bundle)]) == 1
    assert "instead of" in capsys.readouterr().out


def test_a_failure_that_is_given_the_mean_is_found(tmp_path):
    bundle = bundle_of(tmp_path, "openrlhf")
    path = bundle / "stacks/openrlhf/rubric_openrlhf.py"
    mean = '"rewards": 0.5 if scored.reward is None else scored.value'
    path.write_text(path.read_text().replace('"rewards": scored.value', mean))
    assert any("dropped" in found for found in run_stack("openrlhf", bundle).differences)


def test_bundles_without_an_adapter(tmp_path, capsys):
    bundle = bundle_of(tmp_path, "verl")
    assert cli.main(["conformance", "--bundle", str(tmp_path)]) == 1
    assert "has no reward.py" in capsys.readouterr().err
    assert cli.main(["conformance", "--stack", "slime", "--bundle", str(bundle)]) == 1
    assert "compile with --target slime" in capsys.readouterr().err
    assert cli.main(["conformance", "--stack", "verl", "--real"]) == 1


def test_a_stack_of_single_answers_takes_no_ranks(tmp_path):
    ranked = tuple(r for r in PUBLISHED.rubrics() if r.reward.shape == "centred")
    options = Options(targets=("reward",), stacks=("verl",), group=GROUP)
    with pytest.raises(UnfitStacks, match="come one at a time from verl, and"):
        compile_bundle(Request(ranked, tmp_path / "out", (), options))


def test_rows_and_settings_of_a_bundle(tmp_path):
    out = tmp_path / "bundle"
    (out.parent / "mole.rubric").write_text(
        PUBLISHED.sources["conformance.tiers"].replace(
            "safety {", 'prompt "“Quote” $(reboot) `x`" { age: 52 years }\n\nsafety {', 1
        )
    )
    names = [name for name, t in TARGETS.items() if name != "trl" and not t.evaluates]
    named = [part for name in names for part in ("--target", name)]
    source = str(out.parent / "mole.rubric")
    assert cli.main(["compile", source, "--out", str(out), "--heldout", "0", *named]) == 0
    for name in names:
        folder = out / TARGETS[name].folder
        row = json.loads((out / TARGETS[name].rows_folder / "train.jsonl").read_text())
        assert "“Quote” $(reboot) `x`" in json.dumps(row, ensure_ascii=False).replace('\\"', '"')
        for path in folder.rglob("*"):
            if path.suffix in (".py", ".sh", ".yaml", ".toml"):
                assert "reboot" not in path.read_text()
    assert "gdpo_reward_keys" in (out / "stacks/verl/run.sh").read_text()
    assert "tiers: true" in (out / "stacks/nemo_rl/grpo.yaml").read_text()
    assert "scale_rewards gdpo" in (out / "stacks/ms_swift/run.sh").read_text()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["options"]["targets"] == ["ir", "reward", *names]


def test_one_stack_chooses_what_the_certificate_is_read_for(tmp_path, capsys):
    rubric = tmp_path / "gated.rubric"
    rubric.write_text(PUBLISHED.sources["conformance.gated"])
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "out"), "--target", "openrlhf"]
    assert cli.main(arguments) == 0
    assert "read for openrlhf/dr_grpo" in capsys.readouterr().out
    certificate = json.loads((tmp_path / "out/certificate.json").read_text())
    assert certificate["stack"] == "openrlhf/dr_grpo"


def adapter(name, bundle, monkeypatch):
    monkeypatch.delitem(sys.modules, "reward", raising=False)
    monkeypatch.syspath_prepend(str(bundle / "stacks" / name))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = importlib.import_module(f"rubric_{name}")
    monkeypatch.delitem(sys.modules, f"rubric_{name}")
    return found


def test_the_answer_of_an_openrlhf_query(tmp_path, monkeypatch):
    answer_of = adapter("openrlhf", bundle_of(tmp_path, "openrlhf"), monkeypatch).answer_of
    prompt = "<|im_start|>user\n" + "long " * 30 + "question?<|im_end|>\n<|im_start|>assistant\n"
    assert answer_of(prompt + "An answer.<|im_end|>\n", prompt) == "An answer."
    assert answer_of(prompt[20:] + "Cut prompt.</s></s>", prompt) == "Cut prompt."
    assert answer_of(prompt, prompt) == ""
    with pytest.raises(ValueError, match="does not hold its prompt"):
        answer_of("something else", prompt)


def test_another_module_called_reward_is_not_taken(tmp_path, monkeypatch):
    bundle = bundle_of(tmp_path, "verl")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(bundle / "reward.py", other / "reward.py")
    monkeypatch.setitem(sys.modules, "reward", base.load(other / "reward.py", "reward"))
    with pytest.raises(ImportError, match="another module called `reward`"):
        base.load(bundle / "stacks/verl/rubric_verl.py", "rubric_verl_again")


def test_a_centred_sample_without_a_reward_has_no_part_in_the_mean(tmp_path, monkeypatch):
    module = adapter("slime", bundle_of(tmp_path, "slime"), monkeypatch)

    class Sample:
        group_index, remove_sample = 0, False

        def __init__(self, reward, unscored):
            self.reward = reward
            self.metadata = {"rubric_numbers": {"unscored": unscored}}

    samples = [Sample(2.0, 0.0), Sample(1.0, 0.0), Sample(0.0, 1.0)]
    assert module.centre(None, samples) == ([2.0, 1.0, 0.0], [0.5, -0.5, 0.0])


def test_what_stacks_lists(capsys):
    assert cli.main(["stacks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*TARGETS, *FORMATS]
    assert cli.main(["stacks", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["target"]: row["agree"] for row in found}["verl"] >= 1000


def test_worst_of_a_case_with_parts_that_fall_away():
    from rubricdsl.runtime.scored import worst_reward

    rubric = next(r for r in PUBLISHED.rubrics() if r.name.endswith(".dropping_points"))
    case = Case(compact(rubric, "h"), {"age": 52})
    # Both vetoes that forbid and a criterion that does, over what can not fall away.
    worst = worst_reward(case)
    bad = {
        "calls_harmless": "met",
        "home_removal": "met",
        "sends_adults": "unmet",
        "frightens": "met",
    }
    sheets = [{**bad, "referral": verdict} for verdict in ("unmet", "not_applicable")]
    assert worst == min(case.outcome(sheet).reward for sheet in sheets)
