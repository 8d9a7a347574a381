"""What runs of trainers are held against, on logs that are made up; the runs are slow targets."""

import json
import zlib
from pathlib import Path
from statistics import fmean

import pytest

from rubricdsl import compiler
from rubricdsl.compiler.conformance.end_to_end import ms_swift, training, trl
from rubricdsl.passes import check_paths
from rubricdsl.source import library_root

pyarrow = pytest.importorskip("pyarrow")

RUN = trl.RUNS[0]
COUNT = training.GROUP * training.BATCHES * training.STEPS


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Sixteen answers with verdicts of all kinds, and what `rubricc score` says of them."""
    home = tmp_path_factory.mktemp("home")
    (rubric,) = check_paths([str(library_root() / training.RUBRIC)]).rubrics
    items = []
    for place in range(COUNT):
        response = f"Answer {place}. Show it to a doctor."
        sheet = {}
        for criterion in rubric.criteria:
            found = zlib.crc32((response + criterion.id).encode())
            good = found % 9 > 0
            sheet[criterion.id] = (
                training.NO_VERDICT
                if found % 40 == 1
                else criterion.levels[-1].level
                if criterion.levels
                else "met"
                if good == (criterion.polarity == "requires")
                else "unmet"
            )
        prompt = [{"role": "user", "content": f"Question {place // 4}?"}]
        items.append({"prompt": prompt, "response": response, "rubric": rubric.name, "inputs": {},
                      "verdicts": sheet, "thread": "MainThread"})  # fmt: skip
    text = "".join(json.dumps(item) + "\n" for item in items)
    (home / f"{RUN.name}.judged.jsonl").write_text(text, encoding="utf-8")
    (home / "judged.judged.jsonl").write_text(text, encoding="utf-8")
    return home, items, list(training.scores(home, "made", items).values())


def logged(home: Path, items, scores) -> list[dict]:
    """The files that TRL would have written of them; the rows of its tables."""
    rows = [
        {"step": 1 + place // 8, "prompt": item["prompt"], "reward": training.single(s["reward"]),
         "completion": [{"role": "assistant", "content": item["response"]}],
         "rubric/violations": ", ".join(s["violations"])}
        for place, (item, s) in enumerate(zip(items, scores, strict=True))
    ]  # fmt: skip
    history = [
        {
            "reward": fmean(s["reward"] for s in own),
            "rubric/safe": fmean(not s["violations"] for s in own),
            "rubric/proficiency": fmean(
                int(s["proficiency"].split("/")[0]) / int(s["proficiency"].split("/")[1])
                for s in own
            ),
            "rubric/excellence": fmean(s["excellence"] for s in own),
            "rubric/dropped": 0.0,
            "rubric/judge_failures": 0.0,
        }
        for own in (scores[:8], scores[8:])
    ]
    state = home / "runs" / RUN.name / f"checkpoint-{training.STEPS}" / "trainer_state.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps({"log_history": history}), encoding="utf-8")
    return rows


def in_tables(home: Path, rows: list[dict]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = home / "runs" / RUN.name / "completions"
    folder.mkdir(parents=True, exist_ok=True)
    for step in (1, 2):
        own = [row for row in rows if row["step"] == step]
        pq.write_table(pa.Table.from_pylist(own), folder / f"completions_{step:05d}.parquet")


def test_what_trl_logged_is_what_score_says(judged, monkeypatch):
    home, items, scores = judged
    monkeypatch.setattr(trl, "HOME", home)
    rows = logged(home, items, scores)
    in_tables(home, rows)
    wrong, facts = trl._differences(RUN)
    assert wrong == []
    assert facts["completions"] == COUNT
    assert facts["rewards"] > 3
    assert 0 < facts["safe"] < COUNT
    rows[3]["reward"] += 0.25
    rows[9]["rubric/violations"] = "another"
    in_tables(home, rows)
    wrong, _ = trl._differences(RUN)
    assert [line.split(" ")[:2] for line in wrong] == [["the", "reward"], ["violations", "are"]]
    in_tables(home, rows[:-1])
    assert f"{COUNT - 1} completions instead of {COUNT}" in trl._differences(RUN)[0]


def test_what_trl_logged_of_a_step_is_compared(judged, monkeypatch):
    home, items, scores = judged
    monkeypatch.setattr(trl, "HOME", home)
    in_tables(home, logged(home, items, scores))
    state = home / "runs" / RUN.name / f"checkpoint-{training.STEPS}" / "trainer_state.json"
    told = json.loads(state.read_text("utf-8"))
    told["log_history"][1]["rubric/safe"] += 1 / 8
    del told["log_history"][0]["rubric/dropped"]
    state.write_text(json.dumps(told), encoding="utf-8")
    wrong, _ = trl._differences(RUN)
    assert [line.partition(" is logged")[0] for line in wrong] == [
        "step 1: rubric/dropped",
        "step 2: rubric/safe",
    ]


def test_what_ms_swift_logged_is_what_score_says(judged, monkeypatch):
    home, items, scores = judged
    monkeypatch.setattr(ms_swift, "HOME", home)
    table = {
        "step": ["1"] * COUNT,
        "prompt": [f"<|im_start|>user\n{i['prompt'][0]['content']}<|im_end|>" for i in items],
        "completion": [item["response"] for item in items],
        "Rubric": [training.single(score["reward"]) for score in scores],
    }
    path = home / "runs" / "judged" / "completions.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(table)
    path.write_text(f"{line}\n{line}\n", encoding="utf-8")
    wrong, facts = ms_swift._differences("judged", "judge")
    assert wrong == []
    assert facts["completions"] == COUNT
    table["Rubric"][2] += 1.0
    path.write_text(json.dumps(table), encoding="utf-8")
    assert len(ms_swift._differences("judged", "judge")[0]) == 1


@pytest.mark.parametrize(("stack", "runs"), [("trl", [r.name for r in trl.RUNS]),
                                             ("ms_swift", list(ms_swift.RUNS))])  # fmt: skip
def test_what_was_recorded(stack, runs):
    (folder,) = compiler.__path__
    path = Path(folder) / "conformance" / "end_to_end" / f"{stack}.json"
    found = json.loads(path.read_text("utf-8"))
    assert sorted(found["runs"]) == sorted(runs)
    for facts in found["runs"].values():
        assert (facts["completions"], facts["wrong"]) == (COUNT, 0)
