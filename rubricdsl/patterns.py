"""The pattern language of `matches` and `count`: small, regular, and always linear in the text.

    word         letters stand for themselves, in any case; a space for any white space
    .            any character              [a-z] [^.!?]   one of, none of
    a|b  ( )     either; grouping           ? * + {2} {2,} {2,5}   how often
    \\d \\s \\w     digit, white space, word character; `\\` before a sign takes it as it is

A pattern describes whole words: a match begins and ends at a word's edge. It is compiled to a
deterministic automaton, which is what the reward carries, so that no response can make it slow.
What would need too many states is refused.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from rubricdsl.pattern_syntax import CharSet, Choice, Node, PatternError, Repeat, Sequence, parse
from rubricdsl.runtime.text import is_word

__all__ = ["MAX_POSITIONS", "MAX_STATES", "PatternError", "compile_pattern", "written_out"]

MAX_POSITIONS = 1000
MAX_STATES = 2000


def compile_pattern(pattern: str) -> dict[str, Any]:
    """The automaton of a pattern, as JSON data for `runtime.automaton`. Raises `PatternError`."""
    node = parse(pattern)
    if _size(node) > MAX_POSITIONS:
        raise _too_large(pattern)
    positions = _Positions()
    nullable, first, last = positions.add(node)
    if nullable:
        raise PatternError(
            "this pattern accepts the empty text",
            0,
            "every response would match; something in it must be there without `?` or `*`",
        )
    positions.connect(1, first)
    chars, columns = _columns(positions.sets)
    found = _determinise(positions.follow, last, columns)
    if found is None:
        raise _too_large(pattern)
    rows, accept = _minimise(*found)
    return {
        "chars": chars,
        "next": [state for row in rows for state in row[:-1]],
        "enter": [row[-1] for row in rows],
        "accept": accept,
    }


def written_out(pattern: str) -> int:
    """How many characters a pattern speaks of, repetitions written out. Raises `PatternError`."""
    return min(_size(parse(pattern)), MAX_POSITIONS)


def _size(node: Node) -> int:
    """How many characters the tree speaks of once repetitions are written out."""
    if isinstance(node, CharSet):
        return 1
    if isinstance(node, Repeat):
        return _size(node.part) * max(node.high or node.low, 1)
    return sum(map(_size, node.parts))


class _Positions:
    """Glushkov's construction: one position per character set, sets of positions as bit masks.

    Bit 0 is the start, before any character. `add` numbers the positions of a node and returns
    whether it accepts the empty text, and the masks of its first and of its last positions.
    """

    def __init__(self) -> None:
        self.sets: list[CharSet] = [CharSet()]
        self.follow: list[int] = [0]

    def add(self, node: Node) -> tuple[bool, int, int]:
        if isinstance(node, CharSet):
            self.sets.append(node)
            self.follow.append(0)
            mask = 1 << (len(self.sets) - 1)
            return False, mask, mask
        if isinstance(node, Sequence):
            return self.sequence(node.parts)
        if isinstance(node, Choice):
            return self.choice(node.parts)
        return self.repeat(node)

    def sequence(self, parts: Iterable[Node]) -> tuple[bool, int, int]:
        nullable, first, last = True, 0, 0
        for part in parts:
            part_nullable, part_first, part_last = self.add(part)
            self.connect(last, part_first)
            first |= part_first if nullable else 0
            last = part_last | (last if part_nullable else 0)
            nullable = nullable and part_nullable
        return nullable, first, last

    def choice(self, parts: Iterable[Node]) -> tuple[bool, int, int]:
        nullable, first, last = False, 0, 0
        for part in parts:
            part_nullable, part_first, part_last = self.add(part)
            nullable, first, last = nullable or part_nullable, first | part_first, last | part_last
        return nullable, first, last

    def repeat(self, node: Repeat) -> tuple[bool, int, int]:
        if node.low <= 1 and node.high in (None, 1):
            nullable, first, last = self.add(node.part)
            if node.high is None:
                self.connect(last, first)
            return nullable or node.low == 0, first, last
        if node.high is None:
            copies = [node.part] * (node.low - 1) + [Repeat(node.part, 1, None)]
        else:
            optional = Repeat(node.part, 0, 1)
            copies = [node.part] * node.low + [optional] * (node.high - node.low)
        return self.sequence(copies)

    def connect(self, sources: int, targets: int) -> None:
        for position in _bits(sources):
            self.follow[position] |= targets


def _columns(sets: list[CharSet]) -> tuple[list[str], list[tuple[int, bool]]]:
    """The classes of characters that the sets tell apart: mask, and whether they are of words.

    The last two columns are every other word character and every other character.
    """
    named = sorted(frozenset[str]().union(*(s.include | s.exclude for s in sets)))
    groups: dict[tuple[int, bool], list[str]] = {}
    for char in named:
        mask = sum(1 << i for i, chars in enumerate(sets) if _has(chars, char))
        groups.setdefault((mask, is_word(char)), []).append(char)
    word = sum(1 << i for i, chars in enumerate(sets) if chars.word)
    other = sum(1 << i for i, chars in enumerate(sets) if chars.other)
    return ["".join(group) for group in groups.values()], [*groups, (word, True), (other, False)]


def _has(chars: CharSet, char: str) -> bool:
    if char in chars.include:
        return True
    return char not in chars.exclude and (chars.word if is_word(char) else chars.other)


def _determinise(
    follow: list[int], last: int, columns: list[tuple[int, bool]]
) -> tuple[list[list[int]], list[int]] | None:
    """Rows of states (one column per class, then the state after `enter`) and which accept.

    A state is a set of positions, and whether the last character was of a word: no match begins
    between two of those, so such ways lead nowhere. None when there are more than `MAX_STATES`.
    """
    states = [(0, False)]
    numbers = {states[0]: 0}
    rows: list[list[int]] = []
    for mask, after_word in states:
        reach = 0
        for position in _bits(mask):
            reach |= follow[position]
        row = []
        for column, word in columns:
            inside_word = mask & 1 and after_word and word
            row.append((0, False) if inside_word else (reach & column, word))
        row.append((mask | 1, after_word))
        for target in row:
            if target not in numbers:
                numbers[target] = len(states)
                states.append(target)
        rows.append([numbers[target] for target in row])
        if len(states) > MAX_STATES:
            return None
    return rows, [int(mask & last != 0) for mask, _ in states]


def _minimise(rows: list[list[int]], accept: list[int]) -> tuple[list[list[int]], list[int]]:
    """The same automaton with states that behave alike made one; state 0 stays state 0."""
    kind = accept
    while True:
        numbers: dict[tuple[int, ...], int] = {}
        finer = [
            numbers.setdefault((kind[i], *(kind[t] for t in row)), len(numbers))
            for i, row in enumerate(rows)
        ]
        if len(numbers) == len(set(kind)):
            break
        kind = finer
    kept = {number: i for i, number in reversed(list(enumerate(finer)))}
    return (
        [[finer[target] for target in rows[kept[number]]] for number in range(len(kept))],
        [accept[kept[number]] for number in range(len(kept))],
    )


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _too_large(pattern: str) -> PatternError:
    gap = max(pattern.find("{"), 0)
    return PatternError(
        "this pattern is too large for a table",
        gap,
        "instead of a counted gap such as .{0,40} write [^.]* to stay within a sentence",
    )
