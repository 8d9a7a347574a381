"""Text as the checks see it: one plain form, word edges, sentences, and the number of words.

A response is compared in its plain form: compatibility characters resolved (NFKC), format and
zero-width characters dropped, quotes and dashes straightened, case folded, every run of white
space one space. What a reader cannot see can therefore not hide a word from a check.
"""

import unicodedata

_STRAIGHT = {
    **dict.fromkeys(map(ord, "‘’‚‛ʼ′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    ord("⁄"): "/",
}
# Not format characters by category, but invisible all the same: joiners and variation selectors.
_INVISIBLE = frozenset([0x34F, 0x180B, 0x180C, 0x180D, *range(0xFE00, 0xFE10)])


def plain(text: str) -> str:
    """The plain form of a text; applying it twice changes nothing."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", visible(text).casefold()).translate(_STRAIGHT)
    return " ".join(text.casefold().split())


def visible(text: str) -> str:
    """The text with its case and its lines, but plain in every other respect."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    return unicodedata.normalize("NFKC", "".join(c for c in text if not _is_invisible(c)))


def _is_invisible(char: str) -> bool:
    return ord(char) > 127 and (
        ord(char) in _INVISIBLE
        or unicodedata.category(char) == "Cf"
        or 0xE0100 <= ord(char) < 0xE01F0
    )


def is_word(char: str) -> bool:
    """Whether a character belongs to a word: a letter, a digit, `_`, or a combining mark."""
    return char.isalnum() or char == "_" or (char > "\x7f" and unicodedata.category(char)[0] == "M")


def edges(text: str) -> bytearray:
    """For each of the `len(text) + 1` places between characters, 1 where a word may begin or end.

    A place inside a word is no edge, and neither is a decimal point: `5 mg` is not found in
    `2.5 mg`.
    """
    size = len(text)
    word = [is_word(char) for char in text]
    marks = bytearray([1]) * (size + 1)
    for i in range(1, size):
        if word[i - 1] and word[i]:
            marks[i] = 0
        elif text[i] in ".," and i + 1 < size and text[i - 1].isdigit() and text[i + 1].isdigit():
            marks[i] = marks[i + 1] = 0
    return marks


def word_count(text: str) -> int:
    """How many words a plain text has: stretches without a space that hold a word character."""
    return sum(1 for part in text.split(" ") if any(map(is_word, part)))
