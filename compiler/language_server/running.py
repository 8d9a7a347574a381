"""Tests that are run where they stand. They run in this process: nothing is started."""

from typing import Any

from lsprotocol import types as lsp

from rubricdsl.editor.lenses import Lens, Ran, lenses, run_test

from . import convert
from .server import RubricServer

COMMAND = "rubricc.runTest"


def register(server: RubricServer) -> None:
    """Add the handlers of this module."""
    server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)(code_lenses)
    server.command(COMMAND)(run)


def code_lenses(ls: RubricServer, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    """Above each test a way to run it, and what came out since the last change."""
    path = convert.path_of(params.text_document.uri)
    at = ls.positions(path)
    known = _known(ls, path)
    return [
        lsp.CodeLens(
            convert.range_of(at, lens.start, lens.end),
            command=lsp.Command(
                _title(lens, known.get(lens.number)),
                COMMAND,
                arguments=[params.text_document.uri, lens.number],
            ),
        )
        for lens in lenses(ls.rubrics, path)
    ]


def _title(lens: Lens, ran: Ran | None) -> str:
    if ran is None:
        return "run all tests" if lens.number == 0 else "run test"
    return f"{'✗' if ran.failed else '✓'} {ran.text}"


def _known(ls: RubricServer, path: str) -> dict[int, Ran]:
    """What came out, as long as nothing has changed since."""
    checked, known = ls.ran.get(ls.rubrics.bundle.key(path), (None, {}))
    return known if checked is ls.rubrics.check(path) else {}


def run(ls: RubricServer, uri: str, number: int) -> dict[str, Any]:
    """Run a test of a document by its number; with 0 all of them."""
    path = convert.path_of(uri)
    checked = ls.rubrics.check(path)
    ran = run_test(ls.rubrics, path, number)
    if ran is None:
        text = "there is no such test" if checked.rubric else "mend the errors of the file first"
        ls.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, f"rubricc: {text}"))
        return {"ran": False, "passed": 0, "failed": []}
    known = {number: ran}
    if number == 0:
        for lens in lenses(ls.rubrics, path)[1:]:
            one = run_test(ls.rubrics, path, lens.number)
            known |= {lens.number: one} if one else {}
    ls.ran[ls.rubrics.bundle.key(path)] = (checked, _known(ls, path) | known)
    ls.publish(path)
    _refresh(ls)
    return {
        "ran": True,
        "passed": ran.passed,
        "failed": [{"test": r.case.title, "found": r.found} for r in ran.failed],
    }


def _refresh(ls: RubricServer) -> None:
    workspace = ls.client_capabilities.workspace
    if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
        ls.workspace_code_lens_refresh(None)
