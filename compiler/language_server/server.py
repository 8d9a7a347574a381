"""The server: the open documents, what is known of them, and findings on their way to the
editor."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from lsprotocol import types as lsp
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from rubricdsl.diagnostics import Diagnostic, in_order
from rubricdsl.editor.lenses import Ran
from rubricdsl.editor.positions import Encoding, Positions, applied
from rubricdsl.editor.workspace import Workspace
from rubricdsl.passes.check import Checked
from rubricdsl.source import Span
from rubricdsl.version import __version__

from . import convert

log = logging.getLogger("rubricc.lsp")

QUIET = 0.005
"""Seconds without a keystroke before a file is checked; as long as one check takes, if that is
more than `SLOW`."""
SLOW = 0.1
MOST_QUIET = 0.3
AT_REST = 0.5
"""Seconds without a keystroke before what takes a proof is looked at."""
MOST_FINDINGS = 500


class _Protocol(LanguageServerProtocol):
    """The protocol without pygls' own copies of the documents: these take other signs for the end
    of a line than the protocol does."""

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        _server(self).opened(document.uri, document.text, document.version)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        _server(self).edited(document.uri, params.content_changes, document.version)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        _server(self).closed(params.text_document.uri)


def _server(protocol: LanguageServerProtocol) -> "RubricServer":
    server = protocol._server
    assert isinstance(server, RubricServer)
    return server


class Document(NamedTuple):
    """An open document, by the URI that the editor gave it."""

    uri: str
    version: int | None


class RubricServer(LanguageServer):
    """One editor's session. Everything runs on one thread: a check is never of two texts at once,
    and what has become outdated while it waited is not begun."""

    def __init__(self, search: tuple[str, ...] = ()) -> None:
        super().__init__("rubricc", __version__, protocol_cls=_Protocol, max_workers=2)
        self.rubrics = Workspace(search)
        self.encoding: Encoding = "utf-16"
        self.documents: dict[str, Document] = {}
        self.ran: dict[str, tuple[Checked, dict[int, Ran]]] = {}
        self._positions: dict[str, tuple[str, Positions]] = {}
        self._promises: dict[str, tuple[Checked, list[Diagnostic]]] = {}
        self._waiting: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._took = 0.0

    # Documents

    def opened(self, uri: str, text: str, version: int | None) -> None:
        """A document is open in the editor: its text counts, not that of its file."""
        path = convert.path_of(uri)
        self.documents[self._key(path)] = Document(uri, version)
        self.rubrics.set_text(path, text)
        self.check_soon([path])

    def edited(
        self,
        uri: str,
        content: Iterable[lsp.TextDocumentContentChangeEvent],
        version: int | None,
    ) -> None:
        """A document was changed. One that was never opened is left alone."""
        path = convert.path_of(uri)
        key = self._key(path)
        if key not in self.documents:
            log.warning("a change of %s, which is not open", uri)
            return
        text = applied(self.rubrics.bundle.open[key], convert.changes(content), self.encoding)
        self.documents[key] = Document(uri, version)
        self.rubrics.set_text(path, text)
        self.check_soon([path])

    def closed(self, uri: str) -> None:
        """A document is no longer open: nothing is said about it any more."""
        path = convert.path_of(uri)
        key = self._key(path)
        self.documents.pop(key, None)
        self._waiting.pop(key, None)
        for kept in (self.ran, self._positions, self._promises):
            kept.pop(key, None)
        self.rubrics.close(path)
        params = lsp.PublishDiagnosticsParams(uri, [])
        self.text_document_publish_diagnostics(params)
        self.check_soon([path])

    def positions(self, path: str) -> Positions:
        """The positions of a file as it is now."""
        key = self._key(path)
        text = self.rubrics.bundle.open.get(key)
        text = self.rubrics.text(path) if text is None else text
        known = self._positions.get(key)
        if known is None or known[0] != text:
            known = self._positions[key] = (text, Positions(text, self.encoding))
        return known[1]

    def uri(self, path: str) -> str:
        """The URI of a file, as the editor writes it where it has the file open."""
        document = self.documents.get(self._key(path))
        return document.uri if document else convert.uri_of(path)

    def place(self, uri: str, at: lsp.Position) -> tuple[str, int]:
        """The path of a document, and an offset in it."""
        path = convert.path_of(uri)
        return path, convert.offset(self.positions(path), at)

    def location(self, span: Span) -> lsp.Location:
        """A span as a location."""
        return lsp.Location(self.uri(span.path), self.range(span))

    def range(self, span: Span) -> lsp.Range:
        return convert.range_of(self.positions(span.path), span.start, span.end)

    def _key(self, path: str) -> str:
        return self.rubrics.bundle.key(path)

    # Findings

    def check_soon(self, paths: Iterable[str]) -> None:
        """Check open documents once the editor has been quiet for a moment: these first, then all
        about which nothing is known any more. What waits already waits anew."""
        first = {self._key(path): path for path in paths}
        waiting = first | self._waiting
        for key, document in self.documents.items():
            path = convert.path_of(document.uri)
            if not self.rubrics.is_known(path):
                waiting.setdefault(key, path)
        self._waiting = {key: path for key, path in waiting.items() if key in self.documents}
        self._cancel()
        quiet = QUIET if self._took < SLOW else min(self._took, MOST_QUIET)
        self._timer = asyncio.get_running_loop().call_later(quiet, self._check_next)

    def _cancel(self) -> None:
        for timer in (self._timer, self._rest):
            if timer is not None:
                timer.cancel()

    def _check_next(self) -> None:
        """Check one document; the next only after what the editor has sent meanwhile."""
        if not self._waiting:
            self._rest = asyncio.get_running_loop().call_later(AT_REST, self._look_at_promises)
            return
        key = next(iter(self._waiting))
        path = self._waiting.pop(key)
        loop = asyncio.get_running_loop()
        try:
            begun = time.perf_counter()
            self.publish(path)
            self._took = time.perf_counter() - begun
        finally:
            self._timer = loop.call_later(0, self._check_next)

    def publish(self, path: str) -> None:
        """Send what there is to say about an open document."""
        document = self.documents.get(self._key(path))
        if document is None:
            return
        checked = self.rubrics.check(path)
        found = in_order([*checked.diagnostics, *self._asked_for(path, checked)])
        params = lsp.PublishDiagnosticsParams(
            document.uri,
            [self.diagnostic(path, d) for d in found[:MOST_FINDINGS]],
            document.version,
        )
        self.text_document_publish_diagnostics(params)

    def _asked_for(self, path: str, checked: Checked) -> list[Diagnostic]:
        """Tests that failed and promises that are not kept, as far as they were looked at since the
        last change."""
        key, found = self._key(path), []
        tested, promised = self.ran.get(key), self._promises.get(key)
        if tested is not None and tested[0] is checked:
            results = {r.expectation.span: r for ran in tested[1].values() for r in ran.failed}
            found += [result.diagnostic for result in results.values()]
        if promised is not None and promised[0] is checked:
            found += promised[1]
        return found

    def _look_at_promises(self) -> None:
        """Whether rewards keep the order that they promise: only factors given to `promedical` can
        break it, and to prove it takes a while."""
        for key, document in list(self.documents.items()):
            path = convert.path_of(document.uri)
            checked = self.rubrics.check(path)
            known = self._promises.get(key)
            if checked.rubric is None or (known is not None and known[0] is checked):
                continue
            reward = checked.rubric.reward
            if reward.shape == "promedical" and reward.params:
                from rubricdsl.promises import promise_broken_by

                broken = promise_broken_by(checked)
                self._promises[key] = (checked, [broken] if broken else [])
                self.publish(path)

    def diagnostic(self, path: str, diagnostic: Diagnostic) -> lsp.Diagnostic:
        """A finding as the protocol has it."""
        span = diagnostic.span._replace(path=path)
        related = [
            lsp.DiagnosticRelatedInformation(self.location(label.span), label.text)
            for label in diagnostic.labels
        ]
        return lsp.Diagnostic(
            range=self.range(span),
            message=convert.message(diagnostic),
            severity=convert.SEVERITIES[diagnostic.level],
            code=diagnostic.code,
            code_description=convert.page_uri(diagnostic.code),
            source="rubricc",
            related_information=related or None,
        )

    # Faults of ours

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Say that something went wrong: an editor that falls silent looks as if all were well."""
        if source is FeatureRequestError:  # whoever asked is told, and the log has it
            return
        log.error("%s", error, exc_info=error)
        text = f"rubricc: {error} (details in the log; please report it)"
        self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Error, text))
        self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, text))

    def loop_failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The same for what runs outside a request."""
        error = context.get("exception") or RuntimeError(str(context.get("message")))
        self.report_server_error(error, "checking")
