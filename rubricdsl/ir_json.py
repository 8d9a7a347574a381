"""The JSON form of the typed rubric: writing, strict reading, the schema, and the semantic hash.

Exact numbers are strings, "3/10" or "40". Where a value may be a number or a text (a comparison,
a default, a prompt's inputs), the declared type of the input says which of the two it is.

Reading follows the annotations of the dataclasses itself instead of leaving it to pydantic, whose
fractions accept "1e999999999" and whose unions cannot tell a text "40" from a number. pydantic
draws the schema, and is imported only for that.
"""

import dataclasses
import functools
import hashlib
import json
import re
import types
import typing
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, Union

from . import ir
from .ir_rules import broken

MAX_BYTES = 32 * 1024 * 1024

_NUMBER_TYPES = ("integer", "quantity")
_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,99})(/[1-9][0-9]{0,99})?")

# What no verdict, order, reward or judge prompt depends on; docs/bundle.md gives the reasons.
_NOT_MEANING: dict[type, frozenset[str]] = {
    ir.Rubric: frozenset(
        {"name", "version", "status", "purpose", "title", "prompts", "sources", "reviews"}
        | {"value_sets", "includes", "tags", "doc"}
    ),
    ir.Criterion: frozenset(("origin", "cites", "tags", "doc")),
    ir.Input: frozenset(("doc",)),
    ir.Profile: frozenset(("doc",)),
}


class IRError(ValueError):
    """A document that is not the JSON form of a rubric; says where and why."""


def dump(rubric: ir.Rubric) -> bytes:
    """The canonical document: UTF-8, fields as declared, map keys sorted, one final newline."""
    text = json.dumps(document(rubric), ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode() + b"\n"


def document(rubric: ir.Rubric) -> dict[str, Any]:
    """The rubric as plain JSON values."""
    return {"ir_version": ir.IR_VERSION, **_plain(rubric)}


def load(data: bytes) -> ir.Rubric:
    """Read one document that may come from anywhere.

    Strict: every field is there, none is unknown, every number is in its one exact form, and the
    rules of `ir_rules` hold. Raises `IRError`.
    """
    if len(data) > MAX_BYTES:
        raise IRError(f"the document has {len(data)} bytes; at most {MAX_BYTES} are read")
    given = _parse(data)
    version = given.pop("ir_version", None)
    if type(version) is not int or version != ir.IR_VERSION:
        raise IRError(f"ir_version is {version!r}; this release reads version {ir.IR_VERSION}")
    try:
        rubric = _settle(_read(ir.Rubric, given, "rubric"))
    except RecursionError:
        raise IRError("nested too deeply") from None
    faults = broken(rubric)
    if faults:
        raise IRError("; ".join(faults))
    return rubric


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the documents that `dump` writes."""
    from pydantic import TypeAdapter

    made = TypeAdapter(ir.Rubric).json_schema(mode="serialization")
    definitions = {name: _exact(part) for name, part in made.pop("$defs").items()}
    definitions["Number"] = {
        "type": "string",
        "pattern": f"^{_NUMBER.pattern}$",
        "description": "An exact number: whole, or numerator/denominator in lowest terms.",
    }
    whole = _exact(made)
    whole["properties"] = {"ir_version": {"const": ir.IR_VERSION}, **whole["properties"]}
    whole["required"] = list(whole["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The typed rubric",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_bytes() -> bytes:
    """The schema as it is published."""
    return json.dumps(schema(), ensure_ascii=False, indent=1).encode() + b"\n"


def semantic_hash(rubric: ir.Rubric) -> str:
    """A hash of what the rubric means, as "sha256:" and 64 hexadecimal digits.

    Everything that can change a verdict, the order, a reward, or what a judge or a reward model is
    shown goes in. The names and numbers of a release, prose for people and provenance do not.
    """
    meaning = {"ir_version": ir.IR_VERSION, **_plain(rubric, _NOT_MEANING)}
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, without: Mapping[type, frozenset[str]] | None = None) -> Any:
    """Dataclasses, tuples, maps and fractions as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        skipped = (without or {}).get(type(value), frozenset())
        return {
            f.name: _plain(getattr(value, f.name), without)
            for f in dataclasses.fields(value)
            if f.name not in skipped
        }
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item, without) for item in value]
    if isinstance(value, dict):
        return {key: _plain(value[key], without) for key in sorted(value)}
    return value


def _parse(data: bytes) -> dict[str, Any]:
    try:
        given = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise IRError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise IRError("nested too deeply") from None
    except ValueError as error:
        raise IRError(f"not JSON: {error}") from None
    if not isinstance(given, dict):
        raise IRError("the document is not an object")
    return given


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    """The fields of a dataclass with their resolved types."""
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _read(kind: Any, given: Any, path: str) -> Any:
    """One value of the annotated type `kind`, from plain JSON."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _read_object(typing.cast(type, kind), given, path)
    if kind is Fraction:
        return _number(given, path)
    if origin is tuple:
        if not isinstance(given, list):
            raise IRError(f"{path}: a list is expected, not {_shown(given)}")
        return tuple(_read(args[0], item, f"{path}[{i}]") for i, item in enumerate(given))
    if origin is dict:
        if not isinstance(given, dict):
            raise IRError(f"{path}: an object is expected, not {_shown(given)}")
        return {key: _read(args[1], given[key], f"{path}.{key}") for key in sorted(given)}
    if origin is Literal:
        if not isinstance(given, str) or given not in args:
            raise IRError(f"{path}: {_shown(given)} is none of {', '.join(map(str, args))}")
        return given
    if origin in (Union, types.UnionType):
        return _read_union(args, given, path)
    if type(given) is not kind:
        raise IRError(f"{path}: a {kind.__name__} is expected, not {_shown(given)}")
    return given


def _read_object(kind: type, given: Any, path: str) -> Any:
    if not isinstance(given, dict):
        raise IRError(f"{path}: an object is expected, not {_shown(given)}")
    fields = _fields(kind)
    for key in given:
        if key not in fields:
            raise IRError(f"{path}.{key}: there is no such field")
    for key in fields:
        if key not in given:
            raise IRError(f"{path}.{key}: the field is missing")
    return kind(**{key: _read(fields[key], given[key], f"{path}.{key}") for key in fields})


def _read_union(args: tuple[Any, ...], given: Any, path: str) -> Any:
    """A union of tagged objects, of JSON's own types, or of one of the two and null."""
    if given is None and type(None) in args:
        return None
    if isinstance(given, dict):
        tagged = {_tag(a): a for a in args if dataclasses.is_dataclass(a)}
        wanted = tagged.get(given.get("kind"))
        if wanted is None:
            names = ", ".join(str(tag) for tag in tagged)
            raise IRError(f"{path}.kind: {_shown(given.get('kind'))} is none of {names}")
        return _read(wanted, given, path)
    if isinstance(given, str) and str in args:
        return given  # a number where the input is numeric: `_settle` decides
    for arg in args:
        if typing.get_origin(arg) is Literal and isinstance(given, str):
            return _read(arg, given, path)
        if typing.get_origin(arg) is tuple and isinstance(given, list):
            return _read(arg, given, path)
        if type(given) is arg:
            return given
    if Fraction in args:
        return _number(given, path)
    raise IRError(f"{path}: {_shown(given)} is not expected here")


def _tag(kind: Any) -> str | None:
    """The value of `kind` of a tagged dataclass; None for one without a tag."""
    hint = _fields(kind).get("kind")
    return None if hint is None else typing.get_args(hint)[0]


def _number(given: Any, path: str) -> Fraction:
    if not isinstance(given, str) or not _NUMBER.fullmatch(given):
        raise IRError(f'{path}: an exact number such as "3/10" is expected, not {_shown(given)}')
    value = Fraction(given)
    if str(value) != given:
        raise IRError(f'{path}: "{given}" is not in lowest terms, which is "{value}"')
    return value


def _shown(given: Any) -> str:
    text = json.dumps(given, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _settle(rubric: ir.Rubric) -> ir.Rubric:
    """Give every value that JSON leaves open the type that its input declares."""
    declared = {i.id: i.type for i in rubric.inputs}

    def value(name: str, given: Any, path: str) -> Any:
        if name not in declared:
            raise IRError(f"{path}: the rubric has no input `{name}`")
        if isinstance(given, str) and declared[name] in _NUMBER_TYPES:
            return _number(given, path)
        return given

    def condition(given: Any, path: str) -> Any:
        if isinstance(given, ir.And | ir.Or):
            args = tuple(condition(a, f"{path}.args[{i}]") for i, a in enumerate(given.args))
            return dataclasses.replace(given, args=args)
        if isinstance(given, ir.Not):
            return dataclasses.replace(given, arg=condition(given.arg, f"{path}.arg"))
        if isinstance(given, ir.Compare):
            settled = value(given.input, given.value, f"{path}.value")
            return dataclasses.replace(given, value=settled)
        return given

    def when(part: Any, path: str) -> Any:
        return dataclasses.replace(part, when=condition(part.when, f"{path}.when"))

    def inputs(prompt: ir.Prompt, path: str) -> ir.Prompt:
        settled = {k: value(k, v, f"{path}.inputs.{k}") for k, v in prompt.inputs.items()}
        return dataclasses.replace(prompt, inputs=settled)

    return dataclasses.replace(
        rubric,
        inputs=tuple(
            dataclasses.replace(i, default=value(i.id, i.default, f"rubric.inputs[{n}].default"))
            for n, i in enumerate(rubric.inputs)
        ),
        criteria=tuple(when(c, f"rubric.criteria[{n}]") for n, c in enumerate(rubric.criteria)),
        profiles=tuple(when(p, f"rubric.profiles[{n}]") for n, p in enumerate(rubric.profiles)),
        prompts=tuple(inputs(p, f"rubric.prompts[{n}]") for n, p in enumerate(rubric.prompts)),
    )


def _exact(part: Any) -> Any:
    """A part of pydantic's schema with our numbers; every field required, no other allowed."""
    if isinstance(part, list):
        return [_exact(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") == "fraction":
        return {"$ref": "#/$defs/Number"}
    made = {k: _exact(v) for k, v in part.items() if k not in ("title", "default", "properties")}
    if "properties" in part:
        made["properties"] = {name: _exact(field) for name, field in part["properties"].items()}
        made["required"] = list(part["properties"])
        made["additionalProperties"] = False
    return made
