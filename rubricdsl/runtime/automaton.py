"""Running a pattern: one table look-up per character, whatever the pattern and the text.

An automaton is a dict that `rubricdsl.patterns` made: `chars` (the characters of each class; two
more classes stand for every other word character and every other character), `next` (rows of
states, one column per class), `enter` (the state with a fresh start added) and `accept`. State 0
has no match under way. A match begins and ends at a word's edge.
"""

from collections.abc import Iterator
from typing import Any

from .text import is_word


def pattern_ends(dfa: dict[str, Any], text: str, marks: bytearray) -> Iterator[int]:
    """Where the matches in a plain text end; `marks` are its `edges`.

    The match that ends first counts, and the search goes on behind it, so that matches never
    overlap and there is no way to find more of them.
    """
    classes = {char: i for i, chars in enumerate(dfa["chars"]) for char in chars}
    word, other = len(dfa["chars"]), len(dfa["chars"]) + 1
    table, enter, accept = dfa["next"], dfa["enter"], dfa["accept"]
    width = other + 1
    state = 0
    for place, char in enumerate(text):
        if marks[place]:
            state = enter[state]
        column = classes.get(char)
        if column is None:
            column = word if is_word(char) else other
        state = table[state * width + column]
        if accept[state] and marks[place + 1]:
            yield place + 1
            state = 0
