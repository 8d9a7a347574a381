"""What the passes over one file share: its names so far, and a list of findings to add to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

from .. import ir
from ..diagnostics import Diagnostic, Label, diagnose
from ..source import Source, Span
from ..syntax.nodes import Tree


class Placed(Protocol):
    """Any node."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


@dataclass
class Scope:
    """One file on its way to a rubric. Passes fill it in the order of `check.PASSES`.

    `damaged` says that part of the file could not be read: then a name that is not found may be
    in that part, and saying so would be a second message about one mistake.
    """

    source: Source
    tree: Tree
    damaged: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, ir.Source] = field(default_factory=dict)
    value_sets: dict[str, ir.ValueSet] = field(default_factory=dict)
    inputs: dict[str, ir.Input] = field(default_factory=dict)
    prompts: dict[str, ir.Prompt] = field(default_factory=dict)
    criteria: dict[str, ir.Criterion] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)

    def report(
        self,
        code: str,
        node: Placed,
        label: str = "",
        *,
        labels: Iterable[Label] = (),
        hint: str | None = None,
        **values: object,
    ) -> None:
        """Add a finding at a node."""
        span = self.span(node)
        self.diagnostics.append(
            diagnose(code, span, label, labels=labels, hint=hint, **values)
        )

    @property
    def path(self) -> str:
        return self.source.path

    def span(self, node: Placed) -> Span:
        return Span(self.path, node.start, node.end)

    def unknown(
        self, code: str, node: Placed, name: str, known: Iterable[str], **values: object
    ) -> None:
        """Report a name that is not there, with the nearest one that is."""
        if not self.damaged:
            self.report(code, node, name=name, suggestion=suggestion(name, known), **values)

    def doc(self, node: Placed) -> str:
        """The `##` note above an item."""
        if not self.tree.docs:
            return ""
        return self.tree.docs.get(self.source.position(node.start)[0], "")


def suggestion(name: str, known: Iterable[str], noun: str = "") -> str:
    """A hint for a name that was not found."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return f"there is no {noun or 'such name'} in this rubric yet"
    if len(names) > 12:
        return f"there are {len(names)} names to choose from, such as `{names[0]}`"
    return "there are: " + ", ".join(f"`{n}`" for n in names)
