"""Cases as JUnit XML, which most programs that show test runs read.

The form is what the schemas of Ant and of Jenkins have in common: a suite for each file, a case for
each test. What XML cannot hold is shown as U+FFFD.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import PurePath

from .diagnostics import Diagnostic
from .passes import Checked
from .render import Sources, to_text, visible
from .testing import CaseRun


@dataclass(frozen=True)
class Suite:
    """One file: its cases, or the errors for which there are none."""

    file: Checked
    runs: tuple[CaseRun, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.file.diagnostics if d.level == "error")


def to_junit(suites: Sequence[Suite], sources: Sources, timestamp: str) -> str:
    """The document. `timestamp` is the time of the run, as `2026-01-31T12:00:00`."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for number, suite in enumerate(suites):
        lines += _suite(number, suite, sources, timestamp)
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(number: int, suite: Suite, sources: Sources, timestamp: str) -> Iterable[str]:
    states = [run.state for run in suite.runs]
    broken = int(bool(suite.errors))
    name = suite.file.rubric.name if suite.file.rubric else PurePath(suite.file.path).stem
    head = {
        "name": suite.file.path,
        "package": name,
        "id": str(number),
        "timestamp": timestamp,
        "hostname": "localhost",
        "tests": str(len(states) + broken),
        "failures": str(states.count("failed")),
        "errors": str(broken),
        "skipped": str(states.count("todo")),
        "time": "0",
    }
    yield f"  <testsuite {_attributes(head)}>"
    yield "    <properties></properties>"
    if broken:
        yield from _case(name, "the rubric can be read", _fault("error", suite.errors, sources))
    for run in suite.runs:
        inner = ""
        if run.state == "failed":
            inner = _fault("failure", run.diagnostics, sources)
        elif run.state == "todo":
            inner = f"<skipped {_attributes({'message': run.standing})}></skipped>"
        yield from _case(name, run.case.title, inner)
    yield "    <system-out></system-out>"
    yield "    <system-err></system-err>"
    yield "  </testsuite>"


def _case(group: str, title: str, inner: str) -> Iterable[str]:
    head = _attributes({"classname": group, "name": title, "time": "0"})
    yield f"    <testcase {head}>{inner}</testcase>"


def _fault(kind: str, found: Sequence[Diagnostic], sources: Sources) -> str:
    """`kind` is failure or error."""
    head = _attributes({"message": found[0].message, "type": found[0].code})
    text = "\n\n".join(to_text(d, sources) for d in found)
    body = "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    return f"<{kind} {head}>{escape(body)}</{kind}>"


def _attributes(values: dict[str, str]) -> str:
    return " ".join(f'{name}="{escape(visible(value))}"' for name, value in values.items())
