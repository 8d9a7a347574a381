"""The LALR machine: two stacks, fed with tokens."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from .tables import Row, tables
from .tokens import END, Token, make_token

MAX_DEPTH = 200
"""Symbols that wait for their end at one place: some fifty brackets, one inside the other."""


class Machine:
    """`states` has one entry more than `values`: the state before anything was read."""

    def __init__(self) -> None:
        self.tables = tables()
        self.states = [self.tables.start]
        self.values: list[Any] = []
        self.met_in = self.tables.start

    @property
    def is_too_deep(self) -> bool:
        return len(self.states) > MAX_DEPTH

    def run(self, tokens: Sequence[Token], at: int) -> int:
        """Take in raw tokens from `at` on while each can be only one thing; where that ends.

        Nearly every token comes this way, so that nothing is decided where nothing is open. The
        constructs that the token left over ends have ended then; `met_in` is the state before, in
        which it has to be read: what is a keyword there may be none behind them.
        """
        return self._take(tokens, at, self.tables.plain, MAX_DEPTH)

    def feed(self, token: Token) -> bool:
        """Take a token in, with the reductions before it; False where it does not fit."""
        return self._take((token,), 0, self.tables.states, len(self.states)) == 1

    def _take(self, tokens: Sequence[Token], at: int, rows: tuple[Row, ...], depth: int) -> int:
        """Take tokens in for as long as `rows` knows a step; the position of the one left over.

        The loop that most of the time goes by in: hence the local names.
        """
        goto, rules, entered_by = self.tables.states, self.tables.rules, self.tables.entered_by
        words, states, values = self.tables.words, self.states, self.values
        state = states[-1]
        for position in range(at, len(tokens)):
            met_in = state
            if len(states) > depth:
                self.met_in = met_in
                return position
            token = tokens[position]
            key = kind = token[0]
            if kind == "WORD":
                key = token[1] if token[1] in words else "NAME"
            while True:
                step = rows[state].get(key)
                if step is None:
                    self.met_in = met_in
                    return position
                if step >= 0:
                    break
                origin, last, make = rules[-1 - step]
                if make is None:
                    del states[-1]
                else:
                    children = values[last]
                    del values[last], states[last]
                    values.append(make(children))
                state = goto[states[-1]][origin]
                states.append(state)
            state = step
            states.append(state)
            if kind == "WORD":
                token = make_token((entered_by[state], token[1], token[2], token[3]))
            values.append(token)
        return len(tokens)

    def room(self) -> dict[str, int]:
        """The terminals that the innermost construct knows an action for."""
        return self.tables.states[self.states[-1]]

    def fits(self, *terminals: str) -> bool:
        """Whether these terminals can really come next, one after the other.

        The tables merge lookaheads of like states: a construct may accept to end at a word that
        nothing around it has room for. So the reductions are walked, on a copy, without running.
        """
        states = list(self.states)
        return all(self._walk(states, terminal) is not None for terminal in terminals)

    def _walk(self, states: list[int], terminal: str) -> int | None:
        """Move `states` over a terminal; how many constructs end before it, None if it fits not."""
        table = self.tables.states
        for ended in count():
            step = table[states[-1]].get(terminal)
            if step is None:
                return None
            if step >= 0:
                states.append(step)
                return ended
            origin, last, _ = self.tables.rules[-1 - step]
            del states[last]
            states.append(table[states[-1]][origin])
            if terminal == END and states[-1] == self.tables.end:
                return ended
        return None

    def expected(self) -> tuple[str, ...]:
        """The terminals that can come next, those that go on with the innermost construct first."""
        ended = {
            name: self._walk(list(self.states), name)
            for name in self.room()
            if name.upper() == name
        }
        fitting = [(number, name) for name, number in ended.items() if number is not None]
        return tuple(name for _, name in sorted(fitting))

    def cut(self, size: int) -> None:
        """Drop all values but the first `size`."""
        del self.values[size:], self.states[size + 1 :]
