"""The beginning of a session, its folders, and files that change on the disk."""

import asyncio
from collections.abc import Iterable

from lsprotocol import types as lsp
from pygls.capabilities import ServerCapabilitiesBuilder

from rubricdsl.editor.positions import Encoding

from . import convert
from .server import RubricServer

_ENCODINGS: dict[lsp.PositionEncodingKind, Encoding] = {
    lsp.PositionEncodingKind.Utf8: "utf-8",
    lsp.PositionEncodingKind.Utf16: "utf-16",
    lsp.PositionEncodingKind.Utf32: "utf-32",
}


def register(server: RubricServer) -> None:
    """Add the handlers of this module."""
    server.feature(lsp.INITIALIZE)(initialize)
    server.feature(lsp.INITIALIZED)(initialized)
    server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)(saved)
    server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)
    server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)(files_changed)


def initialize(ls: RubricServer, params: lsp.InitializeParams) -> None:
    """Agree on how columns are counted, and remember the folders."""
    asyncio.get_running_loop().set_exception_handler(ls.loop_failed)
    chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    ls.encoding = _ENCODINGS[lsp.PositionEncodingKind(chosen)]
    ls.rubrics.folders = [convert.path_of(folder.uri) for folder in params.workspace_folders or ()]
    if not ls.rubrics.folders and params.root_uri:
        ls.rubrics.folders = [convert.path_of(params.root_uri)]


def initialized(ls: RubricServer, _: lsp.InitializedParams) -> None:
    """Ask to be told of files that change on the disk, where the editor can."""
    workspace = ls.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if watched is not None and watched.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions(
            [lsp.FileSystemWatcher(glob_pattern="**/*.rubric")]
        )
        method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = lsp.Registration("watched-rubrics", method, options)
        ls.client_register_capability(lsp.RegistrationParams([registration]))


def saved(ls: RubricServer, params: lsp.DidSaveTextDocumentParams) -> None:
    """A file was written: others may build on it that are not open."""
    _changed(ls, [convert.path_of(params.text_document.uri)])


def files_changed(ls: RubricServer, params: lsp.DidChangeWatchedFilesParams) -> None:
    """Files were made, changed or removed."""
    _changed(ls, [convert.path_of(event.uri) for event in params.changes])


def folders_changed(ls: RubricServer, params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    """Folders were opened or closed."""
    gone = {convert.path_of(folder.uri) for folder in params.event.removed}
    kept = [folder for folder in ls.rubrics.folders if folder not in gone]
    added = [convert.path_of(folder.uri) for folder in params.event.added]
    ls.rubrics.folders = list(dict.fromkeys([*kept, *added]))


def _changed(ls: RubricServer, paths: Iterable[str]) -> None:
    """Check the open documents again that build on these files, or that miss one."""
    for path in paths:
        ls.rubrics.changed(path)
    ls.check_soon(())
