"""What must hold for any bytes whatever: no crash, bounded time, and what the parts promise."""

import contextlib
import io
import signal
from collections.abc import Iterator
from types import FrameType

from rubricdsl.annotations import to_annotation
from rubricdsl.codes import CODES
from rubricdsl.compiler.documentation.write import page_text
from rubricdsl.compiler.pages import coverage_page
from rubricdsl.coverage import Coverage, cover
from rubricdsl.coverage.data import to_json as coverage_json
from rubricdsl.coverage.paint import paint
from rubricdsl.coverage.table import table
from rubricdsl.explain import as_text, page
from rubricdsl.formatting import formatted
from rubricdsl.ir_json import dump, load, semantic_hash
from rubricdsl.junit import Suite, to_junit
from rubricdsl.passes import Checked, Checker
from rubricdsl.printing import print_rubric
from rubricdsl.render import to_json, to_text
from rubricdsl.sarif import to_sarif
from rubricdsl.source import MemoryBundle
from rubricdsl.testing import run_cases

SECONDS = 5
"""Of the processor. Longer than this for one small file is a fault."""


class Fault(AssertionError):
    """Something that does not hold."""


def examine(data: bytes, library: dict[str, str]) -> set[str]:
    """Put one file through everything; gives what was reached. Raises whatever is wrong."""
    with _limited(SECONDS):
        bundle = MemoryBundle({**library, "r.rubric": data})
        checker = Checker(bundle)
        checked = checker.check("r.rubric")
        reached = {d.code for d in checked.diagnostics}
        _renderers(checked, checker)
        if checked.source is not None:
            _format(checked, bundle, reached)
        if checked.rubric is not None:
            reached.add("sound")
            _sound(checked, checker)
        elif not any(d.level == "error" for d in checked.diagnostics):
            raise Fault("no rubric, and no error that says why")
    return reached


def _renderers(checked: Checked, checker: Checker) -> None:
    from pathlib import Path

    sources = checker.source
    to_json(checked.diagnostics, sources)
    to_sarif(checked.diagnostics, sources, Path("/"))
    for d in checked.diagnostics:
        for text in (to_text(d, sources), to_annotation(d, sources)):
            if any(c < " " and c not in "\n\t" for c in text):
                raise Fault(f"{d.code} is told with a control character")
        if not 0 <= d.span.start <= d.span.end:
            raise Fault(f"{d.code} is nowhere: {d.span}")
        if d.code in CODES and d.code not in _EXPLAINED:
            as_text(page(d.code))
            _EXPLAINED.add(d.code)


_EXPLAINED: set[str] = set()


def _format(checked: Checked, bundle: MemoryBundle, reached: set[str]) -> None:
    assert checked.source is not None
    once = formatted(checked.source, bundle)
    if once.refusal:
        raise Fault(f"the formatter refuses: {once.refusal}")
    if once.text is None:
        return
    reached.add("formatted")
    again = formatted(type(checked.source)(checked.source.path, once.text), bundle)
    if again.text != once.text:
        raise Fault("formatting twice is not formatting once")


def _sound(checked: Checked, checker: Checker) -> None:
    rubric = checked.rubric
    assert rubric is not None
    runs = run_cases(rubric, checked.tests)
    covered = cover(checked, runs)
    if covered is None:
        raise Fault("a sound rubric without coverage")
    coverage = Coverage((covered,))
    table(coverage)
    coverage_json(coverage)
    painted = "\n".join("".join(p.text for p in line.pieces) for line in paint(covered))
    if painted.replace("\r", "") != covered.source.text.replace("\r", "").removesuffix("\n"):
        raise Fault("the coloured source is another text")
    coverage_page(coverage)
    to_junit([Suite(checked, runs)], checker.source, "2026-01-01T00:00:00")
    for form in ("html", "markdown"):
        page_text(checked, rubric, form, {rubric.name: rubric})
    if load(dump(rubric)) != rubric:
        raise Fault("another rubric comes back from JSON")
    printed = print_rubric(rubric)
    back = Checker(MemoryBundle({"r.rubric": printed})).check("r.rubric")
    if back.rubric is None:
        raise Fault(f"the printed rubric has errors: {back.diagnostics[:1]}")
    if print_rubric(back.rubric) != printed:
        raise Fault("printing twice is not printing once")
    if not rubric.includes and semantic_hash(back.rubric) != semantic_hash(rubric):
        raise Fault("the printed rubric means something else")


class _TooLong(BaseException):
    """Passes through whatever catches exceptions on its way."""


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except _TooLong:
        raise Fault(f"it takes more than {seconds} seconds") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
