"""Groups, batches and devices: what fits together when a policy is trained in groups.

A *generation* is what is sampled with one state of the policy: every device samples its own part,
`per_device` answers times `per_generation` steps, and the devices' parts lie end to end. A *step*
is one update, from `per_device` times `accumulation` answers of every device. The rewards of a
device's part are computed on that device, and the trainer centres them after it has gathered them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Size = Literal["gpu", "node", "cluster"]
SIZES: tuple[Size, ...] = ("gpu", "node", "cluster")
"""One GPU; one machine with several; several machines with a server that generates."""

SETTINGS: dict[Size, str] = {
    "gpu": "grpo/grpo.yaml",
    "node": "grpo/grpo_node.yaml",
    "cluster": "grpo/grpo_cluster.yaml",
}
ACCELERATE: dict[Size, str] = {
    "gpu": "grpo/accelerate_1gpu.yaml",
    "node": "grpo/accelerate_node.yaml",
    "cluster": "grpo/accelerate_cluster.yaml",
}
SERVER = "grpo/vllm_server.yaml"

# Groups on a device in one step, unless the batch is given. A single GPU takes more, so that its
# step does not follow a handful of prompts.
_GROUPS: dict[Size, int] = {"gpu": 8, "node": 4, "cluster": 4}


@dataclass(frozen=True)
class Hardware:
    """What is trained on.

    `gpus` are those of one machine, `machines` those that train. `batch` is the number of answers
    in a step over all devices (None: as many whole groups as are usual), `per_device` how many are
    in a device's memory at once, and `tensor_parallel` over how many GPUs an engine that
    generates is spread where it shares them with the training.
    """

    gpus: int = 8
    machines: int = 2
    batch: int | None = None
    per_device: int = 4
    tensor_parallel: int = 1

    def devices(self, size: Size) -> tuple[int, int]:
        """GPUs of one machine, and machines."""
        if size == "gpu":
            return 1, 1
        return self.gpus, self.machines if size == "cluster" else 1

    @property
    def server_gpus(self) -> int:
        """GPUs of the server: the greatest power of two, because heads are shared out evenly."""
        return int(1 << (self.gpus.bit_length() - 1))


@dataclass(frozen=True)
class Batches:
    """The numbers of one training. `accumulation` and `per_generation` are steps of a device."""

    group: int
    per_device: int
    accumulation: int
    gpus: int = 1
    machines: int = 1
    per_generation: int | None = None
    tensor_parallel: int = 1

    @property
    def world(self) -> int:
        """Devices that train."""
        return self.gpus * self.machines

    @property
    def local(self) -> int:
        """Answers of one device in a generation."""
        return self.per_device * (self.per_generation or self.accumulation)

    @property
    def sampled(self) -> int:
        """Answers of all devices in a generation."""
        return self.local * self.world

    @property
    def step(self) -> int:
        """Answers of all devices in a step."""
        return self.per_device * self.accumulation * self.world

    @property
    def prompts(self) -> int:
        """Prompts of a generation."""
        return self.sampled // self.group

    @property
    def whole(self) -> bool:
        """Whether every device holds whole groups."""
        return self.local % self.group == 0


@dataclass(frozen=True)
class Misfit:
    """Numbers that do not fit: what, why that matters, and what would fit.

    Only a `fatal` one keeps the training from running or from meaning what it should.
    """

    what: str
    why: str
    hint: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.what}, but {self.why}; {self.hint}"


def planned(size: Size, group: int, hardware: Hardware) -> Batches | Misfit:
    """The batches of a size; a misfit where the batch cannot be shared out at all."""
    gpus, machines = hardware.devices(size)
    world, each = gpus * machines, hardware.per_device
    batch = hardware.batch
    if batch is None:
        # As many groups as make whole steps of a device.
        least = each // math.gcd(each, group)
        batch = math.ceil(_GROUPS[size] / least) * least * group * world
    if batch % (world * each):
        return Misfit(
            f"a batch of {batch} answers is not shared out evenly over {_devices(gpus, machines)} "
            f"with {each} at a time",
            "every device makes the same number of equal steps",
            f"take a batch that is a multiple of {_even(group, each, world)}",
        )
    shared = hardware.tensor_parallel if size == "node" else 1
    return Batches(group, each, batch // (world * each), gpus, machines, tensor_parallel=shared)


def misfits(batches: Batches, ranked: str | None = None) -> Iterator[Misfit]:
    """Everything about the numbers that does not fit.

    `ranked` names a rubric whose reward ranks the answers of a group among themselves, so that a
    device that has a part of a group cannot compute it.
    """
    group, local = batches.group, batches.local
    where = _devices(batches.gpus, batches.machines)
    if group < 2:
        yield Misfit(
            f"a group has {group} answer", "an advantage is a difference", "take 2 or more"
        )
        return
    if batches.sampled % group:
        yield Misfit(
            f"{batches.sampled} answers are sampled at a time in groups of {group}",
            "the last group would be a part of one, and its mean means nothing",
            f"take a batch that is a multiple of {_even(group, batches.per_device, batches.world)}",
        )
    elif not batches.whole:
        yield _split(batches, where, ranked)
    yield from _generations(batches)
    parallel = batches.tensor_parallel
    if batches.gpus % parallel:
        yield Misfit(
            f"each engine that generates takes {parallel} GPUs, and a machine has {batches.gpus}",
            "engines have equally many, none of them across machines",
            f"take one of {', '.join(map(str, _divisors(batches.gpus)))}",
        )
    if local < 1:
        yield Misfit(
            "a device has no answers", "it would have nothing to do", "take a larger batch"
        )


def too_few(batches: Batches, prompts: int) -> Misfit | None:
    """What is wrong where there are fewer prompts than one generation takes."""
    if prompts >= batches.prompts:
        return None
    return Misfit(
        f"{prompts} {'prompt does' if prompts == 1 else 'prompts do'} not fill a step of "
        f"{batches.prompts}",
        "the trainer leaves out what does not, so that no step would be made",
        f"take a batch of at most {prompts * batches.group} answers "
        "(per_device_train_batch_size times gradient_accumulation_steps, over all devices), or "
        "more prompts",
    )


def _split(batches: Batches, where: str, ranked: str | None) -> Misfit:
    """A group in pieces."""
    group, local = batches.group, batches.local
    fits = _even(group, batches.per_device, batches.world)
    what = f"{where}: each device holds {local} answers at a time, and a group has {group}"
    hint = f"a batch that is a multiple of {fits} keeps groups whole"
    if ranked is None:
        why = (
            "a group is split over devices: rewards and advantages are right, while the share of "
            "groups without a safe answer that `trl grpo` logs counts pieces"
        )
        return Misfit(what, why, hint, fatal=False)
    why = (
        f"`reward centred` of {ranked} ranks the answers of a group among themselves, and a device "
        "with a part of a group would rank that part"
    )
    return Misfit(what, why, hint)


def _generations(batches: Batches) -> Iterator[Misfit]:
    """Updates that take a part of a generation, or samples of an older policy."""
    every, steps = batches.per_generation, batches.accumulation
    if every is None or every == steps:
        return
    if every % steps and steps % every:
        yield Misfit(
            f"{every} steps share a generation and {steps} make an update",
            "an update would take a part of one generation and a part of the next",
            "let one of the two divide the other",
        )
    elif every > steps:
        yield Misfit(
            f"{every // steps} updates share a generation",
            "from the second on, the answers are those of an older policy",
            "leave out steps_per_generation to sample anew for every update",
            fatal=False,
        )


def _even(group: int, per_device: int, world: int) -> int:
    """The least batch in which every device makes whole steps of whole groups."""
    return math.lcm(group, per_device) * world


def _devices(gpus: int, machines: int) -> str:
    if gpus == machines == 1:
        return "one GPU"
    return f"{gpus} GPUs" if machines == 1 else f"{machines} machines of {gpus} GPUs"


def _divisors(number: int) -> list[int]:
    return [n for n in range(1, number + 1) if number % n == 0]
