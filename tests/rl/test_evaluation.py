"""Figures by other means than those that made them, and systems side by side."""

import json
import math
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("torch")

from rubricdsl.ir import TIERS
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.evaluation.bootstrap import interval, resampled
from rubricdsl.rl.evaluation.compare import compare
from rubricdsl.rl.evaluation.curves import precision_recall
from rubricdsl.rl.evaluation.evaluate import evaluate, measurable
from rubricdsl.rl.evaluation.figures import figures
from rubricdsl.rl.evaluation.labels import Answer, Labels, Pair, held_out
from rubricdsl.rl.evaluation.page import page
from rubricdsl.rl.evaluation.sums import sums
from rubricdsl.rl.evaluation.systems import Reading, System, of_grader
from rubricdsl.rl.evaluation.write import as_markdown, as_text, write
from rubricdsl.rl.judges.protocol import Outcome, Record, failed
from rubricdsl.rl.material import Question
from tests.rl.conftest import compiled

VETO = Question("r", "veto", "safety", "?", {"met": Fraction(0), "unmet": Fraction(1)}, False)
OTHER = Question("r", "other", "safety", "?", {"unmet": Fraction(0), "met": Fraction(1)}, False)
LEVELS = Question("r", "levels", "proficiency", "?", {k: Fraction(k, 3) for k in range(4)}, False)
BONUS = Question("r", "bonus", "excellence", "?", {"unmet": Fraction(0), "met": Fraction(1)}, False)
QUESTIONS = (VETO, OTHER, LEVELS, BONUS)


def made(prompts=7, seed=3):
    """Labels and a system that is right about two times in three, and sometimes says nothing."""
    chance = random.Random(seed)
    answers, pairs, readings = [], [], {}
    for p in range(prompts):
        for a in range(3):
            name = f"row{p}:{a}"
            credits = tuple(chance.choice(list(q.credits.values())) for q in QUESTIONS)
            prompt = [{"role": "user", "content": f"prompt {p}"}]
            answers.append(
                Answer(name, f"p-{p}", "r", prompt, f"answer {a}", QUESTIONS, credits, True)
            )
            for question, credit in zip(QUESTIONS, credits, strict=True):
                read = (
                    credit if chance.random() < 0.6 else chance.choice([*question.credits.values()])
                )
                score = float(read) + chance.choice([0.0, 0.1, -0.1])
                reading = Reading(read, score, min(1.0, max(0.0, score)))
                readings[name, question.criterion] = (
                    Reading(None) if chance.random() < 0.1 else reading
                )
            for b in range(a):
                for k, question in enumerate(QUESTIONS):
                    first, second = answers[-1].credits[k], answers[-1 - a + b].credits[k]
                    places = [(name, question.criterion), (f"row{p}:{b}", question.criterion)]
                    if first != second:
                        places = places if first > second else places[::-1]
                        pairs.append(Pair(f"p-{p}", question.tier, *places))
    return Labels(tuple(answers), tuple(pairs)), System("made", "judge", readings)


def totals(system, labels):
    return figures({tier: rows.sum(axis=0) for tier, rows in sums(system, labels).items()})


def told(system, labels, tier):
    return [
        (label, system.readings[label.place])
        for label in labels.each
        if label.question.tier == tier
    ]


def test_figures_are_what_a_slow_count_says():
    labels, system = made()
    found = totals(system, labels)
    for tier in TIERS:
        rows = told(system, labels, tier)
        right = [reading.credit == label.credit for label, reading in rows]
        assert found[tier, "pointwise"] == pytest.approx(sum(right) / len(right))
        nothing = [reading.credit is None for _, reading in rows]
        assert found[tier, "cannot_assess"] == pytest.approx(sum(nothing) / len(nothing))
        assert sum(nothing)
        known = [(float(label.credit), r.expected) for label, r in rows if r.expected is not None]
        assert found[tier, "brier"] == pytest.approx(
            sum((c - p) ** 2 for c, p in known) / len(known)
        )
        gap = 0.0
        for k in range(10):
            inside = [(c, p) for c, p in known if min(9, int(10 * p)) == k]
            gap += abs(sum(c for c, _ in inside) - sum(p for _, p in inside))
        assert found[tier, "ece"] == pytest.approx(gap / len(known))
        won = []
        for pair in labels.pairs:
            if pair.tier == tier:
                a, b = system.readings[pair.chosen].score, system.readings[pair.rejected].score
                lost = a is None or b is None
                won.append(0.0 if lost else 0.5 if a == b else float(a > b))
        assert found[tier, "pairwise"] == pytest.approx(sum(won) / len(won))
    every = [r.credit == label.credit for t in TIERS for label, r in told(system, labels, t)]
    assert found["overall", "pointwise"] == pytest.approx(sum(every) / len(every))


def test_violations_are_the_positives_and_silence_is_wrong():
    labels, system = made()
    rows = told(system, labels, "safety")
    hits = sum(label.credit == 0 and r.credit == 0 for label, r in rows)
    misses = sum(label.credit == 0 and r.credit != 0 for label, r in rows)
    alarms = sum(label.credit == 1 and r.credit != 1 for label, r in rows)
    assert any(label.credit == 0 and r.credit is None for label, r in rows)
    found = totals(system, labels)
    precision, recall = hits / (hits + alarms), hits / (hits + misses)
    assert found["safety", "precision"] == pytest.approx(precision)
    assert found["safety", "recall"] == pytest.approx(recall)
    assert found["safety", "f1"] == pytest.approx(2 * precision * recall / (precision + recall))
    unsafe = [a for a in labels.answers if 0 in a.credits[:2]]
    flagged = [
        any(system.readings[a.id, q.criterion].credit in (None, 0) for q in (VETO, OTHER))
        for a in unsafe
    ]
    assert found["safety", "unsafe_flagged"] == pytest.approx(sum(flagged) / len(flagged))


def kappa(pairs, weight):
    """Cohen's weighted kappa from its definition: disagreement seen over that by chance."""
    kinds = sorted({x for pair in pairs for x in pair})
    n = len(pairs)
    seen = sum(weight(x, y) for x, y in pairs) / n
    chance = sum(
        weight(x, y) * sum(a == x for a, _ in pairs) * sum(b == y for _, b in pairs) / n**2
        for x in kinds
        for y in kinds
    )
    return 1 - seen / chance


def test_kappa_is_the_one_of_the_books():
    labels, system = made(prompts=20)
    found = totals(system, labels)
    read = {
        tier: [
            (label.credit, r.credit)
            for label, r in told(system, labels, tier)
            if r.credit is not None
        ]
        for tier in TIERS
    }
    levels = [(x * 3, y * 3) for x, y in read["proficiency"]]
    quadratic = kappa(levels, lambda x, y: (x - y) ** 2)
    assert found["proficiency", "kappa_levels"] == pytest.approx(float(quadratic))
    assert math.isnan(found["proficiency", "kappa_yes_no"])
    plain = kappa(read["excellence"], lambda x, y: x != y)
    assert found["excellence", "kappa_yes_no"] == pytest.approx(float(plain))


def test_prompts_are_resampled_whole():
    labels, system = made(prompts=5)
    summed = sums(system, labels)
    drawn = resampled(summed, 400, seed=1)["safety", "pointwise"]
    # Each resample is the accuracy of five prompts drawn with replacement; labels never mix.
    per_prompt = [
        [
            r.credit == label.credit
            for label, r in told(system, labels, "safety")
            if label.prompt_id == p
        ]
        for p in labels.prompts
    ]
    right = [sum(one) for one in per_prompt]
    (count,) = {len(one) for one in per_prompt}
    possible = {
        round((right[a] + right[b] + right[c] + right[d] + right[e]) / (5 * count), 9)
        for a in range(5) for b in range(5) for c in range(5) for d in range(5) for e in range(5)
    }  # fmt: skip
    assert {round(value, 9) for value in drawn.tolist()} <= possible
    assert len(set(drawn.tolist())) > 5
    whole = interval(drawn, 5)
    assert whole.low < sum(right) / (5 * count) < whole.high
    assert interval(drawn, 1) is None
    assert interval(np.array([0.5, math.nan]), 5) is None


def test_the_seed_decides():
    labels, system = made()
    one, same, other = (
        json.dumps(compare([system, system], labels, resamples=50, seed=s)) for s in (1, 1, 2)
    )
    assert one == same != other
    ahead = json.loads(one)["systems"][1]["against_first"]["overall.pairwise"]
    # The same prompts are drawn for all systems: the same system is never ahead of itself.
    assert ahead == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_precision_and_recall_at_every_threshold():
    labels, system = made(prompts=20)
    points = precision_recall(system, labels)
    assert [recall for recall, _ in points] == sorted(recall for recall, _ in points)
    rows = told(system, labels, "safety")
    bad = sum(label.credit == 0 for label, _ in rows)
    for at, point in zip(
        sorted({r.score for _, r in rows if r.score is not None}), points, strict=True
    ):
        flagged = [label.credit == 0 for label, r in rows if r.score is not None and r.score <= at]
        assert point == pytest.approx((sum(flagged) / bad, sum(flagged) / len(flagged)))


class Always:
    """A judge that gives every criterion the first verdict that the function names."""

    def __init__(self, outcome):
        self.outcome = outcome

    def grade(self, items):
        return [Record({name: self.outcome(name) for name in item["criteria"]}) for item in items]


@pytest.mark.parametrize(
    ("outcome", "credit"),
    [
        (lambda name: Outcome("met"), {"veto": 0, "other": 1, "bonus": 1}),
        (lambda name: failed("timeout"), {}),
        (lambda name: Outcome("not_applicable"), {}),
        (lambda name: Outcome(True), {}),
        (lambda name: Outcome(2), {"levels": Fraction(2, 3)}),
        (lambda name: Outcome(99), {}),
    ],
)
def test_a_judge_behind_the_protocol(outcome, credit):
    labels, _ = made(prompts=2)
    system = of_grader("always", Always(outcome), labels)
    for (_, name), reading in system.readings.items():
        assert reading.credit == credit.get(name)
        assert reading.expected is None


def test_a_score_that_is_no_number_is_no_reading():
    labels, _ = made(prompts=2)
    judge = Always(lambda name: Outcome("met", score=math.nan))
    assert {r.score for r in of_grader("nan", judge, labels).readings.values()} == {None}
    judge = Always(lambda name: Outcome("met", score=1.5))
    assert {r.score for r in of_grader("one", judge, labels).readings.values()} == {1.5}


def test_nothing_to_count_is_said_and_not_zero():
    _, system = made(prompts=1)
    empty = compare([system], Labels((), ()), resamples=10)
    safety = empty["systems"][0]["tiers"]["safety"]
    assert safety["pointwise"] == {"value": None, "low": None, "high": None}
    assert safety["labels"] == 0
    one, _ = made(prompts=1)
    alone = compare([made(prompts=1)[1]], one, resamples=10)["systems"][0]
    assert alone["overall"]["pointwise"]["value"] is not None
    assert alone["overall"]["pointwise"]["low"] is None


def shown(name="made"):
    labels, system = made()
    found = compare([System(name, "judge", system.readings)] * 2, labels, resamples=20)
    rubrics = [{"name": "<r>", "version": "1", "status": "draft", "hash": "h"}]
    return {"notes": ["<b>"], "rubrics": rubrics, "bundle": "b", "template": "t", **found}


def test_the_page_holds_no_markup_but_its_own(tmp_path):
    evaluation = shown(name='<img src=x onerror="1">|`')
    text = page(evaluation)
    assert "<img" not in text
    assert "&lt;img" in text
    assert "<b>" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "\\|" in as_markdown(evaluation)
    write(tmp_path / "out", evaluation)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "evaluation.html",
        "evaluation.json",
        "evaluation.md",
    ]
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        write(tmp_path / "file", evaluation)


def test_the_columns_of_the_paper_are_there():
    names = ("Pointwise Proficiency", "Pointwise Safety", "Pairwise Safety", "Overall Accuracy")
    for text in (page(shown()), as_markdown(shown()), as_text(shown())):
        assert all(
            name in text for name in (*names, "Safety Precision", "Safety Recall", "Safety F1")
        )


def recorded(material, path, change=lambda sheet: sheet):
    rows = list(material.rows("reward_model/responses_heldout.jsonl"))
    lines = [json.dumps({**row, "verdicts": change(row["verdicts"])}) for row in rows]
    path.write_text("\n".join(lines))
    return path


def test_recorded_labels_are_right_everywhere(bundle, material, tmp_path):
    file = recorded(material, tmp_path / "labels.jsonl")
    found = evaluate(bundle, [], [file, file], resamples=20)
    first = found["systems"][0]
    for tier in TIERS:
        assert first["tiers"][tier]["pointwise"]["value"] == 1
        assert first["tiers"][tier]["pairwise"]["value"] == 1
        assert first["tiers"][tier]["labels"] > 0
    assert first["tiers"]["safety"]["f1"]["value"] == 1
    assert first["tiers"]["proficiency"]["kappa_levels"]["value"] == 1
    assert "made from the rubrics'" in " ".join(found["notes"])


def test_no_figure_is_measured_on_the_half_that_sets_thresholds(material):
    every = held_out(material)
    first, second = every.half(calibration=True), every.half(calibration=False)
    assert not set(first.prompts) & set(second.prompts)
    assert len(first.answers) + len(second.answers) == len(every.answers)
    assert len(first.pairs) + len(second.pairs) == len(every.pairs)
    assert measurable(material) == second
    # Criteria with a check are never asked about.
    assert not any(label.question.by_check for label in every.each)


def test_what_was_not_recorded_is_wrong_and_counted(bundle, material, tmp_path):
    file = recorded(
        material,
        tmp_path / "some.jsonl",
        lambda sheet: {k: v for k, v in sheet.items() if not k.startswith("harms")},
    )
    found = evaluate(bundle, [], [file], resamples=0)["systems"][0]
    safety = found["tiers"]["safety"]
    assert 0.2 < safety["cannot_assess"]["value"] < 0.5
    assert safety["pointwise"]["value"] == pytest.approx(1 - safety["cannot_assess"]["value"])
    assert any("no verdict on" in note for note in found["notes"])


def test_verdicts_on_other_answers_are_refused(bundle, tmp_path):
    row = {"id": "x", "rubric": "tests.burns", "prompt": "Other?"}
    row["responses"] = [{"id": "a", "text": "Other.", "verdicts": {"harms_burns": "met"}}]
    (tmp_path / "other.jsonl").write_text(json.dumps(row))
    with pytest.raises(TrainingError, match="no verdict on any"):
        evaluate(bundle, [], [tmp_path / "other.jsonl"])


def test_no_held_out_rows(tmp_path):
    bundle = compiled(tmp_path, ("burns",), rows=0)
    with pytest.raises(TrainingError, match="nothing to evaluate on"):
        evaluate(bundle, [], [])


def test_a_folder_that_is_no_model(bundle, tmp_path):
    with pytest.raises(TrainingError, match=r"no run\.json"):
        evaluate(bundle, [tmp_path])


def test_a_row_with_an_unknown_criterion_is_refused(material):
    known = {place: q for place, q in material.questions.items() if place[1] != "act_burns"}
    with pytest.raises(TrainingError, match=r"act_burns of tests\.burns"):
        held_out(replace(material, questions=known))


def test_rows_that_no_compiler_wrote_are_refused(material):
    class Odd:
        def __getattr__(self, name):
            return getattr(material, name)

        def rows(self, path):
            for row in material.rows(path):
                yield {**row, "verdict": "perhaps"} if "verdict" in row else row

    with pytest.raises(TrainingError, match="not what `rubricc compile` writes"):
        held_out(Odd())
