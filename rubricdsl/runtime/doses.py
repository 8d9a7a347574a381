"""Doses in a response: which amounts are stated in the same sentence as a drug.

A sentence ends at `.`, `!`, `?` or `;` before a space, and at the end of a line that does not end
in a colon. A full stop before a small letter or a digit does not end one (`approx. 5 mg`).
"""

import re

from .amounts import UNIT_SPELLINGS, read_decimal
from .text import plain, visible

_NUMBER = re.compile(
    r"(?<!\w)(?<![0-9][.,])(?:[0-9]{1,3}(?: 000)+(?![0-9])|[0-9]+(?:[.,][0-9]+)*|\.[0-9]+)"
)
# A space that does not break, or a thin one, groups the digits of one number.
_GROUPING = re.compile("(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_RANGE = re.compile(r" ?(?:-|to) ?(?=[0-9.])")
_UNIT = re.compile(
    "[ -]?(" + "|".join(map(re.escape, sorted(UNIT_SPELLINGS, key=len, reverse=True))) + r")(?!\w)"
)
# What may follow a unit without making it a different one; any other `/…` or `per …` does.
_SAME_UNIT = re.compile(r"(?!/\w| per )|(?:/| per )(?:dose|tablet|capsule)\b")


def sentences(response: str) -> list[str]:
    """The sentences of a response, each in its plain form."""
    found: list[list[str]] = [[]]
    for line in visible(_GROUPING.sub("", response)).splitlines():
        for word in line.split():
            if found[-1] and _ends_sentence(found[-1][-1], word):
                found.append([])
            found[-1].append(word)
        if found[-1] and not found[-1][-1].rstrip("*_").endswith(":"):
            found.append([])
    return [plain(" ".join(words)) for words in found if words]


def _ends_sentence(word: str, following: str) -> bool:
    mark = word.rstrip("\"')]*_")[-1:]
    if mark == ".":
        return not (following[0].islower() or following[0].isdigit())
    return mark in ("!", "?", ";")


def stated_amounts(sentence: str) -> list[tuple[tuple[int, int], str]]:
    """Every `number unit` of a plain sentence; both ends of a range such as `5-10 mg`."""
    found = []
    waiting: tuple[int, tuple[int, int]] | None = None
    for match in _NUMBER.finditer(sentence):
        amount = _read_written(match.group())
        unit = _UNIT.match(sentence, match.end())
        connector = _RANGE.match(sentence, match.end())
        if amount is not None and unit and _SAME_UNIT.match(sentence, unit.end()):
            name = UNIT_SPELLINGS[unit.group(1)]
            if waiting and waiting[0] == match.start():
                found.append((waiting[1], name))
            found.append((amount, name))
        waiting = (connector.end(), amount) if amount is not None and connector else None
    return found


def _read_written(number: str) -> tuple[int, int] | None:
    """The value of `1,000`, `1.5`, `1,5`, `1.000,5`, `1 000` or `.5`; None when it is none."""
    number = number.replace(" ", "")
    point = max(number.rfind("."), number.rfind(","))
    if point <= 0:
        return read_decimal("0" + number)
    mark, whole, part = number[point], number[:point], number[point + 1 :]
    groups = whole.replace(",", ".").split(".")
    if (len(groups[0]) > 3 and len(groups) > 1) or any(len(group) != 3 for group in groups[1:]):
        return None
    if mark in whole or (mark == "," and whole.isdigit() and whole != "0" and len(part) == 3):
        return read_decimal("".join([*groups, part])) if len(part) == 3 else None
    return read_decimal("".join(groups) + "." + part)
