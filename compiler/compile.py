"""From checked rubrics and labelled rows to a bundle, as a tuple of steps.

Each step takes the state of the compilation and gives the next. Nothing is printed and nothing
appears at its final place before the last one.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from rubricdsl import ir, ir_json
from rubricdsl.analysis.certify import Certified, certify
from rubricdsl.compact import compact
from rubricdsl.foreign import losses
from rubricdsl.version import LANGUAGE_VERSION, __version__

from .batches import check_batches
from .claims import Claim, claims
from .emit import EMITTERS, parquet
from .emit.formats import FORMATS
from .emit.formats import emit as emit_format
from .emit.targets import PROMPTS, TARGETS
from .emit.targets import emit as emit_target
from .importers.jsonl import Fault
from .job import Job, Options, held_out
from .rows import Message, Row, prompt_id, read_rows
from .synthesize import synthesize
from .write import MANIFEST, Draft, Entry, whole_folder

BUNDLE_FORMAT = 1
MAX_FAULTS = 50

Progress = Callable[[str, int], None]
"""Told what is being done and how many rows are done."""


class DataFaults(Exception):
    """The data has faults; `cut` says that reading stopped at `MAX_FAULTS`."""

    def __init__(self, faults: Sequence[Fault], cut: bool) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)
        self.cut = cut


class UnfitStacks(Exception):
    """Rubrics that a stack cannot be served with; says which, why, and what to do."""


class Unsayable(Exception):
    """Rubrics that a format has no words for."""


class OrderLost(Exception):
    """Rewards that cannot keep what their shapes promise: each rubric with what was found."""

    def __init__(self, found: Sequence[tuple[ir.Rubric, Certified]]) -> None:
        super().__init__(f"{len(found)} rewards")
        self.found = tuple(found)


@dataclass(frozen=True)
class Request:
    """What is to be compiled, and where to."""

    rubrics: tuple[ir.Rubric, ...]
    out: Path
    data: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    progress: Progress = lambda what, done: None


@dataclass(frozen=True)
class State:
    """What is known so far; each step adds its part."""

    request: Request
    draft: Draft
    rubrics: tuple[ir.Rubric, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: Callable[[], Iterator[Row]] = lambda: iter(())
    heldout: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def job(self) -> Job:
        job = Job(
            self.rubrics,
            self.hashes,
            self.request.options,
            self.rows,
            self.heldout,
            self.certificates,
            evaluated=_given(self, "evaluation"),
        )
        trainers = [TARGETS[name] for name in self.request.options.stacks]
        trainers = [target for target in trainers if not target.evaluates]
        setting = trainers[0].read_as(job) if len(trainers) == 1 else None
        return dataclasses.replace(job, stack_setting=setting)


@dataclass(frozen=True)
class Summary:
    """What was written, and what the rewards are proved to keep under `stack`."""

    out: Path
    counts: Mapping[str, int]
    entries: Mapping[str, Entry]
    notes: tuple[str, ...]
    stack: str
    claims: tuple[Claim, ...]


def compile_bundle(request: Request) -> Summary:
    """Write the bundle.

    Raises `DataFaults`, `UnfitStacks`, `Unsayable`, `UnfitBatches`, `OrderLost` and
    `write.WriteError`; then nothing is written.
    """
    with whole_folder(request.out) as draft:
        state = State(request, draft, request.rubrics)
        for step in STEPS:
            state = step(state)
    stack = state.job.stack
    found = tuple(claims(state.certificates.values(), stack))
    return Summary(request.out, state.counts, state.entries, state.notes, stack, found)


def choose_reward(state: State) -> State:
    """Apply `--shape`, and tell shapes that depend on it the group size that is trained with."""
    options = state.request.options
    unfit: list[str] = []

    def chosen(rubric: ir.Rubric) -> ir.Rubric:
        reward = rubric.reward
        if options.shape is not None and options.shape != reward.shape:
            reward = ir.Reward(options.shape)
        if reward.shape == "centred":
            # It is how the reward knows a whole group, so it is a fact of the training.
            params = {**reward.params, "group": Fraction(options.group)}
            reward = dataclasses.replace(reward, params=params)
        if reward.shape == "gated" and reward.params.get("count"):
            if "group" not in reward.params:
                params = {**reward.params, "group": Fraction(options.group)}
                reward = dataclasses.replace(reward, params=params)
            elif reward.params["group"] < options.group:
                unfit.append(
                    f"{rubric.name}: its gate counts for groups of {reward.params['group']}, and "
                    f"training uses {options.group}: an unsafe answer may gain in such a group"
                )
        return dataclasses.replace(rubric, reward=reward)

    rubrics = tuple(chosen(r) for r in state.rubrics)
    hashes = {r.name: ir_json.semantic_hash(r) for r in rubrics}
    tiers = [r.reward.shape == "tiers" for r in rubrics if r.purpose == "training"]
    if any(tiers) and not all(tiers):
        unfit.append(
            "some rubrics for training have the shape tiers and others have not: grpo.yaml takes "
            "one number per answer, and of tiers the sum of its columns"
        )
    notes = (*state.notes, *unfit)
    return dataclasses.replace(state, rubrics=rubrics, hashes=hashes, notes=notes)


def fit_stacks(state: State) -> State:
    """Stop where a reward needs whole groups and a stack hands over one answer at a time."""
    ranked = [r.name for r in state.rubrics if r.reward.shape == "centred"]
    single = [name for name in state.request.options.stacks if not TARGETS[name].whole_groups]
    if ranked and single:
        raise UnfitStacks(
            f"answers come one at a time from {' and '.join(single)}, and `reward centred` of "
            f"{ranked[0]} ranks all answers to a prompt: choose another shape with --shape, or "
            f"another stack ({', '.join(t.name for t in TARGETS.values() if t.whole_groups)})"
        )
    return state


def fit_batches(state: State) -> State:
    """Stop where groups, batch and devices of the run files do not fit together."""
    if "grpo" not in state.request.options.targets:
        return state
    return dataclasses.replace(state, notes=(*state.notes, *check_batches(state.job)))


def fit_formats(state: State) -> State:
    """Stop where a format would change the order of answers; `lossy` lets it."""
    options = state.request.options
    if not options.lossy:
        for name in options.formats:
            for rubric in state.rubrics:
                lost = [loss for loss in losses(rubric, FORMATS[name].powers) if loss.order]
                if lost:
                    raise Unsayable(f"{name} cannot hold {rubric.name}: {lost[0]}")
    return state


def certify_rewards(state: State) -> State:
    """Prove what each reward keeps; stop where a shape promises an order and loses it."""
    if "reward" not in state.request.options.targets:
        return state
    certificates: dict[str, Mapping[str, Any]] = {}
    lost: list[tuple[ir.Rubric, Certified]] = []
    notes = list(state.notes)
    for done, rubric in enumerate(state.rubrics):
        found = certify(compact(rubric, state.hashes[rubric.name]), state.request.options.group)
        certificates[rubric.name] = found.certificate
        if found.facts.promise.holds is False:
            lost.append((rubric, found))
        elif rubric.reward.shape == "promedical" and found.facts.monotone.holds is False:
            notes.append(
                f"{rubric.name}: `promedical` counts violations of all severities alike, so a "
                "critical one is no worse than a moderate one"
            )
        notes += [
            f"{rubric.name}: answers that differ in {name} alone may get the same reward in single "
            f"precision ({gap['least']} apart)"
            for name, gap in found.certificate["gaps"].items()
            if gap["float32"] < 1 and found.facts.promise.holds
        ]
        state.request.progress("proving rewards", done)
    if lost:
        raise OrderLost(lost)
    stack, emitted = state.job.stack, state.job.emitted_stack
    if state.request.options.stack and stack != emitted and "grpo" in state.request.options.targets:
        notes.append(f"the certificate is read for {stack}, while grpo.yaml sets {emitted}")
    return dataclasses.replace(state, certificates=certificates, notes=tuple(notes))


def read_data(state: State) -> State:
    """Check every row of the data once, before anything is written."""
    request = state.request
    rubrics = {r.name: r for r in state.rubrics}
    counts = {
        "rubrics": len(state.rubrics),
        "criteria": sum(len(r.criteria) for r in state.rubrics),
        **dict.fromkeys(("rows", "responses", "evaluation_rows", "synthetic_rows"), 0),
    }
    faults: list[Fault] = []
    for item in read_rows(request.data, rubrics):
        if isinstance(item, Fault):
            faults.append(item)
            if len(faults) == MAX_FAULTS:
                raise DataFaults(faults, cut=True)
            continue
        training = item.rubric.purpose == "training"
        counts["rows" if training else "evaluation_rows"] += 1
        counts["responses"] += len(item.responses) if training else 0
        request.progress("checking rows", counts["rows"])
    if faults:
        raise DataFaults(faults, cut=False)
    notes = list(state.notes)
    if counts["evaluation_rows"]:
        notes.append(
            f"{many(counts['evaluation_rows'], 'row')} of rubrics with `purpose evaluation`: "
            "nothing is trained on them"
        )
    rows = _given(state, "training")
    return dataclasses.replace(state, rows=rows, counts=counts, notes=tuple(notes))


def _given(state: State, purpose: str) -> Callable[[], Iterator[Row]]:
    """The rows of the data files with rubrics of one purpose.

    They were checked; a file that changes meanwhile is a fault.
    """
    rubrics = {r.name: r for r in state.rubrics}

    def rows() -> Iterator[Row]:
        for item in read_rows(state.request.data, rubrics):
            if isinstance(item, Fault):
                raise DataFaults([item], cut=False)
            if item.rubric.purpose == purpose:
                yield item

    return rows


def add_synthetic(state: State) -> State:
    """Put the rows made from the rubrics' own exemplars after those that were given."""
    options = state.request.options
    if not options.synthesize:
        return state
    training = [r for r in state.rubrics if r.purpose == "training"]
    made: list[Row] = []
    notes = list(state.notes)
    for rubric in training:
        result = synthesize(rubric, options.synthesize, options.seed)
        made.extend(result.rows)
        notes.extend(f"{rubric.name}: {note}" for note in result.notes)
        state.request.progress("making rows", len(made))
    given = state.rows

    def rows() -> Iterator[Row]:
        yield from given()
        yield from made

    counts = {
        **state.counts,
        "rows": state.counts["rows"] + len(made),
        "responses": state.counts["responses"] + sum(len(r.responses) for r in made),
        "synthetic_rows": len(made),
    }
    return dataclasses.replace(state, rows=rows, counts=counts, notes=tuple(notes))


def hold_out(state: State) -> State:
    """Decide which prompts are kept for evaluation."""
    prompts: dict[str, set[str]] = {
        r.name: {prompt_id((Message("user", p.text),)) for p in r.prompts}
        for r in state.rubrics
        if r.purpose == "training"
    }
    for row in state.rows():
        prompts[row.rubric.name].add(row.prompt_id)
    out = held_out(prompts, state.request.options.heldout)
    everything = set().union(*prompts.values())
    counts = {
        **state.counts,
        "prompts_train": len(everything - out),
        "prompts_heldout": len(everything & out),
    }
    return dataclasses.replace(state, heldout=out, counts=counts)


def emit(state: State) -> State:
    """Write the files of every target."""
    options, job = state.request.options, state.job
    done = 0
    for target in options.targets:
        for path, chunk in EMITTERS[target](job):
            state.draft.append(path, chunk)
            done += 1
            state.request.progress(f"writing {target}", done)
    for name in options.stacks:
        for path, chunk in emit_target(TARGETS[name], job):
            state.draft.append(path, chunk)
            done += 1
            state.request.progress(f"writing {name}", done)
    for name in options.formats:
        for path, chunk in emit_format(FORMATS[name], job):
            state.draft.append(path, chunk)
            done += 1
            state.request.progress(f"writing {name}", done)
    state.draft.close()
    notes = [*state.notes, *(n for name in options.stacks for n in TARGETS[name].notes(job))]
    evaluation = [r.name for r in state.rubrics if r.purpose == "evaluation"]
    if evaluation and {"reward_model", "grpo"} & set(options.targets):
        shown = ", ".join(evaluation[:3]) + (", …" if len(evaluation) > 3 else "")
        notes.append(f"no training rows from {many(len(evaluation), 'evaluation rubric')}: {shown}")
    empty = [
        target.name
        for target in (TARGETS[name] for name in options.stacks)
        if target.evaluates and not (state.draft.root / target.folder / PROMPTS).stat().st_size
    ]
    if empty:
        notes.append(f"{' and '.join(empty)}: no prompt is held out, and there is nothing to ask")
    if "reward_model" in options.targets and not state.counts["responses"] and job.training:
        notes.append("there are no labelled responses: give --data FILE or --synthesize N")
    return dataclasses.replace(state, notes=tuple(notes))


def add_parquet(state: State) -> State:
    """The same training rows as Parquet, when that can be written."""
    options = state.request.options
    found = dict(parquet.COLUMNS) if "reward_model" in options.targets else {}
    columns: dict[str, Mapping[str, Any]] = {**found}
    for target in (TARGETS[name] for name in options.stacks):
        if target.columns is not None:
            for side in ("train", "heldout"):
                columns[f"{target.rows_folder}/{side}.jsonl"] = target.columns
    if not columns:
        return state
    if not parquet.available():
        note = "pyarrow is not installed: rows are written as JSON Lines alone"
        return dataclasses.replace(state, notes=(*state.notes, note))
    root = state.draft.root
    for path, kinds in columns.items():
        made = path.removesuffix(".jsonl") + ".parquet"
        parquet.convert(root / path, root / made, kinds)
        state.draft.add(made)
        state.request.progress("writing Parquet", 0)
    return state


def write_manifest(state: State) -> State:
    """Say what the bundle is, from what it was made, and what every file should be."""
    request, options = state.request, state.request.options
    entries = state.draft.entries()
    manifest: dict[str, Any] = {
        "format": BUNDLE_FORMAT,
        "tool": {"name": "rubricdsl", "version": __version__},
        "language_version": LANGUAGE_VERSION,
        "ir_version": ir.IR_VERSION,
        "options": {
            "targets": [*options.targets, *options.stacks, *options.formats],
            "synthesize": options.synthesize,
            "seed": options.seed,
            "shape": options.shape,
            "group": options.group,
            "heldout": str(options.heldout),
            "rubrics_in_rows": options.rubrics_in_rows,
            "stack": options.stack,
            "hardware": dataclasses.asdict(options.hardware),
        },
        "data": [{"file": p.name, "sha256": _sha256(p)} for p in request.data],
        "rubrics": [
            {
                "name": r.name,
                "version": r.version,
                "status": r.status,
                "purpose": r.purpose,
                "hash": state.hashes[r.name],
                "path": f"ir/{r.name}.json" if "ir" in options.targets else None,
            }
            for r in state.rubrics
        ],
        "counts": dict(state.counts),
        "files": {
            path: {k: v for k, v in dataclasses.asdict(entry).items() if v is not None}
            for path, entry in entries.items()
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    state.draft.append(MANIFEST, text.encode())
    return dataclasses.replace(state, entries=entries)


def many(count: int, what: str) -> str:
    """A number and what it counts, as in "1 row" and "2 rows"."""
    plural = "criteria" if what == "criterion" else what + "s"
    return f"{count:,} {what if count == 1 else plural}"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


STEPS: tuple[Callable[[State], State], ...] = (
    choose_reward,
    fit_stacks,
    fit_batches,
    fit_formats,
    certify_rewards,
    read_data,
    add_synthetic,
    hold_out,
    emit,
    add_parquet,
    write_manifest,
)
