"""Text of a rubric inside a page: as plain text, whatever signs are in it."""

import re

from rubricdsl.render import visible

_BREAKS = re.compile(r"[\t\n\r\f\v\u0085\u2028\u2029]+")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>&|~#$^])")
_FIRST = re.compile(r"^(\s*)([-+=#>:]|\d+[.)](?=\s|$))")
_LINKS = re.compile(r"(?i)(:)(?=//)|(?<=www)(\.)|(@)")


class Markdown(str):
    """Text that is Markdown already."""


def as_markdown(value: object) -> str:
    """A value as it is put into a page of Markdown."""
    return value if isinstance(value, Markdown) else markdown(str(value))


def code(text: str) -> Markdown:
    """The text between backticks; a name or a hash, which has none of its own."""
    return Markdown(one_line(text).replace("`", "'"))


def one_line(text: str) -> str:
    """The text on one line, with nothing in it that cannot be seen."""
    return visible(_BREAKS.sub(" ", text))


def markdown(text: str) -> str:
    """The text as Markdown that reads as the text: no marks, tags, links or tables come of it."""
    escaped = _SIGNS.sub(r"\\\1", one_line(text))
    escaped = _LINKS.sub(lambda m: "\\" + m[0], escaped)
    return _FIRST.sub(lambda m: m[1] + m[2][:-1] + "\\" + m[2][-1], escaped)
