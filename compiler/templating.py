"""Templates: one sandboxed environment, and fences that what they enclose cannot contain."""

import functools
from importlib import resources
from typing import Any

from jinja2 import BaseLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rubricdsl.judge_prompt import fence


def template_text(name: str) -> str:
    """The source of a template of this package."""
    return resources.files(f"{__package__}.templates").joinpath(name).read_text(encoding="utf-8")


def render(name: str, **values: Any) -> str:
    """One rendered template. A variable that is not given is an error, never an empty text."""
    return str(_template(name).render(**values))


def render_page(name: str, **values: Any) -> str:
    """A rendered page of HTML: every value is escaped, and nothing in it is invisible."""
    return str(_pages("html").from_string(template_text(name)).render(**values))


def render_markdown(name: str, **values: Any) -> str:
    """A rendered page of Markdown: every value reads as the plain text that it is."""
    return str(_pages("markdown").from_string(template_text(name)).render(**values))


def fenced(text: str) -> str:
    """A text between two fences that it cannot contain."""
    line = fence(text)
    return f"{line}\n{text}\n{line}"


@functools.cache
def _template(name: str) -> Any:
    # Whatever an author writes is a value and never a template: nothing of it is evaluated.
    environment = _environment()
    environment.filters["fenced"] = fenced
    return environment.from_string(template_text(name))


@functools.cache
def _pages(form: str) -> ImmutableSandboxedEnvironment:
    """The environment of `html` or `markdown`: what is put in passes through one function."""
    if form == "html":
        return _environment(autoescape=True, finalize=_in_html)
    from .documentation.markup import Markdown, as_markdown, code

    environment = _environment(finalize=as_markdown)
    # A macro has rendered its values already; code shows signs as they are.
    environment.filters["safe_block"] = Markdown
    environment.filters["code"] = code
    return environment


def _environment(**options: Any) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=BaseLoader(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )


def _in_html(value: Any) -> Any:
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(c if c.isprintable() or c in "\t\n" else "\ufffd" for c in value)
