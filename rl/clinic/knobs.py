"""What can be turned at the clinic."""

from dataclasses import dataclass

SPECIALTIES = (
    "cardiology.chest_pain",
    "emergency.anaphylaxis",
    "dermatology.changing_mole",
    "pharmacy.warfarin_interactions",
)

MORE_SPECIALTIES = (
    *SPECIALTIES,
    "endocrinology.hypoglycaemia",
    "geriatrics.falls",
    "infectious.sepsis_warning",
    "neurology.sudden_weakness",
    "obstetrics.bleeding_in_pregnancy",
    "oncology.breast_lump",
    "paediatrics.fever_under_five",
)
"""All of the library but `psychiatry.suicidal_thoughts`: there a refusal breaks a veto."""


@dataclass(frozen=True)
class Knobs:
    """How large the clinic is, and what is difficult about it. Shares are in [0, 1].

    `conflicted`: in so many of the specialties, the first ones, some charts rule out the remedy
    that makes an answer most proficient; `risk`: how often. `risk` 0 is a clinic without a
    conflict. `held_out`: questions of each rubric, with all their wordings, that are kept for the
    evaluation. `training` and `evaluation`: cases per specialty; `answers`: labelled answers per
    training case. `spurious`: how often a good answer has a polite closing or an appeal to
    authority in the reward model's training data, and a bad one has none; a half is no pattern.
    `embellished`: the same for all answers of the policy's start, good or bad. `reworded`: how
    often a sentence is put in other words. `distractors`: how many sentences beside the point an
    answer has on average.
    """

    specialties: tuple[str, ...] = SPECIALTIES
    conflicted: int = 2
    risk: float = 0.3
    held_out: int = 3
    training: int = 120
    evaluation: int = 18
    answers: int = 4
    spurious: float = 0.85
    embellished: float = 0.3
    reworded: float = 0.3
    distractors: float = 0.5
    seed: int = 0
