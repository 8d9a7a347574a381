"""The tests inside a file: where each stands, and what comes out when it is run."""

from typing import NamedTuple

from ..syntax import nodes as n
from ..testing import Result, run_tests
from .workspace import Workspace


class Lens(NamedTuple):
    """A test by its number in the file (from 1); 0 stands for all of them."""

    number: int
    title: str
    start: int
    end: int


class Ran(NamedTuple):
    """What came out of the expectations of one test, or of all; those of a `todo` cannot fail."""

    passed: int
    failed: tuple[Result, ...]

    @property
    def text(self) -> str:
        """In a line."""
        if not self.failed:
            return f"{self.passed} passed"
        total = self.passed + len(self.failed)
        return f"{len(self.failed)} of {total} failed: {self.failed[0].found}"


def lenses(workspace: Workspace, path: str) -> list[Lens]:
    """One for each test, and one for all at the head of the file."""
    tree = workspace.check(path).tree
    if tree is None:
        return []
    tests = [item for item in tree.items if isinstance(item, n.TestBlock)]
    found = [
        Lens(number, test.title.value, test.start, test.title.end)
        for number, test in enumerate(tests, 1)
    ]
    if tree.header is not None and tests:
        found.insert(0, Lens(0, "", tree.header.start, tree.header.end))
    return found


def run_test(workspace: Workspace, path: str, number: int) -> Ran | None:
    """Run one test, or with 0 all. None where the file has errors, or no such test."""
    checked = workspace.check(path)
    cases = checked.tests if number == 0 else checked.tests[number - 1 : number]
    if checked.rubric is None or not cases:
        return None
    results = run_tests(checked.rubric, cases)
    failed = tuple(r for r in results if not r.passed and not r.case.todo)
    return Ran(sum(result.passed for result in results), failed)
