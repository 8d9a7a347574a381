"""The files that start a training with TRL: settings, each with its reason beside it."""

from ..job import Job, Options
from ..templating import render

ACCELERATE = ("accelerate_1gpu.yaml", "accelerate_8gpu.yaml")


def grpo_yaml(job: Job) -> str:
    """The settings of `trl grpo --config`."""
    options = job.options
    return render("grpo.yaml.jinja", group=options.group, seed=options.seed, tiers=job.by_tier)


def reward_model_yaml(options: Options) -> str:
    """The settings of `trl reward --config`."""
    return render("reward_model.yaml.jinja", seed=options.seed)


def accelerate_yaml(name: str) -> str:
    """One of `ACCELERATE`, for `--accelerate_config`."""
    return render(f"{name}.jinja")
