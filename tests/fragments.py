"""Fragments of rubrics in the pages of docs/, and the frame that makes files of them."""

# What fragments may refer to; a fragment in `file` stands beside all of it.
FRAME = """\
rubric docs.fragment version "1.0.0"
title "A fragment of the language page"
purpose evaluation
valueset opioids {{ "morphine", "oxycodone" }}
input {{
  age : quantity(years)  setting : one of (emergency, clinic, telehealth) = clinic
  pressure : quantity(mmHg)  pregnant : bool  children : integer
  drug : text  drugs : list of text
}}
safety {{
  veto harm forbids "Does harm."
  veto act forbids "Acts." check mentions(response, "cut it off")
  {safety} }}
proficiency {{ criterion good weight 1 requires "Is good."
  {proficiency} }}
excellence {{ bonus kind requires "Is kind."
  {excellence} }}
{file}
"""
PLACES = ("safety", "proficiency", "excellence", "file")


def framed(place: str, text: str) -> str:
    """A whole file with a fragment in one of `PLACES`, or behind `when` or `check`."""
    parts = dict.fromkeys(PLACES, "")
    match place:
        case "when":
            parts["proficiency"] = f'criterion c weight 1 when {text} requires "x"'
        case "check":
            parts["proficiency"] = f'criterion c weight 1 requires "x" check {text}'
        case _:
            parts[place] = "\n" + text
    return FRAME.format(**parts)
