"""The language core: from `.rubric` text to a typed rubric, and from verdicts to an order."""

from .version import LANGUAGE_VERSION, __version__

__all__ = ["LANGUAGE_VERSION", "__version__"]
