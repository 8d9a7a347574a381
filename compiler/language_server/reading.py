"""Questions that change nothing: what is this, where is it, where else, what is in here."""

from lsprotocol import types as lsp

from rubricdsl.editor.hover import hover as hover_at
from rubricdsl.editor.inlays import inlays
from rubricdsl.editor.outline import folds, outline, search
from rubricdsl.editor.references import definition as definition_at
from rubricdsl.editor.references import in_file
from rubricdsl.editor.references import references as references_to
from rubricdsl.editor.tokens import MODIFIERS, TYPES, Painted, tokens
from rubricdsl.source import Span

from . import convert
from .server import RubricServer

LEGEND = lsp.SemanticTokensLegend(list(TYPES), list(MODIFIERS))
_SEARCHED = {
    "rubric": lsp.SymbolKind.Module,
    "source": lsp.SymbolKind.Object,
    "valueset": lsp.SymbolKind.Enum,
    "input": lsp.SymbolKind.Field,
    "prompt": lsp.SymbolKind.String,
    "criterion": lsp.SymbolKind.Property,
    "profile": lsp.SymbolKind.Class,
}


def register(server: RubricServer) -> None:
    """Add the handlers of this module."""
    server.feature(lsp.TEXT_DOCUMENT_HOVER)(hover)
    server.feature(lsp.TEXT_DOCUMENT_DEFINITION)(definition)
    server.feature(lsp.TEXT_DOCUMENT_REFERENCES)(references)
    server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)(highlights)
    server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(symbols)
    server.feature(lsp.WORKSPACE_SYMBOL)(workspace_symbols)
    server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)(folding)
    server.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, LEGEND)(semantic_tokens)
    server.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, LEGEND)(semantic_tokens_of)
    server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)(inlay_hints)


def hover(ls: RubricServer, params: lsp.HoverParams) -> lsp.Hover | None:
    """Documentation of the thing at a place."""
    path, offset = ls.place(params.text_document.uri, params.position)
    found = hover_at(ls.rubrics, path, offset)
    if found is None:
        return None
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.text)
    return lsp.Hover(content, ls.range(found.span._replace(path=path)))


def definition(ls: RubricServer, params: lsp.DefinitionParams) -> lsp.Location | None:
    """Where the thing at a place is made."""
    path, offset = ls.place(params.text_document.uri, params.position)
    found = definition_at(ls.rubrics, path, offset)
    return ls.location(found.name) if found else None


def references(ls: RubricServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """All places that speak of the thing at a place."""
    path, offset = ls.place(params.text_document.uri, params.position)
    wanted = params.context.include_declaration
    return [ls.location(s) for s in references_to(ls.rubrics, path, offset, declaration=wanted)]


def highlights(
    ls: RubricServer, params: lsp.DocumentHighlightParams
) -> list[lsp.DocumentHighlight]:
    """The same within the document."""
    path, offset = ls.place(params.text_document.uri, params.position)
    return [
        lsp.DocumentHighlight(
            ls.range(span),
            lsp.DocumentHighlightKind.Write if made else lsp.DocumentHighlightKind.Read,
        )
        for span, made in in_file(ls.rubrics, path, offset)
    ]


def symbols(ls: RubricServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    """The outline of a document."""
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    return [convert.symbol(at, part) for part in outline(ls.rubrics, path)]


def workspace_symbols(
    ls: RubricServer, params: lsp.WorkspaceSymbolParams
) -> list[lsp.WorkspaceSymbol]:
    """Things of the open folders by name."""
    return [
        lsp.WorkspaceSymbol(
            location=ls.location(Span(entry.path, entry.start, entry.end)),
            name=entry.name,
            kind=_SEARCHED[entry.kind],
            container_name=entry.container,
        )
        for entry in search(ls.rubrics, params.query)
    ]


def folding(ls: RubricServer, params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
    """What can be folded, by lines. The line of a closing brace stays in sight."""
    path = convert.path_of(params.text_document.uri)
    at, text = ls.positions(path), ls.rubrics.text(path)
    found: list[lsp.FoldingRange] = []
    for fold in folds(ls.rubrics, path):
        first, last = at.position(fold.start).line, at.position(fold.end).line
        last -= text[fold.end - 1] == "}"
        if last > first:
            found.append(lsp.FoldingRange(first, last, kind=lsp.FoldingRangeKind(fold.kind)))
    return found


def semantic_tokens(ls: RubricServer, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    """What each word of a document is."""
    path = convert.path_of(params.text_document.uri)
    return _encoded(ls, path, tokens(ls.rubrics, path))


def semantic_tokens_of(
    ls: RubricServer, params: lsp.SemanticTokensRangeParams
) -> lsp.SemanticTokens:
    """The same for a part of it."""
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    start, end = convert.offset(at, params.range.start), convert.offset(at, params.range.end)
    near = [t for t in tokens(ls.rubrics, path) if t.start <= end and start <= t.end]
    return _encoded(ls, path, near)


def _encoded(ls: RubricServer, path: str, painted: list[Painted]) -> lsp.SemanticTokens:
    """Five numbers a stretch: its place against the one before, its length, what it is."""
    at = ls.positions(path)
    data: list[int] = []
    line = character = 0
    for token in painted:
        place = at.position(token.start)
        if place.line != line:
            character = 0
        bits = sum(1 << MODIFIERS.index(name) for name in token.modifiers)
        length = at.length(token.start, token.end)
        data += [place.line - line, place.character - character, length]
        data += [TYPES.index(token.type), bits]
        line, character = place
    return lsp.SemanticTokens(data)


def inlay_hints(ls: RubricServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    """Behind a weight, the share that it comes to."""
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    start, end = convert.offset(at, params.range.start), convert.offset(at, params.range.end)
    return [
        lsp.InlayHint(
            convert.position(at.position(inlay.offset)),
            inlay.text,
            tooltip=inlay.about,
            padding_left=True,
        )
        for inlay in inlays(ls.rubrics, path, start, end)
    ]
