"""What a target is: how one stack is served, as data and one function."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from ...job import Chunk, Job, Part
from ...templating import render
from ..grpo import evaluation_records, prompt_records
from ..records import line
from ..reward import PATH as REWARD
from ..reward import reward_text

FOLDER = "stacks"
PROMPTS = "heldout.jsonl"
"""What a stack that evaluates reads, in its folder."""

Record = Mapping[str, Any]
"""A prompt as `grpo/prompts.jsonl` has it; `rubric_json` is empty unless rubrics come in rows."""

Failure = Literal["dropped", "errored", "constant"]
"""What a stack does with an answer without a reward: leaves it out, counts its rollout as failed,
or takes the least reward of its prompt beside a flag."""


@dataclass(frozen=True)
class Target:
    """One stack.

    `package` is what it is called where packages are had, `least` the least version that does all
    that the adapter uses. `setting` is the name in `analysis.stacks.SETTINGS` that the settings
    written here stand for, None for a stack that evaluates and makes no advantages; `tier_setting`
    the one for rubrics whose shape is `tiers`, None where the stack adds columns up. `whole_groups`
    says whether the adapter sees all answers to a prompt at once, which `reward centred` needs.
    `parts` are further parts of the bundle that it needs; `ir` is one for the sake of
    `rubricc verify`.

    `row` makes a row of the stack's data set from a record and its number; `columns` are its types
    as Parquet, None where JSON Lines are all that is written. `adapter` is the name of a file in
    `adapters/`, `settings` those of templates by the name of the file that each becomes. With
    `module` the adapter is the Python package of that name, which has the rows and a copy of
    `reward.py` in it, for stacks that install what they run. `more` writes what only one stack has;
    `notes` tells what of it is missing.
    """

    name: str
    package: str
    least: str
    setting: str | None
    tier_setting: str | None = None
    whole_groups: bool = False
    failure: Failure = "constant"
    parts: tuple[Part, ...] = ("ir", "reward")
    row: Callable[[Record, int], dict[str, Any]] | None = None
    columns: Mapping[str, Any] | None = None
    adapter: str | None = None
    settings: Mapping[str, str] | None = None
    module: str | None = None
    more: Callable[[Job], Iterator[Chunk]] | None = None
    notes: Callable[[Job], tuple[str, ...]] = lambda job: ()

    @property
    def folder(self) -> str:
        """Where its files are, from the folder of the bundle; as a name that Python can import."""
        return f"{FOLDER}/{self.name.replace('-', '_')}"

    @property
    def rows_folder(self) -> str:
        """Where its rows are, and what they are read by."""
        return f"{self.folder}/{self.module}" if self.module else self.folder

    @property
    def adapter_path(self) -> str | None:
        """Where the adapter is, from the folder of the bundle."""
        if self.module:
            return f"{self.rows_folder}/__init__.py"
        return f"{self.folder}/{self.adapter}" if self.adapter else None

    @property
    def evaluates(self) -> bool:
        """Whether models are measured there, on prompts that nothing was trained on."""
        return self.setting is None

    def read_as(self, job: Job) -> str | None:
        """The setting that the certificate is read for; None where no advantages are made."""
        return (job.by_tier and self.tier_setting) or self.setting


def emit(target: Target, job: Job) -> Iterator[Chunk]:
    """The files of one target, below its folder."""
    if target.adapter is not None and target.adapter_path is not None:
        yield target.adapter_path, adapter_text(target.adapter).encode()
    if target.module is not None:
        yield f"{target.rows_folder}/{REWARD}", reward_text(job).encode()
    for name, template in (target.settings or {}).items():
        tiers = job.by_tier and target.tier_setting is not None
        text = render(template, group=job.options.group, seed=job.options.seed, tiers=tiers,
                      version=_version(job))  # fmt: skip
        yield f"{target.folder}/{name}", text.encode()
    if target.more is not None:
        yield from target.more(job)
    if target.row is None:
        return
    if target.evaluates:
        yield f"{target.folder}/{PROMPTS}", b""
        for number, record in enumerate(evaluation_records(job)):
            yield f"{target.folder}/{PROMPTS}", line(target.row(record, number))
        return
    for side in ("train", "heldout"):
        yield f"{target.rows_folder}/{side}.jsonl", b""
    counts = {"train": 0, "heldout": 0}
    for side, record in prompt_records(job):
        yield f"{target.rows_folder}/{side}.jsonl", line(target.row(record, counts[side]))
        counts[side] += 1


def _version(job: Job) -> str:
    """A version for packages, which tells what the rubrics of two bundles mean apart."""
    hashes = "".join(job.hashes[rubric.name] for rubric in job.rubrics)
    return f"0+rubrics.{hashlib.sha256(hashes.encode()).hexdigest()[:12]}"


def adapter_text(name: str) -> str:
    """One of the files in `adapters/`."""
    return files(f"{__package__}.adapters").joinpath(name).read_text(encoding="utf-8")


def case_of(record: Record) -> dict[str, Any]:
    """What the reward needs to know of a prompt: the columns that every adapter hands on.

    Every value is a text, so that the columns of a data set have one type.
    """
    return {
        "rubric": record["rubric"],
        "inputs": record["inputs"],
        "profile": record["profile"],
        "rubric_json": record.get("rubric_json", ""),
    }


def case_text(record: Record) -> str:
    """The same with the prompt, as one JSON text: for stacks that hand on a single column.

    What is empty is left out: this is also what `rubricc serve` takes as a label.
    """
    case = {name: value for name, value in case_of(record).items() if value}
    found = {"prompt": record["prompt"], **case}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
