"""What certificates say of one trainer's setting, for people: rubrics with the same answer as one.

`certificate.json` has every family of formulas; a user trains with one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rubricdsl.analysis.stacks import SETTINGS

STATUSES = ("proved", "refuted", "not claimed")


class Claim(NamedTuple):
    """So many rubrics of one shape, and the status of each property."""

    shape: str
    rubrics: int
    statuses: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Properties by status, such as `P1 P3 proved; P2 refuted`."""
        by_status = {
            status: [name for name, found in self.statuses if found == status]
            for status in STATUSES
        }
        return "; ".join(f"{' '.join(names)} {s}" for s, names in by_status.items() if names)


def claims(certificates: Iterable[Mapping[str, Any]], stack: str) -> list[Claim]:
    """The claims for a setting, those of most rubrics first."""
    family = next(setting.family for setting in SETTINGS if setting.name == stack)
    counted = Counter(
        (
            certificate["shape"],
            tuple((name, status if isinstance(status, str) else "refuted")
                  for name, status in certificate["properties"][family].items()),
        )
        for certificate in certificates
    )  # fmt: skip
    return [Claim(shape, count, statuses) for (shape, statuses), count in counted.most_common()]


def trainers() -> list[str]:
    """The trainers that have settings."""
    return list(dict.fromkeys(setting.name.partition("/")[0] for setting in SETTINGS))


def settings_of(trainer: str) -> list[str]:
    """A trainer's settings, or the one setting with this name; none when there is neither."""
    names = [setting.name for setting in SETTINGS]
    found = [name for name in names if name.partition("/")[0] == trainer]
    return found or [name for name in names if name == trainer]
