"""Rewards for SkyRL: the environment `rubric`, one answer an episode.

How to run: `bash stacks/skyrl/run.sh` in the folder of the bundle; it starts this file, which
registers the environment and then trains as SkyRL's own entry point does. The rows name it in the
column `env_class`. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

SkyRL has no way to leave an answer out: one without a reward gets the least reward that its prompt
allows, and the metric `unscored` is 1.
"""

import sys
from pathlib import Path
from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


class RubricEnv(BaseTextEnv):
    """A prompt and one answer to it. `extras` are the columns of the row but for its prompt."""

    def __init__(self, env_config: Any = None, extras: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.row = dict(extras or {})
        self.numbers: dict[str, float] = {}

    def init(self, prompt: list[dict[str, str]]) -> tuple[list[dict[str, str]], dict[str, Any]]:
        """Begin with the prompt of the row."""
        self.row["prompt"] = prompt
        return prompt, {}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Score the answer; the episode ends."""
        if "prompt" not in self.row:
            raise RuntimeError("the environment was not begun: call init(prompt) first")
        scored = reward.score_rows([self.row], [action])[0]
        self.numbers = scored.numbers
        return BaseTextEnvStepOutput(
            observations=[],
            reward=scored.value,
            done=True,
            metadata={"violations": scored.violations, **scored.numbers},
        )

    def get_metrics(self) -> dict[str, Any]:
        """The numbers of the rubric, which SkyRL averages."""
        return dict(self.numbers)


def register_rubric() -> None:
    """Make the environment known as `rubric`, in the process that generates."""
    from skyrl_gym.envs.registration import register, registry

    if "rubric" not in registry:
        register(id="rubric", entry_point=RubricEnv)


def main() -> None:
    """Train as `skyrl.train.entrypoints.main_base` does, with the environment registered."""
    import ray
    from skyrl.train.config import SkyRLTrainConfig
    from skyrl.train.entrypoints.main_base import BasePPOExp, validate_cfg
    from skyrl.train.utils import initialize_ray

    def entry(config: Any) -> None:
        register_rubric()
        BasePPOExp(config).run()

    config = SkyRLTrainConfig.from_cli_overrides(sys.argv[1:])
    validate_cfg(config)
    initialize_ray(config)
    ray.get(ray.remote(num_cpus=1)(entry).remote(config))


if __name__ == "__main__":
    main()
