"""What is linted: a rubric without errors, its tree, and the places in its texts."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from .. import ir
from ..diagnostics import Diagnostic, Fix, Label, diagnose
from ..passes.check import Checked
from ..source import Source, Span
from ..syntax import nodes as n
from ..syntax.tokens import place_in, scan, unquote

Block = TypeVar("Block", bound=n.Item)


class Finding(NamedTuple):
    """`is_safety` when it is about a veto: an error then cannot be suppressed."""

    diagnostic: Diagnostic
    is_safety: bool = False


class Written(NamedTuple):
    """A criterion and the item of this file that writes or changes it."""

    criterion: ir.Criterion
    item: n.CriterionItem | n.Override

    @property
    def statement(self) -> n.Statement | None:
        """The sentence, where this item has it."""
        return next((c for c in self.item.clauses if isinstance(c, n.Statement)), None)

    @property
    def is_safety(self) -> bool:
        return self.criterion.tier == "safety"


@dataclass(frozen=True)
class Subject:
    """One checked file. Rules look at what is written in it, and at the whole rubric where what
    it takes from others counts as well."""

    checked: Checked
    rubric: ir.Rubric
    tree: n.Tree
    source: Source

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """The criteria of this file in its order."""
        known = {c.id: c for c in self.rubric.criteria}
        items = [item for block in self.blocks(n.TierBlock) for item in block.items]
        return tuple(
            Written(known[item.name.text], item)
            for item in items
            if isinstance(item, n.CriterionItem | n.Override) and item.name.text in known
        )

    def blocks(self, kind: type[Block]) -> Iterator[Block]:
        """The items of one kind at the top of the file."""
        return (item for item in self.tree.items if isinstance(item, kind))

    @property
    def head(self) -> Span:
        """The rubric's name in its first line: the place of findings about the whole file."""
        header = self.tree.header
        return Span(self.source.path, header.name.start, header.name.end) if header else self.at(0)

    def at(self, start: int, end: int | None = None) -> Span:
        return Span(self.source.path, start, start if end is None else end)

    def span(self, node: n.Item | n.Clause | n.TierItem | n.Name | n.Text) -> Span:
        return Span(self.source.path, node.start, node.end)

    def phrase(self, text: n.Text, start: int, end: int) -> Span:
        """The place of characters `start` to `end` of a text: it may be written in pieces."""
        tokens = scan("", self.source.text[text.start : text.end])[0]
        strings = [token for token in tokens if token.type == "STRING"]
        starts = [0]
        for token in strings:
            starts.append(starts[-1] + len(unquote(token)[0]) + 1)

        def place(index: int) -> int:
            piece = min(bisect_right(starts, index) - 1, len(strings) - 1)
            token = strings[piece]
            return text.start + token.start + place_in(token.text, index - starts[piece])

        first, last = place(start), place(max(end - 1, start))
        return Span(self.source.path, first, last + 1)

    def finding(
        self,
        code: str,
        span: Span,
        values: Mapping[str, object] = MappingProxyType({}),
        *,
        about: Written | None = None,
        label: str = "",
        labels: Iterable[Label] = (),
        fixes: Iterable[Fix] = (),
    ) -> Finding:
        """A finding from the table of codes, about one criterion or about the whole."""
        made = diagnose(code, span, values, label=label, labels=labels, fixes=fixes)
        return Finding(made, about is not None and about.is_safety)
