"""Steps of the grid that no sheet reaches."""

from collections.abc import Iterator

from ..analysis.reach import reach
from .finding import Finding, Undecided, finding
from .subject import Subject


def steps_unreached(subject: Subject) -> Iterator[Finding | Undecided]:
    """One finding with all steps that are out of reach in every case, under every profile.

    A reward that does not look at the grid has nothing to do with them.
    """
    weighs = any(criterion["tier"] == 1 for criterion in subject.form["criteria"])
    if not (weighs and subject.on_grid):
        return
    bounds = [reach(*place) for place in subject.places]
    reached = {step for found in bounds for step in found.bins}
    steps = subject.form["steps"]
    missing = [step for step in range(steps + 1) if step not in reached]
    if not all(found.exact for found in bounds):
        yield Undecided("steps-unreached", subject.form["name"], "too many sums or cases")
    elif missing:
        values = {"count": len(missing), "of": steps + 1, "steps": steps}
        reason = f"reached: {runs(sorted(reached))} of 0 to {steps}; all sums were looked at"
        yield finding(subject.form, "R0906", subject.grid, values, reason=reason)


def runs(steps: list[int]) -> str:
    """Whole numbers in order, neighbours drawn together: `0, 3 to 5`."""
    found: list[list[int]] = []
    for step in steps:
        if found and found[-1][1] == step - 1:
            found[-1][1] = step
        else:
            found.append([step, step])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in found)
