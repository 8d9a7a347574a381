"""A bundle's certificate, checked anew, and its rewards replayed through trainers' formulas."""

import importlib.util
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import ir
from ..bundle import Bundle, BundleError
from .advantages import SETTINGS, Formula
from .claims import Certificate, checked
from .groups import PROPERTIES, Group, adversarial, at_random, broken, shrinks
from .meaning import Sheet
from .pool import Score, pool
from .rows import cases

BATCH = 4
"""Groups that go through a trainer's formula at a time, for those that look at a whole batch."""


@dataclass(frozen=True)
class Options:
    """`stacks` are names of settings; `shape` replaces that of every rubric, without its claims."""

    stacks: tuple[str, ...] = tuple(SETTINGS)
    group: int | None = None
    shape: ir.Shape | None = None
    groups: int = 100
    seed: int = 0


@dataclass
class Seen:
    """What happened to one property under one setting."""

    claimed: str
    groups: int = 0
    broken: int = 0
    example: dict[str, Any] | None = None

    @property
    def wrong(self) -> bool:
        return self.claimed == "proved" and self.broken > 0


@dataclass
class Report:
    """Findings about the certificate by rubric, and what was seen by rubric and setting."""

    group: int
    faults: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, dict[str, dict[str, Seen]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        wrong = (s.wrong for by in self.seen.values() for p in by.values() for s in p.values())
        return not any(self.faults.values()) and not any(wrong)


def verify(
    bundle: Bundle,
    options: Options,
    formulas: Mapping[str, Formula],
    progress: Callable[[str], None] = lambda name: None,
) -> Report:
    """Check every rubric. `formulas` replace replicas, by setting. Raises `BundleError`."""
    document = _document(bundle)
    module = _module(bundle.path("reward.py"))
    report = Report(options.group or document["group"])
    stacks = {name: family for family, entry in document["families"].items()
              for name in entry["stacks"]}  # fmt: skip
    for rubric in bundle.rubrics():
        progress(rubric.name)
        dice = random.Random(f"{options.seed} {rubric.name}")
        certificate = document["rubrics"].get(rubric.name)
        if certificate is None:
            report.faults[rubric.name] = ["it has no certificate"]
            continue
        shape = ir.Reward(options.shape) if options.shape else rubric.reward
        score = _score(module, rubric.name, shape if options.shape else None)
        pools = [pool(rubric, case, shape, score, dice) for case in cases(rubric, dice)]
        faults = [fault for found in pools for fault in found.faults]
        if options.shape is None:
            faults += _identity(rubric, bundle, certificate)
            faults += checked(rubric, certificate, pools, score)
        report.faults[rubric.name] = list(dict.fromkeys(faults))
        claims = {} if options.shape else certificate["properties"]
        groups = [group for found in pools for group in adversarial(found, report.group)]
        share = -(-options.groups // max(len(pools), 1))
        for found in pools:
            groups += at_random(found, report.group, share, dice)
        report.seen[rubric.name] = {
            name: _replay(
                name,
                formulas.get(name, SETTINGS[name].formula),
                _claims(claims.get(stacks.get(name, ""), {}), certificate, document, report.group),
                groups,
                dice,
            )
            for name in options.stacks
        }
    return report


def _document(bundle: Bundle) -> Mapping[str, Any]:
    import json

    file = bundle.root / "certificate.json"
    try:
        document = json.loads(bundle.text("certificate.json"))
        if document["format"] != 1:
            raise BundleError(file, f"has format {document['format']}; this release reads 1")
        return {key: document[key] for key in ("group", "families", "rubrics")}
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(file, f"is not a certificate: {error}") from None


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("_rubricc_reward_under_test", path)
    if spec is None or spec.loader is None:
        raise BundleError(path, "cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _score(module: Any, name: str, shape: ir.Reward | None) -> Score:
    """The emitted module's own scoring; with another shape it computes that one instead."""
    if shape is not None:
        module.compact_rubric(name)["reward"] = {"shape": shape.shape, "params": {}}

    def score(sheet: Sheet, row: Mapping[str, Any], profile: str | None) -> float | None:
        reward: float | None = module.score(name, sheet, row, None, profile)["reward"]
        return reward

    return score


def _identity(rubric: ir.Rubric, bundle: Bundle, certificate: Certificate) -> list[str]:
    entry = next(e for e in bundle.rubric_entries if e.name == rubric.name)
    same = certificate["hash"] == entry.hash and certificate["shape"] == rubric.reward.shape
    return [] if same else ["the certificate is about another version of the rubric"]


def _claims(
    claimed: Mapping[str, Any], certificate: Certificate, document: Mapping[str, Any], group: int
) -> dict[str, str]:
    """The claims that hold for this group size: a veto's strength may depend on it."""
    found = {}
    for name in PROPERTIES:
        status = claimed.get(name, "not claimed")
        status = status if isinstance(status, str) else "refuted"
        largest = certificate["largest_group"]
        small = largest == "any" or group <= max(largest or 0, document["group"])
        if name.startswith("P2") and status == "proved" and not small:
            status = "not claimed"
        found[name] = status
    return found


def _replay(
    name: str,
    formula: Formula,
    claims: Mapping[str, str],
    groups: Sequence[Group],
    dice: random.Random,
) -> dict[str, Seen]:
    setting = SETTINGS[name]._replace(formula=formula)
    seen = {prop: Seen(claims[prop]) for prop in PROPERTIES}
    for start in range(0, len(groups), BATCH):
        batch = groups[start : start + BATCH]
        rewards = [[r.reward for r in group] for group in batch]
        lengths = [[dice.randint(20, 800) for _ in group] for group in batch]
        for group, counts, advantages in zip(
            batch, lengths, formula(rewards, lengths), strict=True
        ):
            wrong = broken(group, advantages, setting)
            if claims["P4"] != "proved" or _has_both(group):
                wrong |= {"P4"} if shrinks(group, counts, setting) else set()
            for prop in PROPERTIES:
                seen[prop].groups += 1
                if prop in wrong:
                    seen[prop].broken += 1
                    seen[prop].example = seen[prop].example or _example(group, advantages)
    return seen


def _has_both(group: Group) -> bool:
    return len({r.judged.unsafe for r in group}) == 2


def _example(group: Group, advantages: Sequence[float]) -> dict[str, Any]:
    return {
        "samples": [
            {"verdicts": r.sheet, "key": list(r.judged.key), "reward": r.reward, "advantage": a}
            for r, a in zip(group, advantages, strict=True)
        ]
    }
