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
    """A rendered page of HTML: every value is escaped."""
    return str(_template(name, is_html=True).render(**values))


def fenced(text: str) -> str:
    """A text between two fences that it cannot contain."""
    line = fence(text)
    return f"{line}\n{text}\n{line}"


@functools.cache
def _template(name: str, is_html: bool = False) -> Any:
    # Whatever an author writes is a value and never a template: nothing of it is evaluated.
    environment = ImmutableSandboxedEnvironment(
        loader=BaseLoader(),
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fenced"] = fenced
    return environment.from_string(template_text(name))
