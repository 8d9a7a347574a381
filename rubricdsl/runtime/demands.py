"""Demands on a JSON value that comes from outside, each with the place where it was broken."""

from collections.abc import Collection
from typing import Any, cast

from .text import plain

MOST_PARTS = 2_000  # criteria, inputs, options, terms: of anything
GREATEST_NUMBER = 10**30


class RubricError(ValueError):
    """A text that is no compact rubric; the message says where and why."""


def _wrong(where: str, wanted: str) -> RubricError:
    return RubricError(f"`rubric_json`: {where} must be {wanted}")


def demand(holds: bool, where: str, wanted: str) -> None:
    if not holds:
        raise _wrong(where, wanted)


def demand_object(value: Any, where: str, keys: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) != len(keys) or not all(k in value for k in keys):
        raise _wrong(where, f"an object with exactly {', '.join(keys)}")
    return value


def demand_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        raise _wrong(where, f"a list of at most {MOST_PARTS:,}")
    return value


def demand_integer(value: Any, where: str, least: int, greatest: int = GREATEST_NUMBER) -> int:
    if type(value) is not int or not least <= value <= greatest:
        raise _wrong(where, f"an integer from {least} to {greatest}")
    return value


def demand_fraction(value: Any, where: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise _wrong(where, "[numerator, denominator]")
    return demand_integer(value[0], where, -GREATEST_NUMBER), demand_integer(value[1], where, 1)


def demand_name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise _wrong(where, "a text of 1 to 200 characters")
    return value


def demand_one_of(value: Any, where: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise _wrong(where, f"one of {', '.join(sorted(known)) or 'none'}")
    return value


def demand_flag(value: Any, where: str) -> None:
    demand(isinstance(value, bool), where, "true or false")


def demand_plain(value: Any, where: str) -> None:
    demand(isinstance(value, str) and value == plain(value), where, "a text in plain form")


def demand_terms(value: Any, where: str) -> list[Any]:
    for part in demand_list(value, where):
        demand_plain(part, where)
        demand(part != "", where, "without an empty text")
    return cast(list[Any], value)


def demand_unique(names: list[str], where: str) -> set[str]:
    found = set(names)
    demand(len(names) == len(found), where, "of different ids")
    return found
