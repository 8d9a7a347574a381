"""The experiment: its parts on made-up results, and the whole of it at the smallest size."""

import json
import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from fractions import Fraction

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.compact import compact
from rubricdsl.compiler.cli import main
from rubricdsl.rl.clinic.cases import Case
from rubricdsl.rl.clinic.truth import Worth
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.experiment import arms as names
from rubricdsl.rl.experiment import page, tuning
from rubricdsl.rl.experiment.aligning import COLUMNS
from rubricdsl.rl.experiment.arms import ABLATIONS, REWARDS, TRUE_ARMS, Arm, arms, trials
from rubricdsl.rl.experiment.plan import CPU, SMOKE, TUNING_SEED
from rubricdsl.rl.experiment.record import record, training
from rubricdsl.rl.experiment.reward_models import _without_safety, preferences
from rubricdsl.rl.experiment.run import run
from rubricdsl.rl.experiment.tokens import in_halves, phrase_tokenizer
from rubricdsl.rl.experiment.watching import figures, without_margin
from rubricdsl.rl.material import inputs_of
from rubricdsl.rl.packed.examples import examples
from rubricdsl.runtime.order import Tally
from rubricdsl.runtime.shapes import shape_for


def case(place=0, conflicted=False):
    return Case(f"c{place}", "r", "base", "question", {}, False, conflicted)


def worth(safe=True, proficiency=0.5, key=(0, 0, 0, 10, 1)):
    return Worth(safe, proficiency, 1, True, False, False, False, key)


def test_every_reward_meets_every_start_and_seed_and_is_tuned_on_none_of_them():
    found = arms((0, 1, 2))
    assert len(found) == 3 * (2 * len(REWARDS) + len(ABLATIONS) + 2 * len(TRUE_ARMS)) == 102
    assert len({arm.name for arm in found}) == len(found)
    tried = list(trials(found, CPU.alignment.rates))
    assert len(tried) == len(REWARDS) * len(CPU.alignment.rates)
    assert {arm.seed for arm in tried} == {TUNING_SEED}
    assert TUNING_SEED not in {arm.seed for arm in found}


def test_only_named_arms_are_run_and_an_ablation_is_tuned_as_its_shape():
    found = arms((0,), ["no_veto"])
    assert [arm.label for arm in found] == ["no_veto"]
    assert {arm.reward for arm in trials(found, (1.0, 2.0))} == {names.ABLATED}


def answers(safe, proficiency, count=20):
    row = {"safe": safe, "proficiency": proficiency}
    return [[float(row.get(name, 0.0)) for name in COLUMNS] for _ in range(count)]


def trial(rate, safe, proficiency):
    return {"arm": {"reward": "gated"}, "rate": rate, "answers": answers(safe, proficiency)}


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ((1.0, 0.9, 0.2), (2.0, 0.7, 0.9), 1.0),
        ((1.0, 0.91, 0.2), (2.0, 0.94, 0.2), 1.0),
        ((1.0, 0.91, 0.2), (2.0, 0.92, 0.4), 2.0),
    ],
)
def test_a_rate_is_chosen_by_safety_then_proficiency_then_smallness(first, second, chosen):
    assert tuning.chosen_rates([trial(*first), trial(*second)]) == {"gated": chosen}
    assert tuning.chosen_rates([trial(*second), trial(*first)]) == {"gated": chosen}


def test_phrases_are_read_and_written_without_loss(material):
    tokenizer = phrase_tokenizer(material.bundle.rubrics())
    for row in material.rows("reward_model/responses_train.jsonl"):
        text = f" {row['response']}"
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.decode(ids) == text
        assert len(ids) < len(text.split())
    turn = [{"role": "user", "content": "Hello."}]
    before = tokenizer.apply_chat_template(turn, add_generation_prompt=True, tokenize=False)
    turn.append({"role": "assistant", "content": "Call 999."})
    assert tokenizer.apply_chat_template(turn, tokenize=False).startswith(before)


def test_a_sentence_is_the_sum_of_its_halves():
    assert in_halves("Call an ambulance now.") == (" Call an", " ambulance now.")
    assert in_halves("Call.") == (" Call.",)


def test_the_scalar_learns_the_order_of_the_rubric_and_nothing_else(material, reward):
    found = preferences(material, reward)
    assert found
    keys = {}
    for row in material.rows("reward_model/responses_train.jsonl"):
        score = reward.score(row["rubric"], row["verdicts"], inputs_of(row), row["response"])
        keys[row["row_id"], row["response"]] = tuple(score["key"])
    texts = {text: key for (_, text), key in keys.items()}
    for example in found:
        assert {point.question.criterion for point in example.points} == {"overall"}
        assert example.alone == frozenset()
        for chosen, rejected in example.pairs:
            better, worse = example.answers[chosen], example.answers[rejected]
            assert texts[better.response] >= texts[worse.response]


def test_without_safety_data_no_label_of_safety_is_left_and_all_others_are(material):
    for whole in examples(material, points=True):
        less = _without_safety(whole)
        assert all(point.question.tier != "safety" for point in less.points)
        other = [p for p in whole.points if p.question.tier != "safety"]
        assert less.points == other
        for chosen, rejected in less.pairs:
            assert less.points[chosen].credit > less.points[rejected].credit
            assert less.points[chosen].question == less.points[rejected].question


def test_without_the_margin_the_reward_is_the_shape_with_beta_at_nought(material):
    rubric = compact(material.bundle.rubrics()[0], "")
    bonuses = sum(c["tier"] == 2 for c in rubric["criteria"])

    def exact(params, tally):
        shaped = {**rubric, "reward": {"shape": "promedical", "params": params}}
        return Fraction(*shape_for(shaped)(tally, (0, 0)))

    for violations in (0, 1, 2):
        for bin in (0, 7, rubric["steps"]):
            for met in range(bonuses + 1):
                share = (bin, rubric["steps"])
                tally = Tally((violations, 0, 0), share, bin, met, 3, bonuses)
                score = {"violations": ["v"] * violations}
                found = without_margin(float(exact({}, tally)), score)
                assert found == pytest.approx(float(exact({"beta": [0, 1]}, tally)))
    assert without_margin(None, {"violations": []}) is None


def test_agreement_counts_pairs_of_one_case_and_a_tie_as_half():
    worths = [worth(key=(0, 2)), worth(key=(0, 1)), worth(False, key=(-1, 9)), worth(key=(0, 5))]
    cases = [case(), case(), case(), case(1)]
    right = figures(cases, worths, [3] * 4, [1.0, 0.5, 0.0, 0.7], None)
    wrong = figures(cases, worths, [3] * 4, [0.0, 0.5, 1.0, 0.7], None)
    tied = figures(cases, worths, [3] * 4, [0.5] * 4, None)
    assert (right["agreement"], wrong["agreement"], tied["agreement"]) == (1.0, 0.0, 0.5)
    assert right["safe"] == 0.75
    assert right["safe_conflict"] is None


def test_the_judge_is_told_from_the_truth():
    seen = [{"violations": [], "proficiency": "1/2"}, {"violations": ["v"], "proficiency": "1"}]
    found = figures([case(), case()], [worth(False), worth()], [1, 1], [1.0, 0.0], seen)
    assert found["judged_safe"] == 0.5
    assert found["missed"] == 1.0
    assert found["judged_proficiency"] == 0.75


def history(shares):
    return [{"safe": share, "safe_plain": share, "agreement": 0.9} for share in shares]


def test_steps_to_safe_are_those_of_a_mean_over_five():
    found = training([history([0.5] * 5 + [1.0] * 9), history([0.5] * 14)])
    assert found["steps_to_safe"] == [10, None]
    assert found["agreement"] == {"first": pytest.approx(0.9), "last": pytest.approx(0.9)}
    assert found["optimism"] == {"first": None, "last": None}


@pytest.fixture(scope="module")
def recorded():
    """A record of made-up results."""
    plan = replace(SMOKE, name="made-up")
    cases = len(plan.knobs.specialties) * plan.knobs.evaluation

    def sampled(share):
        rows = []
        for place in range(cases):
            rows.append([place, float(place < share * cases), 0.5, 1, 1, 0, 0, 0, 20])
        return rows

    runs = [
        {
            "seed": arm.seed,
            "arm": asdict(arm),
            "answers": sampled(0.75),
            "history": history([0.5 + 0.05 * k for k in range(10)]),
            "seconds": 20.0,
        }
        for arm in arms((0, 1))
    ]
    models = [
        {"what": "reward model", "kind": kind, "seed": seed, "figures": {"f1": 0.8, "ranked": 0.9}}
        for kind in names.KINDS
        for seed in (0, 1, TUNING_SEED)
    ]
    models += [
        {"what": "start", "kind": kind, "seed": seed, "answers": sampled(0.5)}
        for kind in ("warm", "cold")
        for seed in (0, 1, TUNING_SEED)
    ]
    return {**record(plan, {"gated": 1e-3}, models, runs), "cpu_seconds": 60.0}


def test_figures_are_those_of_all_answers_with_an_interval(recorded):
    arm = next(a for a in recorded["arms"] if a["label"] == "gated" and a["start"] == "cold")
    assert arm["figures"]["safe"]["value"] == 0.75
    assert arm["figures"]["safe"]["low"] < 0.75 < arm["figures"]["safe"]["high"]
    # The first half of the cases is that with a conflict.
    assert arm["figures"]["safe_conflict"]["value"] == 1.0
    assert arm["figures"]["safe_plain"]["value"] == 0.5
    assert recorded["starts"]["cold"]["figures"]["safe"]["value"] == 0.5
    assert recorded["seeds"] == [0, 1]


def test_the_report_has_every_arm_and_its_curves_are_drawings(recorded, tmp_path):
    written = page.write_report(recorded, tmp_path / "report", "a machine")
    text = written[0].read_text(encoding="utf-8")
    for label in (*REWARDS, *(name.replace("_", " ") for name in ABLATIONS)):
        assert f"\n| {label} |" in text
    assert "75 % (" in text
    assert len(written) > 4
    for path in written[1:]:
        assert path.name in text
        ET.fromstring(path.read_text(encoding="utf-8"))
    again = page.markdown(
        json.loads(json.dumps(recorded)), "a machine", [p.name for p in written[1:]]
    )
    assert again == text


def nothing(*_):
    raise AssertionError("nothing is compiled")


def test_the_seed_of_the_tuning_and_unknown_names_are_refused(tmp_path):
    with pytest.raises(TrainingError, match="1000"):
        run(tmp_path, SMOKE, nothing, seeds=(TUNING_SEED,))
    with pytest.raises(TrainingError, match="--only"):
        run(tmp_path, SMOKE, nothing, only=["best"])


def test_a_folder_of_another_plan_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text("another\n")
    with pytest.raises(TrainingError, match="other sizes"):
        run(tmp_path, SMOKE, nothing)


def test_an_arm_knows_its_judge_and_its_bundle():
    assert Arm("scalar", "cold", 0).judge == "scalar"
    assert Arm("scalar", "cold", 0).shape == "gated"
    assert Arm("promedical", "cold", 0, ablation="no_safety_data").judge == "no_safety_data"
    assert Arm("promedical", "cold", 0, ablation="no_veto").judge == "criteria"
    assert Arm("promedical", "cold", 0, ablation="no_bonus_margin").shape == "promedical"
    assert Arm("gated", "cold", 0, truth=True).judge is None
    assert Arm("gated", "cold", 0, truth=True).name == "gated_by_truth-cold-seed0"


@pytest.mark.train
def test_the_command_runs_resumes_and_reports(tmp_path, capsys):
    out = tmp_path / "experiment"
    command = ["experiment", "--out", str(out), "--smoke", "--seeds", "0"]
    command += ["--only", "centred", "--only", "scalar", "--only", "no_veto"]
    command += ["--only", "weighted_by_truth"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "| centred |" in first
    results = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    lost = out / "results" / "centred-cold-seed0.json"
    before = json.loads(lost.read_text())
    lost.unlink()
    assert main(command) == 0
    now = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    assert {path for path in now if now[path] != results[path]} == {lost}
    after = json.loads(lost.read_text())
    assert after["answers"] == before["answers"]
    assert after["history"] == before["history"]
    assert len(after["history"]) == SMOKE.alignment.steps
    by_truth = json.loads((out / "results" / "weighted_by_truth-warm-seed0.json").read_text())
    assert all(step["judged_safe"] == step["safe"] for step in by_truth["history"])
