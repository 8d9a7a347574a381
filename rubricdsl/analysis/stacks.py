"""From facts about rewards to properties of advantages, for each way trainers compute them.

Every trainer known here maps the rewards of one group to advantages by some function of the reward
that is the same for all of the group. What is proved rests on three things about that function:
whether it increases, whether it is positive exactly above the group's mean, and whether differences
between two rewards keep their size when other samples join.
"""

from fractions import Fraction
from typing import Literal, NamedTuple

from .facts import PROVED, UNKNOWN, Fact, Facts
from .samples import Witness

Family = Literal[
    "mean",
    "clipped",
    "divided",
    "divided_clipped",
    "divided_twice",
    "divided_by_others",
    "divided_by_others_twice",
    "whitened",
]

FAMILIES: dict[Family, str] = {
    "mean": "reward minus the mean of the group, or of the others",
    "clipped": "the same, then held within -10 and 10",
    "divided": "reward minus the mean of the group, over a standard deviation of group or batch",
    "divided_clipped": "the same by group, then held within -10 and 10",
    "divided_twice": "the same by group and by column, then once more over the batch or its tokens",
    "divided_by_others": "reward minus the mean of the others, over their standard deviation, "
    "computed as a difference of squares",
    "divided_by_others_twice": "the same by column, then their sum once more over the batch",
    "whitened": "reward minus the mean of the group, then whitened over the tokens of the batch",
}

CLIP = 10
UNCLIPPED_GROUP = 101
"""Of n values none is more than (n - 1)/√n deviations from the mean: below the clip up to here."""


class Setting(NamedTuple):
    """How one trainer is set, as `trainer/setting`, and the family of its formula."""

    name: str
    family: Family


SETTINGS: tuple[Setting, ...] = (
    Setting("trl/none", "mean"),
    Setting("trl/group", "divided"),
    Setting("trl/batch", "divided"),
    Setting("trl/normalize_then_sum", "divided_twice"),
    Setting("verl/grpo", "divided"),
    Setting("verl/grpo_no_std", "mean"),
    Setting("verl/gdpo", "divided_twice"),
    Setting("openrlhf/dr_grpo", "clipped"),
    Setting("openrlhf/rloo", "clipped"),
    Setting("openrlhf/group_norm", "divided_clipped"),
    Setting("openrlhf/reinforce_baseline", "whitened"),
    Setting("nemo_rl/grpo", "divided_by_others"),
    Setting("nemo_rl/no_normalize", "mean"),
    Setting("nemo_rl/gdpo", "divided_by_others_twice"),
    Setting("slime/std", "divided"),
    Setting("slime/no_std", "mean"),
    Setting("prime_rl/grpo", "mean"),
    Setting("skyrl/grpo", "divided"),
    Setting("skyrl/grpo_no_std", "mean"),
    Setting("ms_swift/group", "divided"),
    Setting("ms_swift/batch", "divided"),
    Setting("ms_swift/none", "mean"),
    Setting("ms_swift/gdpo", "divided_twice"),
    Setting("art/scaled", "divided"),
    Setting("art/unscaled", "mean"),
    Setting("tinker/mean", "mean"),
)

Properties = dict[str, Fact]


def properties(facts: Facts, family: Family) -> Properties:
    """P1 to P5 and strict P2 for one family; the argument for each is in docs/certificate.md."""
    # The mean of a group, or of the others, lies among the rewards: within this span nothing
    # reaches the clip.
    unclipped = family != "clipped" or (facts.span is not None and facts.span < CLIP)
    if family == "divided_clipped":
        unclipped = facts.group <= UNCLIPPED_GROUP
    found = {
        "P1": facts.monotone if unclipped or facts.monotone.holds else UNKNOWN,
        "P2": _both(facts.blind, facts.mean),
        "P2_strict": _both(facts.flat, facts.mean),
        "P3": _gate(facts) if unclipped else UNKNOWN,
        "P4": _spread(facts, family, unclipped),
        "P5": facts.failing,
    }
    unsure = _unsure(facts, family, unclipped)
    return {name: UNKNOWN if name in unsure else fact for name, fact in found.items()}


def _unsure(facts: Facts, family: Family, unclipped: bool) -> set[str]:
    """What a formula's single precision, or its view of the whole batch, leaves open."""
    zero = facts.unsafe is None or not any(facts.unsafe)
    if family == "divided_by_others":
        # A difference of two means of squares may be anything among close rewards, so that only
        # signs are sure, and zeros.
        sure = zero and facts.flat.holds and facts.mean.holds
        return {"P1", "P3", "P4"} | (set() if sure else {"P2", "P2_strict"})
    if family == "divided_by_others_twice":
        return {"P1", "P2", "P2_strict", "P3", "P4"}
    if family == "divided_twice" and facts.columns:
        # Each column keeps the gate by itself, and so does their sum under positive weights; how
        # the others trade off depends on the group.
        return {"P1", "P2", "P2_strict", "P4"}
    if family in ("whitened", "divided_twice"):
        # A batch moves as a whole: by the lengths of its responses, or by rounding errors that the
        # second division makes large when no group has a difference.
        return {"P2", "P2_strict"}
    if family in ("divided", "divided_clipped") and facts.flat.holds and not zero:
        # Equal rewards whose mean is rounded differ from it by little, and are divided by less.
        return {"P2_strict"}
    if not unclipped:
        return {name for name, fact in (("P2", facts.blind), ("P2_strict", facts.flat))
                if not (fact.holds and facts.mean.holds)}  # fmt: skip
    return set()


def _gate(facts: Facts) -> Fact:
    """Proved only where the gap survives single precision: strictly more must stay strictly more.

    Rounding never turns two rewards around, but it may make them equal. Rewards, differences from a
    mean and quotients are each off by one step in 2^24 at most, so sixteen of them are ample.
    """
    gap = facts.gaps.get("safety")
    if facts.gate.holds and gap is not None and facts.span is not None:
        return PROVED if gap.least * (1 << 20) >= max(gap.size, facts.span) else UNKNOWN
    return facts.gate


def _both(left: Fact, right: Fact) -> Fact:
    """Refuted by whichever is; the pair before the group, being smaller."""
    for fact in (left, right):
        if fact.holds is False:
            return fact
    return PROVED if left.holds and right.holds else UNKNOWN


def _spread(facts: Facts, family: Family, unclipped: bool) -> Fact:
    if family in ("mean", "clipped"):
        return PROVED if unclipped else UNKNOWN
    if facts.safe is not None and (facts.unsafe is None or facts.safe[0] == facts.safe[1]):
        return PROVED
    if (
        family in ("divided", "divided_clipped", "divided_twice")
        and facts.varied is not None
        and shrinks(facts.varied)
    ):
        return Fact(False, facts.varied)
    return UNKNOWN


def shrinks(found: Witness) -> bool:
    """Whether the standard deviation of the two safe rewards is below that of all three."""
    rewards = [s.reward for s in found.samples if s.reward is not None]
    return _variance(rewards[:2]) < _variance(rewards)


def _variance(values: list[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((v - mean) ** 2 for v in values), Fraction(0)) / (len(values) - 1)
