"""Runs of tokens inside a line: spaces, lists, conditions, and what stands in braces."""

from collections.abc import Callable, Sequence

from ..syntax import nodes as n
from .document import Align, Doc, Group, Hard, Line, Nest, Prose, Remark, Row, Word, row
from .pieces import Comment, Piece, pieces

_BEFORE_A_LIST = frozenset({"of", "in", "contains", "not", "and", "or", "when", "check", ":", ","})
"""Behind these a bracket is not that of a call."""


class Phrases:
    """The tokens of a file, taken one after the other; every one ends up in the document.

    Only commas are ever dropped or added, and texts cut anew.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.pieces = pieces(source)
        self.at = 0
        self.starts = {piece.start: number for number, piece in enumerate(self.pieces)}

    @property
    def next(self) -> Piece:
        return self.pieces[self.at]

    @property
    def opening(self) -> int:
        """Where the next opening brace stands."""
        at = self.at
        while self.pieces[at].text != "{":
            at += 1
        return self.pieces[at].start

    def take(self, width: int = 0) -> Word:
        """The next token, filled up with blanks to a width."""
        piece = self.next
        self.at += 1
        return Word(piece.text.ljust(width), piece.leading, piece.trailing, piece.blank)

    def take_leading(self) -> tuple[Comment, ...]:
        """The comments above the next token, which keeps none."""
        leading = self.next.leading
        self.pieces[self.at] = self.next._replace(leading=(), blank=False)
        return leading

    def column(self, offset: int) -> int:
        return offset - self.source.rfind("\n", 0, offset) - 1

    def comments_right_of(self, column: int) -> tuple[Comment, ...]:
        """Comments above the next token that are indented as part of what came before.

        Notes (`##`) belong to what they stand above.
        """
        piece, count = self.next, 0
        for comment in piece.leading:
            if comment.column <= column or comment.text.startswith("##"):
                break
            count += 1
        taken, left = piece.leading[:count], piece.leading[count:]
        self.pieces[self.at] = piece._replace(leading=left)
        return taken

    def is_commented_between(self, start: int, end: int) -> bool:
        """Whether a comment stands behind the token at `start`, before the one that ends at
        `end` has ended."""
        at = self.starts[start]
        while self.pieces[at].end < end:
            if self.pieces[at].trailing or self.pieces[at + 1].leading:
                return True
            at += 1
        return False

    def is_commented(self, end: int) -> bool:
        return self.is_commented_between(self.next.start, end)

    def is_parted_at(self, start: int) -> bool:
        """Whether an empty line or a comment stands above the token at `start`."""
        piece = self.pieces[self.starts[start]]
        return piece.blank or bool(piece.leading)

    def is_expanded(self, brace: int) -> bool:
        """Whether a line ends right behind an opening brace."""
        at = self.starts[brace]
        return "\n" in self.source[self.pieces[at].end : self.pieces[at + 1].start]

    # Runs

    def run(self, end: int, reserve: int = 0, apart: bool = False) -> Doc:
        """The tokens up to an offset, on one line but for long texts and lists.

        `apart` where strings behind each other are not one text; `reserve` columns stay free
        behind texts.
        """
        docs: list[Doc] = []
        before = ""
        while self.next.start < end:
            piece = self.next
            if piece.text == "(":
                gap = " " if before in _BEFORE_A_LIST else ""
                docs += [gap, self.brackets()]
                before = ")"
                continue
            made = self.prose(end, reserve) if piece.is_text and not apart else self.take()
            if before in ("", "(") or piece.text in (",", ":", ")"):
                docs.append(made)
            elif before == ",":
                docs.append(Group(row(Line(), made)))
            else:
                docs += [" ", made]
            before = piece.text
        return Row(tuple(docs))

    def brackets(self) -> Doc:
        """A list in round brackets, or a part of a condition."""
        opened = self.take()
        inner = self.expression(len(self.source))
        closed = self.take()
        return row(opened, Align(inner), closed)

    def prose(self, end: int, reserve: int) -> Doc:
        """Strings below each other as one text, cut anew; never across a comment."""
        lines: list[Doc] = []
        while self.next.is_text and self.next.start < end:
            first = self.next
            bodies = [first.text[1:-1]]
            trailing = first.trailing
            self.at += 1
            while self.next.is_text and self.next.start < end and not trailing:
                if self.next.leading:
                    break
                bodies.append(self.next.text[1:-1])
                trailing = self.next.trailing
                self.at += 1
            lines += [Hard()] if lines else []
            body = " ".join(bodies)
            lines.append(Prose(body, reserve, first.leading, trailing, first.blank))
        return Align(Row(tuple(lines)))

    def expression(self, end: int) -> Doc:
        """A condition or a check: `or` and `and` begin the lines of one that is too long."""
        return self._chain("or", end)

    def _chain(self, word: str, end: int) -> Doc:
        start, first = self.next.start, self.at
        docs = [self._operand(end) if word == "and" else self._chain("and", end)]
        while self.next.text == word and self.next.start < end:
            docs += [Line(), self.take(), " "]
            docs.append(self._operand(end) if word == "and" else self._chain("and", end))
        if len(docs) == 1:
            return docs[0]
        if word == "or":
            docs = [_indented(doc) for doc in docs]
        last = self.pieces[max(first, self.at - 1)].end
        return Group(Align(Row(tuple(docs))), self.is_commented_between(start, last))

    def _operand(self, end: int) -> Doc:
        """What stands between `and` and `or`: up to one of them, or a bracket that closes."""
        if self.next.text == ")":
            return ""
        if self.next.text == "not" and self.pieces[self.at + 1].text not in (")", ","):
            return row(self.take(), " ", self._operand(end))
        if self.next.text == "(":
            return self.brackets()
        stop = self.at + 1
        depth = 0
        while self.pieces[stop].start < end:
            text = self.pieces[stop].text
            if not depth and text in ("and", "or", ")"):
                break
            depth += (text == "(") - (text == ")")
            stop += 1
        return self.run(self.pieces[stop].start, apart=True)

    # Braces

    def terms(self, values: n.ValueSetBlock) -> Doc:
        return self._braces([term.end for term in values.terms], commas=True)

    def bindings(self, items: Sequence[n.Binding]) -> Doc:
        return self._braces([item.end for item in items])

    def sheet(self, sheet: n.Sheet, widths: tuple[int, ...]) -> Doc:
        """A verdict sheet: one that is too long goes on below its first entry."""
        return self._braces([entry.end for entry in sheet.entries], widths=widths, filled=True)

    def _braces(
        self,
        ends: list[int],
        commas: bool = False,
        widths: tuple[int, ...] = (),
        filled: bool = False,
    ) -> Doc:
        """Entries in braces: on one line if that fits and a line does not end behind the brace."""
        opened = self.next
        expanded = self.is_expanded(opened.start)
        brace = self.take()
        items: list[Doc] = []
        gaps: list[bool] = []
        commented = bool(opened.trailing)
        for number, end in enumerate(ends):
            gaps.append(self.next.is_apart and number > 0)
            first = self.at
            last = number == len(ends) - 1
            width = widths[number] if number < len(widths) else 0
            items.append(self._entry(end, commas, last, width))
            commented |= any(p.leading or p.trailing for p in self.pieces[first : self.at])
        remarks = [(c.blank, c.text) for c in self.take_leading()]
        if not items and not remarks and not commented:
            return row(brace, self.take())
        if not expanded and not remarks and not commented:
            return self._flat_braces(brace, items, ", " if commas else "  ", filled)
        docs: list[Doc] = []
        for gap, item in zip(gaps, items, strict=True):
            docs += [Hard(gap), item]
        for number, (blank, text) in enumerate(remarks):
            docs += [Hard(blank and bool(number or items)), Remark(text)]
        return row(brace, Nest(2, Row(tuple(docs))), Hard(), self.take())

    def _flat_braces(self, brace: Word, items: list[Doc], gap: str, filled: bool) -> Doc:
        flat = gap[-1] if gap == ", " else gap
        if filled:
            more = [Group(row(Line(flat), item)) for item in items[1:]]
            return row(brace, " ", Align(row(items[0], *more)), " ", self.take())
        docs: list[Doc] = []
        for item in items:
            docs += [Line(flat if docs else " "), item]
        return Group(row(brace, Nest(2, Row(tuple(docs))), Line(), self.take()))

    def _entry(self, end: int, commas: bool, last: bool, width: int) -> Doc:
        """One entry, with the comma that its place asks for, and without any other."""
        if self.source[end - 1] == ",":  # of a sheet or a binding: it has its comma in it
            end -= 1
        entry = self.run(end, apart=True)
        trailing = self._skip_comma(bool(self.pieces[self.at - 1].trailing))
        comma = "," if commas else ""

        def closed(word: Word) -> Word:
            return word._replace(
                text=word.text.ljust(width) + ("" if last else comma),
                suffix=comma if last else "",
                trailing=word.trailing or trailing,
            )

        return _with_last(entry, closed)

    def _skip_comma(self, is_commented: bool) -> str:
        """Go past a comma, if one comes next. A comment behind it is given back; where there is one
        before it already, the next token gets both."""
        comma = self.next
        if comma.text != ",":
            return ""
        self.at += 1
        carried, trailing = comma.leading, comma.trailing
        if trailing and (is_commented or carried):
            carried, trailing = (*carried, Comment(trailing, 0, False)), ""
        self.pieces[self.at] = self.next._replace(leading=(*carried, *self.next.leading))
        return trailing


def _indented(doc: Doc) -> Doc:
    """The parts of an `and` inside an `or` are further right than its own."""
    match doc:
        case Group(Align(parts), broken):
            return Group(Align(Nest(2, parts)), broken)
    return doc


def _with_last(doc: Doc, change: Callable[[Word], Word]) -> Doc:
    """The document with its last token changed."""
    match doc:
        case Word():
            return change(doc)
        case Row(docs):
            return Row((*docs[:-1], _with_last(docs[-1], change)))
        case Nest() | Align() | Group():
            return doc._replace(doc=_with_last(doc.doc, change))
    return doc
