"""Pages as text: HTML for the screen and for paper, and Markdown."""

import re
from collections.abc import Mapping

from rubricdsl import ir
from rubricdsl.passes import Checked
from rubricdsl.version import __version__

from ..templating import render_markdown, render_page
from .page import page
from .since import changes


def page_text(
    file: Checked, rubric: ir.Rubric, form: str, older: Mapping[str, ir.Rubric] | None = None
) -> str:
    """The page of one rubric; with `older`, what changed since the one of its name there."""
    since = None if older is None else changes(older.get(rubric.name), rubric)
    made = page(file, rubric, since)
    if form == "html":
        return render_page("doc.html.jinja", page=made, tool=__version__)
    return _tidy(render_markdown("doc.md.jinja", page=made, tool=__version__))


def index_text(pages: Mapping[str, ir.Rubric], form: str) -> str:
    """The list of all pages, by file name."""
    if form == "html":
        return render_page("doc_index.html.jinja", entries=list(pages.items()))
    return _tidy(render_markdown("doc_index.md.jinja", entries=list(pages.items())))


def _tidy(text: str) -> str:
    """One empty line where a template left several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
