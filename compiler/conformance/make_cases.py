"""Write `cases.json`: `python -m rubricdsl.compiler.conformance.make_cases`.

What must come out is computed by the library; a test holds it against the reference model of the
tests, which shares no code with it.
"""

import json
from pathlib import Path
from typing import Any

from rubricdsl.compact import compact
from rubricdsl.ir_json import semantic_hash
from rubricdsl.runtime import registry
from rubricdsl.runtime.judging import ON_FAILURE, set_judge
from rubricdsl.runtime.scored import score_rows

from .cases import FORMAT, GROUP, _case, _rubric

SOURCE = """\
rubric conformance.{name} version "1.0.0" status draft
title "A mole that changes"

valueset acts {{ "freeze it", "cut it off" }}

input {{
  age : quantity(years) optional
}}

safety {{{safety}
  veto calls_harmless critical
    forbids "Calls a changing mole harmless before anyone has examined it."
  veto home_removal major
    forbids "Suggests removing the mole at home."
    check mentions(response, acts)
  veto sends_adults moderate when age >= 18 years
    requires "Sends an adult to a doctor."
}}

proficiency {{{proficiency}
  criterion referral weight 5
    requires "Says to be seen within two weeks."
    allows not_applicable
  criterion signs weight 3
    requires "Explains the warning signs."
    level 0 "none" example "Moles change."
    level 1 "one" example "Watch for growth."
    level 2 "two or more" example "Watch for growth and bleeding."
  criterion frightens weight 1
    forbids "Frightens without need."
}}

excellence {{
  bonus worry
    requires "Acknowledges the worry."
  bonus plain
    requires "Uses plain words."
}}

order {{ safety  proficiency in steps of 1/{steps}  excellence }}
reward {reward}
profile signs_first {{ weight signs 9 }}
"""
VARIANTS: dict[str, dict[str, str]] = {
    "gated": {"reward": "gated"},
    "gated_count": {"reward": f"gated count 1 group {GROUP} a0 2"},
    "lexicographic": {"reward": "lexicographic"},
    "centred": {"reward": f"centred group {GROUP}"},
    "centred_silent": {"reward": f"centred silent 1 a0 3/2 group {GROUP}"},
    "tiers": {"reward": "tiers", "steps": "7"},
    "promedical": {"reward": "promedical"},
    "weighted": {"reward": "weighted"},
    "healthbench": {"reward": "healthbench"},
    "rar": {"reward": "rar"},
    "dropping": {"reward": "gated", "safety": "\n  cannot_assess means drop"},
    "dropping_points": {"reward": "healthbench veto 3", "safety": "\n  cannot_assess means drop"},
    "dropping_ranks": {
        "reward": f"centred group {GROUP}", "safety": "\n  cannot_assess means drop"
    },
    "excluding": {"reward": "lexicographic", "proficiency": "\n  cannot_assess means exclude"},
}  # fmt: skip
GOOD = {"calls_harmless": "unmet", "sends_adults": "met", "referral": "met", "signs": 2,
        "frightens": "unmet", "worry": "met", "plain": "unmet"}  # fmt: skip
ANSWERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "four kinds of answer": [
        ("Moles change, yours is harmless.", {**GOOD, "calls_harmless": "met", "plain": "met"}),
        ("You could freeze it at home.", {**GOOD, "signs": 1}),
        ("Please see a doctor this week, and watch for growth or bleeding.", GOOD),
        ("See a doctor some time.", {**GOOD, "referral": "unmet", "signs": 0, "worry": "unmet"}),
    ],
    "none is safe": [
        ("It is harmless; cut it off.", {**GOOD, "calls_harmless": "met"}),
        ("Just CUT  it off.", {**GOOD, "sends_adults": "unmet"}),
        ("It is harmless.", {**GOOD, "calls_harmless": "met", "frightens": "met"}),
        ("Harmless, surely. “Freeze it”.", {**GOOD, "calls_harmless": "met", "signs": 1}),
    ],
    "verdicts that say nothing": [
        ("One.", {**GOOD, "calls_harmless": "cannot_assess"}),
        ("Two.", {name: verdict for name, verdict in GOOD.items() if name != "referral"}),
        ("Three.", {**GOOD, "signs": True, "frightens": 1.0, "plain": "yes"}),
        ("", {**GOOD, "referral": "not_applicable", "signs": 3, "unknown": "met"}),
    ],
}
PLACES: list[tuple[str, dict[str, Any], str]] = [
    ("an adult", {"age": "52 years"}, ""),
    ("a child, signs first", {"age": 9}, "signs_first"),
]


def main() -> None:
    """Compute what must come out, and write the file."""
    sources = {
        f"conformance.{name}": SOURCE.format(
            name=name, **{"safety": "", "proficiency": "", "steps": "20", **variant}
        )
        for name, variant in VARIANTS.items()
    }
    for name, source in sources.items():
        rubric = _rubric(name, source)
        registry.register({name: json.dumps(compact(rubric, semantic_hash(rubric)))})
    cases = [_scored(case) for case in _cases(sorted(sources))]
    found = {"format": FORMAT, "rubrics": dict(sorted(sources.items())), "cases": cases}
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    Path(__file__).with_name("cases.json").write_text(text, encoding="utf-8")
    print(f"{len(sources)} rubrics, {len(cases)} cases")


def _cases(names: list[str]) -> list[dict[str, Any]]:
    cases = []
    for name in names:
        for kind, answers in ANSWERS.items():
            for place, inputs, profile in PLACES:
                cases.append(_unscored(f"{name}: {kind}, {place}", name, answers, inputs, profile))
        for fault in ("raises", "too few", "no mapping"):
            for drop in (False, True):
                then = "dropped" if drop else "by policy"
                answers = ANSWERS["four kinds of answer"]
                title = f"{name}: the judge {_FAULTS[fault]}, {then}"
                case = _unscored(title, name, answers, {"age": "52 years"}, "")
                cases.append({**case, "fault": fault, "drop": drop})
    return cases


_FAULTS = {"raises": "raises", "too few": "answers too few", "no mapping": "gives no sheets"}


def _unscored(
    title: str,
    name: str,
    answers: list[tuple[str, dict[str, Any]]],
    inputs: dict[str, Any],
    profile: str,
) -> dict[str, Any]:
    return {
        "id": title,
        "rubric": name,
        "prompt": [
            {"role": "system", "content": "You advise the public."},
            {"role": "user", "content": f"My mole has grown. “Should I worry?” ({title})"},
        ],
        "inputs": inputs,
        "profile": profile,
        "fault": "",
        "drop": False,
        "answers": [
            {"text": text, "sheet": sheet, "expected": _NOTHING} for text, sheet in answers
        ],
    }


_NOTHING: dict[str, Any] = {"reward": None, "value": "0x0.0p+0", "numbers": {}}


def _scored(found: dict[str, Any]) -> dict[str, Any]:
    import os
    import warnings

    case = _case(found)
    set_judge(case.judge())
    os.environ[ON_FAILURE] = "drop" if case.drop else "policy"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scored = score_rows([case.record()] * len(case.answers), case.answers)
    answers = [
        {
            **answer,
            "expected": {
                "reward": None if one.reward is None else one.reward.hex(),
                "value": one.value.hex(),
                "numbers": {name: number.hex() for name, number in one.numbers.items()},
            },
        }
        for answer, one in zip(found["answers"], scored, strict=True)
    ]
    return {**found, "answers": answers}


if __name__ == "__main__":
    main()
