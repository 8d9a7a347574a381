"""What a dry run says of a training: batches, steps, memory and time, one line each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from rubricdsl.bundle import BundleError

from .estimates import GB, H100, Gpu, Plan, Shape, memory, peak, seconds
from .known_shapes import Found
from .material import Material
from .resolved import Resolved

_SOURCES = {
    "disk": "its configuration is on this disk",
    "name": "not on this disk, by the shape that it was published with",
    "assumed": "not on this disk, taken for a Qwen3-8B",
}


@dataclass(frozen=True)
class Model:
    """A policy by name; `shape` and `source` are None for the small one from scratch."""

    name: str
    shape: Shape | None
    source: Found | None


def told(
    material: Material,
    resolved: Resolved,
    model: Model,
    judge: Shape | None,
    rows: Sequence[Mapping[str, Any]],
    budget: int,
) -> list[tuple[str, str]]:
    """Everything that follows from the settings, without building anything."""
    found = [
        ("model", _model(model, resolved)),
        ("step", _step(resolved)),
        ("steps", _steps(resolved, len(rows))),
        ("answers", _answers(resolved)),
        ("reward", _shapes(material)),
        ("judge", _judge(judge)),
    ]
    if model.shape is not None:
        plan = plan_of(resolved, model.shape, judge, budget)
        found += [("memory", _memory(plan)), ("time", _time(plan))]
    return [*found, ("kept", _kept(resolved))]


def _model(model: Model, resolved: Resolved) -> str:
    if model.shape is None or model.source is None:
        return model.name
    size = f"{model.shape.parameters / 1e9:.2f} billion parameters"
    how = "an adapter" if resolved.get("use_peft", False) else "all weights"
    kind = resolved.get("dtype", "float32")
    return (
        f"{model.name}, {size} ({_SOURCES[model.source.source]}); trains {how}, weights in {kind}; "
        "built here small, with random weights"
    )


def _step(resolved: Resolved) -> str:
    batches = resolved.batches
    prompts = batches.step // batches.group
    text = (
        f"{prompts} prompt{'s' * (prompts != 1)} × {batches.group} answers = {batches.step}, on "
        f"{batches.world} GPU{'s' * (batches.world != 1)}: {batches.per_device} at a time, "
        f"{batches.accumulation} time{'s' * (batches.accumulation != 1)}"
    )
    return text + ("; whole groups on each" if batches.whole else "; groups in pieces")


def _steps(resolved: Resolved, prompts: int) -> str:
    steps = steps_of(resolved, prompts)
    each = resolved.batches.prompts
    left = prompts % each if each else 0
    epochs = resolved.get("num_train_epochs", 3)
    if resolved.get("max_steps", -1) > 0:
        return f"{steps} (max_steps), {prompts} prompts to draw from"
    more = f", {left} of them in no step of an epoch" if left else ""
    return f"{steps}: {prompts} prompts{more}, epochs: {epochs:g}"


def steps_of(resolved: Resolved, prompts: int) -> int:
    """Updates of the whole training. A generation that prompts do not fill is left out."""
    most = resolved.get("max_steps", -1)
    if most > 0:
        return int(most)
    batches = resolved.batches
    generations = prompts // batches.prompts if batches.prompts else 0
    return int(generations * batches.sampled // batches.step * resolved.get("num_train_epochs", 3))


def _answers(resolved: Resolved) -> str:
    most = resolved.get("max_completion_length", 512)
    if not resolved.get("use_vllm", False):
        return f"up to {most} tokens, by transformers"
    if resolved.server_gpus:
        where = f"a server at {resolved.settings.get('vllm_server_base_url')}"
    else:
        share = resolved.get("vllm_gpu_memory_utilization", 0.3)
        where = f"vLLM in {share:.0%} of each GPU"
    return f"up to {most} tokens, by {where}"


def _shapes(material: Material) -> str:
    try:
        rubrics = [r for r in material.bundle.rubrics() if r.purpose == "training"]
    except BundleError:
        return "by reward.py"
    counts = Counter(rubric.reward.shape for rubric in rubrics)
    return ", ".join(
        f"{shape} ({count} rubric{'s' * (count != 1)})" for shape, count in sorted(counts.items())
    )


def _judge(judge: Shape | None) -> str:
    if judge is None:
        return "not in this process"
    return f"a reward model of {_count(judge.parameters)} parameters in each process"


def _count(number: int) -> str:
    return f"{number / 1e9:.2f} billion" if number > 1e8 else f"{number / 1e6:.2f} million"


def plan_of(resolved: Resolved, policy: Shape, judge: Shape | None, budget: int = 65536) -> Plan:
    """What the settings mean for memory and time."""
    colocated = resolved.get("use_vllm", False) and not resolved.server_gpus
    return Plan(
        policy=policy,
        judge=judge,
        batches=resolved.batches,
        rank=resolved.get("lora_r", 16) if resolved.get("use_peft", False) else 0,
        longest=resolved.get("max_completion_length", 512),
        engine=resolved.get("vllm_gpu_memory_utilization", 0.3) if colocated else 0.0,
        server_gpus=resolved.server_gpus,
        reference=float(resolved.get("beta", 0.0)) != 0,
        weight_bytes=4 if resolved.get("dtype", "float32") == "float32" else 2,
        budget=budget,
        checkpointing=resolved.get("gradient_checkpointing", True),
    )


def _gpu() -> Gpu:
    """The GPU here, with the speed of an H100 where it is none that is known; else an H100."""
    if not torch.cuda.is_available():
        return H100
    found = torch.cuda.get_device_properties(0)
    return Gpu(found.name, found.total_memory, H100.bandwidth, H100.flops)


def _memory(plan: Plan) -> str:
    gpu = _gpu()
    phases = memory(plan, gpu)
    phase, most = peak(phases)
    parts = ", ".join(f"{name} {size / GB:.1f}" for name, size in phases[phase].items())
    verdict = "" if most <= gpu.memory else "; MORE THAN THERE IS"
    return (
        f"about {most / GB:.0f} of {gpu.memory / GB:.0f} GB on each GPU, most while {phase}: "
        f"{parts}{verdict} (estimate for {gpu.name})"
    )


def _time(plan: Plan) -> str:
    parts = seconds(plan, _gpu())
    total = sum(parts.values())
    each = ", ".join(f"{name} {value:.1f}" for name, value in parts.items())
    return f"about {total:.0f} s a step: {each} (estimate, docs/cuda.md has the formulas)"


def _kept(resolved: Resolved) -> str:
    report = resolved.get("report_to", "none")
    return (
        f"a checkpoint every {resolved.get('save_steps', 500)} steps, "
        f"{resolved.get('save_total_limit', 'all')} of them; figures every "
        f"{resolved.get('logging_steps', 10)}, also to: {report}"
    )
