"""Suppressions: `# lint: allow L0102 because "two halves of one act"`.

Behind something on its line, a directive is about what begins on that line; on a line of its own,
about the item below it, with all that is in it: a clause, a criterion, a block, or, above the first
line of a rubric, what is said about the rubric as a whole. `allow in file` is about the file.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..codes import CODES
from ..diagnostics import Diagnostic, Edit, Fix, diagnose
from ..source import Source, Span
from ..syntax import nodes as n
from ..syntax.tokens import Token, scan, unquote
from .subject import Finding

_COMMENT = re.compile(r"#[^\n]*")
_NO_NODE = (str, int, bool, type(None))


class Directive(NamedTuple):
    """Codes allowed where a finding begins in `start` to `end`; `place` is the comment."""

    codes: tuple[str, ...]
    start: int
    end: int
    place: Span


def directives(source: Source, tree: n.Tree) -> tuple[list[Directive], list[Diagnostic]]:
    """The suppressions of a file without faults, and those that cannot be read."""
    found: list[Directive] = []
    faults: list[Diagnostic] = []
    if "lint" not in source.text:
        return found, faults
    ends = _ends(tree)
    for comment, follows, behind in _comments(source.text):
        words = scan("", comment[0].lstrip("#"))[0]
        if [word.text for word in words[:2]] != ["lint", ":"]:
            continue
        place = Span(source.path, comment.start(), comment.start() + len(comment[0].rstrip()))
        read = _read(words[2:-1])
        if isinstance(read, str):
            faults.append(diagnose("L0901", place, {"detail": read}))
            continue
        codes, whole = read
        if whole:
            start, end = 0, len(source.text)
        elif behind:
            start = source.text.rfind("\n", 0, place.start) + 1
            end = place.start
        else:
            start, end = follows, ends.get(follows, follows + 1)
        found.append(Directive(codes, start, end, place))
    return found, faults


def _comments(text: str) -> Iterator[tuple[re.Match[str], int, bool]]:
    """Each comment, where the next token begins, and whether there is something before it on its
    line."""
    at = 0
    for token in scan("", text)[0]:
        for match in _COMMENT.finditer(text, at, token.start):
            line = text.rfind("\n", 0, match.start()) + 1
            yield match, token.start, at > line
        at = token.end


def _read(words: list[Token]) -> tuple[tuple[str, ...], bool] | str:
    """The codes of a directive and whether it is about the file, or what is wrong with it."""
    texts = [word.text for word in words]
    if texts[:1] != ["allow"]:
        return "it does not say `allow`"
    whole = texts[1:3] == ["in", "file"]
    rest = words[3 if whole else 1 :]
    at = next((i for i, word in enumerate(rest) if word.text == "because"), len(rest))
    codes = tuple(word.text for word in rest[:at] if word.type != "COMMA")
    if not codes:
        return "it names no code"
    unknown = next((code for code in codes if code not in CODES), None)
    if unknown is not None:
        return f"there is no code `{unknown}`"
    reason = rest[at + 1 :]
    if len(reason) != 1 or reason[0].type != "STRING" or not unquote(reason[0])[0].strip():
        return "it gives no reason"
    return codes, whole


def _ends(tree: n.Tree) -> dict[int, int]:
    """Where the largest node that begins at a place ends."""
    ends: dict[int, int] = {}
    waiting: list[Any] = [tree.header, *tree.items]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _NO_NODE):
            continue
        if hasattr(node, "start"):
            ends[node.start] = max(node.end, ends.get(node.start, 0))
        waiting.extend(node)
    return ends


def suppressed(
    findings: list[Finding], allowed: list[Directive], source: Source, asked: frozenset[str]
) -> list[Diagnostic]:
    """What is left of findings, with one for each code of a directive that allows nothing.

    `asked` are the codes that were looked for: a directive about another is not unused.
    """
    left: list[Diagnostic] = []
    used: set[tuple[Directive, str]] = set()
    of_code: dict[str, list[Directive]] = {}
    for directive in allowed:
        for code in directive.codes:
            of_code.setdefault(code, []).append(directive)
    for finding in findings:
        found = finding.diagnostic
        of_this = of_code.get(found.code, ())
        by = [each for each in of_this if each.start <= found.span.start < each.end]
        used.update((each, found.code) for each in by)
        if by and found.level == "error" and finding.is_safety:
            left.append(diagnose("L0903", by[0].place, {"code": found.code}))
        if not by or (found.level == "error" and finding.is_safety):
            left.append(found)
    for directive in allowed:
        for code in directive.codes:
            if code in asked and (directive, code) not in used:
                left.append(_unused(directive, code, source))
    return left


def _unused(directive: Directive, code: str, source: Source) -> Diagnostic:
    """The finding, with a fix where the directive has no other code."""
    fixes = []
    if len(directive.codes) == 1:
        edit = Edit(_whole_line(directive.place, source.text), "")
        fixes = [Fix("remove the suppression", (edit,), keeps_meaning=True)]
    return diagnose("L0902", directive.place, {"code": code}, fixes=fixes)


def _whole_line(place: Span, text: str) -> Span:
    """The comment with its line, or with the blanks before it where it stands behind something."""
    line = text.rfind("\n", 0, place.start) + 1
    before = text[line : place.start]
    if before.strip():
        return place._replace(start=line + len(before.rstrip()))
    after = text.find("\n", place.end)
    return Span(place.path, line, len(text) if after < 0 else after + 1)
