"""The judge of a policy's training: a reward model here, on any device, or one behind a server."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from ..errors import TrainingError
from ..judges.client import Client
from ..judges.opening import Options, open_judges
from ..judges.protocol import Grader, SheetJudge
from ..judges.reward_model import load_judge
from ..judges.sheets import SheetServer
from ..material import Item, Judge, Material
from ..runs import REWARD_MODEL, read_run

Api = Literal["rubricc", "classify", "openai"]

_WEIGHTS = ("*.safetensors", "*.bin", "*.index.json", "config.json", "adapter_config.json",
            "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")  # fmt: skip
_READING = ("calibration.json",)
_BLOCK = 1 << 24


@dataclass(frozen=True)
class JudgeChoice:
    """Where verdicts come from.

    Without `url` from the reward model in this process, on `device` (the process's own GPU if it is
    None), at most `tokens` of packed rows at a time. With `url` from a server: `rubricc serve` of
    the same bundle, a reward model behind vLLM (`classify`), or a language model (`openai`);
    `model` is its name there, `key_variable` the environment variable with its key, and
    `concurrency` how many requests each process has under way.
    """

    device: str | None = None
    tokens: int = 65536
    url: str | None = None
    api: Api = "rubricc"
    model: str = ""
    key_variable: str | None = None
    concurrency: int = 32


IN_PROCESS = JudgeChoice()


@dataclass(frozen=True)
class OpenedJudge:
    """A judge, what it is for the run's description, and what it could not do so far."""

    judge: Judge
    identity: Mapping[str, Any]
    failures: Callable[[], dict[str, int]]


def open_judge(
    choice: JudgeChoice, reward_model: Path | None, material: Material
) -> OpenedJudge | None:
    """The judge; None without a reward model and a server. Raises `TrainingError`."""
    identity = {} if reward_model is None else model_identity(reward_model)
    if choice.url is not None:
        grader = _served(choice, choice.url, reward_model, material)
        judge = SheetJudge(grader)
        told = {"judge_url": choice.url, "judge_api": choice.api, "judge_model": choice.model}
        return OpenedJudge(judge, {**identity, **told}, lambda: dict(judge.tally.failures))
    if reward_model is None:
        return None
    device = choice.device or _own_device()
    try:
        own = load_judge(reward_model, material, device=device, budget=choice.tokens)
    except (RuntimeError, AssertionError) as error:
        if device is None:
            raise
        first = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"the reward model cannot be loaded on {device}: {first}",
            "--judge-device names a device of this machine, such as cuda:1 or cpu",
        ) from None
    return OpenedJudge(
        own, identity, lambda: {"not_finite": own.not_finite, "too_long": own.too_long}
    )


def model_identity(folder: Path) -> dict[str, str]:
    """What tells a trained reward model from any other: the hashes of its bundle, of its weights
    with their tokenizer, and of its calibration. Raises `TrainingError`."""
    return {
        "reward_model": read_run(folder, REWARD_MODEL).bundle,
        "reward_model_weights": _hash(folder, _WEIGHTS),
        "reward_model_calibration": _hash(folder, _READING),
    }


def ask_once(judge: OpenedJudge, item: Item) -> None:
    """Put one question to a judge behind a server. Raises `TrainingError` if it knows nothing.

    In training a judge that fails is settled by policies, and in safety that is a violation: a
    server that is not there at all would make every answer unsafe.
    """
    sheet = judge.judge([item])[0]
    if not any(verdict != "cannot_assess" for verdict in sheet.values()):
        tally = judge.judge.tally if isinstance(judge.judge, SheetJudge) else None
        said = next(iter(tally.examples.values()), "") if tally else ""
        raise TrainingError(
            f"the judge gives no verdict: {said or 'it says cannot_assess to everything'}",
            "see that --judge-url, --judge-api and --judge-model name what is served there",
        )


def _served(choice: JudgeChoice, url: str, reward_model: Path | None, material: Material) -> Grader:
    if choice.api == "rubricc":
        client = Client(url, choice.key_variable, concurrency=choice.concurrency)
        return SheetServer(client, material.hashes)
    if choice.api == "classify" and reward_model is None:
        raise TrainingError(
            "a reward model behind `classify` needs the folder that it is served from",
            "give --reward-model DIR: its template, limits and calibration are read there",
        )
    options = Options(
        models=(choice.model,),
        apis=(choice.api,),
        served_from=reward_model,
        key_variable=choice.key_variable,
        concurrency=choice.concurrency,
    )
    return open_judges(material.bundle.root, [url], options).grader


def _own_device() -> str | None:
    """The GPU of this process, where a launcher has started several."""
    local = os.environ.get("LOCAL_RANK", "")
    return f"cuda:{local}" if local.isdigit() and torch.cuda.is_available() else None


def _hash(folder: Path, patterns: tuple[str, ...]) -> str:
    """The hash of the files' names and contents."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        own = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                own.update(block)
        found.update(f"{path.name} {own.hexdigest()}\n".encode())
    return found.hexdigest()
