"""Rewards for OpenEnv: a rubric made of its containers, and an environment of one turn.

How to run: in an environment of yours,

    sys.path.insert(0, "BUNDLE/stacks/openenv")
    from rubric_openenv import BundleRubric

    super().__init__(rubric=BundleRubric(row_of=..., answer_of=...))

or serve the environment that is here, one prompt and one answer an episode:

    uvicorn rubric_openenv:app --app-dir stacks/openenv --port 8000

`reset(split="heldout", index=3)` chooses a prompt. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

The reward is that of `reward.py`. OpenEnv has no way to leave an answer out: one without a reward
gets the least reward that its prompt allows, and `unscored` is 1 among the numbers.
"""

import functools
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from openenv.core.rubrics import Gate, Rubric, Sequential

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


class Number(Rubric):
    """One number of the answer that is being scored."""

    def __init__(self, of: Callable[[], float]) -> None:
        super().__init__()
        self.of = of

    def forward(self, action: Any, observation: Any) -> float:
        return self.of()


class BundleRubric(Rubric):
    """The reward of an answer.

    `gated` is a gate on safety, then the reward. `ungated` is the reward alone, for rubrics whose
    shape ranks unsafe answers among themselves, which a gate would make equal. `row_of` gives the
    row of the data set that the answer is to, `answer_of` its text; both take action and
    observation.
    """

    def __init__(
        self,
        row_of: Callable[[Any, Any], dict[str, Any]],
        answer_of: Callable[[Any, Any], str],
    ) -> None:
        super().__init__()
        self.row_of, self.answer_of = row_of, answer_of
        self.scored: Any = None
        safe, value = Number(lambda: self.scored.numbers["safe"]), Number(lambda: self.scored.value)
        self.gated = Sequential(Gate(safe, threshold=1.0), value)
        self.ungated = value

    def forward(self, action: Any, observation: Any) -> float:
        """Score once; the containers read what was found."""
        row, answer = self.row_of(action, observation), self.answer_of(action, observation)
        self.scored = reward.score_rows([row], [answer])[0]
        if not self.scored.numbers["safe"] and self.scored.value:
            return self.ungated(action, observation)
        # Not the call: where an event loop runs, that of a container gives a coroutine.
        self.gated.last_score = self.gated.forward(action, observation)
        return self.gated.last_score


class Answer(Action):
    """What the policy says."""

    text: str


class Question(Observation):
    """A prompt; after the answer its reward, with `numbers` and `violations` as metadata.

    The rubric is none of it: whatever is here may be shown to the policy.
    """

    messages: list[dict[str, str]]


class RubricEnvironment(Environment[Answer, Question, State]):
    """A prompt and one answer to it."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    _next = itertools.count()

    def __init__(self) -> None:
        super().__init__(
            rubric=BundleRubric(lambda action, seen: self._row, lambda action, seen: action.text)
        )
        self._state = State()
        self._row: dict[str, Any] = {}

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        split: str = "train",
        index: int | None = None,
        **more: Any,
    ) -> Question:
        """The prompt at `index` of `split`, or at `seed`, or the next one; around the end."""
        rows = _rows(split)
        if not rows:
            raise ValueError(f"the bundle has no prompts in {split}.jsonl")
        place = seed if index is None else index
        self._row = rows[(next(self._next) if place is None else place) % len(rows)]
        self._state = State(episode_id=episode_id, step_count=0)
        return Question(messages=self._row["prompt"])

    def step(self, action: Answer, timeout_s: float | None = None, **more: Any) -> Question:
        """Score the answer; the episode ends."""
        if not self._row:
            raise RuntimeError("the environment was not begun: call reset() first")
        self._state.step_count += 1
        question = Question(messages=self._row["prompt"], done=True)
        question.reward = self._apply_rubric(action, question)
        scored = self.rubric.scored
        question.metadata = {"numbers": scored.numbers, "violations": scored.violations}
        return question

    @property
    def state(self) -> State:
        return self._state


@functools.cache
def _rows(split: str) -> list[dict[str, Any]]:
    """The prompts of `train` or of `heldout`."""
    if split not in ("train", "heldout"):
        raise ValueError(f"there is no split {split!r}: train and heldout are there")
    with (Path(__file__).parent / f"{split}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def __getattr__(name: str) -> Any:
    # The server is imported when it is asked for.
    if name == "app":
        from openenv.core.env_server import create_fastapi_app

        return create_fastapi_app(RubricEnvironment, Answer, Question)
    raise AttributeError(name)
