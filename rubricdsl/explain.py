"""The page of a code: the table of `codes` and the explanations beside it, put together.

python -m rubricdsl.explain > docs/codes.md
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from .codes import CODES

GROUPS = {
    "R00": "Files",
    "R01": "How a file is written",
    "R02": "Criteria",
    "R03": "Rubrics that build on others",
    "R04": "Facts, types, units",
    "R05": "Checks",
    "R06": "Order, reward, profiles",
    "R07": "Tests in a file",
    "R08": "Status and provenance",
    "R09": "What follows from the meaning (`rubricc analyze`)",
    "R10": "Other formats (`rubricc export`, `rubricc compile --target`)",
    "L01": "Lint: how a criterion is worded",
    "L02": "Lint: what a rubric asks for",
    "L03": "Lint: sources, examples, what is not used",
    "L04": "Lint: weights",
    "L09": "Lint: suppressions",
}
INTRODUCTION = """\
# What rubricc says

Every finding has a code. `rubricc explain CODE` prints what stands here. Errors stop a rubric from
being used; warnings and notes do not. Codes with an L come from `rubricc lint` and stop nothing
else ([lint.md](lint.md)). A fragment stands in the block that is named above it, the examples below
it as they are: the first gives the finding, the second does not.

This page is made by `python -m rubricdsl.explain`.
"""
_SECTION = re.compile(r"^## ([RL]\d{4})\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^```rubric(?:-fragment in: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A piece of a rubric. `place` is the block that it stands in, or empty for a whole file (or
    several, each below `=== PATH`)."""

    place: str
    text: str


class Page(NamedTuple):
    """What there is to say about a code. A few have no examples: no short file gives them."""

    code: str
    level: str
    title: str
    meaning: str
    why: str
    hint: str
    wrong: Example | None
    right: Example | None


@cache
def _sections(group: str) -> dict[str, str]:
    file = files(__package__) / "explanations" / f"{group}.md"
    return dict(_SECTION.findall(file.read_text("utf-8")))


def page(code: str) -> Page:
    """The page of a code. Raises `KeyError` for one that does not exist."""
    entry = CODES[code]
    text = _sections(code[:3])[code]
    examples = [Example(place, body) for place, body in _EXAMPLE.findall(text)]
    wrong, right = examples if examples else (None, None)
    meaning = text.partition("```")[0].strip()
    why, hint = _plain(entry.why), _plain(entry.hint)
    return Page(code, entry.level, _plain(entry.title), meaning, why, hint, wrong, right)


def _plain(text: str) -> str:
    """A text of the table with its gaps shown; empty if it is nothing but a gap."""
    shown = re.sub(r"\{\w+\}", "…", text)
    return shown if re.sub(r"[…\W]", "", shown) else ""


def as_text(page: Page) -> str:
    """A page for a terminal. Ends without a newline."""
    parts = [f"{page.level} {page.code}: {page.title}", page.meaning]
    parts += [f"Why: {page.why}."] if page.why else []
    parts += [f"To put it right: {page.hint}."] if page.hint else []
    for lead, example in (("Wrong", page.wrong), ("Right", page.right)):
        if example is not None:
            place = f", {_where(example)}" if example.place else ""
            body = "\n".join(f"    {line}".rstrip() for line in example.text.splitlines())
            parts += [f"{lead}{place}:", body]
    return "\n\n".join(parts)


def _where(example: Example) -> str:
    return {
        "file": "in a file",
        "when": "behind `when`",
        "check": "behind `check`",
    }.get(example.place, f"in `{example.place}`")


def as_markdown() -> str:
    """All pages, as `docs/codes.md`."""
    parts = [INTRODUCTION]
    for group, title in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_markdown(page(code)) for code in CODES if code.startswith(group)]
    return "\n".join(parts)


def _markdown(page: Page) -> str:
    parts = [f"### {page.code}\n", f"**{page.level}: {page.title}**\n", f"{page.meaning}\n"]
    parts += [f"- Why: {page.why}.\n"] if page.why else []
    parts += [f"- To put it right: {page.hint}.\n"] if page.hint else []
    for example in (page.wrong, page.right):
        if example is not None:
            info = f"-fragment in: {example.place}" if example.place else ""
            parts.append(f"```rubric{info}\n{example.text}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(as_markdown(), end="")
