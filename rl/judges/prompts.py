"""The judge prompts of a bundle: how to ask a language model about a criterion, or about all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rubricdsl.bundle import Bundle, BundleError
from rubricdsl.judge_prompt import fill

from ..errors import TrainingError
from ..material import Messages, Verdict

FOLDER = "judge/"


@dataclass(frozen=True)
class JudgePrompt:
    """One file of `judge/`. `allowed` has the verdicts of each criterion that it asks about."""

    rubric: str
    rubric_hash: str
    system: str
    user: str
    schema: Mapping[str, Any]
    allowed: Mapping[str, tuple[Verdict, ...]]
    single: bool

    def messages(self, prompt: Messages, response: str) -> Messages:
        """The messages that ask about one answer; what is quoted stands inside a fence."""
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": fill(self.user, prompt, response)},
        ]


@dataclass(frozen=True)
class JudgePrompts:
    """All prompts of a bundle: by rubric and criterion, and those for all criteria of a rubric."""

    single: Mapping[tuple[str, str], JudgePrompt]
    together: Mapping[str, JudgePrompt]


def read_prompts(bundle: Bundle) -> JudgePrompts:
    """The prompts of a bundle. Raises `TrainingError`."""
    single: dict[tuple[str, str], JudgePrompt] = {}
    together: dict[str, JudgePrompt] = {}
    for path in bundle.files:
        if not path.startswith(FOLDER):
            continue
        try:
            prompt = _prompt(json.loads(bundle.text(path)))
        except BundleError as error:
            raise TrainingError(str(error), "compile the bundle again") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise TrainingError(
                f"{bundle.root / path} is no judge prompt", "compile the bundle again"
            ) from None
        if prompt.single:
            (criterion,) = prompt.allowed
            single[prompt.rubric, criterion] = prompt
        else:
            together[prompt.rubric] = prompt
    if not single:
        raise TrainingError(
            f"{bundle.root} has no judge prompts", "compile it with the target `judge`"
        )
    return JudgePrompts(single, together)


def _prompt(found: Mapping[str, Any]) -> JudgePrompt:
    schema = found["answer"]
    single = "criterion" in found
    answers = {found["criterion"]: schema} if single else schema["properties"]
    return JudgePrompt(
        rubric=found["rubric"],
        rubric_hash=found["rubric_hash"],
        system=found["system"],
        user=found["user"],
        schema=_typed(schema),
        allowed={
            name: tuple(answer["properties"]["verdict"]["enum"]) for name, answer in answers.items()
        },
        single=single,
    )


def _typed(schema: Any) -> Any:
    """The schema with a `type` beside every `enum`, which some servers ask for."""
    if not isinstance(schema, dict):
        return schema
    found = {key: _typed(value) for key, value in schema.items()}
    if "enum" in found and "type" not in found:
        kinds = {"integer" if isinstance(value, int) else "string" for value in found["enum"]}
        found["type"] = sorted(kinds) if len(kinds) > 1 else kinds.pop()
    return found
