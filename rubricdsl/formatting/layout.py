"""From a tree and its tokens to a document: which token begins a line, and how deep."""

from collections.abc import Callable, Sequence
from typing import Any

from ..printing import WIDTH
from ..syntax import nodes as n
from .document import Align, Doc, Group, Hard, Line, Nest, Remark, Row, row
from .phrases import Phrases

WIDEST_COLUMN = 30
"""Names longer than this are not lined up with others."""
_BLOCKS = (
    n.SourceBlock,
    n.InputBlock,
    n.TierBlock,
    n.OrderBlock,
    n.ProfileBlock,
    n.TestBlock,
    n.CriterionItem,
    n.Override,
)
"""What stands between empty lines."""
_SERIES = (n.ValueSetBlock, n.PromptItem)
"""What stands between empty lines where something else is next to it."""
_HEAD = (n.Severity, n.Weight, n.When)


def layout(tree: n.Tree, text: str) -> Doc:
    """The document of a whole file that has no faults."""
    return _Layout(text).file(tree)


class _Layout(Phrases):
    """Each function takes the tokens of its node, in order, and gives their document."""

    def file(self, tree: n.Tree) -> Doc:
        header = tree.header
        assert header is not None  # a file without faults has one
        docs: list[Doc] = [Nest(4, self.run(header.end))]
        before: Any = None
        for item in tree.items:
            docs += [Hard(before is None or self.is_parted(before, item)), self.item(item)]
            before = item
        for comment in self.take_leading():
            docs += [Hard(comment.blank), Remark(comment.text)]
        return row(*docs, Hard())

    def is_parted(self, before: Any, after: Any) -> bool:
        """Whether an empty line comes next: around blocks always, else where one was."""
        pair = (before, after)
        if any(isinstance(item, _BLOCKS) for item in pair) or self.next.is_apart:
            return True
        return type(before) is not type(after) and any(isinstance(i, _SERIES) for i in pair)

    def item(self, item: Any) -> Doc:
        """Anything that stands in a file or a block on a line of its own."""
        match item:
            case n.ValueSetBlock():
                head = self.run(self.opening)
                return row(head, " ", self.terms(item))
            case n.PromptItem():
                return self.prompt(item)
            case n.SourceBlock():
                return self.block(item.fields, self.item)
            case n.InputBlock():
                return self.inputs(item)
            case n.TierBlock():
                return self.block(item.items, self.item)
            case n.CriterionItem() | n.Override():
                return self.criterion(item)
            case n.OrderBlock():
                return self.block(item.lines, self.item)
            case n.ProfileBlock():
                return self.profile(item)
            case n.TestBlock():
                return self.test(item)
            case n.Bindings():
                return row(self.run(self.opening), " ", self.bindings(item.items))
            case n.Reviewed():
                return self.reviewed(item)
        return Nest(2, self.run(item.end))

    # Blocks

    def block(self, items: Sequence[Any], make: Callable[[Any], Doc], head: Doc = "") -> Doc:
        """A head, and items in braces, each on a line of its own."""
        head = head or self.run(self.opening, reserve=2)
        opened = self.take()
        docs: list[Doc] = []
        for number, item in enumerate(items):
            before = items[number - 1] if number else None
            docs.append(Hard(number > 0 and self.is_parted(before, item)))
            docs.append(make(item))
        for comment in self.take_leading():
            docs += [Hard(comment.blank and bool(docs)), Remark(comment.text)]
        if not docs and not opened.trailing:
            return row(head, " ", opened, self.take())
        return row(head, " ", opened, Nest(2, Row(tuple(docs))), Hard(), self.take())

    def inputs(self, block: n.InputBlock) -> Doc:
        widest = max((len(line.name.text) for line in block.inputs), default=0)
        width = widest if widest <= WIDEST_COLUMN else 0

        def line(item: n.InputLine) -> Doc:
            return Nest(2, row(self.take(width), " ", self.take(), " ", self.run(item.end)))

        return self.block(block.inputs, line)

    def reviewed(self, item: n.Reviewed) -> Doc:
        """`role` and `on` go to lines of their own if the line is too long."""
        commented = self.is_commented(item.end)
        docs: list[Doc] = [self.run(item.reviewer.end)]
        if item.role is not None:
            docs += [Line(), self.run(item.role.end)]
        docs += [Line(), self.run(item.end)]
        return Group(Nest(2, Row(tuple(docs))), commented)

    def profile(self, profile: n.ProfileBlock) -> Doc:
        head: Doc = self.run(profile.name.end)
        if profile.when:
            head = row(head, Nest(4, self.when(profile.when)))
        return self.block(profile.weights, self.item, head)

    def prompt(self, prompt: n.PromptItem) -> Doc:
        if not prompt.bindings and self.source[prompt.end - 1] != "}":
            return Nest(2, self.run(prompt.end))
        head = Nest(2, self.run(self.opening, reserve=2))
        return row(head, " ", self.bindings(prompt.bindings))

    # Criteria

    def criterion(self, item: n.CriterionItem | n.Override) -> Doc:
        column = self.column(self.next.start)
        head: list[Doc] = [self.run(item.name.end)]
        clauses = list(item.clauses)
        while clauses and isinstance(clauses[0], _HEAD):
            clause = clauses.pop(0)
            if isinstance(clause, n.When):
                head.append(self.when(clause))
            else:
                head += [" ", self.run(clause.end)]
        verdicts = {c.verdict for c in clauses if isinstance(c, n.Exemplar)}
        width = max(map(len, verdicts), default=0)
        body: list[Doc] = []
        for number, clause in enumerate(clauses):
            body += [Hard(number > 0 and self.next.is_apart), self.clause(clause, width)]
        for comment in self.comments_right_of(column):
            body += [Hard(comment.blank), Remark(comment.text)]
        return row(Nest(4, Row(tuple(head))), Nest(2, Row(tuple(body))))

    def clause(self, clause: n.Clause, width: int) -> Doc:
        match clause:
            case n.Exemplar():
                return Nest(2, row(self.take(width), " ", self.run(clause.end)))
            case n.When() | n.CheckClause():
                return Nest(2, row(self.take(), " ", self.expression(clause.end)))
            case n.Cites():
                return Nest(2, row(self.take(), " ", Align(self.run(clause.end))))
            case n.LevelClause(examples=examples, anchor=anchor):
                docs: list[Doc] = [self.run(anchor.end)]
                for example in examples:
                    docs += [Hard(self.next.is_apart), self.run(example.end)]
                return Nest(2, Row(tuple(docs)))
        return Nest(2, self.run(clause.end))

    def when(self, when: n.When) -> Doc:
        """A condition behind a name, or below it where the line is full."""
        commented = self.is_commented(when.end)
        return Group(row(Line(), self.take(), " ", self.expression(when.end)), commented)

    # Tests

    def test(self, test: n.TestBlock) -> Doc:
        if self.source[test.end - 1] != "}":  # a `todo` that is only a title
            return Nest(2, self.run(test.end))
        widths = self.response_widths(test.lines)

        def line(item: n.TestLine) -> Doc:
            if not isinstance(item, n.ResponseLine):
                return self.item(item)
            name, verdicts = widths.get(item.start, (0, ()))
            head = Nest(2, row(self.take(), " ", self.take(name)))
            if isinstance(item.content, n.Sheet):
                return row(head, " ", self.sheet(item.content, verdicts))
            return row(head, " ", Nest(2, self.run(item.end)))

        return self.block(test.lines, line)

    def response_widths(
        self, lines: Sequence[n.TestLine]
    ) -> dict[int, tuple[int, tuple[int, ...]]]:
        """For responses right below each other: the width of their names, and those of the
        verdicts of each."""
        widths: dict[int, tuple[int, tuple[int, ...]]] = {}
        runs: list[list[n.ResponseLine]] = []
        for number, line in enumerate(lines):
            if not isinstance(line, n.ResponseLine):
                continue
            first = not number or not isinstance(lines[number - 1], n.ResponseLine)
            if first or self.is_parted_at(line.start):
                runs.append([])
            runs[-1].append(line)
        for run in runs:
            name = max(len(line.name.text) for line in run)
            name = name if name <= WIDEST_COLUMN else 0
            verdicts = self.verdict_widths(run, name)
            for line in run:
                widths[line.start] = name, verdicts.get(line.start, ())
        return widths

    def verdict_widths(self, run: list[n.ResponseLine], name: int) -> dict[int, tuple[int, ...]]:
        """Verdicts of sheets that stand on one line each are lined up while their names agree."""
        padded: dict[int, tuple[int, ...]] = {}
        alike: list[n.ResponseLine] = []
        for line in [*run, None]:
            if line is not None and self.fits_on_a_line(line, name):
                alike.append(line)
                continue
            made = _lined_up(alike)
            if all(_line_width(line, name, made[line.start]) <= WIDTH for line in alike):
                padded |= made
            alike = []
        return padded

    def fits_on_a_line(self, line: n.ResponseLine, name: int) -> bool:
        """Whether a response is a sheet that will stand on one line."""
        if not isinstance(line.content, n.Sheet) or self.is_expanded(line.content.start):
            return False
        commented = self.is_commented_between(line.start, line.end)
        return not commented and _line_width(line, name, ()) <= WIDTH


def _entries(line: n.ResponseLine) -> tuple[n.Entry, ...]:
    return line.content.entries if isinstance(line.content, n.Sheet) else ()


def _line_width(line: n.ResponseLine, name: int, widths: tuple[int, ...]) -> int:
    """How long the line of a response is: `  response NAME { a: met  otherwise: bad }`."""
    frame = len("  response ") + max(name, len(line.name.text)) + len(" {  }")
    for number, entry in enumerate(_entries(line)):
        width = widths[number] if number < len(widths) else 0
        called = entry.name.text if entry.name else "otherwise"
        frame += len(called) + 2 + max(len(entry.verdict.text), width) + (2 if number else 0)
    return frame


def _lined_up(lines: list[n.ResponseLine]) -> dict[int, tuple[int, ...]]:
    """The widths of verdicts, but the last of a sheet, in columns that all sheets share."""
    sheets = {line.start: _entries(line) for line in lines}
    widths: list[int] = []
    for column in range(max(map(len, sheets.values()), default=0)):
        having = [entries[column] for entries in sheets.values() if column < len(entries)]
        if len({entry.name.text if entry.name else "" for entry in having}) > 1:
            break
        widths.append(max(len(entry.verdict.text) for entry in having))
    return {at: tuple(widths[: max(0, len(entries) - 1)]) for at, entries in sheets.items()}
