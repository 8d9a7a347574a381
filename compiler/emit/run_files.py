"""The files that start a training with TRL: settings, each with its reason beside it.

There is a set for each size of machine (`rubricdsl.batches.SIZES`), every file whole by itself, as
neither TRL nor accelerate reads one file into another.
"""

from collections.abc import Iterator

from rubricdsl.batches import ACCELERATE, SERVER, SETTINGS, SIZES, Batches, Size

from ..batches import batches_of
from ..job import Job, Options
from ..templating import render

CONTEXT = 4096
"""Tokens of prompt and answer that memory is kept ready for."""


def run_files(job: Job) -> Iterator[tuple[str, str]]:
    """Path and text of every file that starts a training of a policy."""
    hardware = job.options.hardware
    for size in SIZES:
        batches = batches_of(job.options, size)
        yield SETTINGS[size], grpo_yaml(job, size, batches)
        gpus, machines = hardware.devices(size)
        template = "accelerate_1gpu" if size == "gpu" else "accelerate_sharded"
        yield ACCELERATE[size], render(f"{template}.yaml.jinja", gpus=gpus, machines=machines)
    gpus = hardware.server_gpus
    yield SERVER, render("vllm_server.yaml.jinja", gpus=gpus, context=CONTEXT)


def grpo_yaml(job: Job, size: Size, batches: Batches) -> str:
    """The settings of `trl grpo --config`."""
    options = job.options
    return render(
        "grpo.yaml.jinja",
        size=size,
        batches=batches,
        where=_where(size, batches),
        context=CONTEXT,
        group=options.group,
        seed=options.seed,
        tiers=job.by_tier,
    )


def reward_model_yaml(options: Options) -> str:
    """The settings of `trl reward --config`."""
    return render("reward_model.yaml.jinja", seed=options.seed, gpus=options.hardware.gpus)


def _where(size: Size, batches: Batches) -> str:
    if size == "gpu":
        return "one GPU of 80 GB or more"
    gpus = f"{batches.gpus} GPUs of 80 GB or more"
    if size == "node":
        return f"one machine with {gpus}"
    machines = f"{batches.machines} machines" if batches.machines > 1 else "a machine"
    return f"{machines} with {gpus}, and one that generates"
