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
    """One file on its way to a rubric. Passes fill it in the order that `check` calls them.

    `damaged` says that part of the file could not be read, `lost` that a criterion could not be
    made: then a name that is not found may be there, and saying so would be a second message
    about one mistake.
    """

    source: Source
    tree: Tree
    damaged: bool = False
    lost: bool = False
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
        """Add a finding at a node; `values` fill the texts of its code."""
        found = diagnose(code, self.span(node), values, label=label, labels=labels, hint=hint)
        self.diagnostics.append(found)

    def missing(self, code: str, node: Placed, **values: object) -> None:
        """Report that something is not there, unless it may be in the part that was not read."""
        if not self.damaged:
            self.diagnostics.append(diagnose(code, self.span(node), values))

    def unknown(self, code: str, node: Placed, name: str, known: Iterable[str]) -> None:
        """Report a name that is not there, with the nearest one that is."""
        self.missing(code, node, name=name, suggestion=suggestion(name, known))

    def unknown_criterion(self, node: Placed, name: str, known: Iterable[str]) -> None:
        """Report the name of a criterion that is not there."""
        if not self.lost:
            self.unknown("R0608", node, name, known)

    def span(self, node: Placed) -> Span:
        return Span(self.source.path, node.start, node.end)

    def doc(self, node: Placed) -> str:
        """The `##` note above an item."""
        if not self.tree.docs:
            return ""
        return self.tree.docs.get(self.source.position(node.start)[0], "")


def suggestion(name: str, known: Iterable[str], noun: str = "such name") -> str:
    """A hint for a name that was not found."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return f"there is no {noun} here yet"
    if len(names) > 12:
        return f"there are {len(names)} names to choose from, such as `{names[0]}`"
    return "there are: " + ", ".join(f"`{n}`" for n in names)
