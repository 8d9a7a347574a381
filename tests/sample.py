"""One valid rubric with every construct, and ways to read rubrics held in memory."""

from rubricdsl import ir
from rubricdsl.diagnostics import Diagnostic
from rubricdsl.passes import Checked, Checker
from rubricdsl.render import to_text
from rubricdsl.source import MemoryBundle

CORE = """\
rubric core.basics version "1.2.0"
title "Basics"
purpose evaluation

source gmp { title "Good medical practice" publisher "General Medical Council" }

safety {
  veto harm critical
    forbids "Does harm."
    cites gmp
}
"""

SAMPLE = """\
## A mole that changes.
rubric dermatology.sample version "0.1.0" status draft
title "A mole that changes:" "advice to a member of the public"
purpose training
tag "dermatology"
include core.basics version "1.2.0" called core

source ng12 { title "Suspected cancer" publisher "NICE" id "NG12" }
valueset acts { "cut it off", "freeze it" code "local" "7" }

input {
  age      : quantity(years) optional
  setting  : one of (clinic, home) = clinic
  pregnant : bool
  children : integer
  ward     : text
  drugs    : list of text
}

prompt child "The mole of my son changed." { age: 9 years, drugs: ("aspirin", "zinc") }

safety {
  cannot_assess means drop
  use core.harm called does_harm
  veto home_removal major when age >= 18 years or not pregnant
    forbids "Suggests removing the mole at home."
    check mentions(response, acts) and words(response) < 200
    met "You could freeze it." unmet "Leave it alone."
}

proficiency {
  criterion referral weight 5
    requires "Says to be seen within two weeks."
    cites ng12
    met "Be seen within two weeks." unmet "Wait a year."
    note "A shorter time counts."
  criterion signs weight 0.3 when setting in (clinic, home)
    requires "Explains the warning signs."
    allows not_applicable
    level 0 worth 0 "names none" example "Moles change."
    level 1 worth 1/4 "names one" example "Watch for growth."
    level 2 worth 1 "names two" example "Watch for growth and bleeding."
}

excellence {
  bonus worry
    requires "Acknowledges the worry."
    met "Waiting is hard." unmet "Next."
}

order { safety proficiency in steps of 1/10 excellence }
reward promedical alpha 1/200 penalty 3/2
profile urgent when setting == home and age is given { weight referral 8 }

test "a plain answer wins" {
  given { age: 40 years }
  response fluent { home_removal: met otherwise: good }
  response plain  { signs: 1 otherwise: bad home_removal: unmet does_harm: unmet }
  expect plain over fluent because home_removal
  expect plain has signs: 1
}
"""
PATH = "dermatology/sample.rubric"


def read(text: str, **others: str) -> Checked:
    """The text as a checked file, beside the basics that it may include, and other files."""
    files: dict[str, str | bytes] = {PATH: text, "core/basics.rubric": CORE}
    for name, content in others.items():
        files[name.replace("__", "/") + ".rubric"] = content
    return Checker(MemoryBundle(files)).check(PATH)


def edited(*changes: tuple[str, str]) -> str:
    """The sample with each first text replaced by its second."""
    text = SAMPLE
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def marked(checked: Checked) -> list[tuple[str, str]]:
    """Code and underlined text of every error, in the order of the file."""
    return [(d.code, under(checked, d)) for d in checked.diagnostics if d.level == "error"]


def under(checked: Checked, diagnostic: Diagnostic) -> str:
    assert checked.source is not None
    return checked.source.text[diagnostic.span.start : diagnostic.span.end]


def rubric(text: str, **others: str) -> ir.Rubric:
    """The rubric that a text is; fails on any error in it."""
    checked = read(text, **others)
    shown = "\n".join(to_text(d, lambda _: checked.source) for d in checked.diagnostics)
    assert checked.rubric is not None, shown
    return checked.rubric
