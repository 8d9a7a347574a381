"""Checks: what can be decided about a response without a judge, in time linear in its length."""

from collections.abc import Iterable, Iterator
from typing import Any

from .amounts import compares, in_unit
from .automaton import pattern_ends
from .doses import sentences, stated_amounts
from .text import edges, plain, word_count


class Reading:
    """A response prepared for checks: as written, its plain form, and the edges of its words."""

    def __init__(self, response: str) -> None:
        self.written = response
        self.plain = plain(response)
        self.edges = edges(self.plain)


def check_holds(check: list[Any], reading: Reading) -> bool:
    """Whether a check in its compact form is true of a response."""
    kind = check[0]
    if kind == "all":
        return all(check_holds(part, reading) for part in check[1:])
    if kind == "any":
        return any(check_holds(part, reading) for part in check[1:])
    if kind == "none":
        return not check_holds(check[1], reading)
    if kind == "mentions":
        return mentions(check[1], reading.plain, reading.edges)
    if kind == "matches":
        return any(True for _ in pattern_ends(check[1], reading.plain, reading.edges))
    if kind == "words":
        return compares(word_count(reading.plain), check[1], check[2])
    if kind == "count":
        _, terms, dfa, op, number = check
        if dfa is not None:
            found = sum(1 for _ in pattern_ends(dfa, reading.plain, reading.edges))
        else:
            found = _count_terms(terms, reading.plain, reading.edges)
        return compares(found, op, number)
    return _states_dose(check, reading)


def mentions(terms: Iterable[str], text: str, marks: bytearray) -> bool:
    """Whether a plain text has one of the plain terms as whole words."""
    return any(True for term in terms for _ in _places(term, text, marks))


def _places(term: str, text: str, marks: bytearray) -> Iterator[tuple[int, int]]:
    start = text.find(term) if term else -1
    while start >= 0:
        end = start + len(term)
        if marks[start] and marks[end]:
            yield end, start
        start = text.find(term, start + 1)


def _count_terms(terms: Iterable[str], text: str, marks: bytearray) -> int:
    """Occurrences that do not overlap; as in patterns, the one that ends first counts."""
    found, behind = 0, 0
    for end, start in sorted({place for term in terms for place in _places(term, text, marks)}):
        if start >= behind:
            found, behind = found + 1, end
    return found


def _states_dose(check: list[Any], reading: Reading) -> bool:
    _, drugs, op, value, unit = check
    for sentence in sentences(reading.written):
        if mentions(drugs, sentence, edges(sentence)):
            for amount, stated in stated_amounts(sentence):
                same = in_unit(amount, stated, unit)
                if same and compares(same[0] * value[1], op, value[0] * same[1]):
                    return True
    return False
