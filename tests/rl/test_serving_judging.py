"""The queue before the judge: what is judged together, and a judge that breaks."""

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.rl.judges.protocol import Failure, Outcome, Record
from rubricdsl.rl.serving.batching import Judging
from rubricdsl.rl.serving.limits import Batch
from rubricdsl.rl.serving.metrics import Metrics
from rubricdsl.rl.serving.problems import Problem
from tests.serving import HeldJudge, TextJudge

LATE = Failure("timeout", "late")
FOREVER = 3600.0


def item(text="{}", **verdicts):
    response = json.dumps(verdicts) if verdicts else text
    turns = [{"role": "user", "content": "What now?"}]
    return {"prompt": turns, "response": response, "rubric": "r", "criteria": ["harm"]}


def judging(grader, most_waiting=100, **batch):
    found = Judging(grader, Metrics(), Batch(**batch), most_waiting)
    found.start()
    return found


def verdicts(queue, job):
    job.done.result(30)
    return [record.sheet["harm"] for record in queue.close(job, LATE)]


def sizes(judge):
    return [len(items) for items in judge.asked]


def test_requests_that_wait_are_judged_in_one_call():
    judge = HeldJudge()
    queue = judging(judge)
    first = queue.submit([item(harm="met")])
    assert judge.begun.wait(30)
    others = [queue.submit([item(harm=v)] * 2) for v in ("met", "unmet", "met")]
    judge.released.set()
    assert verdicts(queue, first) == ["met"]
    assert [verdicts(queue, job) for job in others] == [["met"] * 2, ["unmet"] * 2, ["met"] * 2]
    assert sizes(judge) == [1, 6]


def test_a_call_waits_for_more_until_it_is_full():
    judge = TextJudge()
    queue = judging(judge, answers=3, window=FOREVER)
    jobs = [queue.submit([item(harm="met")]) for _ in range(3)]
    assert [verdicts(queue, job) for job in jobs] == [["met"]] * 3
    assert sizes(judge) == [3]


def test_the_wait_is_over_when_the_queue_is_to_end():
    judge = TextJudge()
    queue = judging(judge, answers=3, window=FOREVER)
    job = queue.submit([item(harm="met")])
    queue.stop()
    assert verdicts(queue, job) == ["met"]


def test_a_large_request_is_divided_and_long_answers_are_alone():
    judge = TextJudge()
    queue = judging(judge, answers=4, characters=100)
    assert verdicts(queue, queue.submit([item(harm="met")] * 9)) == ["met"] * 9
    assert max(sizes(judge)) <= 4
    assert sum(sizes(judge)) == 9
    judge.asked.clear()
    long = [item(text=json.dumps({"harm": "met", "x": "y" * 500})) for _ in range(3)]
    assert verdicts(queue, queue.submit(long)) == ["met"] * 3
    assert sizes(judge) == [1, 1, 1]


def test_too_many_that_wait_are_refused_and_one_large_request_is_not():
    judge = HeldJudge()
    queue = judging(judge, most_waiting=2, answers=1)
    first = queue.submit([item(harm="met")] * 4)
    assert judge.begun.wait(30)
    with pytest.raises(Problem) as refused:
        queue.submit([item(harm="met")])
    assert refused.value.status == 429
    assert 1 <= refused.value.retry_after <= 60
    queue.close(first, LATE)
    assert queue.waiting() == 0
    other = queue.submit([item(harm="unmet")])
    judge.released.set()
    assert verdicts(queue, other) == ["unmet"]
    # What was closed is not judged, but for the answer that had begun.
    assert sizes(judge) == [1, 1]


def test_what_is_closed_has_its_failure_and_no_late_verdict_changes_it():
    judge = HeldJudge()
    queue = judging(judge, answers=2)
    job = queue.submit([item(harm="met")] * 3)
    assert judge.begun.wait(30)
    records = queue.close(job, LATE)
    assert [record.outcomes["harm"] for record in records] == [Outcome("cannot_assess", LATE)] * 3
    judge.released.set()
    queue.stop()
    for thread in queue._threads:
        thread.join(30)
    assert queue.close(job, LATE) == records
    assert sizes(judge) == [2]


def test_nothing_to_ask_is_done_at_once():
    queue = Judging(TextJudge(), Metrics(), Batch(), 1)
    job = queue.submit([])
    assert job.done.done()
    assert queue.close(job, LATE) == []


class Breaking(TextJudge):
    """Raises when an answer says so, or answers about too few."""

    def grade(self, items):
        records = super().grade(items)
        for one in items:
            if "raise" in one["response"]:
                raise ZeroDivisionError("a secret of the judge" * 100)
        return records[1:] if any("fewer" in one["response"] for one in items) else records


@pytest.mark.parametrize("word", ["raise", "fewer"])
def test_a_request_that_breaks_the_judge_breaks_nobody_elses(word):
    judge = Breaking()
    queue = judging(judge, answers=5, window=FOREVER)
    jobs = [
        queue.submit([item(harm="met")]),
        queue.submit([item(harm="met"), item(text=json.dumps({"harm": "met", word: 1}))]),
        queue.submit([item(harm="unmet")] * 2),
    ]
    assert verdicts(queue, jobs[0]) == ["met"]
    assert verdicts(queue, jobs[2]) == ["unmet"] * 2
    jobs[1].done.result(30)
    outcomes = [record.outcomes["harm"] for record in queue.close(jobs[1], LATE)]
    assert [(o.verdict, o.failure.kind) for o in outcomes] == [("cannot_assess", "crashed")] * 2
    assert len(outcomes[0].failure.detail) <= 300
    assert queue.is_alive()


class Ending(TextJudge):
    def grade(self, items):
        raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_leaves_nobody_waiting():
    queue = judging(Ending())
    job = queue.submit([item(harm="met")])
    assert verdicts(queue, job) == ["cannot_assess"]
    for thread in queue._threads:
        thread.join(30)
    assert not queue.is_alive()


@settings(max_examples=25, deadline=None)
@given(
    jobs=st.lists(st.lists(st.sampled_from(["met", "unmet"]), max_size=5), max_size=8),
    answers=st.integers(1, 6),
    threads=st.integers(1, 3),
)
def test_every_answer_gets_its_own_verdict(jobs, answers, threads):
    queue = judging(TextJudge(), answers=answers, threads=threads)
    submitted = [queue.submit([item(harm=v) for v in wanted]) for wanted in jobs]
    assert [verdicts(queue, job) for job in submitted] == jobs
    assert queue.waiting() == 0
    queue.stop()
    for thread in queue._threads:
        thread.join(30)
        assert not thread.is_alive()


def test_calls_go_side_by_side_where_there_are_several_threads():
    both = threading.Barrier(2)

    class Meeting(TextJudge):
        def grade(self, items):
            both.wait(30)
            return [Record({"harm": Outcome("met")}) for _ in items]

    queue = judging(Meeting(), answers=1, threads=2)
    assert verdicts(queue, queue.submit([item(), item()])) == ["met", "met"]
