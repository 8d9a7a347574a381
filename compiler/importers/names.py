"""Names of the language made from foreign ids."""

import re
from collections.abc import Iterable

LONGEST = 80


def identifier(text: str, prefix: str) -> str:
    """A name (small letters, digits, underscores) that reads like `text`.

    Letters become small so that no two names differ by case alone, as file names may not.
    `prefix` is put before a name that would not start with a letter.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower())[:LONGEST].strip("_")
    return name if re.match(r"[a-z]", name) else (prefix + name)


class Names:
    """Hands out names, each of them once: `unique("a")` gives a, then a_2, a_3, …"""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """`name` if it was not handed out before, else with the first free number behind it."""
        found, number = name, self._next.get(name, 2)
        while found in self._taken:
            found, number = f"{name}_{number}", number + 1
        self._next[name] = number
        self._taken.add(found)
        return found
