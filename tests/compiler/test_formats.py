"""Rubrics in the formats of other tools: the files, what they lose, and their scores."""

import json
import shutil
import tomllib

import pytest
import yaml

from rubricdsl.bundle import open_bundle
from rubricdsl.compiler import cli
from rubricdsl.compiler.compile import Request, Unsayable, compile_bundle
from rubricdsl.compiler.conformance.formats import cases, run
from rubricdsl.compiler.conformance.formats.cases import SMALL, rubric, sheets
from rubricdsl.compiler.conformance.recorded import recorded
from rubricdsl.compiler.emit.formats import FORMATS, text_of
from rubricdsl.compiler.job import Options
from rubricdsl.foreign import losses
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import check_paths

ENDS = {"healthbench": "jsonl", "autorubric": "yaml", "rewardkit": "toml", "rubric": "yaml",
        "verifiers-judge": "toml"}  # fmt: skip
WORDS = 'A “quote”, a \\"plain\\" one: # no {brace} \\\\ \\u0007\\u2028\\u0085\\u007f\\u00e9 🩺'


@pytest.fixture(autouse=True)
def replayed(monkeypatch):
    """The tools' own code is for `make test-stacks`; here their formulas are replayed."""
    monkeypatch.setattr(run, "interpreter", lambda form: None)


@pytest.mark.parametrize("name", FORMATS)
def test_a_rubric_that_can_be_said(name, golden):
    small = "order_levels" if name in SMALL["order_levels"].formats else "order"
    found = rubric(small)
    golden(f"formats/{name}.{ENDS[name]}", text_of(FORMATS[name], found, semantic_hash(found)))


@pytest.mark.parametrize("name", FORMATS)
def test_a_rubric_with_losses(name, golden, mole):
    golden(f"formats/{name}_lossy.{ENDS[name]}", text_of(FORMATS[name], mole, semantic_hash(mole)))


@pytest.mark.parametrize("name", FORMATS)
def test_every_score_belongs_to_its_reward_by_replayed_formulas(name):
    report = run.run_format(name)
    assert report.differences == ()
    assert (report.real, report.version) == (False, None)
    assert report.cases >= 10
    assert report.answers >= 3000


def test_records_are_of_the_tools_themselves():
    found = {name: recorded()[name] for name in FORMATS}
    assert all(each["wrong"] == 0 and each["answers"] >= 3000 for each in found.values())
    assert {name for name, each in found.items() if each["real"]} == set(FORMATS) - {"healthbench"}


def test_small_rubrics_are_said_in_full_by_the_formats_that_they_name():
    for case, small in SMALL.items():
        for name, form in FORMATS.items():
            lost = [loss for loss in losses(rubric(case), form.powers) if loss.order]
            assert (name in small.formats) == (not lost), (case, name, lost)
    shapes = {rubric(case).reward.shape for case in SMALL}
    assert shapes == {"gated", "lexicographic", "tiers", "promedical", "weighted",
                      "healthbench", "rar"}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("before", "after"),
    [("jargon", "weight"), ("critical", "major")],
)
def test_a_wrong_weight_is_found(name, before, after, monkeypatch):
    """The file of another rubric is scored: one weight more, or another severity."""
    text = SMALL["order"].text
    other = (
        text.replace("weight 2.5 forbids", "weight 3 forbids")
        if after == "weight"
        else text.replace("critical forbids", "major forbids", 1)
    )
    assert other != text
    right = {case: cases.rubric(case) for case in SMALL}
    monkeypatch.setitem(SMALL, "order", SMALL["order"]._replace(text=other))
    wrong = cases.rubric("order")
    monkeypatch.setattr(
        run, "rewards", lambda found, asked: cases.rewards(right[found.name[8:]], asked)
    )
    monkeypatch.setattr(run, "rubric", lambda case: wrong if case == "order" else right[case])
    report = run.run_format(name)
    assert report.differences
    assert all(line.startswith("order: ") for line in report.differences)


@pytest.mark.parametrize("name", FORMATS)
def test_texts_come_back_as_they_were(name, tmp_path):
    path, out = tmp_path / "odd.rubric", tmp_path / f"odd.{ENDS[name]}"
    path.write_text(
        'rubric odd.texts version "1.0.0" title "T" purpose evaluation\n'
        f'proficiency {{ criterion a weight 1 requires "{WORDS}" }}',
        encoding="utf-8",
    )
    (found,) = check_paths([str(path)]).rubrics
    assert cli.main(["export", name, str(path), "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    told = {
        "healthbench": lambda: json.loads(text)["rubrics"][0]["criterion"],
        "autorubric": lambda: yaml.safe_load(text)["criteria"][0]["requirement"],
        "rubric": lambda: yaml.safe_load(text)[0]["requirement"],
        "rewardkit": lambda: tomllib.loads(text)["criterion"][0]["description"],
        "verifiers-judge": lambda: tomllib.loads(text)["criteria"][0]["text"],
    }[name]()
    assert told == found.criteria[0].text


def test_long_names_are_cut_and_stay_apart():
    found = rubric("flat")
    names = ["x" * 70 + end for end in "abc"]
    import dataclasses

    criteria = tuple(
        dataclasses.replace(c, id=name) for c, name in zip(found.criteria, names, strict=True)
    )
    text = text_of(FORMATS["rewardkit"], dataclasses.replace(found, criteria=criteria), "sha256:0")
    told = [item["name"] for item in tomllib.loads(text)["criterion"]]
    assert len(set(told)) == 3
    assert max(map(len, told)) <= 64


def written(tmp_path, name):
    path = tmp_path / f"{name}.rubric"
    head = (
        f'rubric formats.{name} version "1.0.0" status draft\ntitle "Small"\npurpose evaluation\n'
    )
    path.write_text(head + SMALL[name].text, encoding="utf-8")
    return path


def test_a_bundle_of_formats(tmp_path, capsys):
    folder = tmp_path / "rubrics"
    folder.mkdir()
    for name in ("order", "flat"):
        shutil.copy(written(tmp_path, name), folder)
    out = tmp_path / "bundle"
    named = [part for name in FORMATS for part in ("--target", name)]
    assert cli.main(["compile", str(folder), "--out", str(out), *named]) == 0
    assert "autorubric: stacks/autorubric/NAME.yaml" in capsys.readouterr().out
    bundle = open_bundle(out)
    assert bundle.manifest["options"]["targets"] == list(FORMATS)
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()) == [
        "manifest.json",
        "stacks/autorubric/formats.flat.yaml",
        "stacks/autorubric/formats.order.yaml",
        "stacks/healthbench/records.jsonl",
        "stacks/rewardkit/formats.flat/rubric.toml",
        "stacks/rewardkit/formats.order/rubric.toml",
        "stacks/rubric/formats.flat.yaml",
        "stacks/rubric/formats.order.yaml",
        "stacks/verifiers-judge/formats.flat.toml",
        "stacks/verifiers-judge/formats.order.toml",
    ]
    one = tmp_path / "one.yaml"
    assert cli.main(["export", "rubric", str(folder / "flat.rubric"), "--out", str(one)]) == 0
    assert one.read_bytes() == (out / "stacks/rubric/formats.flat.yaml").read_bytes()


def test_what_cannot_be_said_stops_a_bundle(tmp_path, capsys):
    path, out = written(tmp_path, "order_levels"), tmp_path / "bundle"
    arguments = ["compile", str(path), "--out", str(out), "--target", "rubric"]
    assert cli.main(arguments) == 1
    told = capsys.readouterr().err
    assert "error[R1001]: `rubric` has no words for levels" in told
    assert "order_levels.rubric:12:13" in told
    assert "nothing was written: not all of the rubrics can be said in this format" in told
    assert not out.exists()
    assert cli.main([*arguments, "--lossy"]) == 0
    assert "warning[R1001]" in capsys.readouterr().err
    text = (out / "stacks/rubric/formats.order_levels.yaml").read_text("utf-8")
    assert "# - signs: levels (a criterion is met there or it is not)" in text
    assert "The reward is" not in text


def test_a_compilation_without_the_command_is_stopped_as_well(tmp_path, mole):
    options = Options(targets=(), formats=("rewardkit",))
    with pytest.raises(Unsayable, match="rewardkit cannot hold dermatology"):
        compile_bundle(Request((mole,), tmp_path / "out", (), options))
    assert not (tmp_path / "out").exists()


def test_another_shape_makes_a_gate_sayable(tmp_path, capsys):
    path, out = written(tmp_path, "order"), tmp_path / "out.yaml"
    path.write_text(
        path.read_text("utf-8").replace("reward lexicographic", "reward gated"), "utf-8"
    )
    assert cli.main(["export", "autorubric", str(path), "--out", str(out)]) == 1
    assert capsys.readouterr().err.count("has no words for a veto") == 4
    assert not out.exists()
    shape = ["--shape", "lexicographic"]
    assert cli.main(["export", "autorubric", str(path), "--out", str(out), *shape]) == 0
    weights = {item["name"]: item["weight"] for item in yaml.safe_load(out.read_text())["criteria"]}
    assert weights["calls_harmless"] < -sum(
        abs(w) for n, w in weights.items() if n in ("warns", "frightens")
    )


def test_a_file_holds_one_rubric(tmp_path, capsys):
    for name in ("order", "flat"):
        written(tmp_path, name)
    out = tmp_path / "out.yaml"
    assert cli.main(["export", "rubric", str(tmp_path), "--out", str(out)]) == 2
    assert "rubricc compile --target rubric" in capsys.readouterr().err
    assert not out.exists()
    records = tmp_path / "out.jsonl"
    assert cli.main(["export", "healthbench", str(tmp_path), "--out", str(records)]) == 0
    assert "2 records" in capsys.readouterr().out


def test_a_rubric_that_only_forbids_has_no_healthbench_score(tmp_path, capsys):
    path = tmp_path / "a.rubric"
    text = 'rubric a.b version "1.0.0" title "T" purpose evaluation\n'
    path.write_text(text + 'proficiency { criterion a weight 1 forbids "A." }', encoding="utf-8")
    out = str(tmp_path / "out")
    assert cli.main(["export", "healthbench", str(path), "--out", out]) == 1
    assert "no words for a rubric without positive points" in capsys.readouterr().err
    assert cli.main(["export", "rubric", str(path), "--out", out]) == 0


def test_eleven_levels_are_too_many_for_rewardkit(tmp_path, capsys):
    path = tmp_path / "a.rubric"
    levels = " ".join(f'level {n} "l{n}" example "{n}."' for n in range(11))
    path.write_text(
        'rubric a.b version "1.0.0" title "T" purpose evaluation\n'
        f'proficiency {{ criterion a weight 1 requires "A." {levels} }}',
        encoding="utf-8",
    )
    out = str(tmp_path / "out")
    assert cli.main(["export", "rewardkit", str(path), "--out", out]) == 1
    assert "a criterion has 10 at most there" in capsys.readouterr().err
    assert cli.main(["export", "autorubric", str(path), "--out", out]) == 0


def test_scores_that_four_decimals_would_make_one_are_sums():
    means = {
        name: 'aggregation = "weighted-mean"' in text_of(FORMATS["rewardkit"], rubric(name), "h")
        for name in ("order", "fine", "labels")
    }
    assert means == {"order": True, "fine": False, "labels": True}


def test_a_tool_that_fails_is_no_agreement(monkeypatch, capsys):
    monkeypatch.setattr(run, "interpreter", lambda form: "/bin/false")
    assert cli.main(["conformance", "--stack", "rubric"]) == 1
    assert "its own code failed" in capsys.readouterr().err


def test_every_sheet_is_there():
    found = rubric("order_levels")
    assert len(set(sheets(found))) == 2**4 * 2 * 4 * 2**2
