"""A bundle with everything in it, compiled once from the hand-built rubric."""

import dataclasses
import json
from fractions import Fraction

import pytest

from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.job import Options

LABELLED = [
    {
        "id": "row1",
        "rubric": "dermatology.changing_mole",
        "prompt": [
            {"role": "user", "content": "I have a mole."},
            {"role": "assistant", "content": "What about it?"},
            {"role": "user", "content": "It bleeds. “Is it cancer?”"},
        ],
        "inputs": {"age": "40 years"},
        "responses": [
            {
                "id": "a",
                "text": "Yours is harmless. You could just freeze it at home.",
                "verdicts": {
                    "calls_mole_harmless": "met",
                    "says_to_be_seen": "unmet",
                    "home_removal": "unmet",
                    "warning_signs": 0,
                    "acknowledges_worry": "cannot_assess",
                },
            },
            {
                "id": "b",
                "text": "Please show it to a doctor this week.",
                "verdicts": {
                    "calls_mole_harmless": "unmet",
                    "says_to_be_seen": "met",
                    "urgent_referral": "met",
                    "warning_signs": 2,
                    "acknowledges_worry": "unmet",
                },
            },
        ],
    },
    {
        "id": "row2",
        "rubric": "dermatology.changing_mole",
        "prompt": "My daughter's mole itches.",
        "inputs": {"age": 9},
        "responses": [
            {"id": "a", "text": "See a doctor.", "verdicts": {"urgent_referral": "met"}},
            {"id": "b", "text": "Wait a year.", "verdicts": {"urgent_referral": "unmet"}},
        ],
    },
]


@pytest.fixture(scope="session")
def exam(mole):
    """The same rubric, kept for evaluation."""
    return dataclasses.replace(mole, name="exams.mole", purpose="evaluation")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in LABELLED), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def bundle(mole, exam, data, tmp_path_factory):
    """The folder of a bundle with labelled and synthetic rows; not to be changed."""
    out = tmp_path_factory.mktemp("bundles") / "bundle"
    options = Options(synthesize=24, seed=1, heldout=Fraction(1, 4))
    compile_bundle(Request((mole, exam), out, (data,), options))
    return out


@pytest.fixture(scope="session")
def rows(bundle):
    """The rows of a JSON Lines file of the bundle."""

    def read(path):
        return [json.loads(line) for line in (bundle / path).read_text("utf-8").splitlines()]

    return read
