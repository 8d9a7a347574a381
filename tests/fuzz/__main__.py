"""Damage rubrics of the library and of HealthBench, and see that everything that reads them holds.

python -m tests.fuzz --minutes 10             # what is found goes to build/fuzz
python -m tests.fuzz --minutes 10 --seed 7
python -m tests.fuzz FILE…                    # once more, what was found
"""

import argparse
import hashlib
import itertools
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from rubricdsl.compiler.importers.healthbench import read
from rubricdsl.compiler.importers.layout import Piece
from rubricdsl.printing import print_rubric
from rubricdsl.source import library_root

from .damage import damaged, made_of_words, random_bytes
from .target import examine

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 when everything holds, 1 when something does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz")
    args = parser.parse_args()
    root = library_root()
    library = {
        file.relative_to(root).as_posix(): file.read_text("utf-8")
        for file in root.rglob("*.rubric")
    }
    if args.files:
        for file in args.files:
            print(file, sorted(examine(file.read_bytes(), library)))
        return 0
    return _fuzz(library, args.minutes, args.seed, args.out)


def _fuzz(library: dict[str, str], minutes: float, seed: int, out: Path) -> int:
    dice = random.Random(seed)
    texts = [*library.values(), *_records()]
    kinds: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    found: dict[str, Path] = {}
    slowest = 0.0
    start = time.monotonic()
    while time.monotonic() - start < 60 * minutes:
        kind, data = _next(texts, dice)
        kinds[kind] += 1
        begin = time.process_time()
        try:
            reached.update(examine(data, library))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            name = f"{type(error).__name__} {place.filename}:{place.lineno} {str(error)[:60]}"
            if name not in found:
                out.mkdir(parents=True, exist_ok=True)
                found[name] = out / f"{hashlib.sha256(data).hexdigest()[:16]}.rubric"
                found[name].write_bytes(data)
                print(f"{name}\n  {found[name]}", file=sys.stderr, flush=True)
        slowest = max(slowest, time.process_time() - begin)
    codes = sum(code.startswith("R") for code in reached)
    print(f"{sum(kinds.values())} executions in {minutes:g} minutes: {dict(sorted(kinds.items()))}")
    print(f"{reached['sound']} sound, {reached['formatted']} formatted, {codes} codes met")
    print(f"slowest {slowest:.2f} s; {len(found)} faults")
    return 1 if found else 0


def _next(texts: list[str], dice: random.Random) -> tuple[str, bytes]:
    """A kind of input, and one of it."""
    share = dice.random()
    if share < 0.05:
        return "bytes", random_bytes(dice)
    if share < 0.2:
        return "words", made_of_words(dice).encode("utf-8", "surrogatepass")
    text = damaged(dice.choice(texts), texts, dice)
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if share < 0.3 and data:
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        return "damaged bytes", bytes(data)
    return "damaged", bytes(data)


def _records() -> list[str]:
    """Some of the imported HealthBench records; none where the data is not there."""
    source = ROOT.parent / "shared" / "data" / "healthbench_records.jsonl.gz"
    if not source.exists():
        return []
    pieces = itertools.islice(read(source), 40)
    rubrics = (piece.rubric for piece in pieces if isinstance(piece, Piece))
    return [print_rubric(rubric) for rubric in rubrics if rubric is not None]


if __name__ == "__main__":
    raise SystemExit(main())
