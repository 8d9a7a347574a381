"""A rubric that comes with a row: compact form as JSON text, checked before it is believed.

Rows come from data sets that anybody may have written. Everything that scoring relies on is
checked here, so that such a text is refused, or means what a compiled rubric would mean: a term
that could never be found, or a condition on an input that does not exist, would fail open.
"""

import json
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

from .amounts import UNIT_TABLE
from .demands import (
    RubricError,
    demand,
    demand_flag,
    demand_fraction,
    demand_integer,
    demand_list,
    demand_name,
    demand_object,
    demand_one_of,
    demand_plain,
    demand_terms,
    demand_unique,
)
from .form import COMPACT_VERSION, CompactRubric
from .shapes import SHAPE_PARAMS

_LONGEST = 2_000_000  # characters
_DEEPEST = 40
_REMEMBERED = 1024  # texts
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_POLICY_NAMES = ("violate", "unmet", "exclude", "drop")
_INPUT_TYPES = ("bool", "one_of", "integer", "quantity", "text", "text_list", "one_of_list")


def embedded_rubric(text: str, name: str | None = None) -> CompactRubric:
    """The rubric that a text holds. Raises `RubricError`, also when it is not called `name`."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise RubricError(f"`rubric_json` must be a text of at most {_LONGEST:,} characters")
    found = _parse_embedded(text)
    if name and found["name"] != name:
        raise RubricError(
            f"`rubric_json` holds {found['name']!r} in a row whose `rubric` is {name!r}"
        )
    return found


@lru_cache(maxsize=_REMEMBERED)
def _parse_embedded(text: str) -> CompactRubric:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_short_int,
        )
    except RubricError:
        raise
    except ValueError as fault:
        raise RubricError(f"`rubric_json` is no JSON: {fault}") from None
    except RecursionError:
        raise RubricError("`rubric_json` is nested too deeply") from None
    _rubric(value)
    return cast(CompactRubric, value)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RubricError("`rubric_json` says a key twice in one object")
    return found


def _no_float(text: str) -> Any:
    raise RubricError(f"`rubric_json` has the number {text}: all numbers in it are integers")


def _short_int(text: str) -> int:
    if len(text) > 32:
        raise RubricError("`rubric_json` has a number of more than 31 digits")
    return int(text)


def _rubric(value: Any) -> None:
    found = demand_object(value, "the rubric", CompactRubric.__annotations__)
    demand_integer(found["v"], "v", COMPACT_VERSION, COMPACT_VERSION)
    for key in ("name", "version", "hash"):
        demand_name(found[key], key)
    unit = demand_integer(found["unit"], "unit", 1)
    demand_integer(found["scale"], "scale", 1)
    demand_integer(found["steps"], "steps", 1, 1000)
    policies = demand_list(found["policies"], "policies")
    demand(len(policies) == 3, "policies", "one per tier")
    for policy in policies:
        demand_one_of(policy, "a policy", _POLICY_NAMES)
    demand(policies[0] != "exclude", "the policy of safety", "another than `exclude`")
    _reward(found["reward"])
    inputs = demand_list(found["inputs"], "inputs")
    known = demand_unique(
        [_input_spec(spec, f"inputs[{i}]") for i, spec in enumerate(inputs)], "inputs"
    )
    criteria = demand_list(found["criteria"], "criteria")
    demand(bool(criteria), "criteria", "at least one")
    ids = [_criterion(c, f"criteria[{i}]", unit, known) for i, c in enumerate(criteria)]
    demand_unique(ids, "criteria")
    weighed = {c["id"] for c in criteria if c["tier"] == 1}
    profiles = demand_list(found["profiles"], "profiles")
    demand_unique([_profile(p, f"profiles[{i}]", weighed, known) for i, p in enumerate(profiles)],
            "profiles")  # fmt: skip


def _reward(value: Any) -> None:
    found = demand_object(value, "reward", ("shape", "params"))
    bounds = SHAPE_PARAMS[demand_one_of(found["shape"], "reward.shape", SHAPE_PARAMS)]
    params = found["params"]
    demand(isinstance(params, dict), "reward.params", "an object")
    for name, pair in params.items():
        demand_one_of(name, "a parameter of the reward", bounds)
        least, greatest, whole = bounds[name]
        above, below = demand_fraction(pair, name)
        in_range = least * below <= above <= greatest * below
        demand(in_range and not (whole and below > 1), name, f"from {least} to {greatest}")


def _input_spec(value: Any, where: str) -> str:
    found = demand_object(value, where, ("id", "type", "options", "unit", "default"))
    kind = demand_one_of(found["type"], f"{where}.type", _INPUT_TYPES)
    options = demand_terms(found["options"], f"{where}.options")
    demand(bool(options) == kind.startswith("one_of"), f"{where}.options",
            "given where one of them is to be chosen")  # fmt: skip
    if kind == "quantity":
        demand_one_of(found["unit"], f"{where}.unit", UNIT_TABLE)
    else:
        demand(found["unit"] is None, f"{where}.unit", "null where no quantity is asked for")
    default, where = found["default"], f"{where}.default"
    if default is None:
        pass
    elif kind == "bool":
        demand_flag(default, where)
    elif kind in ("integer", "quantity"):
        demand_fraction(default, where)
    elif kind.endswith("_list"):
        demand_terms(default, where)
    else:
        demand_plain(default, where)
    return demand_name(found["id"], "the id of an input")


def _criterion(value: Any, where: str, unit: int, inputs: set[str]) -> str:
    keys = ("id", "tier", "severity", "forbids", "credits", "weight", "na", "when", "check")
    found = demand_object(value, where, keys)
    tier = demand_integer(found["tier"], f"{where}.tier", 0, 2)
    demand_flag(found["forbids"], f"{where}.forbids")
    demand_flag(found["na"], f"{where}.na")
    if tier == 0:
        demand_integer(found["severity"], f"{where}.severity", 0, 2)
    else:
        demand(found["severity"] is None, f"{where}.severity", "null outside safety")
    if tier == 1:
        demand_integer(found["weight"], f"{where}.weight", 1)
    else:
        demand(found["weight"] is None, f"{where}.weight", "null outside proficiency")
    if found["credits"] is not None:
        credits = demand_list(found["credits"], f"{where}.credits")
        for credit in credits:
            demand_integer(credit, f"{where}.credits", 0, unit)
        rising = len(credits) > 1 and all(a < b for a, b in pairwise(credits))
        fits = tier == 1 and not found["forbids"] and found["check"] is None
        wanted = "more for each level, of what proficiency requires and no check decides"
        demand(rising and fits, f"{where}.credits", wanted)
    _condition(found["when"], f"{where}.when", inputs)
    _check(found["check"], f"{where}.check")
    return demand_name(found["id"], f"{where}.id")


def _profile(value: Any, where: str, weighed: set[str], inputs: set[str]) -> str:
    found = demand_object(value, where, ("id", "when", "weights"))
    demand(isinstance(found["weights"], dict), f"{where}.weights", "an object")
    for name, weight in found["weights"].items():
        demand_one_of(name, f"a criterion of {where}", weighed)
        demand_integer(weight, f"{where}.weights", 1)
    _condition(found["when"], f"{where}.when", inputs)
    return demand_name(found["id"], f"{where}.id")


def _branch(
    value: Any, where: str, depth: int, arity: dict[str, int], several: tuple[str, ...]
) -> list[Any]:
    """A list that begins with its kind and has as many parts as the kind takes."""
    demand(isinstance(value, list) and bool(value), where, "a list that begins with its kind")
    kind = demand_one_of(value[0], where, (*several, *arity))
    parts = demand_list(value, where)[1:]
    demand(len(parts) == arity.get(kind, len(parts)) and bool(parts), where,
            f"a whole `{kind}`")  # fmt: skip
    demand(depth < _DEEPEST, where, f"nested at most {_DEEPEST} deep")
    return parts


def _condition(value: Any, where: str, inputs: set[str], depth: int = 0) -> None:
    if value is None and not depth:
        return
    arity = {"not": 1, "given": 1, "compare": 3, "one_of": 2, "contains": 2}
    parts = _branch(value, where, depth, arity, ("and", "or"))
    if value[0] in ("and", "or", "not"):
        for part in parts:
            _condition(part, where, inputs, depth + 1)
        return
    demand_one_of(parts[0], f"the input of {where}", inputs)
    if value[0] == "compare":
        demand_one_of(parts[1], where, _COMPARISONS)
        if isinstance(parts[2], list):
            demand_fraction(parts[2], where)
        elif not isinstance(parts[2], bool):
            demand_plain(parts[2], where)
    elif value[0] != "given":
        demand_terms(parts[1], where)


def _check(value: Any, where: str, depth: int = 0) -> None:
    if value is None and not depth:
        return
    arity = {"none": 1, "mentions": 1, "matches": 1, "count": 4, "words": 2, "dose": 4}
    parts = _branch(value, where, depth, arity, ("all", "any"))
    kind = value[0]
    if kind in ("all", "any", "none"):
        for part in parts:
            _check(part, where, depth + 1)
        return
    if kind in ("mentions", "dose") or (kind == "count" and parts[1] is None):
        demand(bool(demand_terms(parts[0], where)), where, "of at least one term")
    if kind == "dose":
        demand_fraction(parts[2], where)
        demand_one_of(parts[3], where, UNIT_TABLE)
    if kind == "matches" or (kind == "count" and parts[1] is not None):
        _automaton(parts[kind == "count"], where)
    if kind in ("count", "words"):
        demand_integer(parts[-1], where, 0)
    if kind in ("count", "words", "dose"):
        demand_one_of(parts[{"count": 2, "words": 0, "dose": 1}[kind]], where, _COMPARISONS)


def _automaton(value: Any, where: str) -> None:
    found = demand_object(value, where, ("chars", "next", "enter", "accept"))
    for chars in demand_list(found["chars"], where):
        demand(isinstance(chars, str), where, "an automaton over classes of characters")
    sizes = [found[key] for key in ("next", "enter", "accept")]
    demand(all(isinstance(part, list) for part in sizes), where, "an automaton of three tables")
    states, width = len(found["enter"]), len(found["chars"]) + 2
    whole = len(found["next"]) == states * width and len(found["accept"]) == states > 0
    demand(whole, where, "an automaton whose tables have one size")
    for state in (*found["next"], *found["enter"]):
        demand_integer(state, where, 0, states - 1)
    demand(all(n in (0, 1) for n in found["accept"]), where, "an automaton that accepts or not")
