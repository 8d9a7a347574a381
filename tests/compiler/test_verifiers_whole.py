"""What the run of verifiers is held against, on made-up traces; the run is a slow target."""

import json

import pytest

from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.conformance import run
from rubricdsl.compiler.conformance.end_to_end import verifiers as whole
from rubricdsl.compiler.emit.targets import TARGETS
from rubricdsl.compiler.job import Options
from rubricdsl.passes import check_paths

COUNT = whole.GROUP * whole.PROMPTS
SOURCE = """\
rubric tests.whole version "1.0.0" status draft
title "T"
prompt "One?"
prompt "Two?"
prompt "Three?"
prompt "Four?"
safety { veto harm critical forbids "Harms." }
proficiency { criterion help weight 2 requires "Helps." criterion more weight 1 requires "More." }
"""


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle and the judge, where the run would have put them."""
    monkeypatch.setattr(whole, "HOME", tmp_path)
    path = tmp_path / "whole.rubric"
    path.write_text(SOURCE)
    options = Options(targets=TARGETS["verifiers"].parts, stacks=("verifiers",), group=whole.GROUP)
    out = tmp_path / "bundle"
    compile_bundle(Request(check_paths([str(path)]).rubrics, out, (), options))
    folder = out / "stacks/verifiers/rubric_verifiers"
    rows = [(folder / f"{side}.jsonl").read_text() for side in ("train", "heldout")]
    (folder / "heldout.jsonl").write_text("".join(rows))
    (tmp_path / "installed").mkdir()
    judge = whole.JUDGE.format(safe={"harm": "unmet"})
    (tmp_path / "installed/checksum_judge.py").write_text(judge)
    with run._apart():
        yield out


def traces(bundle):
    """What verifiers would have written of answers that differ, by `reward.py` itself."""
    reward = whole.load(bundle / "reward.py", "reward")
    reward.set_judge(whole.load(whole.HOME / "installed/checksum_judge.py", "judge").judge)
    rows = list(whole._rows(bundle))
    for place in range(COUNT):
        row, answer = rows[place // whole.GROUP], f"Answer {place}"
        (scored,) = reward.score_rows([row], [answer])
        said = {"role": "assistant", "content": answer}
        yield {
            "id": str(place),
            "ok": True,
            "errors": [],
            "task": {"data": {"id": row["prompt_id"]}},
            "nodes": [*({"message": m} for m in row["prompt"]), {"message": said, "sampled": True}],
            "rewards": {"rubric": {"score": scored.reward, "weight": 1.0}},
            "metrics": {f"rubric/{name}": n for name, n in scored.numbers.items()},
        }


def failed(traces):
    return [
        {
            **trace,
            "ok": False,
            "rewards": {"rubric": None},
            "metrics": {"rubric/judge_failed": 1.0},
            "errors": [{"message": "scoring: Unscored: the answer has no reward"}],
        }
        for trace in traces
    ]


def test_a_run_that_is_right(bundle):
    found = list(traces(bundle))
    assert len({whole._reward(trace) for trace in found}) > 2
    assert list(whole._differences(bundle, found)) == []
    assert list(whole._scored_in_spite(failed(found))) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rewards": {"rubric": {"score": 1.0000000000000002, "weight": 1.0}}}, "the reward is"),
        ({"rewards": {"rubric": {"score": 1.0, "weight": 1.0}, "b": {"score": 1, "weight": 1}}},
         "the reward is"),
        ({"ok": False}, "the reward is None"),
        ({"metrics": {}}, "the metrics are"),
        ({"nodes": [{"message": {"role": "user", "content": "Else?"}},
                    {"message": {"role": "assistant"}, "sampled": True}]}, "asked something else"),
        ({"nodes": [], "errors": [{"message": "cut off"}]}, "no answer, cut off"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_trace_is_told(bundle, change, told):
    found = list(traces(bundle))
    found[5] |= change
    assert any(line.startswith("5: ") and told in line
               for line in whole._differences(bundle, found))  # fmt: skip


def test_rollouts_that_are_missing_or_all_alike(bundle):
    found = list(traces(bundle))
    assert f"{COUNT - 1} rollouts instead of {COUNT}" in whole._differences(bundle, found[1:])
    same = [{**trace, "rewards": {"rubric": {"score": 1.0, "weight": 1.0}}} for trace in found]
    assert any("shows nothing" in line for line in whole._differences(bundle, same))
    assert any("with a judge that fails" in line
               for line in whole._scored_in_spite(failed(found)[1:]))  # fmt: skip


def test_a_failure_that_is_scored_is_told(bundle):
    found = failed(traces(bundle))
    found[3] |= {"ok": True, "rewards": {"rubric": {"score": 0.0, "weight": 1.0}}}
    found[4] |= {"errors": [{"message": "the endpoint is away"}]}
    assert list(whole._scored_in_spite(found)) == [
        "3: the judge failed, and the reward is 0.0", "4: the endpoint is away"
    ]  # fmt: skip


def test_what_was_recorded():
    found = json.loads(whole.Path(whole.__file__).with_suffix(".json").read_text())
    assert found["wrong"] == 0
    assert found["rollouts"] == found["errored"] == COUNT
    assert found["rewards"] > 2
