"""A workspace of two rubrics, one of which builds on the other, and a mark for the cursor."""

import pytest

from rubricdsl.editor.workspace import Workspace

from ...sample import CORE, SAMPLE

MARK = "¦"


class Desk:
    """The sample beside the basics that it includes, in a folder on the disk."""

    def __init__(self, folder):
        self.folder = folder
        self.core, self.sample = folder / "core/basics.rubric", folder / "dermatology/sample.rubric"
        for path, text in ((self.core, CORE), (self.sample, SAMPLE)):
            path.parent.mkdir()
            path.write_text(text)
        self.workspace = Workspace()
        self.workspace.folders = [str(folder)]

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.workspace.changed(str(path))
        return str(path)

    def text(self, path):
        return self.workspace.text(str(path))

    def at(self, path, word, skip=0):
        """A path and the offset in it where a word begins (the second with `skip=1`)."""
        found = -1
        for _ in range(skip + 1):
            found = self.text(path).index(word, found + 1)
        return str(path), found

    def type(self, old, new):
        """Put a text with a mark in place of part of the sample; where the mark was."""
        text = self.text(self.sample) if old in self.text(self.sample) else SAMPLE
        assert old in text
        begin = text.index(old)
        offset = begin + new.index(MARK)
        text = text[:begin] + new.replace(MARK, "") + text[begin + len(old) :]
        self.workspace.set_text(str(self.sample), text)
        return str(self.sample), offset

    def under(self, span):
        return self.text(span.path)[span.start : span.end]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
