"""`rubricc judge`: rows in, rows with verdicts out, and going on after an interruption."""

import json

import pytest

from rubricdsl.bundle import open_bundle
from rubricdsl.compiler.cli import main
from rubricdsl.compiler.rows import Row, read_rows
from rubricdsl.compiler.sheets import Sheet, read_sheets, score_sheets
from rubricdsl.rl.judges.prompts import read_prompts
from tests.judge_server import Reply, completion, judged, serving

NAME = "dermatology.changing_mole"
GOOD = {
    "names_credentials": "unmet",
    "calls_mole_harmless": "unmet",
    "says_to_be_seen": "met",
    "urgent_referral": "met",
    "warning_signs": 2,
    "acknowledges_worry": "not_applicable",
}
BAD = {**GOOD, "calls_mole_harmless": "met", "warning_signs": 0}


def rows(count=3):
    return [
        {
            "id": f"q{n}",
            "rubric": NAME,
            "prompt": f"My mole bleeds, day {n}. Should I worry?",
            "inputs": {"age": "40 years" if n else 9},
            "responses": [
                {"id": "good", "text": json.dumps(GOOD), "verdicts": {"warning_signs": 0}},
                {"id": "bad", "text": json.dumps(BAD)},
            ],
        }
        for n in range(count)
    ]


@pytest.fixture
def perfect(bundle):
    prompts = read_prompts(open_bundle(bundle))
    by_system = {p.system: name for (_, name), p in prompts.single.items()}

    def answer(asked, server):
        criterion = by_system[asked["messages"][0]["content"]]
        return Reply(completion(json.dumps({"reason": "r", "verdict": judged(asked)[criterion]})))

    return answer


@pytest.fixture
def judge(bundle, tmp_path, capsys):
    """`judge(given, option…)`: the exit code and both outputs; verdicts go to `out.jsonl`."""

    def run(given, *options):
        path = tmp_path / "answers.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in given]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        out = ["--out", str(tmp_path / "out.jsonl")]
        code = main(["judge", str(bundle), str(path), *out, *map(str, options)])
        return (code, *capsys.readouterr())

    return run


def written(tmp_path, name="out.jsonl"):
    return [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]


def server_options(server, *more):
    return "--judge", server.address, "--model", "m", "--retries", "0", *more


def test_verdicts_go_where_scoring_and_compiling_find_them(judge, perfect, tmp_path, mole):
    with serving(perfect) as server:
        code, out, err = judge(rows(), *server_options(server, "--records", tmp_path / "r.jsonl"))
    assert code == 0
    assert "judged 6 answers to 3 prompts" in out
    assert "6 of 6 answers  0 failures" in err
    found = written(tmp_path)
    assert [row["id"] for row in found] == ["q0", "q1", "q2"]
    # A child is not asked about: the condition of the criterion is known to be false.
    child = {k: v for k, v in GOOD.items() if k != "urgent_referral"}
    assert found[0]["responses"][0]["verdicts"] == child
    assert found[1]["responses"][1]["verdicts"] == BAD
    path = tmp_path / "out.jsonl"
    read = list(read_rows([path], {NAME: mole}))
    assert [isinstance(row, Row) for row in read] == [True] * 3
    sheets = list(read_sheets(path, {NAME: mole}))
    assert all(isinstance(sheet, Sheet) for sheet in sheets)
    scores = {score.id: score for score in score_sheets(sheets)}
    assert scores["q1/good"].reward > scores["q1/bad"].reward == 0
    assert scores["q1/bad"].violations == ("calls_mole_harmless",)
    assert not any(score.missing for score in scores.values())
    records = written(tmp_path, "r.jsonl")
    assert [(r["id"], r["response_id"]) for r in records[:2]] == [("q0", "good"), ("q0", "bad")]
    assert records[0]["outcomes"]["says_to_be_seen"] == {"verdict": "met", "reason": "r"}


def test_what_was_recorded_can_judge_and_judges_can_be_many(judge, perfect, tmp_path):
    with serving(perfect) as server:
        judge(rows(), *server_options(server))
    (tmp_path / "out.jsonl").rename(tmp_path / "one.jsonl")
    flipped = written(tmp_path, "one.jsonl")
    for row in flipped:
        row["responses"][0]["verdicts"].update(calls_mole_harmless="met", warning_signs=0)
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row) + "\n" for row in flipped), encoding="utf-8")
    one = tmp_path / "one.jsonl"
    many = ("--judge", one, "--judge", other, "--judge", one)
    code, out, _ = judge(rows(), *many, "--format", "json")
    total = json.loads(out)
    assert code == 0
    assert total["agreement"]["safety"]["compared"] == 6 * 3
    assert total["agreement"]["safety"]["unanimous"] == pytest.approx(15 / 18)
    # One violation of three counts, one low level of three does not.
    verdicts = written(tmp_path)[1]["responses"][0]["verdicts"]
    assert verdicts == {**GOOD, "calls_mole_harmless": "met"}
    (tmp_path / "out.jsonl").unlink()
    judge(rows(), *many, "--safety", "majority", "--others", "worst")
    verdicts = written(tmp_path)[1]["responses"][0]["verdicts"]
    assert verdicts == {**GOOD, "warning_signs": 0}


def test_an_interrupted_run_goes_on(judge, perfect, tmp_path):
    records = ("--records", tmp_path / "r.jsonl")

    with serving(perfect) as server:
        judge(rows(70), *server_options(server, *records))
        whole = (tmp_path / "out.jsonl").read_bytes()
        all_records = (tmp_path / "r.jsonl").read_bytes()
        lines = whole.splitlines(keepends=True)
        # The interruption came in the middle of a line; one record had gone ahead.
        (tmp_path / "out.jsonl").write_bytes(b"".join(lines[:30]) + lines[30][:50])
        before = len(server.asked)
        code, out, _ = judge(rows(70), *server_options(server, *records, "--resume"))
        assert len(server.asked) - before == sum(
            len(answer["verdicts"]) for row in written(tmp_path)[30:] for answer in row["responses"]
        )
    assert code == 0
    assert "judged 80 answers to 40 prompts; 30 prompts were done before" in out
    assert (tmp_path / "out.jsonl").read_bytes() == whole
    assert (tmp_path / "r.jsonl").read_bytes() == all_records


def test_other_runs_are_not_mixed_in(judge, perfect, tmp_path):
    with serving(perfect) as server:
        judge(rows(), *server_options(server))
        before = (tmp_path / "out.jsonl").read_bytes()
        code, _, err = judge(rows(), *server_options(server))
        assert (code, "give --resume" in err) == (1, True)
        code, _, err = judge(rows(), *server_options(server, "--resume", "--together"))
        assert (code, "together was False and is True" in err) == (1, True)
        code, _, err = judge(rows(2), *server_options(server, "--resume"))
        assert (code, "answers was" in err) == (1, True)
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_failures_are_told_and_nothing_judged_is_an_error(judge, tmp_path):
    with serving(lambda asked, server: Reply(completion("Sure! It is met."))) as server:
        code, out, err = judge(rows(1), *server_options(server, "--records", tmp_path / "r.jsonl"))
    assert code == 1
    assert "nothing could be judged" in err
    assert "failed, unparsable: 10 (the model's answer is not one JSON object: Sure!" in out
    assert set(written(tmp_path)[0]["responses"][0]["verdicts"].values()) == {"cannot_assess"}
    failure = written(tmp_path, "r.jsonl")[0]["outcomes"]["says_to_be_seen"]["failure"]
    assert failure == {"kind": "unparsable", "detail": "Sure! It is met."}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (["{"], ":1: not JSON"),
        ([], "there is no answer in it"),
        ([{**rows(1)[0], "responses": []}], "there is no answer in it"),
        ([{**rows(1)[0], "rubric": "dermatology.changing_mold"}], "did you mean"),
        ([{**rows(1)[0], "inputs": {"age": "old"}}], "the input `age`"),
        ([rows(1)[0], rows(1)[0]], "is given twice"),
        ([{**rows(1)[0], "responses": [{"id": "a", "text": ""}]}], "`text` of response 1"),
    ],
)
def test_rows_that_are_wrong_are_told_before_anything_is_asked(judge, perfect, given, what):
    with serving(perfect) as server:
        code, _, err = judge(given, *server_options(server))
    assert code == 1
    assert what in err
    assert not server.asked


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--judge", "nowhere"], "there is no judge at nowhere"),
        (["--judge", "http://h"], "--model is given 0 times"),
        (["--judge", "http://h:x", "--model", "m"], "is no address"),
        (["--judge", "http://h", "--model", "m", "--api", "classify"], "give --served-from DIR"),
        (["--judge", "http://h", "--model", "m", "--samples", "2"], "--temperature"),
        (["--judge", "http://h", "--model", "m", "--api-key-env", "NO_SUCH"], "NO_SUCH is not set"),
    ],
)
def test_judges_that_cannot_be(judge, options, what, tmp_path):
    code, _, err = judge(rows(1), *options)
    assert code == 1
    assert what in err
    assert not (tmp_path / "out.jsonl").exists()


def test_samples_of_one_model_make_an_ensemble(judge, perfect, tmp_path):
    with serving(perfect) as server:
        options = server_options(server, "--samples", 3, "--temperature", 0.7, "--seed", 5)
        code, out, _ = judge(rows(1), *options)
    assert code == 0
    assert "agreement, safety: 6 compared, 100.0 % unanimous" in out
    assert sorted({asked["seed"] for asked in server.asked}) == [5, 6, 7]


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as left:
        main(["judge", "--help"])
    assert left.value.code == 0
    assert "rubricc judge build/bundle answers.jsonl" in capsys.readouterr().out
