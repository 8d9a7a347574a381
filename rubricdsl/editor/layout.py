"""The one style, as the fewest lines that have to change."""

from difflib import SequenceMatcher

from ..diagnostics import Edit
from ..formatting import formatted
from ..formatting.safety import difference
from ..source import Source, Span
from ..syntax.parser import parse
from .workspace import Workspace


def layout(workspace: Workspace, path: str) -> list[Edit]:
    """The edits that bring a file into the style. None where it has faults of reading, or where
    the formatter would not stand by the result."""
    source = workspace.check(path).source
    if source is None:
        return []
    result = formatted(source, workspace.bundle)
    return [] if result.text is None else _edits(source, result.text)


def layout_of(workspace: Workspace, path: str, start: int, end: int) -> list[Edit]:
    """Those of the edits that touch a stretch of the file, if they leave the same rubric alone."""
    source = workspace.check(path).source
    near = [e for e in layout(workspace, path) if e.span.start <= end and start <= e.span.end]
    if source is None or not near:
        return []
    text = source.text
    for span, new in reversed(near):
        text = text[: span.start] + new + text[span.end :]
    before, after = parse(source), parse(Source(path, text))
    if after.lexical or after.syntax or difference(before.tree, after.tree, source.text, text):
        return []
    return near


def _edits(source: Source, text: str) -> list[Edit]:
    """The edits of whole lines that make a text of a file. Lines keep the ends that the file has:
    an editor minds those."""
    if source.text.count("\r\n") * 2 > source.text.count("\n"):
        text = text.replace("\n", "\r\n")
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        Edit(Span(source.path, starts[a], starts[b]), "".join(after[c:d]))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    ]
