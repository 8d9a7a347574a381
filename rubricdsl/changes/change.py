"""A change as data, and the steps of a version."""

from typing import Literal, NamedTuple

Step = Literal["patch", "minor", "major"]
STEPS: tuple[Step, ...] = ("patch", "minor", "major")

Kind = Literal[
    "added", "removed", "renamed", "moved", "severity", "polarity", "reworded", "weight", "levels",
    "anchors", "condition", "check", "not_applicable", "examples", "note", "cites", "tags",
    "sequence", "policy", "steps", "reward", "profile", "input", "prompt", "source", "value_set",
    "include", "review", "name", "title", "status", "purpose",
]  # fmt: skip


class Change(NamedTuple):
    """One change of one thing. `about` is its name, and empty for the rubric as a whole; `old` and
    `new` are what stood and stands there, in words of the language, empty where nothing does."""

    kind: Kind
    about: str
    step: Step
    old: str = ""
    new: str = ""


def largest(found: "list[Change] | tuple[Change, ...]") -> Step | None:
    """The step that all changes together ask for; None without any."""
    return max((change.step for change in found), key=STEPS.index, default=None)
