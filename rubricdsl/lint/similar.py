"""Which sentences say nearly the same: sets of words, compared where they share a rare one.

Two sentences are alike when their numbers are the same and their words for content as well, or
those of one are among those of the other and make up `NEAR` of them. Each sentence is compared with
at most `MOST_COMPARED` others, so that the time is linear in their number.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

NEAR = 0.8
FEWEST = 4
"""Content words; with fewer, only sentences of the same words are alike."""
MOST_COMPARED = 64

_WORD = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d]+(?:['’][^\W\d]+)?")
_NEGATIONS = (
    "no not never without fails fail neglects omits avoids avoid refrains lacks nor none neither "
    "incorrectly inaccurately wrongly inappropriately unnecessarily incorrect inaccurate unless "
    "except doesn't doesn’t don't don’t discourages against"
)
# Words in which sentences that ask the same may differ: grammar, how a thing is said, by whom.
_LIGHT = (
    "a an the of to in on for with and or by at as is are be been being it its this that these "
    "those any some such from into about if than then there their they them he she his her user "
    "user's patient patient's person response answer model does do did has have had will would "
    "should must may might can could states state mentions mention mentioned says say "
    "advises advise recommends recommend suggests suggest includes include provides provide "
    "explains explain notes note indicates indicate informs inform tells tell emphasizes "
    "emphasize emphasises emphasise highlights highlight specifies specify lists list "
    "identifies identify clearly explicitly correctly accurately specifically briefly also s"
)
_DENIES = frozenset(_NEGATIONS.split())
_ASIDE = frozenset(_LIGHT.split()) | _DENIES


class Gist(NamedTuple):
    """What a sentence comes to: its words for content, its numbers, its negations."""

    words: frozenset[str]
    numbers: tuple[str, ...]
    negations: tuple[str, ...]
    text: str


def gist(text: str) -> Gist:
    """The gist of a sentence, without regard to case and punctuation."""
    found = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    return Gist(
        frozenset(w for w in found if w not in _ASIDE),
        tuple(sorted(w for w in found if w[0].isdigit())),
        tuple(sorted(w for w in found if w in _DENIES)),
        " ".join(found),
    )


class Pair(NamedTuple):
    """Places of two sentences, the earlier first; `same` when they have the same content words."""

    earlier: int
    later: int
    same: bool


def alike(gists: Sequence[Gist]) -> Iterator[Pair]:
    """Each sentence with the first earlier one that it is like, in the order of the sentences."""
    frequency = Counter(word for each in gists for word in each.words)
    holders: dict[str, list[int]] = {}
    for later, each in enumerate(gists):
        rarest = sorted(each.words, key=lambda w: (frequency[w], w))
        # Of two sets that share NEAR of the larger, some word is in the rarest of both.
        prefix = rarest[: len(rarest) - ceil(NEAR * len(rarest)) + 1]
        candidates = dict.fromkeys(at for word in prefix for at in holders.get(word, ()))
        for earlier in list(candidates)[:MOST_COMPARED]:
            if _are_near(gists[earlier], each):
                yield Pair(earlier, later, gists[earlier].words == each.words)
                break
        for word in prefix:
            held = holders.setdefault(word, [])
            if len(held) < MOST_COMPARED:
                held.append(later)


def _are_near(one: Gist, other: Gist) -> bool:
    if one.numbers != other.numbers or not one.words:
        return False
    if one.words == other.words:
        return True
    small, large = sorted((one.words, other.words), key=len)
    return len(small) >= FEWEST and small < large and len(small) >= NEAR * len(large)
