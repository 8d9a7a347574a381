"""What is counted, in the text format of Prometheus."""

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters, histograms, and gauges that are asked when they are shown. Any thread may count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, tuple[str, str]] = {}
        self._counts: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, _Histogram]] = {}
        self._gauges: dict[str, Callable[[], float]] = {}
        for name, what in (
            ("requests", "Requests by path and status."),
            ("answers", "Answers that were judged or scored."),
            ("dropped", "Answers that a rubric gave no reward to."),
            ("judge_failures", "Verdicts that a judge failed to give, by kind."),
        ):
            self._told[f"{name}_total"] = ("counter", what)
            self._counts[f"{name}_total"] = {}
        for name, what in (
            ("request_seconds", "Time from a request that was read to its reply, by path."),
            ("judge_seconds", "Time of one call of the judge."),
            ("batch_answers", "Answers in one call of the judge."),
        ):
            self._told[name] = ("histogram", what)
            self._histograms[name] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter; `name` without `_total`."""
        with self._lock:
            found, key = self._counts[f"{name}_total"], tuple(sorted(labels.items()))
            found[key] = found.get(key, 0) + amount

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
        with self._lock:
            key = tuple(sorted(labels.items()))
            bounds = _SECONDS if name.endswith("seconds") else _SIZES
            self._histograms[name].setdefault(key, _Histogram(bounds)).add(value)

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for when somebody looks."""
        self._told[name] = ("gauge", what)
        self._gauges[name] = value

    def text(self) -> str:
        """Everything, as it is scraped."""
        gauges: Mapping[str, float] = {name: value() for name, value in self._gauges.items()}
        lines: list[str] = []
        with self._lock:
            for name, (kind, what) in self._told.items():
                full = f"rubricc_{name}"
                lines += [f"# HELP {full} {what}", f"# TYPE {full} {kind}"]
                if kind == "gauge":
                    lines.append(f"{full} {_number(gauges[name])}")
                for labels, amount in self._counts.get(name, {}).items():
                    lines.append(f"{full}{_braced(labels)} {_number(amount)}")
                for labels, histogram in self._histograms.get(name, {}).items():
                    lines += histogram.lines(full, labels)
        return "\n".join(lines) + "\n"


class _Histogram:
    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str, labels: Labels) -> list[str]:
        found, seen = [], 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            seen += count
            found.append(f"{name}_bucket{_braced((*labels, ('le', str(bound))))} {seen}")
        total = [f"{name}_sum{_braced(labels)} {_number(self._sum)}"]
        return [*found, *total, f"{name}_count{_braced(labels)} {seen}"]


def _number(value: float) -> str:
    return f"{value:.15g}"


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels)
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
