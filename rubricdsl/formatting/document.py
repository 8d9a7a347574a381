"""A document: what stands on the lines, and where a line may end. `render` chooses.

The algebra of Wadler and Prettier, with two additions: tokens carry their comments, after which a
line always ends, and a long text is cut into texts below each other.
"""

from typing import NamedTuple, TypeAlias

from ..printing import WIDTH, filled
from .pieces import Comment


class Word(NamedTuple):
    """One token. `suffix` is a comma that stands only where the group is broken."""

    text: str
    leading: tuple[Comment, ...] = ()
    trailing: str = ""
    blank: bool = False
    suffix: str = ""


class Prose(NamedTuple):
    """A text, without its quotes, that is cut where the line is full; `reserve` columns stay free
    behind it."""

    body: str
    reserve: int = 0
    leading: tuple[Comment, ...] = ()
    trailing: str = ""
    blank: bool = False


class Remark(NamedTuple):
    """A comment on a line of its own that belongs to no token."""

    text: str


class Line(NamedTuple):
    """The end of a line, or `flat` inside a group that fits on one."""

    flat: str = " "


class Hard(NamedTuple):
    """The end of a line in any case, and an empty line if `blank`."""

    blank: bool = False


class Nest(NamedTuple):
    """Lines that begin in here are indented by so much more."""

    columns: int
    doc: "Doc"


class Align(NamedTuple):
    """Lines that begin in here are indented to the column where it starts."""

    doc: "Doc"


class Group(NamedTuple):
    """On one line if it fits there, and is not `broken`; else each `Line` in it ends one."""

    doc: "Doc"
    broken: bool = False


class Row(NamedTuple):
    docs: tuple["Doc", ...]


Doc: TypeAlias = "str | Word | Prose | Remark | Line | Hard | Nest | Align | Group | Row"
_Waiting = tuple[int, bool, Doc]
"""Indent, whether on one line, and what to write."""


def row(*docs: Doc) -> Row:
    """Documents one after the other."""
    return Row(docs)


class _Page:
    """What has been written. `fresh` while nothing stands on the line, which begins at `margin`;
    `open` behind a comment: anything that follows begins a line."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = self.margin = 0
        self.fresh = True
        self.open = False

    def end_line(self, indent: int, blank: bool = False) -> None:
        if self.fresh and not self.open:
            # A line has just begun: at most one empty line more.
            self.parts.append("\n" if blank and self.parts else "")
        elif self.parts:
            self.parts.append("\n\n" if blank else "\n")
        self.column = self.margin = indent
        self.fresh, self.open = True, False

    def write(self, indent: int, text: str) -> None:
        if self.open:
            self.end_line(indent)
        if self.fresh:
            self.parts.append(" " * self.margin)
            self.fresh = False
        self.parts.append(text)
        self.column += len(text)

    def space(self, text: str) -> None:
        if not self.open and not self.fresh:
            self.parts.append(text)
            self.column += len(text)

    def comments(self, indent: int, leading: tuple[Comment, ...], blank: bool) -> None:
        """Comments above a token, and the empty lines below the first of them."""
        if not leading:
            return
        if not self.fresh:
            self.end_line(indent)
        margin = self.margin
        for number, comment in enumerate(leading):
            if number:
                self.end_line(margin, comment.blank)
            self.write(margin, comment.text)
        self.end_line(margin, blank)

    def trailing(self, text: str) -> None:
        if text:
            self.space("  ")
            self.parts.append(text)
            self.open = True


def render(doc: Doc) -> str:
    """The text of a document, without blanks at the ends of lines."""
    page = _Page()
    waiting: list[_Waiting] = [(0, False, doc)]
    while waiting:
        indent, flat, doc = waiting.pop()
        match doc:
            case str():
                page.space(doc)
            case Word():
                page.comments(indent, doc.leading, doc.blank)
                page.write(indent, doc.text if flat else doc.text + doc.suffix)
                page.trailing(doc.trailing)
            case Row(docs):
                waiting += [(indent, flat, part) for part in reversed(docs)]
            case Line():
                if flat:
                    page.space(doc.flat)
                else:
                    page.end_line(indent)
            case Hard():
                page.end_line(indent, doc.blank)
            case Nest():
                waiting.append((indent + doc.columns, flat, doc.doc))
            case Align():
                column = indent if page.open else page.column
                waiting.append((column, flat, doc.doc))
            case Group():
                entry = (indent, True, doc.doc)
                if flat or not (doc.broken or not _fits(page, entry, waiting)):
                    waiting.append(entry)
                else:
                    waiting.append((indent, False, doc.doc))
            case Remark():
                page.write(indent, doc.text)
                page.open = True
            case Prose():
                _prose(page, indent, doc)
    return "\n".join(line.rstrip() for line in "".join(page.parts).split("\n"))


def _prose(page: _Page, indent: int, prose: Prose) -> None:
    page.comments(indent, prose.leading, prose.blank)
    if page.open:
        page.end_line(indent)
    column = page.column
    for number, part in enumerate(filled(prose.body, WIDTH - column - 2 - prose.reserve)):
        if number:
            page.end_line(column)
        page.write(column, f'"{part}"')
    page.trailing(prose.trailing)


def _fits(page: _Page, entry: _Waiting, rest: list[_Waiting]) -> bool:
    """Whether what is in the group, and behind it up to the next end of a line, fits on this one.

    A comment ends the line and may be longer than it.
    """
    room = WIDTH - (entry[0] if page.open else page.column)
    behind = len(rest)
    waiting = [entry]
    while room >= 0:
        if not waiting:
            if not behind:
                return True
            behind -= 1
            waiting.append(rest[behind])
        indent, flat, doc = waiting.pop()
        match doc:
            case str():
                room -= len(doc)
            case Word():
                if doc.leading:
                    return True
                room -= len(doc.text) + (0 if flat else len(doc.suffix))
                if doc.trailing:
                    return room >= 0
            case Prose():
                if doc.leading:
                    return True
                room -= len(doc.body) + 2
                if doc.trailing:
                    return room >= 0
            case Line():
                if not flat:
                    return True
                room -= len(doc.flat)
            case Hard() | Remark():
                return True
            case Nest() | Align() | Group():
                waiting.append((indent, flat, doc.doc))
            case Row(docs):
                waiting += [(indent, flat, part) for part in reversed(docs)]
    return False
