"""From a verdict sheet to credits: who applies, what counts, and what a missing verdict means.

A verdict is "met", "unmet", an integer level, "not_applicable" or "cannot_assess". Anything else,
a missing verdict included, is "cannot_assess", and the policy of the tier settles it here, before
any arithmetic.
"""

from collections.abc import Mapping
from typing import Any

from .checks import Reading, check_holds
from .conditions import holds
from .form import CompactCriterion, CompactRubric


def applies(criterion: CompactCriterion, facts: Mapping[str, Any]) -> bool:
    """False only when the criterion's condition is known to be false."""
    return criterion["when"] is None or holds(criterion["when"], facts) is not False


def needs_judge(rubric: CompactRubric, facts: Mapping[str, Any]) -> list[str]:
    """The criteria of a response that only a judge can decide."""
    return [
        criterion["id"]
        for criterion in rubric["criteria"]
        if criterion["check"] is None and applies(criterion, facts)
    ]


def resolve(
    rubric: CompactRubric,
    sheet: Mapping[str, Any],
    facts: Mapping[str, Any],
    response: str | None,
) -> list[int | None] | None:
    """The credit of each criterion over the rubric's `unit`, None where it does not apply.

    None for the whole sheet when a policy drops the sample. With a response text, a criterion
    with a check is decided by the check, whatever the sheet says.
    """
    credits: list[int | None] = []
    decided = {} if response is None else checked(rubric, facts, response)
    for criterion in rubric["criteria"]:
        if criterion["when"] is not None and not applies(criterion, facts):
            credits.append(None)
            continue
        name = criterion["id"]
        verdict = decided[name] if name in decided else sheet.get(name)
        credit = settled(rubric, criterion, verdict)
        if credit == "drop":
            return None
        credits.append(None if isinstance(credit, str) else credit)
    return credits


def checked(rubric: CompactRubric, facts: Mapping[str, Any], response: str) -> dict[str, str]:
    """The verdicts that checks give a response, on criteria that apply."""
    found: dict[str, str] = {}
    reading: Reading | None = None
    for criterion in rubric["criteria"]:
        if criterion["check"] is not None and applies(criterion, facts):
            reading = reading or Reading(response)
            found[criterion["id"]] = "met" if check_holds(criterion["check"], reading) else "unmet"
    return found


def settled(rubric: CompactRubric, criterion: CompactCriterion, verdict: Any) -> int | str:
    """The credit of a verdict under the tier's policy, or "not_applicable", or "drop"."""
    credit = _credit(criterion, verdict, rubric["unit"])
    if credit == "cannot_assess":
        credit = _POLICIES[rubric["policies"][criterion["tier"]]]
    return credit


def said(criterion: CompactCriterion, verdict: Any, credit: int | None, unit: int) -> str | int:
    """The verdict as it counted; "cannot_assess" where it says nothing valid.

    Of a criterion with a check it is what the check found, which only its credit tells.
    """
    if criterion["check"] is not None and credit is not None:
        return "met" if (credit == 0) == criterion["forbids"] else "unmet"
    if _credit(criterion, verdict, unit) == "cannot_assess":
        return "cannot_assess"
    found: str | int = verdict
    return found


_POLICIES: dict[str, int | str] = {
    "violate": 0,
    "unmet": 0,
    "exclude": "not_applicable",
    "drop": "drop",
}


def _credit(criterion: CompactCriterion, verdict: Any, unit: int) -> int | str:
    """The credit of a verdict, or "not_applicable", or "cannot_assess"."""
    levels = criterion["credits"]
    if isinstance(verdict, str):
        if verdict == "not_applicable" and criterion["na"]:
            return verdict
        if levels is None and verdict in ("met", "unmet"):
            return unit if (verdict == "met") != criterion["forbids"] else 0
    # A level is an int and nothing that merely equals one: not True, not 1.0.
    elif type(verdict) is int and levels is not None and 0 <= verdict < len(levels):
        return levels[verdict]
    return "cannot_assess"
