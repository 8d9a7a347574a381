"""What a format is: a file of another tool that holds a rubric, and what can be said in it.

A format is no stack: nothing of `reward.py` is in it. The other tool judges and adds up by itself,
so a rubric is written only where that tool's score says what the reward says.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.foreign import Powers, losses
from rubricdsl.sums import Sum, as_sum, spelled

from ...job import Chunk, Job
from ..targets.interface import FOLDER


@dataclass(frozen=True)
class Said:
    """A rubric as a sum, and what of it is missing there."""

    rubric: ir.Rubric
    hash: str
    sum: Sum
    lost: tuple[str, ...] = ()

    @property
    def taken(self) -> Fraction:
        """What all that is forbidden takes away where its weights are negative."""
        weights = self.sum.weights
        forbidden = (c for c in self.rubric.criteria if c.polarity == "forbids")
        return sum((weights[c.id] for c in forbidden), Fraction())

    @property
    def total(self) -> Fraction:
        return sum(self.sum.weights.values(), Fraction())


Line = tuple[Fraction, Fraction]
"""`reward = first + second * score`."""


@dataclass(frozen=True)
class Format:
    """One tool.

    `package` is what it is called where packages are had, None where it is a format alone; `least`
    the version that it was written against. `place` is the path of a rubric's file below the
    format's folder, with `{name}` in it unless one file holds them all. `write` gives the text for
    one rubric, `line` how its score becomes the reward, where nothing is lost.
    """

    name: str
    package: str | None
    least: str
    powers: Powers
    place: str
    write: Callable[[Said], str]
    line: Callable[[Said], Line]

    @property
    def folder(self) -> str:
        return f"{FOLDER}/{self.name}"

    @property
    def together(self) -> bool:
        """Whether one file holds any number of rubrics."""
        return "{name}" not in self.place


def said(form: Format, rubric: ir.Rubric, hash: str) -> Said:
    """The rubric as a format is given it."""
    lost = tuple(str(loss) for loss in losses(rubric, form.powers) if loss.order)
    return Said(rubric, hash, spelled(rubric, as_sum(rubric)), lost)


def text_of(form: Format, rubric: ir.Rubric, hash: str) -> str:
    """The rubric in the words of the format."""
    return form.write(said(form, rubric, hash))


def emit(form: Format, job: Job) -> Iterator[Chunk]:
    """The files of all rubrics, below the format's folder."""
    for rubric in job.rubrics:
        text = text_of(form, rubric, job.hashes[rubric.name])
        yield f"{form.folder}/{form.place.format(name=rubric.name)}", text.encode()


def heading(found: Said, line: Line, *usage: str) -> str:
    """The comment at the head of a file: what it is, how it is used, and what is lost."""
    rubric = found.rubric
    told = [
        f"{rubric.name} {rubric.version}, meaning {found.hash}",
        "Written by rubricc: edit the rubric, not this file.",
        "",
        *usage,
    ]
    if found.lost:
        told += ["", "NOT the meaning of the rubric. What is lost:"]
        told += [f"- {loss}" for loss in found.lost]
    elif not line[0] and line[1] == 1:
        told.append("The score is the reward.")
    else:
        told.append(f"The reward is {line[0]} + {line[1]} * score.")
    return "".join(f"# {printable(line)}".rstrip() + "\n" for line in told) + "\n"


def quoted(text: str) -> str:
    """A text between quotes, as JSON, YAML and TOML all read it."""
    found = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in found)


def printable(text: str) -> str:
    """A text on one line of a comment."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: Fraction) -> int | float:
    """A weight or a credit as these files have it."""
    return value.numerator if value.denominator == 1 else value.numerator / value.denominator


def points(found: Said, criterion: ir.Criterion) -> int | float:
    """The weight of a criterion where what is forbidden has a negative one."""
    weight = number(found.sum.weights[criterion.id])
    return weight if criterion.polarity == "requires" else -weight
