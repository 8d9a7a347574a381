"""One response under one rubric: from verdicts to reward."""

from collections.abc import Mapping
from typing import Any

from .amounts import reduced
from .conditions import read_inputs
from .form import CompactRubric
from .order import tally, weights_in_force
from .shapes import reward_of
from .verdicts import resolve


def evaluate(
    rubric: CompactRubric,
    verdicts: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    response: str | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """Everything a rubric says about one response.

    Returns `reward` (float, or None: the sample must not count), `key` (compares as the order
    does), `violations` (ids of violated vetoes), `proficiency` (S1 as an exact "n/d"),
    `excellence` (how many bonuses), and `credits` (exact, by id; None where not applicable).
    """
    facts = read_inputs(rubric["inputs"], inputs or {})
    weights = weights_in_force(rubric, facts, profile)
    credits = resolve(rubric, verdicts, facts, response)
    if credits is None:
        return {
            "reward": None,
            "key": None,
            "violations": [],
            "proficiency": None,
            "excellence": None,
            "credits": {},
        }
    found = tally(rubric, credits, weights)
    pairs = list(zip(rubric["criteria"], credits, strict=True))
    return {
        "reward": reward_of(rubric, found, credits, weights),
        "key": found.key(),
        "violations": [c["id"] for c, credit in pairs if c["severity"] is not None and credit == 0],
        "proficiency": f"{found.share[0]}/{found.share[1]}",
        "excellence": found.bonuses,
        "credits": {
            c["id"]: None if credit is None else "{}/{}".format(*reduced(credit, rubric["unit"]))
            for c, credit in pairs
        },
    }
