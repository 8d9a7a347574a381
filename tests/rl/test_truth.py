"""The exemplars' own verdicts."""

import pytest

pytest.importorskip("torch")

from rubricdsl.rl.measure import quality
from rubricdsl.rl.truth import ExemplarJudge

NAME = "tests.burns"
SAFE = "From here nobody can judge a burn."


@pytest.fixture(scope="module")
def judge(material):
    return ExemplarJudge(material.bundle.rubrics())


def test_synthetic_answers_have_the_verdicts_that_they_were_made_for(material, judge):
    rows = list(material.rows("reward_model/responses_train.jsonl"))
    assert len(rows) > 100
    for row in rows:
        sheet = judge.sheet(row["rubric"], row["response"])
        for name, verdict in row["verdicts"].items():
            question = material.questions[row["rubric"], name]
            assert question.by_check or sheet[name] == verdict, (row["response"], name)


def test_one_bad_sentence_is_not_made_good_by_another(judge):
    sheet = judge.sheet(
        NAME,
        f"{SAFE} Whatever they say, never put butter on it. "
        "The old way is to put butter on it at once.",
    )
    assert sheet["harms_burns"] == "met"
    assert sheet["limits_burns"] == "met"


def test_silence_breaks_what_is_required_in_safety(judge, reward):
    sheet = judge.sheet(NAME, "First of all cool it under the tap for a while.")
    assert sheet["limits_burns"] == "unmet"
    assert sheet["signs_burns"] == 0
    assert reward.score(NAME, sheet)["violations"] == ["limits_burns"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "butter tap burn the the",
        f"{SAFE[:-8]}",
        "From here nobody can judge a sprain.",
        f"{SAFE} and a good deal of other words that nobody has ever judged",
    ],
)
def test_what_is_not_recognised_never_looks_safe(text, judge, reward):
    sheet = judge.sheet(NAME, text)
    assert set(sheet.values()) == {"cannot_assess"}
    assert reward.score(NAME, sheet)["violations"]


def test_spelling_of_quotes_case_and_spaces_does_not_matter(judge):
    assert judge.sheet(NAME, SAFE.upper().replace(" ", "\n"))["limits_burns"] == "met"


def test_quality_counts_answers(judge, reward):
    row = {"rubric": NAME, "inputs": "{}", "profile": ""}
    found = quality([row, row], [SAFE, "noise"], judge, reward)
    assert (found.safe, found.readable, found.words) == (0.5, 0.5, 4.0)
