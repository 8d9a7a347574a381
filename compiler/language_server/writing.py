"""What changes a document: completion, fixes, another name, the one style."""

from collections.abc import Iterable

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from rubricdsl.diagnostics import Edit
from rubricdsl.editor.actions import actions
from rubricdsl.editor.completion import completion as completion_at
from rubricdsl.editor.layout import layout, layout_of
from rubricdsl.editor.rename import Refused, renameable, renamed

from . import convert
from .server import RubricServer

_KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "criterion": lsp.CompletionItemKind.Property,
    "input": lsp.CompletionItemKind.Field,
    "value": lsp.CompletionItemKind.EnumMember,
    "unit": lsp.CompletionItemKind.Unit,
    "source": lsp.CompletionItemKind.Reference,
    "valueset": lsp.CompletionItemKind.Enum,
    "module": lsp.CompletionItemKind.Module,
    "function": lsp.CompletionItemKind.Function,
    "response": lsp.CompletionItemKind.Variable,
    "type": lsp.CompletionItemKind.TypeParameter,
}


class Refusal(JsonRpcException):
    """A request that was understood and cannot be granted; the message says why."""

    CODE = int(lsp.LSPErrorCodes.RequestFailed)


def register(server: RubricServer) -> None:
    """Add the handlers of this module."""
    triggers = lsp.CompletionOptions(trigger_characters=[".", ":", "("])
    fixes = lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])
    server.feature(lsp.TEXT_DOCUMENT_COMPLETION, triggers)(completion)
    server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, fixes)(code_actions)
    server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)(prepare_rename)
    server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))(rename)
    server.feature(lsp.TEXT_DOCUMENT_FORMATTING)(formatting)
    server.feature(lsp.TEXT_DOCUMENT_RANGE_FORMATTING)(range_formatting)


def completion(ls: RubricServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    """What may be written at a place, names first."""
    path, offset = ls.place(params.text_document.uri, params.position)
    found = completion_at(ls.rubrics, path, offset)
    replaced = convert.range_of(ls.positions(path), found.start, offset)
    items = [
        lsp.CompletionItem(
            item.label,
            kind=_KINDS[item.kind],
            detail=item.detail or None,
            sort_text=f"{number:04}",
            filter_text=item.label,
            text_edit=lsp.TextEdit(replaced, item.insert or item.label),
        )
        for number, item in enumerate(found.items)
    ]
    return lsp.CompletionList(False, items)


def code_actions(ls: RubricServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The fixes of the findings that touch a range."""
    only = params.context.only
    if only and not any(lsp.CodeActionKind.QuickFix.value.startswith(str(_value(k))) for k in only):
        return []
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    start, end = convert.offset(at, params.range.start), convert.offset(at, params.range.end)
    found = actions(ls.rubrics, path, start, end)
    return [
        lsp.CodeAction(
            action.title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[ls.diagnostic(path, action.diagnostic)],
            is_preferred=len(action.diagnostic.fixes) == 1,
            edit=lsp.WorkspaceEdit({ls.uri(path): _edits(ls, path, action.edits)}),
        )
        for action in found
    ]


def _value(kind: object) -> object:
    return getattr(kind, "value", kind)


def _edits(ls: RubricServer, path: str, edits: Iterable[Edit]) -> list[lsp.TextEdit]:
    return [lsp.TextEdit(ls.range(span._replace(path=path)), text) for span, text in edits]


def prepare_rename(ls: RubricServer, params: lsp.PrepareRenameParams) -> lsp.Range:
    """The name at a place, if it can be another; an error says why not."""
    path, offset = ls.place(params.text_document.uri, params.position)
    found = renameable(ls.rubrics, path, offset)
    if isinstance(found, Refused):
        raise Refusal(found.reason)
    return ls.range(found)


def rename(ls: RubricServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    """The edits of another name; an error says why it cannot be had."""
    path, offset = ls.place(params.text_document.uri, params.position)
    found = renamed(ls.rubrics, path, offset, params.new_name)
    if isinstance(found, Refused):
        raise Refusal(found.reason)
    return lsp.WorkspaceEdit(
        {ls.uri(file): _edits(ls, file, edits) for file, edits in found.edits.items()}
    )


def formatting(ls: RubricServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    """The one style; nothing where the file has faults of reading."""
    path = convert.path_of(params.text_document.uri)
    return _edits(ls, path, layout(ls.rubrics, path))


def range_formatting(
    ls: RubricServer, params: lsp.DocumentRangeFormattingParams
) -> list[lsp.TextEdit]:
    """The one style in a part of the document."""
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    start, end = convert.offset(at, params.range.start), convert.offset(at, params.range.end)
    return _edits(ls, path, layout_of(ls.rubrics, path, start, end))
