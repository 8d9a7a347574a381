"""What changed in meaning between two versions of a rubric: see the README beside."""

from .change import Change
from .changes import changes

__all__ = ["Change", "changes"]
