"""What the tests of rubrics bring about, and what they leave untried."""

from .cover import cover
from .record import Coverage, FileCoverage, Goal, Part, Tally

__all__ = ["Coverage", "FileCoverage", "Goal", "Part", "Tally", "cover"]
