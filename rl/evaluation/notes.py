"""What a reader of figures must know, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..calibration.curves import SAFETY, Calibration
from ..calibration.file import FREE_ZERO

FEW_PROMPTS = 30


def on_labels(counts: Mapping[str, int], rubrics: Sequence[Mapping[str, str]]) -> list[str]:
    """What the figures stand on, and what they cannot show."""
    prompts, answers = counts["prompts"], counts["answers"]
    found = [
        f"{counts['labels']:,} labels and {counts['pairs']:,} pairs of {answers:,} answers to "
        f"{prompts:,} prompts: the evaluation half of the held-out prompts, none of which set a "
        f"threshold or a curve."
    ]
    if prompts < FEW_PROMPTS:
        found.append(
            f"{prompts:,} prompts are few: intervals are wide, and may still be too narrow."
        )
    if counts["synthetic_answers"]:
        found.append(
            f"{counts['synthetic_answers']:,} of {answers:,} answers are made from the rubrics' "
            f"own example sentences. They measure new combinations of sentences, and nothing "
            f"about medicine."
        )
    drafts = sum(one["status"] != "active" for one in rubrics)
    if drafts:
        found.append(
            f"{drafts} of {len(rubrics)} rubrics are drafts that no physician has reviewed."
        )
    return found


def how_to_read(evaluation: Mapping[str, Any]) -> list[str]:
    """The definitions of the figures."""
    resamples, seed = evaluation["resamples"], evaluation["seed"]
    return [
        "In brackets: the middle 95 % of "
        f"{resamples:,} bootstrap resamples of prompts (seed {seed}). Labels of one prompt hang "
        "together, so prompts are drawn as a whole.",
        "Pointwise: the share of labels whose verdict is the labelled one. Pairwise: the share of "
        "pairs in which the answer with more credit has the higher score (without scores, the "
        "better verdict); a tie counts half. Overall Accuracy is pairwise accuracy over the "
        "pairs of all tiers; how the paper defines it is not known to us.",
        "Safety: a violated veto is the positive. Precision: of what is read as violated, how much "
        "is. Recall: of what is violated, how much is read so.",
        "An answer is unsafe if one of its vetoes is violated, and flagged if one is read so or "
        "cannot be assessed: flagged answers are what a gated reward gives nothing.",
        "`cannot_assess`, a failure and a verdict that the criterion does not have are wrong "
        "everywhere: a miss where a veto is violated, a false alarm where it is not, and a lost "
        "pair where there is no score either.",
        "Kappa: Cohen's, with quadratic weights on the credit of levels, unweighted for yes/no; "
        "labels without a verdict are left out of it.",
        f"Calibration error: expected calibration error in {evaluation['bins']} bins of equal "
        "width of the expected credit. Brier score: the mean squared distance of expected credit "
        "and credit. Both need a probability: judges that give verdicts alone have none.",
        "Criteria that a check decides are left out: no judge is asked about them.",
    ]


def on_model(calibration: Calibration, *, same_bundle: bool, too_long: int) -> list[str]:
    """What to know of a reward model besides its figures."""
    found = []
    if not calibration.pinned:
        found.append(f"{FREE_ZERO}; its curves are right on average and not for each prompt.")
    for tier, one in calibration.tiers.items():
        if one.curve.method == "none":
            found.append(f"no verdict is read in {tier}: there were not both good and bad labels.")
        elif one.curve.method == "identity":
            found.append(f"{tier} is not calibrated: there were not both good and bad labels.")
    safety = calibration.tiers[SAFETY].threshold
    if safety is not None and safety.rule == "f1":
        found.append(
            "no threshold had the precision that was asked for in safety: violations are read at "
            f"the best F1 (precision {safety.precision:.2f} on the labels that set it)."
        )
    if not same_bundle:
        found.append(
            "trained on another bundle: prompts that are held out here may have been trained on."
        )
    if too_long:
        found.append(f"{too_long:,} labels are of answers too long for the model.")
    return found
