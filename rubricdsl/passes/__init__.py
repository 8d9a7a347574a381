"""From syntax trees to typed rubrics: one module per pass, named after what it does."""

from .check import Checked, Checker, Outcome, check_paths

__all__ = ["Checked", "Checker", "Outcome", "check_paths"]
