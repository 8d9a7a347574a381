"""Which criteria a case sets aside and what the checks say: what the runtime answers, by name."""

from collections.abc import Mapping
from typing import Literal

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.facts import Fact, plain_inputs
from rubricdsl.runtime.checks import Reading, check_holds
from rubricdsl.runtime.conditions import read_inputs
from rubricdsl.runtime.verdicts import applies


class Meaning:
    """A rubric prepared for questions about cases and responses."""

    def __init__(self, rubric: ir.Rubric) -> None:
        self._declared = rubric.inputs
        self._compact = compact(rubric, "")

    def set_aside(self, inputs: Mapping[str, Fact]) -> frozenset[str]:
        """The criteria whose condition is known to be false for the case."""
        facts = read_inputs(self._compact["inputs"], plain_inputs(inputs, self._declared))
        return frozenset(c["id"] for c in self._compact["criteria"] if not applies(c, facts))

    def checked(self, response: str) -> dict[str, Literal["met", "unmet"]]:
        """The verdicts of the criteria that have a check."""
        reading = Reading(response)
        return {
            c["id"]: "met" if check_holds(c["check"], reading) else "unmet"
            for c in self._compact["criteria"]
            if c["check"] is not None
        }
