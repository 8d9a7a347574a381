"""The parts of a benchmark are imported as its command does it: from the folder `benchmarks`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
