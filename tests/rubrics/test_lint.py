"""The library under lint: no errors, no warnings; vetoes of drafts without a source are notes."""

from rubricdsl.lint import lint
from rubricdsl.passes import check_paths
from rubricdsl.source import library_root


def test_the_library_has_nothing_but_notes_on_sources():
    files = check_paths([str(library_root())]).files
    found = [found for file in files for found in lint(file).diagnostics]
    assert {(d.code, d.level) for d in found} <= {("L0301", "note")}
    assert len(files) > 10
