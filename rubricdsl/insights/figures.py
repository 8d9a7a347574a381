"""Figures of a rubric: ends and number of its rewards, and how often each tier decides."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..analysis.certify import witness_json
from ..analysis.reach import reach
from ..analysis.sums import TooLarge
from .counts import keys, rewards
from .extremes import End, Extremes, extremes
from .finding import briefly, given
from .shares import Shares, shares
from .steps_unreached import runs
from .subject import Subject


@dataclass(frozen=True)
class Figures:
    """`rewards` are the ends over all cases and profiles. The others are of the fullest case, with
    `inputs` as its row, under the profile that it chooses. None stands for what was not decided,
    or has no meaning for the shape."""

    cases: int
    exact: bool
    inputs: dict[str, Any]
    profile: str | None
    rewards: Extremes | None
    steps: str | None
    keys: int | None
    distinct: int | None
    shares: Shares | None


def figures(subject: Subject) -> Figures:
    """All figures of one rubric."""
    over, base = subject.over, subject.base
    known = base if over.exact else None
    bounds = reach(*base)
    return Figures(
        cases=over.number(),
        exact=over.exact,
        inputs=base[1].row(),
        profile=base[0].profile,
        rewards=_extremes(subject),
        steps=f"{runs(list(bounds.bins))} of {subject.form['steps']}" if bounds.exact else None,
        keys=keys(known) if known else None,
        distinct=_distinct(subject),
        shares=_shares(subject),
    )


def _extremes(subject: Subject) -> Extremes | None:
    if not subject.over.exact:
        return None
    try:
        return extremes(subject.places)
    except TooLarge:
        return None


def _distinct(subject: Subject) -> int | None:
    if not subject.over.exact:
        return None
    try:
        return rewards(subject.base)
    except TooLarge:
        return None


def _shares(subject: Subject) -> Shares | None:
    if not subject.over.exact:
        return None
    try:
        return shares(subject.base)
    except TooLarge:
        return None


def as_json(found: Figures) -> dict[str, Any]:
    """The figures as JSON values; exact numbers are texts "n/d"."""
    return {
        "cases": found.cases,
        "exact": found.exact,
        "fullest_case": {"inputs": found.inputs, "profile": found.profile},
        "rewards": None
        if found.rewards is None
        else {"least": _end(found.rewards.least), "greatest": _end(found.rewards.most)},
        "steps": found.steps,
        "distinct_keys": found.keys,
        "distinct_rewards": found.distinct,
        "decides": None
        if found.shares is None
        else {name: str(value) for name, value in found.shares._asdict().items()},
    }


def _end(end: End) -> dict[str, Any]:
    shown = None if end.witness is None else witness_json(end.witness)
    return {"reward": str(end.reward), "witness": shown}


def as_text(subject: Subject, found: Figures) -> list[str]:
    """The figures in lines for people."""
    many = "" if found.cases == 1 else "s"
    lines = [f"{found.cases:,} case{many}" + ("" if found.exact else ", perhaps fewer")]
    if found.rewards is None:
        lines.append("smallest and largest reward: not decided")
    else:
        lines.append(f"smallest reward {_with_sheet(subject, found.rewards.least)}")
        lines.append(f"largest reward {_with_sheet(subject, found.rewards.most)}")
    case = _case(subject, found.inputs, found.profile)
    lines.append(f"in the fullest case{case}:")
    lines.append(f"{_count(found.keys)} different keys")
    if subject.form["reward"]["shape"] != "centred":
        lines[-1] += f", {_count(found.distinct)} different rewards"
    lines[-1] += f"; steps {found.steps or 'not decided'}"
    if found.shares is None:
        return [*lines, "how often each tier decides: not decided"]
    s = found.shares
    safety = s.critical + s.major + s.moderate
    lines.append(
        f"of two random sheets safety decides {percent(safety)}, proficiency "
        f"{percent(s.proficiency)}, excellence {percent(s.excellence)}, nothing {percent(s.tie)}"
    )
    if safety:
        lines.append(
            f"of two safe ones proficiency {percent(s.safe_proficiency)}, excellence "
            f"{percent(s.safe_excellence)}, nothing {percent(s.safe_tie)}"
        )
    if s.excellence:
        lines.append(
            f"where all above ties ({percent(s.excellence + s.tie)} of pairs) excellence decides "
            f"{percent(s.excellence / (s.excellence + s.tie))}"
        )
    return lines


def _with_sheet(subject: Subject, end: End) -> str:
    value = number(end.reward)
    if end.witness is None:
        return value
    case = _case(subject, end.witness.inputs, end.witness.profile)
    return f"{value}: {briefly(subject.form, end.witness.samples[0].sheet)}{case}"


def _case(subject: Subject, row: dict[str, Any], profile: str | None) -> str:
    case = f" given {given(subject.form, row)}" if row else ""
    return case + (f" under profile {profile}" if profile else "")


def _count(value: int | None) -> str:
    return "an unknown number of" if value is None else f"{value:,}"


def number(value: Fraction) -> str:
    """A fraction, and what it is about."""
    if value.denominator == 1:
        return str(value)
    return f"{value} ({float(value):.4g})"


def percent(value: Fraction) -> str:
    """A share in percent, beside the fraction where that is short; the JSON form has it always."""
    rounded = f"{float(100 * value):.3g} %"
    return f"{rounded} ({value})" if 1 < value.denominator <= 10_000 else rounded
