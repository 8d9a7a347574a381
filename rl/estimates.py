"""Memory and time of a training on GPUs, estimated from the shapes of its models.

Formulas, not measurements: `docs/cuda.md` has them in words. What they assume is in `Assumed`, so
that a measured run can replace it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rubricdsl.batches import Batches

GB = 1e9


@dataclass(frozen=True)
class Shape:
    """What the costs of a decoder depend on. `parameters` are all, embeddings included."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int
    kv_heads: int
    head: int
    linear: int
    """Summed widths, in and out, of the linear layers outside the embeddings: rank times this is
    what an adapter has."""

    @property
    def kv_bytes(self) -> int:
        """Bytes that one token of a conversation holds in the cache of an engine, in bfloat16."""
        return 2 * self.layers * self.kv_heads * self.head * 2


@dataclass(frozen=True)
class Gpu:
    """One device: bytes of memory, bytes a second from it, operations a second in bfloat16 (dense),
    and bytes a second to its neighbours in the machine and to other machines."""

    name: str
    memory: float
    bandwidth: float
    flops: float
    link: float = 450e9
    network: float = 50e9


H100 = Gpu("H100 80 GB", 80 * GB, 3.35e12, 989e12)
H200 = Gpu("H200 141 GB", 141 * GB, 4.8e12, 989e12)


@dataclass(frozen=True)
class Assumed:
    """What no formula gives.

    Lengths are in tokens. `reached` is the share of a GPU's operations that training and scoring
    reach, `read` the share of its bandwidth that sampling reaches, `rest` bytes for the context of
    CUDA and for fragments.
    """

    prompt: int = 300
    answer: int = 500
    criteria: int = 10
    criterion: int = 60
    reached: float = 0.4
    read: float = 0.6
    rest: float = 4 * GB


@dataclass(frozen=True)
class Plan:
    """A training as the settings have it: sizes, batches, and what is kept where.

    `rank` is the adapter's, 0 to train all weights. `engine` is the share of a GPU that generation
    takes beside the training, 0 with a server or without an engine. `budget` are the tokens that a
    reward model in process scores at once.
    """

    policy: Shape
    judge: Shape | None
    batches: Batches
    rank: int
    longest: int = 1024
    engine: float = 0.0
    server_gpus: int = 0
    reference: bool = True
    weight_bytes: int = 4
    budget: int = 65536
    checkpointing: bool = True


def adapter_parameters(plan: Plan) -> int:
    """Weights that an adapter on all linear layers trains."""
    return plan.rank * plan.policy.linear


def memory(plan: Plan, gpu: Gpu, assumed: Assumed = Assumed()) -> Mapping[str, Mapping[str, float]]:
    """Bytes on one training GPU while answers are sampled, scored and learned from, by what they
    hold."""
    kept = _kept(plan) | {"context and fragments": assumed.rest}
    sampling = {**kept, "engine": plan.engine * gpu.memory} if plan.engine else dict(kept)
    scoring, learning = dict(kept), dict(kept)
    if plan.judge is not None:
        scoring["scoring"] = plan.budget * (4 * plan.judge.hidden + 3 * plan.judge.inner) * 2.0
    learning["activations"] = _activations(plan, assumed)
    if not plan.rank and plan.batches.world > 1:
        # FSDP gathers in bfloat16: a layer and the next, the embeddings on either side, and the
        # reference model in one piece.
        learning["gathered"] = 2.0 * (2 * _layer(plan.policy) + _embeddings(plan.policy))
        if plan.reference:
            learning["gathered"] = max(learning["gathered"], 2.0 * plan.policy.parameters)
    return {"sampling": sampling, "scoring": scoring, "learning": learning}


def peak(found: Mapping[str, Mapping[str, float]]) -> tuple[str, float]:
    """The phase that takes most, and how many bytes."""
    totals = {phase: sum(parts.values()) for phase, parts in found.items()}
    phase = max(totals, key=lambda name: totals[name])
    return phase, totals[phase]


def _kept(plan: Plan) -> dict[str, float]:
    """What is there all the time: weights, what trains them, the reference model, the judge."""
    shards = 1 if plan.rank else plan.batches.world
    weights = plan.policy.parameters * plan.weight_bytes / shards
    found: dict[str, float] = {"policy": weights}
    if plan.rank:
        # Weights, gradients and two moments of Adam in float32.
        found["adapter and optimizer"] = 16.0 * adapter_parameters(plan)
    else:
        found["gradients and optimizer"] = 12.0 * plan.policy.parameters / shards
        if plan.reference:
            found["reference"] = weights
    if plan.judge is not None:
        found["judge"] = 2.0 * plan.judge.parameters
    return found


def _activations(plan: Plan, assumed: Assumed) -> float:
    """Inputs of all layers and the insides of one, for the answers in memory at once, in bfloat16.

    The scores of the vocabulary are computed in tiles, and are not counted.
    """
    policy = plan.policy
    tokens = plan.batches.per_device * (assumed.prompt + plan.longest)
    inside = 10 * policy.hidden + 3 * policy.inner
    layers = policy.layers * (policy.hidden if plan.checkpointing else inside) + inside
    return 2.0 * tokens * layers


def _embeddings(shape: Shape) -> int:
    """Parameters of the embeddings at both ends."""
    return 2 * shape.vocabulary * shape.hidden


def _layer(shape: Shape) -> float:
    return (shape.parameters - _embeddings(shape)) / shape.layers


def seconds(plan: Plan, gpu: Gpu, assumed: Assumed = Assumed()) -> Mapping[str, float]:
    """Seconds of one step, by what is done in them."""
    batches = plan.batches
    mine = batches.step / batches.world
    tokens = mine * (assumed.prompt + assumed.answer)
    speed = gpu.flops * assumed.reached
    found = {"sampling": _sampling(plan, gpu, assumed), "reward": 0.0}
    if plan.judge is not None:
        asked = tokens + mine * assumed.criteria * assumed.criterion
        found["reward"] = 2 * plan.judge.parameters * asked / speed
    # Forward 2, once more for the checkpoints 2, backward 4, or 2 where weights have no gradient;
    # and 2 each for the probabilities before the step and under the reference model.
    passes = 6 if plan.rank else 8
    passes += 2 + (2 if plan.reference else 0) - (0 if plan.checkpointing else 2)
    found["update"] = passes * plan.policy.parameters * tokens / speed
    found["handing over weights"] = _handing_over(plan, gpu)
    return found


def _sampling(plan: Plan, gpu: Gpu, assumed: Assumed) -> float:
    """Reading the weights once for every token of the longest answer, and the caches of all."""
    gpus = plan.server_gpus or plan.batches.tensor_parallel
    engines = 1 if plan.server_gpus else plan.batches.world / gpus
    answers = plan.batches.step / engines
    weights = plan.longest * 2.0 * plan.policy.parameters
    caches = answers * assumed.answer * (assumed.prompt + assumed.answer / 2) * plan.policy.kv_bytes
    return (weights + caches) / (gpus * gpu.bandwidth * assumed.read)


def _handing_over(plan: Plan, gpu: Gpu) -> float:
    """All weights in bfloat16, over whatever lies between the training and the engine."""
    if plan.server_gpus:
        speed = gpu.network
    elif plan.batches.world > 1:
        speed = gpu.link
    else:
        speed = gpu.bandwidth / 2
    return 2.0 * plan.policy.parameters / speed


def shape_of(config: Any, model: Any) -> Shape:
    """The shape of a model from its configuration and an instance, which may be without memory."""
    import torch

    linear = [
        module.in_features + module.out_features
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and name not in ("lm_head", "score")
    ]
    heads = config.num_attention_heads
    return Shape(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        vocabulary=config.vocab_size,
        kv_heads=getattr(config, "num_key_value_heads", heads),
        head=getattr(config, "head_dim", None) or config.hidden_size // heads,
        linear=sum(linear),
    )
