"""The tests inside rubrics: what each expectation means, and what failing ones say."""

import pytest

from rubricdsl.testing import run_cases, run_tests

from ..sample import marked, read

HEAD = """\
rubric a version "1.0.0"
title "A"
purpose evaluation
input { age : quantity(years)  setting : one of (clinic, home) = clinic }
safety {
  veto harm critical forbids "Does harm."
  veto acts major when age >= 18 years forbids "Acts." check mentions(response, "cut it off")
}
proficiency {
  criterion clear weight 3 requires "Is clear."
  criterion signs weight 1 requires "Names signs." level 0 "none" level 1 "one" level 2 "two"
}
excellence { bonus kind requires "Is kind." }
profile home when setting == home { weight signs 9 }
"""


def outcomes(*lines: str, head: str = HEAD) -> list[tuple[bool, str]]:
    """Whether each expectation of a test with these lines holds, and what was found."""
    checked = read(head + 'test "t" {\n' + "\n".join(lines) + "\n}\n")
    assert checked.rubric is not None, checked.diagnostics
    return [(r.passed, r.found) for r in run_tests(checked.rubric, checked.tests)]


GOOD = "response good { otherwise: good }"
BAD = "response bad { otherwise: bad }"


@pytest.mark.parametrize(
    ("expectation", "passed"),
    [
        ("expect good over bad", True),
        ("expect good over bad because harm", True),
        ("expect good over bad because acts", False),
        ("expect bad over good", False),
        ("expect good ties bad", False),
        ("expect good ties good", True),
        ("expect good over good", False),
        ("expect bad violates harm", True),
        ("expect bad violates harm, acts", True),
        ("expect good violates harm", False),
        ("expect good safe", True),
        ("expect bad safe", False),
        ("expect good has signs: 2", True),
        ("expect bad has signs: 0", True),
        ("expect good has harm: unmet", True),
        ("expect good has clear: unmet", False),
    ],
)
def test_expectations(expectation, passed):
    assert [result for result, _ in outcomes(GOOD, BAD, expectation)] == [passed]


def test_what_failing_expectations_say():
    found = outcomes(
        GOOD, BAD, "expect bad over good", "expect bad safe", "expect good has signs: 0"
    )
    assert [text for _, text in found] == [
        "`good` is better than `bad` because of harm",
        "`bad` violates harm, acts",
        "`good` has signs: 2",
    ]


@pytest.mark.parametrize(
    ("sheet", "deciding"),
    [
        ("harm: met  otherwise: good", "harm"),
        ("acts: met  otherwise: good", "acts"),
        ("clear: unmet  otherwise: good", "clear"),
        ("signs: 1  otherwise: good", "signs"),
        ("kind: unmet  otherwise: good", "kind"),
        ("harm: cannot_assess  otherwise: good", "harm"),
        ("clear: cannot_assess  otherwise: good", "clear"),
        ("clear: not_applicable  otherwise: good", "clear"),
    ],
)
def test_the_first_tier_that_differs_decides(sheet, deciding):
    lines = [GOOD, f"response worse {{ {sheet} }}", f"expect good over worse because {deciding}"]
    assert outcomes(*lines)[0][0]


def test_the_facts_given_choose_what_applies():
    child = "given { age: 9 years }"
    worse = "response worse { acts: met  otherwise: good }"
    assert outcomes(child, GOOD, worse, "expect good ties worse")[0][0]
    assert outcomes(GOOD, worse, "expect good over worse because acts")[0][0]


def test_the_facts_given_choose_the_profile():
    one = "response one { clear: met  signs: 0  otherwise: good }"
    other = "response other { clear: unmet  signs: 2  otherwise: good }"
    assert outcomes(one, other, "expect one over other")[0][0]
    assert outcomes("given { setting: home }", one, other, "expect other over one")[0][0]


def test_a_text_is_judged_by_the_checks_alone():
    found = outcomes(
        'response a "You may cut it off."',
        'response b "Please leave it."',
        "expect a violates acts",
        "expect b safe",
        "expect b has acts: unmet",
        "expect b has harm: cannot_assess",
        "expect b over a because acts",
    )
    assert [passed for passed, _ in found] == [True] * 5


def test_a_sheet_without_otherwise_leaves_the_rest_open():
    lines = [
        "response a { harm: unmet }",
        "expect a violates acts",
        "expect a has clear: cannot_assess",
    ]
    assert [passed for passed, _ in outcomes(*lines)] == [True, True]


def test_a_dropped_response_fails_whatever_was_expected():
    head = HEAD.replace("safety {\n", "safety {\n  cannot_assess means drop\n")
    lines = ["response a { harm: cannot_assess  otherwise: good }", GOOD]
    expected = ["expect a safe", "expect good over a", "expect a ties a", "expect a violates harm"]
    found = outcomes(*lines, *expected, head=head)
    assert {passed for passed, _ in found} == {False}
    assert {text for _, text in found} == {"`a` is dropped: a verdict that matters is missing"}


@pytest.mark.parametrize(
    ("lines", "findings"),
    [
        ([GOOD], [("R0701", '"t"')]),
        ([], [("R0701", '"t"')]),
        ([GOOD, "expect godo safe"], [("R0702", "godo")]),
        ([GOOD, GOOD, "expect good safe"], [("R0706", "good")]),
        (["response r { clear: yes }", "expect r safe"], [("R0703", "yes")]),
        (["response r { clear: 1 }", "expect r safe"], [("R0703", "1")]),
        (["response r { clear: good }", "expect r safe"], [("R0703", "good")]),
        (["response r { signs: met }", "expect r safe"], [("R0703", "met")]),
        (["response r { signs: 3 }", "expect r safe"], [("R0703", "3")]),
        (["response r { clear: met clear: unmet }", "expect r safe"], [("R0808", "clear: unmet")]),
        (["response r { otherwise: unmet }", "expect r safe"], [("R0704", "otherwise: unmet")]),
        (["response r { otherwise: good otherwise: bad }", "expect r safe"],
         [("R0808", "otherwise: bad")]),
        ([GOOD, "expect good violates nothing"], [("R0608", "nothing")]),
        ([GOOD, "expect good has signs: 9"], [("R0703", "9")]),
        (["given { age: 5 }", GOOD, "expect good safe"], [("R0412", "5")]),
        (["given { age: 5 years }", "given { age: 6 years }", GOOD, "expect good safe"],
         [("R0808", "given { age: 6 years }")]),
    ],
)  # fmt: skip
def test_tests_that_are_refused(lines, findings):
    assert marked(read(HEAD + 'test "t" {\n' + "\n".join(lines) + "\n}\n")) == findings


def test_a_todo_may_be_a_title_and_counts_for_nothing():
    titles = 'test todo "a" test todo "b" { } '
    failing = 'test todo "c" {' + GOOD + BAD + " expect bad over good } "
    checked = read(HEAD + titles + failing + 'test "d" {' + GOOD + "expect good safe }")
    assert checked.rubric is not None, checked.diagnostics
    assert len(run_tests(checked.rubric, checked.tests)) == 1
    runs = run_cases(checked.rubric, checked.tests)
    assert [(run.case.title, run.state, run.standing) for run in runs[:3]] == [
        ("a", "todo", "it expects nothing yet"),
        ("b", "todo", "it expects nothing yet"),
        ("c", "todo", "`good` is better than `bad` because of harm"),
    ]
    assert [[d.code for d in run.diagnostics] for run in runs] == [["R0707"]] * 3 + [[]]


def test_what_a_todo_says_is_checked_like_any_other():
    assert marked(read(HEAD + 'test todo "t" { response a { harm: yes } expect b safe }')) == [
        ("R0703", "yes"), ("R0702", "b"),
    ]  # fmt: skip
