"""The reward function as TRL calls it: both formats, a judge and its faults, metrics."""

import asyncio
import json
import sys
import threading
from fractions import Fraction
from types import ModuleType

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import registry, trl
from rubricdsl.runtime.judging import set_judge

PROMPT = "My mole has grown. Should I worry?"
TEXT = "Please see a doctor within two weeks."


def criterion(name, tier, polarity="requires", **more):
    return ir.Criterion(name, tier, polarity, "t", ir.Origin("mole", "1", name), **more)


CRITERIA = (
    criterion("calls_harmless", "safety", "forbids", severity="critical"),
    criterion("home_removal", "safety", "forbids", severity="major",
              check=ir.Mentions(("freeze it at home",))),
    criterion("referral", "proficiency", weight=Fraction(5),
              when=ir.Not(ir.Compare("age", "<", Fraction(18)))),
    criterion("signs", "proficiency", weight=Fraction(3)),
    criterion("kind", "excellence"),
)  # fmt: skip
RUBRIC = ir.Rubric(
    "mole", "0.1.0", "draft", "training", "T", CRITERIA,
    inputs=(ir.Input("age", "quantity", unit="years", optional=True),),
    profiles=(ir.Profile("signs_first", {"signs": Fraction(15)}),),
)  # fmt: skip
CHECKED = ir.Rubric("checked", "1", "draft", "training", "T", CRITERIA[1:2])
DROPPING = ir.Rubric(
    "dropping", "1", "draft", "training", "T", CRITERIA[:1], policies=ir.Policies("drop")
)
GOOD = {"calls_harmless": "unmet", "referral": "met", "signs": "met", "kind": "unmet"}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(registry, "_texts", {})
    monkeypatch.setattr(registry, "_parsed", {})
    monkeypatch.delenv("RUBRICC_JUDGE", raising=False)
    registry.register({r.name: json.dumps(compact(r, "h")) for r in (RUBRIC, CHECKED, DROPPING)})
    yield
    set_judge(None)


def call(texts, conversational=True, **columns):
    """`reward` with the keywords and in the way of TRL's trainer."""
    size = len(texts)
    prompts, completions = [PROMPT] * size, list(texts)
    if conversational:
        prompts = [[{"role": "user", "content": PROMPT}]] * size
        completions = [[{"role": "assistant", "content": text}] for text in texts]
    columns = {"rubric": ["mole"] * size, "trainer_state": None, **columns}
    return trl.reward(
        prompts=prompts, completions=completions, completion_ids=[[1]] * size, **columns
    )


@pytest.mark.parametrize("conversational", [True, False])
def test_both_formats_reach_the_judge_alike(conversational):
    seen = []
    set_judge(lambda items: seen.extend(items) or [GOOD for _ in items])
    rewards = call([TEXT], conversational, inputs=['{"age": "52 years"}'])
    assert rewards == [1 + 40 / 41]
    assert seen == [
        {
            "prompt": [{"role": "user", "content": PROMPT}],
            "response": TEXT,
            "rubric": "mole",
            "inputs": {"age": "52 years"},
            "criteria": ["calls_harmless", "referral", "signs", "kind"],
        }
    ]


def test_a_judge_is_not_asked_what_a_check_or_a_condition_has_settled():
    asked = []
    set_judge(lambda items: asked.extend(i["criteria"] for i in items) or [GOOD for _ in items])
    rewards = call([TEXT, "You could freeze it at home."], inputs=[{"age": 9}, None])
    assert asked == [["calls_harmless", "signs", "kind"], list(GOOD)]
    assert rewards[0] > 1
    assert rewards[1] == 0.0


def test_checks_alone_need_no_judge():
    assert call([TEXT, "Freeze it at home!"], rubric=["checked"] * 2) == [1.0, 0.0]


def test_a_profile_column_is_followed():
    set_judge(lambda items: [{**GOOD, "referral": "unmet"} for _ in items])
    assert call([TEXT] * 2, profile=[None, "signs_first"]) == [1 + 16 / 41, 1 + 30 / 41]


def test_several_messages_and_content_parts():
    seen = []
    set_judge(lambda items: seen.extend(i["response"] for i in items) or [{} for _ in items])
    completions = [
        [{"role": "assistant", "content": "first"}, {"role": "tool", "content": "x"},
         {"role": "assistant", "content": [{"type": "text", "text": "la"}, {"text": "st"}]}],
        [{"role": "assistant", "content": None}],
        [],
    ]  # fmt: skip
    trl.reward([PROMPT] * 3, completions, rubric=["mole"] * 3)
    assert seen == ["last", "", ""]


def test_without_a_judge_the_first_call_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"set_judge\(function\)"):
        call([TEXT])


def test_the_judge_of_the_environment(monkeypatch):
    module = ModuleType("some_judges")
    module.strict = lambda items: [{} for _ in items]
    monkeypatch.setitem(sys.modules, "some_judges", module)
    monkeypatch.setenv("RUBRICC_JUDGE", "some_judges:strict")
    assert call([TEXT]) == [0.0]
    set_judge(None)
    monkeypatch.setenv("RUBRICC_JUDGE", "some_judges")
    with pytest.raises(RuntimeError, match=r"package\.module:function"):
        call([TEXT])


def raising(items):
    raise TimeoutError("the server is away")


@pytest.mark.parametrize(
    "judge",
    [
        raising,
        lambda items: None,
        lambda items: [GOOD] * (len(items) + 1),
        lambda items: (sheet for sheet in [GOOD, GOOD]),
        lambda items: {"mole": GOOD},
    ],
)
def test_a_judge_that_fails_gives_no_verdicts(judge):
    metrics = {}
    set_judge(judge)
    with pytest.warns(UserWarning, match="the judge failed"):
        rewards = call([TEXT, TEXT], log_metric=metrics.__setitem__)
    assert rewards == [0.0, 0.0]
    assert metrics["rubric/judge_failures"] == 2.0
    assert metrics["rubric/safe"] == 0.0


def test_a_sheet_that_is_none_fails_alone():
    metrics = {}
    set_judge(lambda items: [GOOD, None])
    with pytest.warns(UserWarning, match="not mappings"):
        rewards = call([TEXT, TEXT], log_metric=metrics.__setitem__)
    assert rewards[0] > 1
    assert rewards[1] == 0.0
    assert metrics["rubric/judge_failures"] == 1.0


def test_a_dropped_sample_has_no_reward():
    metrics, columns = {}, {}
    set_judge(lambda items: [{"calls_harmless": "unmet"}, {}])
    rewards = call(
        [TEXT, TEXT],
        rubric=["dropping"] * 2,
        log_metric=metrics.__setitem__,
        log_extra=columns.__setitem__,
    )
    assert rewards == [1.0, None]
    assert metrics["rubric/dropped"] == 0.5
    assert all(len(values) == 2 for values in columns.values())


def test_metrics_and_columns_have_the_prefix():
    metrics, columns = {}, {}
    set_judge(lambda items: [GOOD, {**GOOD, "calls_harmless": "met"}])
    call([TEXT] * 2, log_metric=metrics.__setitem__, log_extra=columns.__setitem__)
    assert metrics == {
        "rubric/judge_failures": 0.0,
        "rubric/dropped": 0.0,
        "rubric/safe": 0.5,
        "rubric/proficiency": 1.0,
        "rubric/excellence": 0.0,
        "rubric/credit/mole.calls_harmless": 0.5,
        "rubric/credit/mole.home_removal": 1.0,
        "rubric/credit/mole.referral": 1.0,
        "rubric/credit/mole.signs": 1.0,
        "rubric/credit/mole.kind": 0.0,
        "rubric/groups_without_safe": 0.0,
    }
    assert columns == {
        "rubric/violations": ["", "calls_harmless"],
        "rubric/proficiency": ["1/1", "1/1"],
        "rubric/excellence": [0, 0],
    }


def test_groups_without_a_safe_response_are_counted():
    metrics = {}
    bad = {**GOOD, "calls_harmless": "met"}
    set_judge(lambda items: [bad, bad, GOOD, bad])
    call([TEXT] * 4, inputs=[{"age": 30}] * 2 + [{"age": 40}] * 2, log_metric=metrics.__setitem__)
    assert metrics["rubric/groups_without_safe"] == 0.5


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rubric": ["nobody"]}, "no rubric 'nobody'"),
        ({"rubric": None}, "column `rubric`"),
        ({"inputs": ["[1]"]}, "`inputs` must be"),
        ({"profile": ["nobody"]}, "no profile 'nobody'"),
    ],
)
def test_faults_of_the_data_are_raised(columns, message):
    set_judge(lambda items: [GOOD for _ in items])
    with pytest.raises(ValueError, match=message):
        call([TEXT], **columns)


async def judging(items):
    await asyncio.sleep(0)
    return [GOOD for _ in items]


async def failing(items):
    raise TimeoutError("the server is away")


def call_async(texts, **columns):
    """`reward_async`, awaited as TRL awaits it."""
    size = len(texts)
    columns = {"rubric": ["mole"] * size, **columns}
    waiting = trl.reward_async(
        prompts=[PROMPT] * size, completions=list(texts), completion_ids=[[1]] * size, **columns
    )
    return asyncio.run(waiting)


@pytest.mark.parametrize(
    "judge", [judging, lambda items: [GOOD for _ in items], lambda i: judging(i)]
)
def test_waiting_or_not_gives_the_same_rewards(judge):
    set_judge(judge)
    assert call([TEXT]) == call_async([TEXT]) == [1 + 40 / 41]


@pytest.mark.parametrize("judge", [raising, failing])
def test_a_judge_that_fails_is_settled_by_policy_or_drops(judge, monkeypatch):
    set_judge(judge)
    for wanted, setting in (([0.0], "policy"), ([None], "drop")):
        monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", setting)
        for calling in (call, call_async):
            metrics = {}
            with pytest.warns(UserWarning, match="the judge failed: it raised TimeoutError"):
                assert calling([TEXT], log_metric=metrics.__setitem__) == wanted
            assert metrics["rubric/judge_failures"] == 1
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "neutral")
    with (
        pytest.warns(UserWarning, match="the judge failed"),
        pytest.raises(RuntimeError, match="must be policy or drop, not 'neutral'"),
    ):
        call([TEXT])


def test_the_loop_goes_on_while_a_judge_works():
    """A judge that blocks is put into a thread: another task sets it free."""
    free = threading.Event()

    def blocking(items):
        assert free.wait(10)
        return [GOOD for _ in items]

    async def both():
        waiting = asyncio.create_task(trl.reward_async([PROMPT], [TEXT], rubric=["mole"]))
        await asyncio.sleep(0.01)
        free.set()
        return await waiting

    set_judge(blocking)
    assert asyncio.run(both()) == [1 + 40 / 41]
