"""What another format has no words for in a rubric, each at its place.

A format is known here by its powers alone. Exemplars, notes, citations and reviews are left out
without a word: they change no score.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from . import ir
from .diagnostics import Diagnostic, diagnose
from .passes.check import Checked
from .source import Span
from .sums import EXACT, Loss, Place, as_sum, loses, spelled
from .syntax import nodes as n

LOSSY = "--lossy writes the rest, and says in the file what is missing"


@dataclass(frozen=True)
class Powers:
    """What a format can say.

    `levels` is whether a criterion can have steps: none, with even credits, or with any;
    `most_levels` how many. With `negative` a `forbids` takes points away, otherwise its credit is
    turned round. `clipped` says that its usual score ends at 0 and 1; `positive` that it has none
    without positive points.
    """

    levels: Literal["none", "even", "any"] = "none"
    most_levels: int = 1000
    negative: bool = True
    clipped: bool = False
    positive: bool = False


def losses(rubric: ir.Rubric, powers: Powers) -> tuple[Loss, ...]:
    """Everything that a format with these powers loses of a rubric, in the rubric's order."""
    found = [*_by_criterion(rubric, powers), *loses(rubric), *_as_a_whole(rubric, powers)]
    rank = {criterion.id: place for place, criterion in enumerate(rubric.criteria)}
    return tuple(sorted(found, key=lambda loss: rank.get(loss.place[1], len(rank))))


def unsaid(
    format: str, powers: Powers, checked: Checked, rubric: ir.Rubric, lossy: bool = False
) -> tuple[Diagnostic, ...]:
    """The losses of a format, each at its place.

    `rubric` is the one of the file, perhaps with another shape. What may change the order of
    answers is an error, or a warning with `lossy`; what keeps it is a warning in any case.
    """
    return tuple(
        _told(format, loss, _span(checked, loss), lossy) for loss in losses(rubric, powers)
    )


def _told(format: str, loss: Loss, span: Span, lossy: bool) -> Diagnostic:
    if not loss.order:
        values = {"format": format, "what": loss.what, "why": loss.why, "suggestion": loss.hint}
        return diagnose("R1002", span, values)
    hint = "; ".join(filter(None, (loss.hint, "" if lossy else LOSSY)))
    told = diagnose(
        "R1001",
        span,
        {"format": format, "what": loss.what, "why": loss.why, "suggestion": hint},
    )
    return replace(told, level="warning") if lossy else told


def _by_criterion(rubric: ir.Rubric, powers: Powers) -> Iterator[Loss]:
    for criterion in rubric.criteria:
        place: Place = ("criterion", criterion.id)
        if criterion.when is not None:
            yield Loss(place, "a condition (`when`)", "a criterion always applies there", "")
        if criterion.check is not None:
            yield Loss(place, "a check", "a judge decides every criterion there", "")
        if criterion.allows_not_applicable:
            yield Loss(
                place,
                "`allows not_applicable`",
                "there it would be the same as a judge that cannot say, and that counts as "
                f"`{getattr(rubric.policies, criterion.tier)}` here",
                "",
            )
        if criterion.levels:
            yield from _levels(criterion, powers)


def _levels(criterion: ir.Criterion, powers: Powers) -> Iterator[Loss]:
    place: Place = ("criterion", criterion.id)
    last = len(criterion.levels) - 1
    if powers.levels == "none":
        yield Loss(place, "levels", "a criterion is met there or it is not", "")
    elif len(criterion.levels) > powers.most_levels:
        most = powers.most_levels
        yield Loss(place, f"{last + 1} levels", f"a criterion has {most} at most there", "")
    elif powers.levels == "even" and any(
        level.credit != Fraction(step, last) for step, level in enumerate(criterion.levels)
    ):
        why = "the steps of a criterion are all the same there"
        yield Loss(place, "levels with a `worth` of their own", why, "leave `worth` out")


def _as_a_whole(rubric: ir.Rubric, powers: Powers) -> Iterator[Loss]:
    for profile in rubric.profiles:
        yield Loss(("profile", profile.id), f"the profile `{profile.id}`",
                   "a criterion has one weight there", "")  # fmt: skip
    for tier in ir.TIERS:
        policy = getattr(rubric.policies, tier)
        if policy in ("exclude", "drop") and rubric.tier(tier):
            yield Loss(("policy", tier), f"`cannot_assess means {policy}`",
                       "no rubric says there what becomes of a lost verdict", "")  # fmt: skip
    forbids = any(c.polarity == "forbids" for c in rubric.criteria)
    weights = spelled(rubric, as_sum(rubric)).weights
    requires = any(c.polarity == "requires" and weights[c.id] for c in rubric.criteria)
    if powers.positive and not requires:
        yield Loss(("reward", ""), "a rubric without positive points", "nothing there can be "
                   "divided by them", "add a criterion that `requires` something")  # fmt: skip
    if powers.clipped and powers.negative and forbids and requires:
        why = "the usual score is cut off at 0 and 1; the raw one is not"
        hint = "use the raw score, as the file says"
        yield Loss(("reward", ""), "scores end at 0", why, hint, order=False)
    total = sum(weights.values(), Fraction())
    if total >= EXACT:
        yield Loss(("reward", ""), f"weights up to {float(total):.0e}",
                   "floats do not add such numbers exactly", "use fewer steps")  # fmt: skip


def _span(checked: Checked, loss: Loss) -> Span:
    """Where the loss is written; the head of the file for what is nowhere."""
    kind, name = loss.place
    if kind == "criterion" and name in checked.places:
        return checked.places[name]
    items = checked.tree.items if checked.tree else ()
    for item in items:
        match item:
            case n.RewardItem() if kind == "reward":
                return Span(checked.path, item.start, item.end)
            case n.OrderBlock() if kind == "steps":
                line = next((x for x in item.lines if x.steps), item)
                return Span(checked.path, line.start, line.end)
            case n.TierBlock() if kind == "policy" and item.tier.text == name:
                policy = next((x for x in item.items if isinstance(x, n.PolicyLine)), item.tier)
                return Span(checked.path, policy.start, policy.end)
            case n.ProfileBlock() if kind == "profile" and item.name.text == name:
                return Span(checked.path, item.name.start, item.name.end)
    head = checked.tree.header if checked.tree else None
    return Span(checked.path, head.name.start, head.name.end) if head else Span(checked.path, 0, 1)
