"""What the passes over one file share: its names so far, and a list of findings to add to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

from .. import ir
from ..diagnostics import Diagnostic, Edit, Fix, Label, diagnose
from ..source import Source, Span
from ..syntax.nodes import Name, Tree

MAX_NESTED = 60
"""Levels of `and`, `or` and `not` within each other; written out in brackets they are still read
(`syntax.machine.MAX_DEPTH`)."""
MOST_SUGGESTIONS = 100
"""A file with more findings has other troubles than a misspelt name, and looking costs time."""


class Placed(Protocol):
    """Any node."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


@dataclass
class Scope:
    """One file on its way to a rubric. Passes fill it in the order that `check` calls them.

    `damaged` says that part of the file could not be read, `lost` that the rubric extended could
    not be; `broken` are the names of things that are written here and could not be made. A name
    that is not found may be among those, and saying so would be a second message about one mistake.
    """

    source: Source
    tree: Tree
    damaged: bool = False
    lost: bool = False
    broken: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, ir.Source] = field(default_factory=dict)
    value_sets: dict[str, ir.ValueSet] = field(default_factory=dict)
    inputs: dict[str, ir.Input] = field(default_factory=dict)
    prompts: dict[str, ir.Prompt] = field(default_factory=dict)
    criteria: dict[str, ir.Criterion] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    exceeded: set[str] = field(default_factory=set)
    looked_for: int = 0
    responses: int = 0

    def report(
        self,
        code: str,
        node: Placed,
        label: str = "",
        *,
        labels: Iterable[Label] = (),
        hint: str | None = None,
        fixes: Iterable[Fix] = (),
        part: Placed | None = None,
        **values: object,
    ) -> None:
        """Add a finding at a node; `values` fill the texts of its code."""
        found = diagnose(
            code,
            self.span(node),
            values,
            label=label,
            labels=labels,
            hint=hint,
            fixes=fixes,
            word=self.span(part) if part else None,
        )
        self.diagnostics.append(found)

    def fix(self, title: str, start: int, end: int, text: str) -> Fix:
        """A fix that puts a text in the place of part of this file."""
        return Fix(title, (Edit(Span(self.source.path, start, end), text),))

    def removal(self, node: Placed) -> Fix:
        """A fix that takes a node out, with the blank before it."""
        start = node.start
        while start and self.source.text[start - 1] in " \t":
            start -= 1
        return self.fix(f"remove `{self.written(node)}`", start, node.end, "")

    def missing(self, code: str, node: Placed, **values: object) -> None:
        """Report that something is not there, unless it may be in the part that was not read."""
        if not self.damaged:
            self.diagnostics.append(diagnose(code, self.span(node), values))

    def unknown(
        self,
        code: str,
        node: Placed,
        name: str,
        known: Iterable[str],
        part: Placed | None = None,
    ) -> None:
        """Report a name that is not there, with the nearest one that is; the same name once.

        `part` is the name where that is not the whole node.
        """
        if not self.is_unsure(name):
            near = self.suggestion(name, known)
            self.report(code, node, part=part, name=name, suggestion=near)
            self.broken.add(name)

    def is_unsure(self, name: str) -> bool:
        """Whether a name that is not found may have been written all the same."""
        return self.damaged or self.lost or name in self.broken

    def suggestion(self, name: str, known: Iterable[str]) -> str:
        """A hint for a name that was not found; empty once there are very many findings."""
        return suggestion(name, known) if len(self.diagnostics) < MOST_SUGGESTIONS else ""

    def has_room(self, node: Placed, what: str, count: int, most: int) -> bool:
        """Whether one more is allowed after `count`; the first that is not is a finding."""
        if count < most:
            return True
        if what not in self.exceeded:
            self.exceeded.add(what)
            self.report("R0223", node, what=what, most=f"{most:,}")
        return False

    def span(self, node: Placed) -> Span:
        return Span(self.source.path, node.start, node.end)

    @property
    def head(self) -> Placed:
        """The first line, for findings about the whole file."""
        return self.tree.header or Name("", 0, 1)

    def written(self, node: Placed) -> str:
        """A node as it stands in the file, cut short."""
        text = self.source.text[node.start : node.end]
        return text if len(text) <= 40 else text[:39] + "…"

    def doc(self, node: Placed) -> str:
        """The `##` note above an item, which is the first on its line."""
        if not self.tree.docs:
            return ""
        row, column = self.source.position(node.start)
        if self.source.text[node.start - column + 1 : node.start].strip():
            return ""
        return self.tree.docs.get(row, "")


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint for a name that was not found."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return "there is none here yet"
    if len(names) > 12:
        return f"there are {len(names)} to choose from, such as `{names[0]}`"
    listed = ", ".join(f"`{n}`" for n in names)
    return f"there {'is' if len(names) == 1 else 'are'}: {listed}"
