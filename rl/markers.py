"""Text that cannot spell out a turn of a conversation."""

from collections.abc import Iterable


def without_markers(text: str, markers: Iterable[str]) -> str:
    """The text with every special token of a tokenizer broken up; `markers` longest first."""
    for marker in markers:
        if marker in text:
            text = text.replace(marker, f"{marker[0]} {marker[1:]}")
    return text
