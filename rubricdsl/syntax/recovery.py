"""After a fault: say what it was, once, and find the place to go on from.

Where it is plain what was meant, it is put in (`repairs`). Otherwise the unfinished construct is
dropped and the file read on from the next statement, without leaving the braces that are open.
"""

from bisect import bisect_right
from functools import cached_property
from typing import Literal, NamedTuple

from ..source import Source, Span
from .machine import Machine
from .nodes import Header
from .tokens import END, MAX_FAULTS, LexicalFault, Token

DEEPEST = 2
"""How many braces can be open at one place: those of a test, and of a sheet in it."""

Kind = Literal["unexpected", "misspelt", "unquoted", "brace", "end", "deep", "many"]


class SyntaxFault(NamedTuple):
    """`found` did not fit where `expected` (terminals) would have. `meant` is a keyword, a brace or
    a text that was read in its place; `opened` the brace that is open there; `cut` the place behind
    which something of a construct is missing."""

    kind: Kind
    span: Span
    found: str
    expected: tuple[str, ...] = ()
    meant: str = ""
    opened: Span | None = None
    cut: int | None = None


class Recovery:
    """The faults of one parse. `damaged` once anything has been skipped; `unclosed` is how many
    braces the file opens and does not close, `told` how many it closes too early."""

    def __init__(
        self, source: Source, tokens: list[Token], lexical: list[LexicalFault], machine: Machine
    ) -> None:
        self.source = source
        self.tokens = tokens
        self.machine = machine
        self.faults: list[SyntaxFault] = []
        self.damaged = any(fault.code in ("R0102", "R0110") for fault in lexical)
        self.at = self.told = 0
        self.spoiled, self.swallowed = self._unread(lexical)

    # Only a file with a fault is looked through for these.

    @cached_property
    def last_header(self) -> int:
        return max((i for i, t in enumerate(self.tokens) if t.text == "rubric"), default=0)

    @cached_property
    def unclosed(self) -> int:
        types = [token.type for token in self.tokens]
        return types.count("LBRACE") - types.count("RBRACE")

    def _unread(self, lexical: list[LexicalFault]) -> tuple[set[int], int]:
        """The lines that the scan has reported, and how many braces it has lost.

        A text that is never closed takes the rest of its line, and what comes next feels it first.
        """
        lines, braces = set[int](), 0
        for fault in lexical:
            if fault.code in ("R0102", "R0103", "R0108"):
                lines.add(self.source.position(fault.span.start)[0])
            if fault.code == "R0102":
                braces += fault.found.count("}") - fault.found.count("{")
                behind = bisect_right(self.tokens, fault.span.start, key=lambda t: t.start)
                lines.add(self.line(self.tokens[min(behind, len(self.tokens) - 1)]))
        return lines, braces

    def recover(self, at: int, token: Token) -> int:
        """Report the token at `at`, which did not fit, and return the position to go on from."""
        from .repairs import REPAIRS

        if len(self.faults) >= MAX_FAULTS:
            return self.give_up(token)
        if token.type == END:
            return self.at_end(token)
        if token.type == "OTHER":
            after = next(i for i in range(at, len(self.tokens)) if self.tokens[i].type != "OTHER")
            if any(map(self.machine.fits, self.terminals(after))):
                self.damaged = True
                return after
        expected = self.machine.expected()
        for repair in REPAIRS:
            position = repair(self, at, token, expected)
            if position is not None:
                return position
        self.damaged = True
        opened, size = self.innermost(), len(self.machine.values)
        if self.unclosed < 0 and opened is None:
            # An earlier brace closed this block too soon; the one at its end is told with it.
            self.told += 1
        position = self.resume(at)
        if token.type != "OTHER":
            cut = self.end() if len(self.machine.values) < size else None
            self.add("unexpected", token, expected=expected, opened=opened, cut=cut)
        return position

    def too_deep(self, at: int, token: Token) -> int:
        """Report brackets inside brackets without end, and leave them all."""
        if len(self.faults) >= MAX_FAULTS:
            return self.give_up(token)
        self.damaged = True
        self.add("deep", token)
        self.leave_expression()
        while not _is_kept(self.machine.values):
            self.machine.cut(len(self.machine.values) - 1)
        return self.resume(at)

    def give_up(self, token: Token) -> int:
        """Report that the file is read no further."""
        self.damaged = True
        self.add("many", token)
        return self.close()

    def at_end(self, token: Token) -> int:
        """Report what is unfinished at the end of the file, and finish it."""
        opened = self.innermost()
        if opened is not None and self.swallowed > 0:
            self.swallowed = 0
        elif not self.faults or self.faults[-1].span.start != token.start:
            expected = self.machine.expected()
            self.add("end", token, expected=expected, opened=opened, cut=self.end())
        self.damaged = self.damaged or opened is None
        return self.close()

    def add(
        self,
        kind: Kind,
        token: Token,
        *,
        expected: tuple[str, ...] = (),
        meant: str = "",
        opened: Span | None = None,
        cut: int | None = None,
    ) -> None:
        """Report a fault, unless the scan has reported one that it may come of."""
        if self.line(token) not in self.spoiled or kind == "many":
            span = Span(self.source.path, token.start, token.end)
            self.faults.append(SyntaxFault(kind, span, token.text, expected, meant, opened, cut))

    # Going on

    def close(self) -> int:
        """Drop what is unfinished and close what is open; the position of the end."""
        last = self.at = len(self.tokens) - 1
        while not self.unwind([(END,)]):
            if not self.unwind([("RBRACE",)]):
                raise ValueError("a construct can neither end nor be dropped")
            self.feed_brace("RBRACE", last)
        return last

    def feed_brace(self, terminal: str, at: int) -> None:
        """Put in a brace behind the token before `at`."""
        place = self.tokens[at - 1].end if at else 0
        self.unclosed += 1 if terminal == "LBRACE" else -1
        self.machine.feed(Token(terminal, "{" if terminal == "LBRACE" else "}", place, place))

    def resume(self, at: int) -> int:
        """Skip to a word that may open a statement, or to the brace that closes what is open."""
        self.leave_expression()
        inner = 0
        for position in range(at, len(self.tokens)):
            self.at, token = position, self.tokens[position]
            if token.type == END:
                return self.close()
            if token.type == "LBRACE":
                inner += 1
            elif inner:
                inner -= token.type == "RBRACE"
            elif self.goes_on(position):
                return position
        raise ValueError("the tokens do not close with an end")

    def goes_on(self, position: int) -> bool:
        """Whether reading can go on at a token, if need be behind a brace that is missing."""
        openings = self.openings(position)
        if self.unwind(openings):
            return True
        for count in range(1, min(self.unclosed, DEEPEST) + 1):
            closed = [("RBRACE",) * count + opening for opening in openings]
            if self.unwind(closed):
                for _ in range(count):
                    self.feed_brace("RBRACE", position)
                return True
        return False

    def openings(self, position: int) -> list[tuple[str, ...]]:
        """The terminals, in turn, as which a token may open or close a statement."""
        token, before = self.tokens[position], self.tokens[position - 1 : position]
        if token.type == "RBRACE":
            return [("RBRACE",)]
        joined = before and before[0].type in ("COLON", "COMMA", "EQUAL", "LPAR", "COMPARE")
        if token.type != "WORD" or joined:
            return []
        words = [(name,) for name in self.machine.tables.words.get(token.text, ())]
        entry = self.tokens[position + 1].type == "COLON"
        return [*words, ("NAME", "COLON")] if entry else [*words]

    def leave_expression(self) -> None:
        """Drop a condition or a check that is under way: half of one would say something else."""
        values = self.machine.values
        for index in range(len(values) - 1, -1, -1):
            if isinstance(values[index], Token) and values[index].type in ("WHEN", "CHECK"):
                self.machine.cut(index)
                return

    def unwind(self, openings: list[tuple[str, ...]]) -> bool:
        """Drop unfinished constructs, from the innermost out, until one of the openings fits.

        What is complete and what stands outside the braces that are open is kept; where the file
        does not get as far as its header, one is left out.
        """
        machine = self.machine
        states, values = list(machine.states), list(machine.values)
        while not any(machine.fits(*terminals) for terminals in openings):
            if not machine.values and self.at >= self.last_header:
                header = machine.tables.states[machine.states[0]]["header"]
                machine.states.append(header)
                machine.values.append(None)
                if any(machine.fits(*terminals) for terminals in openings):
                    return True
            if not machine.values or _is_kept(machine.values):
                machine.states[:], machine.values[:] = states, values
                return False
            machine.cut(len(machine.values) - 1)
        return True

    # Looking around

    def line(self, token: Token) -> int:
        return self.source.position(token.start)[0]

    def terminals(self, at: int) -> tuple[str, ...]:
        """What the raw token at `at` can be."""
        return self.machine.tables.terminals(self.tokens[at])

    def end(self) -> int:
        """Where the last thing that has been read ends."""
        last = self.machine.values[-1] if self.machine.values else None
        while isinstance(last, list):
            last = last[-1]
        return 0 if last is None else int(last.end)

    def innermost(self) -> Span | None:
        """The last brace that is open."""
        closed = 0
        for value in reversed(self.machine.values):
            if not isinstance(value, Token):
                continue
            if value.type == "LBRACE" and not closed:
                return Span(self.source.path, value.start, value.end)
            closed += (value.type == "RBRACE") - (value.type == "LBRACE")
        return None


def _is_kept(values: list[object]) -> bool:
    """Whether the last value is a header, a brace, or what has been gathered behind an open one."""
    last, before = values[-1], values[-2] if len(values) > 1 else None
    if isinstance(last, Token) and last.type == "RBRACE":
        return True
    return _opens(last) or (isinstance(last, list) and _opens(before))


def _opens(value: object) -> bool:
    if isinstance(value, Token):
        return value.type == "LBRACE"
    return value is None or isinstance(value, Header)
