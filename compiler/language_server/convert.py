"""Between the data of `rubricdsl.editor` and the types of the protocol."""

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path

from rubricdsl import editor
from rubricdsl.diagnostics import Diagnostic, Level
from rubricdsl.editor.outline import Part, PartKind
from rubricdsl.editor.positions import Change, Position, Positions
from rubricdsl.render import visible
from rubricdsl.sarif import as_sentences

SEVERITIES: dict[Level, lsp.DiagnosticSeverity] = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
KINDS: dict[PartKind, lsp.SymbolKind] = {
    "rubric": lsp.SymbolKind.Module,
    "include": lsp.SymbolKind.Package,
    "source": lsp.SymbolKind.Object,
    "valueset": lsp.SymbolKind.Enum,
    "inputs": lsp.SymbolKind.Struct,
    "input": lsp.SymbolKind.Field,
    "prompt": lsp.SymbolKind.String,
    "tier": lsp.SymbolKind.Namespace,
    "criterion": lsp.SymbolKind.Property,
    "order": lsp.SymbolKind.Operator,
    "reward": lsp.SymbolKind.Function,
    "profile": lsp.SymbolKind.Class,
    "test": lsp.SymbolKind.Method,
    "response": lsp.SymbolKind.Variable,
}


def path_of(uri: str) -> str:
    """The path of a document; its URI where it is no file."""
    return to_fs_path(uri) or uri


def uri_of(path: str) -> str:
    """The URI of a path."""
    if not Path(path).is_absolute() and ":" in path:
        return path
    return str(from_fs_path(str(Path(path).absolute())))


def position(at: Position) -> lsp.Position:
    return lsp.Position(at.line, at.character)


def offset(positions: Positions, at: lsp.Position) -> int:
    return positions.offset(at.line, at.character)


def range_of(positions: Positions, start: int, end: int) -> lsp.Range:
    first = position(positions.position(start))
    return lsp.Range(first, position(positions.position(max(start, end))))


def changes(content: Iterable[lsp.TextDocumentContentChangeEvent]) -> list[Change]:
    """The changes of a notification, in order."""
    made: list[Change] = []
    for change in content:
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            first = Position(start.line, start.character)
            made.append(Change(change.text, first, Position(end.line, end.character)))
        else:
            made.append(Change(change.text))
    return made


def message(diagnostic: Diagnostic) -> str:
    """All that a finding says."""
    return as_sentences(diagnostic)


def page_uri(code: str) -> lsp.CodeDescription | None:
    """The page of a code in the documentation that stands beside a checkout."""
    pages = Path(editor.__file__).resolve().parents[2] / "docs" / "codes.md"
    if not pages.is_file():
        return None
    return lsp.CodeDescription(f"{from_fs_path(str(pages))}#{code.lower()}")


def symbol(positions: Positions, part: Part) -> lsp.DocumentSymbol:
    """A part of an outline with the parts in it."""
    return lsp.DocumentSymbol(
        name=visible(part.name).strip() or part.kind,
        detail=visible(part.detail),
        kind=KINDS[part.kind],
        range=range_of(positions, part.start, part.end),
        selection_range=range_of(positions, part.name_start, part.name_end),
        children=[symbol(positions, inner) for inner in part.parts],
    )
