"""Rules beyond what the language demands: see the README beside."""

from .lint import Linted, lint

__all__ = ["Linted", "lint"]
