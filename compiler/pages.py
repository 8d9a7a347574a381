"""Pages for people, as HTML of one file: no scripts, nothing loaded from elsewhere."""

from dataclasses import replace

from rubricdsl.coverage import Coverage, FileCoverage, Goal, Part
from rubricdsl.coverage.paint import PaintedLine, paint, state
from rubricdsl.coverage.record import GoalKind
from rubricdsl.coverage.table import describe, group_name, missing_words
from rubricdsl.ir import TIERS

from .templating import render_page

MARKS = {"all": "✓", "some": "◐", "none": "✗", "": "·"}


def coverage_page(coverage: Coverage) -> str:
    """Every rubric with its table and its source, coloured by what the tests leave out."""
    files = [
        {
            "file": file,
            "groups": [
                (group_name(group), parts, replace(file, parts=parts))
                for group in (*TIERS, None)
                if (parts := file.of(group))
            ],
            "lines": paint(file),
        }
        for file in coverage.files
    ]
    return render_page(
        "coverage.html.jinja",
        coverage=coverage,
        files=files,
        mark=lambda part: MARKS[state(part.goals)],
        missing=lambda part: "; ".join(missing_words(part)),
        share=_share,
        remark=_remark,
    )


def _share(part: Part | FileCoverage, *kinds: GoalKind) -> str:
    tally = part.tally(*kinds)
    return f"{tally.reached}/{tally.total}" if tally.total else "–"


def _remark(line: PaintedLine) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Of each part that begins on a line: its name, and its goals as mark, name and standing."""
    return [(part.id, [_goal(goal) for goal in part.goals]) for part in line.parts]


def _goal(goal: Goal) -> tuple[str, str, str]:
    mark = "✓" if goal.times else "✗" if goal.asked else "·"
    name = f"{goal.about}: {goal.name}" if goal.about else goal.name
    return mark, name, describe(goal)
