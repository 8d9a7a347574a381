"""Call the adapter of one stack with every case and compare what it gives, bit by bit."""

import importlib.metadata
import logging
import os
import struct
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rubricdsl.compact import compact
from rubricdsl.ir_json import semantic_hash
from rubricdsl.runtime.judging import ON_FAILURE

from ..compile import Request, compile_bundle
from ..emit.reward_module import compact_text
from ..emit.targets import TARGETS, Record, Target
from ..job import Options
from .callers import CALLERS, Got
from .cases import GROUP, Case, Expected, Published, published, with_rubrics_in_rows


@dataclass(frozen=True)
class Report:
    """What came of one stack. `real` is whether its own code called the adapter, in `version`."""

    stack: str
    real: bool
    version: str | None
    cases: int
    answers: int
    differences: tuple[str, ...]


def run_stack(stack: str, bundle: Path | None = None) -> Report:
    """Call the adapter of a stack.

    Without a bundle, one with the published rubrics is made for the purpose. The adapter of another
    bundle is called with rubrics that come with the rows. Raises `FileNotFoundError` where a bundle
    has no adapter for the stack.
    """
    target, found = TARGETS[stack], published()
    with tempfile.TemporaryDirectory() as name, _apart():
        folder = bundle or _bundle(Path(name) / "bundle", target, found)
        if target.adapter_path and not (folder / target.adapter_path).is_file():
            raise FileNotFoundError(f"{folder} has no {target.adapter_path}")
        caller = CALLERS[stack](folder, folder / target.folder)
        named = () if bundle else tuple((case, case.record()) for case in found.cases)
        texts = {r.name: compact_text(r, semantic_hash(r)) for r in found.rubrics()}
        pairs = [*named, *with_rubrics_in_rows(found.cases, texts)]
        shapes = {r.name: compact(r, "")["reward"]["shape"] for r in found.rubrics()}
        if not target.whole_groups:
            pairs = [(case, record) for case, record in pairs if shapes[case.rubric] != "centred"]
        differences = [
            difference
            for case, record in pairs
            for difference in _compare(caller, target, case, record)
        ]
        answers = sum(len(case.answers) for case, _ in pairs)
        own = getattr(caller, "version", None)
        version = (own or _version(target)) if caller.real else None
        return Report(stack, caller.real, version, len(pairs), answers, tuple(differences))


def _bundle(out: Path, target: Target, found: Published) -> Path:
    options = Options(targets=target.parts, group=GROUP, stacks=(target.name,))
    rubrics = found.rubrics()
    if not target.whole_groups:
        rubrics = tuple(r for r in rubrics if r.reward.shape != "centred")
    compile_bundle(Request(rubrics, out, (), options))
    return out


@contextmanager
def _apart() -> Iterator[None]:
    """Whatever is imported and set for one run is gone after it."""
    modules, path, environment = dict(sys.modules), list(sys.path), dict(os.environ)
    sys.modules.pop("reward", None)
    for name in ("RUBRICC_JUDGE", "WORLD_SIZE", ON_FAILURE):
        os.environ.pop(name, None)
    # A bundle that is only looked at gets no `__pycache__`.
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    # Stacks warn about every answer that they lose, and losing some is on purpose here.
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        sys.dont_write_bytecode = wrote
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        ours = ("reward", "rubric_", "swift", "skyrl_gym", "nemo_rl", "tinker", "torch",
                "verifiers", "openenv", "inspect_ai", "lm_eval")  # fmt: skip
        for name in set(sys.modules) - set(modules):
            stand_in = getattr(sys.modules[name], "__file__", None) is None
            if name.startswith(ours[:2]) or (name.startswith(ours) and stand_in):
                del sys.modules[name]
        if "reward" in modules:
            sys.modules["reward"] = modules["reward"]


def _compare(caller: Any, target: Target, case: Case, record: Record) -> Iterator[str]:
    """What one group gives that it should not."""
    row = dict(record) if target.row is None else target.row(record, 0)
    sys.modules["reward"].set_judge(case.judge())
    os.environ[ON_FAILURE] = "drop" if case.drop else "policy"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = caller.call(row, case.answers)
    if len(found) != len(case.answers):
        yield f"{case.id}: {len(found)} rewards for {len(case.answers)} answers"
        return
    for place, (got, expected) in enumerate(zip(found, case.expected, strict=True)):
        for what, have, want in _pairs(got, expected, target):
            if have != want:
                yield f"{case.id}, answer {place + 1}: {what} is {have!r} instead of {want!r}"


def _pairs(got: Got, expected: Expected, target: Target) -> Iterator[tuple[str, Any, Any]]:
    """What there is to compare: name, what came, what should have come."""
    wanted: float | None = expected.value if target.failure == "constant" else expected.reward
    if got.single and wanted is not None:
        wanted = _single(wanted)
    yield "the reward", _bits(got.value), _bits(wanted)
    if got.numbers is not None and expected.numbers:
        yield "numbers", dict(got.numbers), dict(expected.numbers)
    if got.columns is not None and expected.reward is not None:
        tiers = [expected.numbers[f"tier_{name}"] for name in
                 ("safety", "proficiency", "excellence")]  # fmt: skip
        yield "rewards by tier", [_single(v) for v in got.columns], [_single(v) for v in tiers]


def _bits(value: float | None) -> str | None:
    return None if value is None else float(value).hex()


def _single(value: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def _version(target: Target) -> str | None:
    for name in (target.package, f"{target.package}-gym"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
