"""Ways to damage the text of a rubric, and texts made of the grammar's own words."""

import random
import re

from rubricdsl.syntax.tables import tables

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_][A-Za-z0-9_.]*|\d+(?:[./]\d+)*|\s+|#[^\n]*|.')
WORDS = [
    *tables().words, "name", "core.x", "0.5", "1/20", "-3", "18 years", "7 mg/kg",
    '"text"', '"a" "b"',
    '"\\u202e"', '"\\q"', '"open', "{", "}", "(", ")", ",", ":", "=", "==", "<", "# c", "## d",
    "\n", "\n\n", "response", "mentions", "999999999999", "1000000000000",
]  # fmt: skip
GAPS = [" ", "\n", "\n\n\n", "\t", " # c\n", "\n## d\n", "\r\n", "\n      # e\n"]
ODD = [
    "\0",
    "\ufeff",
    "\u202e",
    "\r",
    "\u2028",
    "“",
    "”",
    "–",
    "≥",
    "µ",
    "\ud7ff",
    "\U0001f600",
    "\t",
]


def pieces(text: str) -> list[str]:
    """The text cut into words, texts, numbers, blanks and signs."""
    return _TOKEN.findall(text)


def damaged(text: str, others: list[str], dice: random.Random) -> str:
    """The text with up to six faults in it, and often with other blanks and comments."""
    parts = pieces(text)
    if dice.random() < 0.5:  # comments and blanks are no fault, if they stand between words
        for _ in range(dice.randint(1, 12)):
            blanks = [at for at, part in enumerate(parts) if part.isspace()]
            parts[dice.choice(blanks) if blanks else 0] = dice.choice(GAPS)
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 6))):
        _hurt(parts, others, dice)
    made = "".join(parts)
    if dice.random() < 0.1:
        made = made[: dice.randrange(len(made) + 1)]
    return made


def _hurt(parts: list[str], others: list[str], dice: random.Random) -> None:
    at = dice.randrange(len(parts) + 1)
    length = dice.choice((1, 1, 1, 2, 5, 40))
    match dice.randrange(9):
        case 0:
            del parts[at : at + length]
        case 1:
            parts[at:at] = parts[at : at + length]
        case 2:
            parts[at:at] = [dice.choice(WORDS), " "]
        case 3:
            parts[at : at + 1] = [dice.choice(WORDS)]
        case 4:
            parts[at:at] = [dice.choice(ODD)]
        case 5:
            other = dice.randrange(len(parts) + 1)
            parts[at : at + length], parts[other : other + length] = (
                parts[other : other + length],
                parts[at : at + length],
            )
        case 6:
            same = [k for k, part in enumerate(parts) if part[0] == '"']
            if same:
                parts[dice.choice(same)] = parts[dice.choice(same)]
        case 7:
            lines = dice.choice(others).splitlines(keepends=True)
            start = dice.randrange(len(lines) + 1)
            parts[at:at] = lines[start : start + dice.randint(1, 8)]
        case _:
            parts[at:at] = [dice.choice(("(", "{", "not ", '"')) * dice.choice((1, 3, 70))]


def made_of_words(dice: random.Random) -> str:
    """Words of the language in any order, behind a sound first line or without one."""
    head = dice.choice(('rubric a version "1.0.0"\ntitle "A"\n', "rubric a ", ""))
    return head + " ".join(dice.choice(WORDS) for _ in range(dice.randrange(120)))


def random_bytes(dice: random.Random) -> bytes:
    """Bytes of any kind; most are no UTF-8."""
    data = dice.randbytes(dice.randrange(400))
    return data if dice.random() < 0.5 else bytes(byte & 0x7F for byte in data)
