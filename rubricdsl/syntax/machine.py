"""The LALR machine: two stacks, fed one token at a time."""

from itertools import count
from typing import Any

from .tables import tables
from .tokens import END, Token


class Machine:
    """`states` has one entry more than `values`: the state before anything was read."""

    def __init__(self) -> None:
        self.tables = tables()
        self.states = [self.tables.start]
        self.values: list[Any] = []

    def feed(self, token: Token) -> bool:
        """Take a token in, with the reductions before it; False where it does not fit."""
        table, states, values = self.tables.states, self.states, self.values
        terminal = token.type
        while True:
            step = table[states[-1]].get(terminal)
            if step is None:
                return False
            if step >= 0:
                states.append(step)
                values.append(token)
                return True
            origin, size, make = self.tables.rules[-1 - step]
            if make is None:
                value = values[-1]
                del values[-1], states[-1]
            else:
                children = values[len(values) - size :]
                del values[len(values) - size :], states[len(states) - size :]
                value = make(children)
            values.append(value)
            states.append(table[states[-1]][origin])
            if terminal == END and states[-1] == self.tables.end:
                return True

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
            origin, size, _ = self.tables.rules[-1 - step]
            if size:
                del states[-size:]
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
