"""One style for `.rubric` files; see `format.formatted`."""

from .format import Formatted, formatted

__all__ = ["Formatted", "formatted"]
