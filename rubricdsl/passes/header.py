"""The first lines: name, version, status, title, purpose, reviews, tags."""

import re
from typing import NamedTuple

from .. import ir
from ..syntax import nodes as n
from .scope import Scope
from .values import day, text

_PART = r"(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_PART}\.{_PART}\.{_PART}")
_STATUSES: dict[str, ir.Status] = {"draft": "draft", "active": "active", "retired": "retired"}
_PURPOSES: dict[str, ir.Purpose] = {"training": "training", "evaluation": "evaluation"}


class Head(NamedTuple):
    name: str
    version: str
    status: ir.Status
    purpose: ir.Purpose
    title: str
    reviews: tuple[ir.Review, ...]
    tags: tuple[str, ...]
    doc: str


def header(scope: Scope) -> Head:
    """What the rubric says about itself; a draft for training where it does not say."""
    written = scope.tree.header
    name, number, status, doc = "", "0.0.0", "draft", ""
    if written is not None:
        name, number, doc = written.name.text, written.version.value, scope.doc(written)
        version(scope, written.version)
        if written.status is not None:
            status = written.status.text
            if status not in _STATUSES:
                scope.report("R0801", written.status, name=status)
    once: dict[str, n.Setting] = {}
    tags: list[str] = []
    for item in scope.tree.items:
        if not isinstance(item, n.Setting):
            continue
        if item.key == "tag" and isinstance(item.value, n.Text):
            tags.append(text(scope, item.value))
        elif item.key in once:
            scope.report("R0808", item, what=item.key)
        else:
            once[item.key] = item
    purpose = once.get("purpose")
    word = purpose.value.text if purpose and isinstance(purpose.value, n.Name) else "training"
    if purpose and word not in _PURPOSES:
        scope.report("R0811", purpose.value, name=word)
        word = "evaluation"  # which asks for less
    return Head(
        name,
        number,
        _STATUSES.get(status, "draft"),
        _PURPOSES.get(word, "training"),
        _title(scope, once.get("title")),
        _reviews(scope),
        tuple(tags),
        doc,
    )


def version(scope: Scope, written: n.Text) -> bool:
    """Whether a text is three numbers with dots; a finding where it is not."""
    if _VERSION.fullmatch(written.value):
        return True
    scope.report("R0802", written, found=written.value)
    return False


def _title(scope: Scope, title: n.Setting | None) -> str:
    if title is None:
        if scope.tree.header is not None:
            scope.missing("R0812", scope.tree.header)
        return ""
    return text(scope, title.value) if isinstance(title.value, n.Text) else ""


def _reviews(scope: Scope) -> tuple[ir.Review, ...]:
    reviews = []
    for item in scope.tree.items:
        if not isinstance(item, n.Reviewed):
            continue
        day(scope, item.date)
        role = text(scope, item.role) if item.role else None
        reviews.append(ir.Review(text(scope, item.reviewer), item.date.value, role))
    return tuple(reviews)
