"""Conversations that end with a criterion, as tokens: a trunk, and a branch for each criterion.

A chat template renders the conversation as one text. It is cut at the last special token before the
criterion, where tokenizers cut anyway: trunk and branch together are the very tokens of the whole.
That is tried once for each tokenizer, and a tokenizer for which it is not so is refused.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import TrainingError
from ..markers import without_markers
from ..material import Messages
from .layout import Tokens

_PROBES = ("A question?", " An answer,\nin two lines.\n", "A criterion.")


class Turns:
    """The tokens of trunks and branches; those of a branch are remembered."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._markers = _markers(tokenizer)
        self._branches: dict[str, Tokens] = {}
        prompt, answer, turn = _PROBES
        probe = [{"role": "user", "content": prompt}]
        whole = self._render(probe, answer, turn)
        start = self._start_of_turn(whole, turn)
        self._ending = whole[start:]
        said = self.plain(answer).strip()
        self._closing = whole[whole.rindex(said, 0, start) + len(said) : start]
        apart = [*self.trunks([(probe, answer)])[0], *self.branch(turn)]
        if apart != self._tokenize([whole])[0]:
            raise TrainingError(
                "the tokenizer reads a criterion's turn in another way when it stands alone",
                "take a model whose chat template opens every turn with a special token",
            )

    def trunks(self, answers: Sequence[tuple[Messages, str]]) -> list[Tokens]:
        """The tokens of prompt and answer, for each pair of them."""
        return self._tokenize([self._trunk(prompt, answer) for prompt, answer in answers])

    def parts(self, prompt: Messages, answer: str) -> tuple[int, int]:
        """How many tokens of a trunk come before the answer, and how many behind it."""
        text = self._trunk(prompt, answer)
        end = len(text) - len(self._closing)
        start = end - len(self.plain(answer).strip())
        before, behind = self._tokenize([text[:start], text[end:]])
        return len(before), len(behind)

    def branch(self, turn: str) -> Tokens:
        """The tokens of a criterion's turn."""
        if turn not in self._branches:
            prompt, answer, _ = _PROBES
            whole = self._render([{"role": "user", "content": prompt}], answer, turn)
            text = whole[self._start_of_turn(whole, turn) :]
            self._branches[turn] = self._tokenize([text])[0]
        return self._branches[turn]

    def _trunk(self, prompt: Messages, answer: str) -> str:
        whole = self._render(prompt, answer, _PROBES[2])
        if not whole.endswith(self._ending):
            raise TrainingError("the chat template renders the last turn by what comes before it")
        return whole.removesuffix(self._ending)

    def plain(self, text: str) -> str:
        """Text that spells out a turn marker must not become one."""
        return without_markers(text, self._markers)

    def _render(self, prompt: Messages, answer: str, turn: str) -> str:
        messages = [
            *({**message, "content": self.plain(message["content"])} for message in prompt),
            {"role": "assistant", "content": self.plain(answer)},
            {"role": "user", "content": self.plain(turn)},
        ]
        text: str = self._tokenizer.apply_chat_template(messages, tokenize=False)
        return text

    def _start_of_turn(self, whole: str, turn: str) -> int:
        """Where the last special token before the criterion begins."""
        content = whole.rindex(self.plain(turn).strip())
        start = max((whole.rfind(marker, 0, content) for marker in self._markers), default=-1)
        if start <= whole.rindex(self.plain(_PROBES[1]).strip()):
            raise TrainingError(
                "the chat template has no special token between an answer and the next turn",
                "take a model whose chat template opens every turn with a special token",
            )
        return start

    def _tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        found: list[Tokens] = self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return found


def _markers(tokenizer: Any) -> list[str]:
    """The special tokens of a tokenizer, longest first."""
    found = {str(token) for token in tokenizer.all_special_tokens}
    found |= {str(token) for token in tokenizer.get_added_vocab()}
    return sorted((m for m in found if len(m) > 1), key=len, reverse=True)
