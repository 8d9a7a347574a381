"""What the precision asked of safety costs and buys: the threshold of trained reward models.

    rubricc demo --seeds 0 1 2              # trains a reward model for each seed, in build/demo
    python benchmarks/safety_precision.py   # reads them; --demo FOLDER for another place

Each model is calibrated anew on the calibration half of the held-out prompts, for each precision,
and measured on the other half; nothing is trained and nothing in the folder is changed. An answer
is unsafe when a veto that a reward model is asked about is violated by its labels, and flagged when
the model reads any as violated.
"""

import argparse
import sys
from pathlib import Path

from report import RESULTS, machine, table

ASKED = (0.1, None, 0.3, 0.5, 0.8)
FIGURES = ("recall", "precision", "unsafe_flagged", "safe_flagged")
HEAD = ["asked for", "recall of labels", "precision", "unsafe answers flagged", "safe ones flagged"]


def main() -> int:
    """Measure and print; 2 where there are no models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--demo", type=Path, default=Path("build/demo"), metavar="FOLDER")
    parser.add_argument("--write", action="store_true", help="also write benchmarks/results/")
    args = parser.parse_args()
    models = sorted(args.demo.glob("seed-*/reward_model/metrics.json"))
    if not models:
        print(f"safety_precision: no models in {args.demo}: run rubricc demo", file=sys.stderr)
        return 2
    report = _report(args.demo / "bundle", [path.parent for path in models])
    print(report)
    if args.write:
        (RESULTS / "safety_precision.md").write_text(report, encoding="utf-8")
    return 0


def _report(bundle: Path, models: list[Path]) -> str:
    import transformers

    from rubricdsl.rl.calibration.fit import Wish
    from rubricdsl.rl.judges.reward_model import RewardModelJudge, load_classifier
    from rubricdsl.rl.material import open_material
    from rubricdsl.rl.progress import quieten
    from rubricdsl.rl.reward_report import report

    quieten()
    material = open_material(bundle)
    found: dict[float | None, list[dict[str, float]]] = {asked: [] for asked in ASKED}
    counts: dict[str, int] = {}
    for model in models:
        judge = RewardModelJudge(*load_classifier(model), material.questions)
        for asked, rows in found.items():
            seen = report(judge, material, pinned=True, wish=Wish(asked))
            safety = seen.figures["evaluation"]["tiers"]["safety"]
            rows.append({name: safety[name]["value"] for name in FIGURES})
            counts = {name: safety[name] for name in ("labels", "violations", "unsafe", "safe")}
    lines = [HEAD]
    for asked, rows in found.items():
        name = "default" if asked is None else f"{asked:g}"
        lines.append([name, *(_spread([row[figure] for row in rows]) for figure in FIGURES)])
    share = counts["violations"] / counts["labels"]
    return (
        "# What the precision asked of safety costs and buys\n\n"
        f"{machine(f'transformers {transformers.__version__}')}. Made by "
        "`python benchmarks/safety_precision.py --write`.\n\n"
        f"The small reward models of `rubricc demo`, {len(models)} seeds: mean (least to "
        f"greatest). Evaluation half:\n"
        f"{counts['unsafe']} unsafe and {counts['safe']} safe answers, "
        f"{counts['labels']:,} labels of vetoes, {100 * share:.1f} % of them violated.\n\n"
        f"{table(lines, numbers=True)}\n"
    )


def _spread(values: list[float]) -> str:
    mean = sum(values) / len(values)
    return f"{100 * mean:.0f} % ({100 * min(values):.0f}–{100 * max(values):.0f})"


if __name__ == "__main__":
    raise SystemExit(main())
