"""The first lines: name, version, status, title, purpose, reviews, tags."""

import re
from datetime import date
from typing import NamedTuple

from .. import ir
from ..syntax import nodes as n
from .scope import Scope

_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
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
    name, text, status, doc = "", "0.0.0", "draft", ""
    if written is not None:
        name, text, doc = written.name.text, written.version.value, scope.doc(written)
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
            tags.append(item.value.value)
        elif item.key in once:
            scope.report("R0808", item, what=item.key)
        else:
            once[item.key] = item
    purpose = once.get("purpose")
    word = purpose.value.text if purpose and isinstance(purpose.value, n.Name) else "training"
    if purpose and word not in _PURPOSES:
        scope.report("R0811", purpose.value, name=word)
    return Head(
        name,
        text,
        _STATUSES.get(status, "draft"),
        _PURPOSES.get(word, "training"),
        _title(scope, once.get("title")),
        _reviews(scope),
        tuple(tags),
        doc,
    )


def version(scope: Scope, text: n.Text) -> None:
    """Three numbers with dots."""
    if not _VERSION.fullmatch(text.value):
        scope.report("R0802", text, found=text.value)


def _title(scope: Scope, title: n.Setting | None) -> str:
    if title is None:
        if scope.tree.header is not None:
            scope.missing("R0812", scope.tree.header)
        return ""
    if not isinstance(title.value, n.Text) or not title.value.value.strip():
        scope.report("R0210", title.value)
        return ""
    return title.value.value


def _reviews(scope: Scope) -> tuple[ir.Review, ...]:
    reviews = []
    for item in scope.tree.items:
        if not isinstance(item, n.Reviewed):
            continue
        if not item.reviewer.value.strip():
            scope.report("R0210", item.reviewer)
        try:
            date.fromisoformat(item.date.value)
        except ValueError:
            scope.report("R0809", item.date, found=item.date.value)
        role = item.role.value if item.role else None
        reviews.append(ir.Review(item.reviewer.value, item.date.value, role))
    return tuple(reviews)
