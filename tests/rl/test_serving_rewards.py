"""The rewards of a server are those of the bundle's `reward.py` with the same judge, bit by bit."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("h11")

from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.job import Options
from rubricdsl.rl.judges.protocol import SheetJudge
from rubricdsl.rl.material import load_reward, open_material
from rubricdsl.rl.serving.running import read_forms
from tests.serving import GOOD, GROUP, RUBRICS, TextJudge, group, running

NAMES = [rubric.name for rubric in RUBRICS]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("shapes") / "bundle"
    compile_bundle(Request(RUBRICS, out, (), Options(group=GROUP)))
    return out


@pytest.fixture(scope="module")
def module(bundle):
    found = load_reward(open_material(bundle))
    yield found
    found.set_judge(None)


@pytest.fixture(scope="module")
def forms(bundle):
    return read_forms(bundle)


@pytest.fixture(scope="module")
def server(forms):
    with running(forms, TextJudge()) as found:
        yield found


def bits(rewards):
    return [None if reward is None else float.hex(reward) for reward in rewards]


VERDICTS = st.sampled_from(
    ["met", "unmet", "not_applicable", "cannot_assess", 0, 1, 2, 3, True, None, 1.0, "MET", ["met"]]
)
SHEETS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*GOOD, "calm", "stranger"), VERDICTS)
) | st.just(GOOD)
CASES = st.fixed_dictionaries(
    {},
    optional={
        "inputs": st.sampled_from([{}, {"age": 9}, {"age": "40 years"}, '{"age": 9.5}', {"x": []}]),
        "profile": st.sampled_from(["", "other"]),
    },
)


def in_process(module, name, texts, case, **columns):
    module.set_judge(SheetJudge(TextJudge()))
    size = len(texts)
    return module.reward(
        ["What now?"] * size,
        texts,
        rubric=[name] * size,
        inputs=[case.get("inputs")] * size,
        profile=[case.get("profile")] * size,
        **{key: [value] * size for key, value in columns.items()},
    )


@settings(max_examples=25, deadline=None)
@given(sheets=st.lists(SHEETS, min_size=GROUP, max_size=GROUP), case=CASES)
def test_every_shape_gives_the_rewards_of_reward_py(server, module, sheets, case):
    groups = [group(name, sheets, **case) for name in NAMES]
    groups[0]["responses"][0] += " "
    status, found, _ = server.ask("/v1/rewards", {"groups": groups})
    assert status == 200
    for name, one, rewards, details in zip(
        NAMES, groups, found["rewards"], found["groups"], strict=True
    ):
        expected = in_process(module, name, one["responses"], case)
        assert bits(rewards) == bits(expected), name
        assert bits(answer["reward"] for answer in details["responses"]) == bits(expected)


def test_a_sheet_that_came_back_scores_as_it_did(server, module):
    sheets = [{**GOOD, "kind": "no"}, {}, {"harm": "met"}, {**GOOD, "note": "calm"}]
    body = {"groups": [group("tests.gated_violate", sheets)]}
    _, found, _ = server.ask("/v1/rewards", body)
    for answer in found["groups"][0]["responses"]:
        again = module.score("tests.gated_violate", answer["verdicts"])
        assert json.loads(json.dumps(again)) == {key: answer[key] for key in again}
    assert found["groups"][0]["responses"][3]["verdicts"]["calm"] == "met"


@settings(max_examples=15, deadline=None)
@given(sheets=st.lists(SHEETS, min_size=GROUP, max_size=GROUP), case=CASES, with_text=st.booleans())
def test_given_verdicts_are_scored_without_a_judge(server, module, sheets, case, with_text):
    text = {"text": "Keep calm."} if with_text else {}
    answers = [{"verdicts": sheet, **text} for sheet in sheets]
    groups = [{"rubric": name, "responses": answers, **case} for name in NAMES]
    status, found, _ = server.ask("/v1/scores", {"groups": groups})
    assert status == 200
    inputs = case.get("inputs")
    read = json.loads(inputs) if isinstance(inputs, str) else inputs
    for name, one in zip(NAMES, found["groups"], strict=True):
        for sheet, answer in zip(sheets, one["responses"], strict=True):
            expected = module.score(name, sheet, read, text.get("text"), case.get("profile"))
            shown = {**answer, "reward": expected["reward"]} if "centred" in name else answer
            assert shown == json.loads(json.dumps(expected))


def test_verdicts_in_place_of_answers_rank_as_answers_do(server):
    sheets = [GOOD, {**GOOD, "gist": 0}, {**GOOD, "harm": "met"}, {}]
    judged = {"groups": [group("tests.centred_violate", sheets)]}
    given = [{"verdicts": sheet, "text": json.dumps(sheet)} for sheet in sheets]
    body = {"groups": [{"rubric": "tests.centred_violate", "responses": given}]}
    assert (
        server.ask("/v1/scores", body)[1]["rewards"]
        == server.ask("/v1/rewards", judged)[1]["rewards"]
        == [[1.5, 0.5, 0.0, 0.0]]
    )


@pytest.mark.parametrize("as_object", [False, True])
def test_rubrics_that_come_with_the_request(server, module, forms, as_object):
    sheets = [GOOD, {**GOOD, "gist": 1}, {"harm": "met"}, {}]
    for name in NAMES:
        form = {**forms[name], "name": "foreign", "steps": 7}
        text = json.dumps(form, separators=(",", ":"))
        body = {
            "groups": [{**group("foreign", sheets), "rubric_json": form if as_object else text}]
        }
        status, found, _ = server.ask("/v1/rewards", body)
        assert status == 200
        expected = in_process(
            module, "foreign", body["groups"][0]["responses"], {}, rubric_json=text
        )
        assert bits(found["rewards"][0]) == bits(expected), name


def test_the_judge_is_given_what_reward_py_gives_it(forms, module):
    ours, theirs = TextJudge(), TextJudge()
    texts = [json.dumps(GOOD)] * 2
    case = {"inputs": {"age": 9}, "profile": "other"}
    with running(forms, ours) as server:
        server.ask("/v1/rewards", {"groups": [group("tests.gated_drop", texts, **case)]})
    module.set_judge(SheetJudge(theirs))
    module.reward(["What now?"] * 2, texts, rubric=["tests.gated_drop"] * 2,
                  inputs=[case["inputs"]] * 2, profile=["other"] * 2)  # fmt: skip
    assert ours.asked == theirs.asked
    assert [item["criteria"] for item in ours.asked[0]] == [["harm", "lie", "gist", "kind"]] * 2


def test_a_single_rubric_need_not_be_named(forms):
    with running({"tests.gated_drop": forms["tests.gated_drop"]}, TextJudge()) as server:
        one = group("", [GOOD, {}])
        del one["rubric"]
        _, found, _ = server.ask("/v1/rewards", {"groups": [one], "details": False})
    assert found == {"rewards": [[found["rewards"][0][0], None]], "failures": {}}
    assert found["rewards"][0][0] > 1


def test_the_rubrics_are_listed_with_what_a_client_must_know(server, bundle):
    _, found, _ = server.ask("/v1/rubrics")
    assert {one["name"] for one in found["rubrics"]} == set(NAMES)
    manifest = json.loads((Path(bundle) / "manifest.json").read_text("utf-8"))
    assert [one["hash"] for one in found["rubrics"]] == [r["hash"] for r in manifest["rubrics"]]
    centred = next(one for one in found["rubrics"] if one["name"] == "tests.centred_drop")
    assert centred["whole_groups"]
    assert centred["reward"]["params"]["group"] == [GROUP, 1]
    assert {c["id"]: c["by_check"] for c in centred["criteria"]}["calm"]
