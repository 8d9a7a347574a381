"""The policy's tokenizer: half a sentence is a token, so that an answer has about twenty.

Generation costs a pass of the model per token, whatever a token says. Phrases are added tokens on
top of words and bytes, so that any text can be read and written. Every phrase and every word begins
with its space, and so the chat template puts one in front of every turn.
"""

import re
from collections.abc import Iterable, Sequence

from tokenizers import AddedToken
from transformers import PreTrainedTokenizerFast

from rubricdsl import ir

from ..clinic.phrases import DETAILS, ENDINGS, NEUTRAL, OPENERS, in_other_words
from ..tiny import END, START, train_tokenizer

WORDS = 1600
"""Tokens below the phrases: bytes, and the most frequent words and parts of them."""

_CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    f"{{{{- '{START}' + message.role + '\\n ' + message.content + '{END}\\n' }}}}"
    "{%- endfor %}"
    f"{{%- if add_generation_prompt %}}{{{{- '{START}assistant\\n' }}}}{{%- endif %}}"
)


def phrase_tokenizer(rubrics: Sequence[ir.Rubric]) -> PreTrainedTokenizerFast:
    """Phrases are the halves of all exemplars and paraphrases, and the parts of questions."""
    sentences = list(dict.fromkeys(_sentences(rubrics)))
    questions = [prompt.text for rubric in rubrics for prompt in rubric.prompts]
    tokenizer = train_tokenizer([f" {text}" for text in [*sentences, *questions]], WORDS)
    whole = [f" {part.strip()}" for part in (*OPENERS, *DETAILS, *ENDINGS) if part]
    whole += [f" {rubric.title}" for rubric in rubrics]
    halves = _whole_words([half for text in sentences for half in in_halves(text)], sentences)
    tokenizer.add_tokens(
        [AddedToken(text, normalized=False) for text in dict.fromkeys([*whole, *halves])]
    )
    tokenizer.chat_template = _CHAT_TEMPLATE
    return tokenizer


def in_halves(sentence: str) -> tuple[str, ...]:
    """A sentence cut between two words near its middle, each half with the space before it."""
    words = sentence.split()
    middle = (len(words) + 1) // 2
    parts = (words[:middle], words[middle:])
    return tuple("".join(f" {word}" for word in part) for part in parts if part)


def _whole_words(phrases: Sequence[str], sentences: Sequence[str]) -> list[str]:
    """The phrases that no sentence goes on from in the middle of a word."""
    text = "\n".join(f" {sentence}" for sentence in sentences)
    return [p for p in phrases if re.search(re.escape(p) + r"[\w']", text) is None]


def _sentences(rubrics: Iterable[ir.Rubric]) -> Iterable[str]:
    yield from NEUTRAL
    for rubric in rubrics:
        for criterion in rubric.criteria:
            levels = (text for step in criterion.levels for text in step.examples)
            for text in (*criterion.met, *criterion.unmet, *levels):
                yield text
                yield in_other_words(text)
