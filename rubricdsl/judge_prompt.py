"""Filling a judge prompt of a bundle with a conversation and an answer.

The texts of a bundle's `judge/` files have three places: `{prompt}`, `{response}` and `{fence}`.
What is put in comes from anywhere, so the fence is longer than any run of `~` in it, and one pass
fills all places: a place named inside the material stays text.
"""

import re
from collections.abc import Mapping, Sequence

_PLACE = re.compile(r"\{(prompt|response|fence)\}")
_RUN = re.compile("~+")
SHORTEST_FENCE = 4


def fence(*texts: str) -> str:
    """A line of `~` longer than any in the texts."""
    longest = max((len(run) for text in texts for run in _RUN.findall(text)), default=0)
    return "~" * max(SHORTEST_FENCE, longest + 1)


def conversation(messages: Sequence[Mapping[str, str]]) -> str:
    """The conversation as one text: a single question as it is, otherwise each turn by its role."""
    if len(messages) == 1:
        return messages[0]["content"]
    return "\n\n".join(f"{m['role'].capitalize()}: {m['content']}" for m in messages)


def fill(user: str, messages: Sequence[Mapping[str, str]], response: str) -> str:
    """The `user` text of a judge file with its places filled."""
    prompt = conversation(messages)
    values = {"prompt": prompt, "response": response, "fence": fence(prompt, response)}
    return _PLACE.sub(lambda place: values[place[1]], user)
