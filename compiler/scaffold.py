"""A rubric to begin with: whole, in the one style, and about no illness in particular."""

import re

from rubricdsl.formatting import formatted
from rubricdsl.printing import quoted
from rubricdsl.source import DiskBundle, Source
from rubricdsl.syntax.tokens import MAX_NAME

from .templating import render

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_WORD = MAX_NAME // 2 - 1


def word(text: str) -> str | None:
    """A text as a name of the language (`Chest pain` is `chest_pain`); None if it cannot be."""
    made = re.sub(r"[\s-]+", "_", text.strip()).lower()
    return made if _WORD.fullmatch(made) and len(made) <= MAX_WORD else None


def scaffold(specialty: str, name: str) -> str:
    """The text of a new rubric. Both are names of the language."""
    subject = name.replace("_", " ").strip().capitalize() or name
    text = render(
        "new.rubric.jinja",
        specialty=specialty,
        topic=name,
        subject=subject,
        title=quoted(f"{subject}: advice to a member of the public"),
        tag=quoted(specialty.replace("_", " ").strip() or specialty),
    )
    made = formatted(Source(f"{name}.rubric", text), DiskBundle()).text
    assert made is not None  # the template is a rubric, whatever the names
    return made
