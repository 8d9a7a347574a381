"""A bundle's certificate, checked anew, and its rewards replayed through trainers' formulas."""

import itertools
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .. import ir
from ..bundle import Bundle, BundleError, RubricEntry
from .advantages import SETTINGS, Setting
from .claims import Certificate, checked, fails_closed
from .emitted import Emitted, load
from .groups import PROPERTIES, Group, adversarial, at_random, broken, shrinks
from .pool import pool
from .ranks import ranked_faults
from .rows import cases
from .trainer import Trainer

OTHER = "the certificate is about another version of the rubric, or missing"
MANY = 200
"""Rubrics that are looked at when nothing else is asked for."""
BATCH = 4
"""Groups that go through a trainer's formula at a time, for those that look at a whole batch."""


@dataclass(frozen=True)
class Options:
    """`stacks` are names of settings; `shape` replaces that of every rubric, without its claims.

    Of more than `rubrics` rubrics, so many are drawn and looked at.
    """

    stacks: tuple[str, ...] = tuple(SETTINGS)
    group: int | None = None
    shape: ir.Shape | None = None
    groups: int = 100
    seed: int = 0
    rubrics: int = MANY


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
    """Findings about the certificate by rubric, and what was seen by rubric and setting.

    Of so many rubrics in the `bundle`, those in `faults` were looked at, or found to be without a
    certificate.
    """

    group: int
    bundle: int = 0
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
    formulas: Mapping[str, Setting],
    progress: Callable[[str, int], None] = lambda what, done: None,
) -> Report:
    """Check the rubrics. `formulas` replace settings, by name. Raises `BundleError`."""
    document = _document(bundle)
    chosen = _chosen(bundle, options)
    module = load(bundle, chosen)
    report = Report(options.group or document["group"], len(bundle.rubric_entries))
    for entry in bundle.rubric_entries:
        # That there is a certificate of this rubric is seen for all of them.
        if entry.name not in chosen and not _is_about(document["rubrics"].get(entry.name), entry):
            report.faults[entry.name] = [OTHER]
    for done, rubric in enumerate(bundle.rubrics(chosen)):
        progress("rubrics checked:", done)
        certificate = document["rubrics"].get(rubric.name)
        if certificate is None or rubric.name not in module.rubric_names():
            what = "a certificate" if certificate is None else "a reward in reward.py or the rows"
            report.faults[rubric.name] = [f"it has not {what}"]
            continue
        _rubric(rubric, certificate, Emitted(module, rubric.name, options.shape), bundle, options,
                formulas, document, report)  # fmt: skip
    return report


def _chosen(bundle: Bundle, options: Options) -> set[str]:
    """The names of all rubrics, or of as many as are wanted, drawn by the seed."""
    names = sorted(entry.name for entry in bundle.rubric_entries)
    if len(names) > options.rubrics:
        names = random.Random(f"{options.seed} rubrics").sample(names, options.rubrics)
    return set(names)


def _rubric(
    rubric: ir.Rubric,
    certificate: Certificate,
    emitted: Emitted,
    bundle: Bundle,
    options: Options,
    formulas: Mapping[str, Setting],
    document: Mapping[str, Any],
    report: Report,
) -> None:
    """Check one rubric and add to the report what was found."""
    dice = random.Random(f"{options.seed} {rubric.name}")
    shape = ir.Reward(options.shape) if options.shape else rubric.reward
    pools = [pool(rubric, case, shape, emitted.score, dice) for case in cases(rubric, dice)]
    share = -(-options.groups // max(len(pools), 1))
    drawn = [
        (found, [*adversarial(found, report.group), *at_random(found, report.group, share, dice)])
        for found in pools
    ]
    faults = [fault for found in pools for fault in found.faults]
    if options.shape is None:
        faults += _identity(rubric, bundle, certificate)
        faults += checked(rubric, certificate, pools, emitted.score)
    if options.shape is None and shape.shape == "centred":
        gaps = {name: Fraction(gap["least"]) for name, gap in certificate["gaps"].items()}
        # Ranks lie the closer the larger the group: gaps are those of the certified size.
        gaps = gaps if report.group <= document["group"] else {}
        closed = fails_closed(certificate)
        for found, groups in drawn:
            ranks = ranked_faults(rubric, gaps, found, groups, emitted, dice, closed)
            faults += itertools.islice(ranks, 3)
    report.faults[rubric.name] = list(dict.fromkeys(faults))
    claims = {} if options.shape else certificate["properties"]
    families = {
        name: family for family, entry in document["families"].items() for name in entry["stacks"]
    }
    everything = [group for _, groups in drawn for group in groups]
    trainers = {
        name: Trainer(formulas.get(name, SETTINGS[name]), shape.shape, emitted)
        for name in options.stacks
    }
    report.seen[rubric.name] = {
        name: _replay(
            trainer,
            _claims(claims.get(families.get(name, ""), {}), certificate, document, report.group,
                    SETTINGS[name].largest),
            everything,
            dice,
        )
        for name, trainer in trainers.items()
        if trainer.applies
    }  # fmt: skip


def _document(bundle: Bundle) -> Mapping[str, Any]:
    file = bundle.root / "certificate.json"
    try:
        document = json.loads(bundle.text("certificate.json"))
        if document["format"] != 1:
            raise BundleError(file, f"has format {document['format']}; this release reads 1")
        return {key: document[key] for key in ("group", "families", "rubrics")}
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(file, f"is not a certificate: {error}") from None


def _identity(rubric: ir.Rubric, bundle: Bundle, certificate: Certificate) -> list[str]:
    entry = next(e for e in bundle.rubric_entries if e.name == rubric.name)
    same = _is_about(certificate, entry) and certificate["shape"] == rubric.reward.shape
    return [] if same else [OTHER]


def _is_about(certificate: Certificate | None, entry: RubricEntry) -> bool:
    return certificate is not None and certificate["hash"] == entry.hash


def _claims(
    claimed: Mapping[str, Any],
    certificate: Certificate,
    document: Mapping[str, Any],
    group: int,
    unclipped: int | None,
) -> dict[str, str]:
    """The claims that hold for this group size.

    A veto's strength may depend on it, and a clip is not reached in groups up to `unclipped`.
    """
    found = {}
    for name in PROPERTIES:
        status = claimed.get(name, "not claimed")
        status = status if isinstance(status, str) else "refuted"
        largest = certificate["largest_group"]
        small = largest == "any" or group <= max(largest or 0, document["group"])
        if name.startswith("P2") and status == "proved" and not small:
            status = "not claimed"
        if unclipped is not None and group > unclipped and name in ("P3", "P4"):
            status = "not claimed"
        found[name] = status
    return found


def _replay(
    trainer: Trainer, claims: Mapping[str, str], groups: Sequence[Group], dice: random.Random
) -> dict[str, Seen]:
    seen = {prop: Seen(claims[prop]) for prop in PROPERTIES}
    for start in range(0, len(groups), BATCH):
        batch = groups[start : start + BATCH]
        lengths = [[dice.randint(20, 800) for _ in group] for group in batch]
        found = trainer.advantages(batch, lengths)
        for group, counts, advantages in zip(batch, lengths, found, strict=True):
            wrong = broken(group, advantages, trainer.setting)
            if _has_both(group) and shrinks(group, counts, trainer):
                wrong.add("P4")
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
