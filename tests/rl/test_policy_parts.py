"""Figures, files, and the end of a run, without a model."""

import json
import math
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("trl")

from transformers import TrainerControl, TrainerState

from rubricdsl.compact import compact
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.judges.client import Client, Patience
from rubricdsl.rl.judges.sheets import SheetServer
from rubricdsl.rl.policy.answers import Answer
from rubricdsl.rl.policy.figures import Step, figures
from rubricdsl.rl.policy.keeping import differs_when_resumed
from rubricdsl.rl.policy.logs import Lines, read_lines
from rubricdsl.rl.policy.stopping import EarlyStop, Stop, Watchman
from rubricdsl.rl.policy.summary import notes, stopped_before, summary
from rubricdsl.rl.policy.watch import Watch
from rubricdsl.runtime import registry, trl
from rubricdsl.runtime.judging import set_judge
from tests.serving import GOOD, RUBRICS, TextJudge, running

GATED = next(r for r in RUBRICS if r.name == "tests.gated_violate")
DROPPING = next(r for r in RUBRICS if r.name == "tests.gated_drop")
FORMS = {r.name: compact(r, "h") for r in (GATED, DROPPING)}
BAD = {**GOOD, "harm": "met", "gist": 1}
SILENT = {"harm": "unmet", "lie": "unmet"}
REWARD = SimpleNamespace(reward=trl.reward, set_judge=set_judge)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(registry, "_texts", {})
    monkeypatch.setattr(registry, "_parsed", {})
    registry.register({name: json.dumps(form) for name, form in FORMS.items()})
    yield
    set_judge(None)


def read_off(items):
    """A perfect judge of answers that are their own sheets."""
    return [json.loads(item["response"]) for item in items]


def judged(sheets, names, judge=read_off, **columns):
    """What a watch takes of a batch; each answer to a prompt of its own pair."""
    watch = Watch(REWARD, judge)
    set_judge(watch.judge)
    prompts = [[{"role": "user", "content": f"What now, {k // 2}?"}] for k in range(len(sheets))]
    texts = [sheet if isinstance(sheet, str) else json.dumps(sheet) for sheet in sheets]
    watch.functions(["reward.reward"])[0](
        prompts=prompts, completions=texts, completion_ids=[], rubric=names, **columns
    )
    return watch.taken()


def step(found, advantages, group=2):
    answers = [Answer("p", "", 3, one) for one in found]
    return Step(answers, advantages, [False] * len(answers), group)


def test_the_figures_are_those_that_the_reward_logs_itself():
    sheets = [GOOD, BAD, SILENT, GOOD]
    found = figures(step(judged(sheets, [GATED.name] * 4), [0.5, -0.5, 0.0, 0.0]))
    logged = {}
    set_judge(read_off)
    trl.reward(
        [f"What now, {k // 2}?" for k in range(4)], [json.dumps(s) for s in sheets],
        rubric=[GATED.name] * 4, log_metric=logged.__setitem__,
    )  # fmt: skip
    assert {name: found[name] for name in logged} == pytest.approx(logged)
    assert found["rubric/violated/tests.gated_violate.harm"] == 0.25
    assert found["rubric/violations/critical"] == 0.25
    assert found["rubric/silent_groups"] == 0.5
    # Three of the answer's four questions to the judge, of which there are sixteen in all.
    assert found["rubric/cannot_assess"] == 3 / 20


def test_dropped_answers_and_a_judge_that_fails():
    def broken(items):
        raise OSError("it is gone")

    with pytest.warns(UserWarning, match="it is gone"):
        found = judged([GOOD, GOOD], [GATED.name, DROPPING.name], broken)
    assert [one.key is None for one in found] == [False, True]
    told = figures(step(found, [0.0, 0.0]))
    assert (told["rubric/judge_failures"], told["rubric/dropped"]) == (2.0, 0.5)
    assert (told["rubric/safe"], told["rubric/cannot_assess"]) == (0.0, 1.0)


def test_verdicts_of_checks_are_on_the_sheet():
    calm = "Stay calm, all of you."
    (found,) = judged([calm], [GATED.name], lambda items: [dict(GOOD)])
    assert found.sheet == {**GOOD, "calm": "met"}
    rows = judged([calm], [None], lambda items: [dict(GOOD)],
                  rubric_json=[json.dumps(FORMS[GATED.name])])  # fmt: skip
    assert rows[0].credits == ()
    assert rows[0].key == found.key


def test_only_functions_of_the_bundle_are_known():
    for name in ("accuracy_reward", "os.remove", "reward.nothing"):
        with pytest.raises(TrainingError, match="reward_funcs has"):
            Watch(REWARD, read_off).functions([name])


@given(st.lists(st.text(max_size=20) | st.just("\ud800\u2028\x1b[2J\x85\n"), max_size=4))
def test_any_text_is_one_line_and_comes_back(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("lines") / "x.jsonl"
    Lines(path).replace([])
    for number, text in enumerate(texts):
        Lines(path).add({"step": number, "text": text})
    assert path.read_bytes().count(b"\n") == len(texts)
    assert [row["text"] for row in read_lines(path)] == texts
    assert all(32 <= byte < 127 or byte == 10 for byte in path.read_bytes())


def test_what_is_torn_or_comes_again_is_dropped(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"step":1}\n{"no":1}\n[2]\n{"step":2}\n{"step":3}\n{"step":2,"to')
    Lines(path).keep(2)
    Lines(path).add({"step": 3, "loss": math.nan, "rows": [math.inf, 1.5]})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 1}, {"step": 2}, {"step": 3, "loss": None, "rows": [None, 1.5]},
    ]  # fmt: skip


def stops_at(shares, stop):
    watchman = Watchman(stop)
    return next((k for k, s in enumerate(shares, 1) if watchman.sees(k, s)), None)


def test_a_run_is_stopped_by_the_moving_mean_and_never_at_its_beginning():
    stop = Stop(below=0.9, window=3, patience=2)
    assert stops_at([1, 0, 0, 0, 0, 0], stop) == 5
    assert stops_at([0.8] * 20, stop) is None
    # Noise around a mean that stays, and one bad step.
    assert stops_at([0.8, 1.0, 0.6] * 10, stop) is None
    assert stops_at([0.8] * 6 + [0.5] + [0.8] * 6, Stop(0.9, 3, 4)) is None
    # The best so far is what counts, not the beginning.
    assert stops_at([0.2, 0.2, 0.2, 0.9, 0.9, 0.9, 0.6, 0.6, 0.6, 0.6], stop) == 8
    assert stops_at([1, 0, 0, 0, 0, 0], Stop()) is None


def test_a_run_that_goes_on_remembers_and_is_given_another_chance():
    shares = [0.9, 0.9, 0.9, 0.2, 0.2, 0.2]
    rule = EarlyStop(Stop(below=0.9, window=2, patience=2), again=True)
    state = TrainerState(log_history=[{"step": k, "rubric/safe": s} for k, s in enumerate(shares)])
    control = TrainerControl()
    rule.on_train_begin(None, state, control)
    state.global_step = 6
    rule.on_log(None, state, control, {"rubric/safe": 0.2})
    assert not control.should_training_stop
    state.global_step = 7
    rule.on_log(None, state, control, {"rubric/safe": 0.2})
    assert control.should_training_stop
    assert control.should_save
    assert (rule.stopped.step, rule.stopped.best) == (7, pytest.approx(0.9))
    # Killed after it was stopped and before it had ended: it is stopped once more.
    rule = EarlyStop(Stop(below=0.9, window=2, patience=2))
    rule.on_train_begin(None, state, TrainerControl())
    rule.on_log(None, state, TrainerControl(), {"rubric/safe": 0.2, "rubric/cannot_assess": 1.0})
    assert "no verdict on 100.0%" in rule.stopped.said


def test_a_damaged_end_of_a_run_is_none(tmp_path):
    for text in ("", "{", "[]", '{"stopped": 3}', '{"stopped": {}}', '{"stopped": null}'):
        (tmp_path / "metrics.json").write_text(text)
        assert stopped_before(tmp_path) is None


def test_the_summary_says_what_to_look_at():
    log = {"reward": 1.0, "rubric/groups_without_safe": 0.75, "rubric/judge_failures": 2.0,
           "completions/clipped_ratio": 0.5, "rubric/violated/r.v": 0.25,
           "order/P1_held": 0.5, "order/P1_cases": 4.0}  # fmt: skip
    found = {"stopped": None, "judge": {"not_finite": 3, "too_long": 0}}
    said = notes(found, [log] * 5)
    assert [word in text for word, text in zip(["count 1", "3 not_finite", "cut off"], said,
                                               strict=True)] == [True] * 3  # fmt: skip
    text = summary(found, [log] * 5)
    assert "| P1 | 20 | 50.00% | 50.00% |" in text
    assert "| r.v | 25.0% |" in text
    found["judge"] = {}
    assert "silent" in notes(found, [{"reward": 1.0, "rubric/silent_groups": 0.9}])[0]
    away = {"reward": 0.0, "rubric/cannot_assess": 1.0, "rubric/groups_without_safe": 1.0}
    assert ["count 1" in said for said in notes(found, [away])] == [False]


def items(*sheets, name=GATED.name):
    return [
        {"prompt": [{"role": "user", "content": "What now?"}], "response": json.dumps(sheet),
         "rubric": name, "criteria": list(GOOD), "inputs": {}}
        for sheet in sheets
    ]  # fmt: skip


def test_verdicts_from_a_server_of_the_same_rubrics():
    judge = TextJudge()
    with running(FORMS, judge) as server:
        client = Client(f"http://127.0.0.1:{server.port}")
        grader = SheetServer(client, {GATED.name: "h"})
        found = grader.grade([*items(GOOD, BAD, SILENT), *items(GOOD, name=DROPPING.name)])
        assert [record.sheet["harm"] for record in found] == ["unmet", "met", "unmet", "unmet"]
        assert found[1].sheet == BAD
        assert found[2].sheet["gist"] == "cannot_assess"
        assert [usage.usage.requests for usage in found] == [1, 1, 1, 1]
        with pytest.raises(TrainingError, match=r"has another tests\.gated_violate"):
            SheetServer(client, {GATED.name: "g"}).grade(items(GOOD))
        nowhere = grader.grade(items(GOOD, name="tests.nothing"))[0]
    assert nowhere.outcomes["harm"].failure.kind == "status"
    gone = Client(f"http://127.0.0.1:{server.port}", patience=Patience(retries=0))
    lost = SheetServer(gone, {}).grade(items(GOOD))[0]
    assert {o.failure.kind for o in lost.outcomes.values()} == {"connection"}


def settings_of(**changed):
    usual = {
        "save_strategy": "steps",
        "save_steps": 10,
        "logging_steps": 1,
        "gradient_accumulation_steps": 4,
        "steps_per_generation": 4,
        "num_iterations": 1,
    }
    return SimpleNamespace(**{**usual, **changed})  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"logging_steps": 5}, []),
        ({"logging_steps": 4}, ["no multiple"]),
        ({"num_iterations": 2}, []),
        ({"num_iterations": 3}, ["for 3 steps"]),
        ({"steps_per_generation": 32, "save_steps": 7}, ["for 8 steps"]),
        ({"save_strategy": "no", "num_iterations": 3}, []),
    ],
)
def test_settings_under_which_a_resumed_run_differs_are_told(changed, words):
    found = list(differs_when_resumed(settings_of(**changed)))
    assert [word in text for word, text in zip(words, found, strict=True)] == [True] * len(words)


def test_a_rule_is_data():
    assert asdict(Stop(0.9)) == {"below": 0.9, "window": 10, "patience": 5}
