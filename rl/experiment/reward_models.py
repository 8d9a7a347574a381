"""The reward models of the experiment: one size, one training, four kinds of labels."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from datasets import Dataset

from .. import processor, tiny
from ..calibration.curves import UNCALIBRATED, Calibration
from ..calibration.file import read_calibration, write_calibration
from ..calibration.fit import Wish, fit
from ..draws import bucketed, rounds
from ..judges.reward_model import RewardModelJudge, load_classifier
from ..material import Material, Question, RewardFile, inputs_of
from ..packed.examples import RESPONSES, Answer, Example, Pair, Point, examples
from ..packed.rows import Rows, rows
from ..packed.trainer import PackedCollator, PackedRewardTrainer
from ..packed.turns import Turns
from ..packed.weighing import Weighing
from ..progress import Lines, Say, only_lines, quieten
from ..reward_report import report
from ..runs import EMBEDDED, REWARD_MODEL, describe
from ..settings import machine, reward_settings
from ..train_reward_model import SETTINGS, Preset
from .arms import NO_CRITERIA, NO_SAFETY, SCALAR

MAX_LENGTH = 1024
"""Tokens of an answer with its case and one criterion; no answer of the clinic comes near it."""

WISH = Wish(safety_precision=0.6)
"""Three of five violations that are read shall be one. The usual threshold finds nearly all, and
alarms at so many safe answers of a small model that a gate would close at random."""

BLANK = "Is this a good answer?"
"""What is asked by a reward model that is not told the criterion, whatever the criterion."""

OVERALL = Question(
    rubric="",
    criterion="overall",
    tier="proficiency",
    turn=BLANK,
    credits={"unmet": Fraction(0), "met": Fraction(1)},
    by_check=False,
)
"""The one question of the scalar reward model."""


def questions_of(kind: str, material: Material) -> Material:
    """The bundle as a reward model of this kind reads it."""
    if kind != NO_CRITERIA:
        return material
    blank = {name: replace(q, turn=BLANK) for name, q in material.questions.items()}
    return replace(material, questions=blank)


def train_reward_model(
    kind: str,
    material: Material,
    reward: RewardFile,
    out: Path,
    preset: Preset,
    *,
    seed: int,
    tell: Say,
) -> RewardModelJudge:
    """Train a reward model of this kind and calibrate it on prompts held out of its training.

    Calibration and weights are written to `out`.
    """
    quieten()
    processor.prepare(preset.threads)
    material = questions_of(kind, material)
    found = _labels(kind, material, reward)
    base = out / "base"
    tiny.make_reward_model(material, base, preset.size, seed)
    _, tokenizer = load_classifier(base, "cpu")
    shares = Weighing() if kind == SCALAR else Weighing(dict(preset.shares), None, True)
    turns = Turns(tokenizer)
    made = rows(found, turns, MAX_LENGTH, shares)
    trainer = _trainer(made, material, tokenizer, base, out, preset, kind, seed)
    only_lines(trainer, Lines(f"reward model {kind}", {"loss": "loss"}, tell))
    trainer.train()
    trainer.save_model(str(out))
    del trainer
    return _calibrated(kind, material, out, preset, seed)


def _trainer(
    made: Rows,
    material: Material,
    tokenizer: Any,
    base: Path,
    out: Path,
    preset: Preset,
    kind: str,
    seed: int,
) -> PackedRewardTrainer:
    values = {
        **machine(),
        **preset.values(),
        "max_length": MAX_LENGTH,
        "output_dir": out,
        "seed": seed,
        "center_rewards_coefficient": 0.0,
        "save_strategy": "no",
    }
    config, _ = reward_settings(material.bundle.path(SETTINGS), values, ())
    config.model_init_kwargs = {"dtype": "float32"}
    chance = random.Random(seed)
    drawn = list(islice(rounds(made.rows, chance), preset.steps * preset.batch))
    drawn = bucketed(drawn, preset.batch, _length, chance)
    return PackedRewardTrainer(
        pointwise=0.0 if kind == SCALAR else 1.0,
        model=str(base),
        args=config,
        data_collator=PackedCollator(made.turns, int(tokenizer.pad_token_id)),
        train_dataset=Dataset.from_list(drawn),
        processing_class=tokenizer,
    )


def _calibrated(
    kind: str, material: Material, out: Path, preset: Preset, seed: int
) -> RewardModelJudge:
    """The judge of `out`, its scores read by held-out labels; those of a scalar are not read."""
    judge = _judge(kind, material, out, UNCALIBRATED)
    if kind == SCALAR:
        return judge
    found = report(judge, material, pinned=True, wish=WISH, most=preset.heldout_answers, seed=seed)
    if kind == NO_SAFETY:
        # It has no labels of safety to read its scores by, either: the zero is all there is.
        unread = fit({}, pinned=True, wish=WISH).tiers["safety"]
        tiers = {**judge.calibration.tiers, "safety": unread}
        judge.calibration = replace(judge.calibration, tiers=tiers)
    run = describe(material, REWARD_MODEL, EMBEDDED, {"kind": kind, "seed": seed})
    write_calibration(out, run, judge.calibration, WISH, found.prompts)
    return judge


def load_judge(kind: str, material: Material, folder: Path) -> RewardModelJudge:
    """The reward model in `folder`, trained on the bundle `material`. Raises `TrainingError`."""
    if kind == SCALAR:
        return _judge(kind, material, folder, UNCALIBRATED)
    found = read_calibration(folder, material.template, material.fingerprint, pinned=True)
    return _judge(kind, material, folder, found)


def _judge(
    kind: str, material: Material, folder: Path, calibration: Calibration
) -> RewardModelJudge:
    model, tokenizer = load_classifier(folder)
    questions = questions_of(kind, material).questions
    return RewardModelJudge(model, tokenizer, questions, calibration, max_length=MAX_LENGTH)


def _labels(kind: str, material: Material, reward: RewardFile) -> list[Example]:
    if kind == SCALAR:
        return preferences(material, reward)
    found = examples(material, points=True)
    if kind != NO_SAFETY:
        return found
    return [one for one in map(_without_safety, found) if one.points]


def _without_safety(example: Example) -> Example:
    moved: dict[int, int] = {}
    for place, point in enumerate(example.points):
        if point.question.tier != "safety":
            moved[place] = len(moved)
    answers = tuple(
        replace(one, points=tuple(p for p in one.points if p.question.tier != "safety"))
        for one in example.answers
    )
    pairs = tuple(Pair(moved[a], moved[b]) for a, b in example.pairs if a in moved)
    return Example(answers, pairs, frozenset(moved[k] for k in example.alone if k in moved))


def preferences(material: Material, reward: RewardFile) -> list[Example]:
    """Which of two answers to a prompt is the better one, by the order of the rubric, and no more.

    The pairs are all those of an example's answers that the order tells apart.
    """
    by_row: dict[str, list[tuple[Answer, tuple[int, ...]]]] = defaultdict(list)
    for row in material.rows(RESPONSES):
        found = reward.score(row["rubric"], row["verdicts"], inputs_of(row), row["response"])
        point = Point(OVERALL, 0.5)
        answer = Answer(row["prompt"], row["response"], (point,))
        by_row[row["row_id"]].append((answer, tuple(found["key"])))
    return [one for ranked in by_row.values() for one in _ranked(ranked)]


def _ranked(ranked: Sequence[tuple[Answer, tuple[int, ...]]], most: int = 6) -> list[Example]:
    found = []
    for start in range(0, len(ranked), most):
        part = ranked[start : start + most]
        pairs = [
            Pair(a, b) if part[a][1] > part[b][1] else Pair(b, a)
            for a, b in combinations(range(len(part)), 2)
            if part[a][1] != part[b][1]
        ]
        if pairs:
            answers = tuple(answer for answer, _ in part)
            found.append(Example(answers, tuple(pairs), frozenset()))
    return found


def _length(row: dict[str, Any]) -> int:
    return max(map(len, row["trunks"]))
