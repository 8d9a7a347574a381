"""After a fault: say what it was, once, and find the place to go on from.

Where it is plain what was meant, it is put in: a misspelt keyword, a missing brace, missing quotes.
Otherwise the unfinished construct is dropped and the file read on from the next statement, without
leaving the braces that are open.
"""

from difflib import get_close_matches
from typing import Literal, NamedTuple

from ..source import Source, Span
from .machine import Machine
from .nodes import Header
from .tokens import END, MAX_FAULTS, LexicalFault, Token

DEEPEST = 3
"""How many braces can be open at one place: a sheet, in a test, in nothing, for example."""
MAX_WORD = 30
"""A longer word is no misspelt keyword."""

_UNQUOTED = ("NAME", "DOTTED", "NUMBER", "UNIT", "LOOSE")
Kind = Literal["unexpected", "misspelt", "unquoted", "brace", "end", "deep", "many"]


class SyntaxFault(NamedTuple):
    """`found` did not fit where `expected` (terminals) would have. `meant` is a keyword, a brace or
    a text that was read in its place; `opened` the brace that is open there."""

    kind: Kind
    span: Span
    found: str
    expected: tuple[str, ...] = ()
    meant: str = ""
    opened: Span | None = None


class Recovery:
    """The faults of one parse. `damaged` once anything has been skipped."""

    def __init__(
        self, source: Source, tokens: list[Token], lexical: list[LexicalFault], machine: Machine
    ) -> None:
        self.source = source
        self.tokens = tokens
        self.machine = machine
        self.faults: list[SyntaxFault] = []
        self.damaged = any(fault.code in ("R0102", "R0110") for fault in lexical)
        unread = [fault for fault in lexical if fault.code in ("R0102", "R0103", "R0108")]
        self.spoiled = {source.position(fault.span.start)[0] for fault in unread}
        # A text that is never closed may have swallowed braces.
        lost = [fault.found for fault in lexical if fault.code == "R0102"]
        self.swallowed = sum(text.count("}") - text.count("{") for text in lost)
        self.header_follows = any(token.text == "rubric" for token in tokens[1:])
        types = [token.type for token in tokens]
        self.unclosed = types.count("LBRACE") - types.count("RBRACE")

    def recover(self, at: int, token: Token) -> int:
        """Report the token at `at`, which did not fit, and return the position to go on from."""
        if len(self.faults) >= MAX_FAULTS:
            self.add("many", token)
            return self.close()
        if token.type == END:
            return self.at_end(token)
        if token.type == "OTHER":
            after = next(i for i in range(at, len(self.tokens)) if self.tokens[i].type != "OTHER")
            if any(map(self.machine.fits, self.terminals(after))):
                self.damaged = True
                return after
        expected = self.machine.expected()
        for repair in (self.misspelt, self.brace_missing, self.quotes_missing):
            position = repair(at, token, expected)
            if position is not None:
                return position
        self.damaged = True
        if token.type != "OTHER":
            self.add("unexpected", token, expected=expected, opened=self.innermost())
        return self.resume(at)

    def too_deep(self, at: int, token: Token) -> int:
        """Report brackets inside brackets without end, and leave them all."""
        self.damaged = True
        if len(self.faults) >= MAX_FAULTS:
            self.add("many", token)
            return self.close()
        self.add("deep", token)
        self.leave_expression()
        while not _is_kept(self.machine.values):
            self.machine.cut(len(self.machine.values) - 1)
        return self.resume(at)

    def add(
        self,
        kind: Kind,
        token: Token,
        *,
        expected: tuple[str, ...] = (),
        meant: str = "",
        opened: Span | None = None,
    ) -> None:
        """Report a fault, unless the scan has reported one on the same line."""
        if self.source.position(token.start)[0] not in self.spoiled or kind == "many":
            span = Span(self.source.path, token.start, token.end)
            self.faults.append(SyntaxFault(kind, span, token.text, expected, meant, opened))

    # Repairs

    def misspelt(self, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
        """A word close to a keyword that fits, or `=` for `==`."""
        machine = self.machine
        if token.type == "EQUAL" and "COMPARE" in expected:
            self.add("misspelt", token, meant="==")
            machine.feed(token._replace(type="COMPARE", text="=="))
            return at + 1
        if token.type != "NAME" or len(token.text) > MAX_WORD:
            return None
        words = machine.tables.words
        fitting = [w for w, names in words.items() if any(map(machine.fits, names))]
        near = get_close_matches(token.text, fitting, n=1, cutoff=0.7)
        if not near:
            return None
        self.add("misspelt", token, meant=near[0])
        name = next(filter(machine.fits, words[near[0]]))
        machine.feed(token._replace(type=name, text=near[0]))
        return at + 1

    def brace_missing(self, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
        """A brace before the token, where the braces of the file do not match up."""
        names = self.terminals(at)
        wanted = expected == ("LBRACE",) or ("LBRACE" in expected and self.unclosed < 0)
        if wanted and any(self.machine.fits("LBRACE", name) for name in names):
            self.add("brace", token, meant="{")
            self.feed_brace("LBRACE", at)
            return at
        for count in range(1, min(self.unclosed, DEEPEST) + 1):
            if any(self.machine.fits(*["RBRACE"] * count, name) for name in names):
                opened = self.innermost()
                if self.swallowed > 0:
                    self.swallowed -= count
                else:
                    self.add("brace", token, meant="}", opened=opened)
                for _ in range(count):
                    self.feed_brace("RBRACE", at)
                return at
        return None

    def feed_brace(self, terminal: str, at: int) -> None:
        """Put in a brace behind the token before `at`."""
        place = self.tokens[at - 1].end if at else 0
        self.unclosed += 1 if terminal == "LBRACE" else -1
        self.machine.feed(Token(terminal, "{" if terminal == "LBRACE" else "}", place, place))

    def quotes_missing(self, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
        """The rest of a line, or a number with dots or dashes, as the text that has to be here."""
        if expected != ("STRING",) or token.type not in _UNQUOTED:
            return None
        if self.source.position(self.tokens[at - 1].start)[0] != self.line(token):
            return None
        last = at
        while self.goes_on(last, token.type == "NAME"):
            last += 1
        end = self.tokens[last].end
        text = self.source.text[token.start : end]
        whole = token._replace(text=text, end=end)
        self.add("unquoted", whole, meant=f'"{text}"')
        plain = text.replace("\\", "\\\\").replace('"', "'")
        self.machine.feed(whole._replace(type="STRING", text=f'"{plain}"'))
        return last + 1

    def goes_on(self, at: int, words: bool) -> bool:
        """Whether the token behind `at` belongs to the same unquoted text."""
        here, following = self.tokens[at], self.tokens[at + 1]
        if following.type in (END, "LBRACE", "RBRACE", "STRING"):
            return False
        return self.line(following) == self.line(here) if words else following.start == here.end

    def line(self, token: Token) -> int:
        return self.source.position(token.start)[0]

    # The end of the file

    def at_end(self, token: Token) -> int:
        """Report what is unfinished at the end of the file, and finish it."""
        opened = self.innermost()
        if opened is not None and self.swallowed > 0:
            self.swallowed = 0
        elif not self.faults or self.faults[-1].span.start != token.start:
            expected = self.machine.expected()
            self.add("end", token, expected=expected, opened=opened)
        self.damaged = self.damaged or opened is None
        return self.close()

    def close(self) -> int:
        """Drop what is unfinished and close what is open; the position of the end."""
        last = len(self.tokens) - 1
        while not self.unwind([(END,)]):
            if not self.unwind([("RBRACE",)]):
                raise ValueError("a construct can neither end nor be dropped")
            self.feed_brace("RBRACE", last)
        return last

    # Skipping

    def resume(self, at: int) -> int:
        """Skip to a word that may open a statement, or to the brace that closes what is open."""
        self.leave_expression()
        inner = 0
        for position in range(at, len(self.tokens)):
            token = self.tokens[position]
            if token.type == END:
                self.close()
            elif token.type == "LBRACE":
                inner += 1
                continue
            elif inner:
                inner -= token.type == "RBRACE"
                continue
            elif not self.unwind(self.openings(position)):
                continue
            return position
        raise ValueError("the tokens do not close with an end")

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
            if not machine.values and not self.header_follows:
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

    def terminals(self, at: int) -> tuple[str, ...]:
        """What the raw token at `at` can be."""
        token = self.tokens[at]
        if token.type == "NUMBER":
            return ("NUMBER", "INT", "QUANTITY")
        if token.type != "WORD":
            return (token.type,)
        return (*self.machine.tables.words.get(token.text, ()), "NAME")

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
