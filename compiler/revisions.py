"""Files as they were at a revision of a Git repository, read with the `git` executable.

Nothing is run but `rev-parse`, `ls-tree` and `cat-file`, without a shell; a revision is made into
the hash of a commit first, and only files that its tree lists are read.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from rubricdsl.source import MAX_BYTES, DiskBundle, Source, Unreadable, decode, library_root

_PLAIN_FILES = ("100644", "100755")
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
SECONDS = 60


class GitError(Exception):
    """Git is not there, this is no repository, or a revision or a path is none; says what."""


class Repository:
    """The repository that a folder is in."""

    def __init__(self, folder: Path) -> None:
        """Raises `GitError`."""
        self._folder = folder
        top = self._git("rev-parse", "--show-toplevel", why="this folder is in no Git repository")
        self.top = Path(os.fsdecode(top.rstrip(b"\n")))

    def commit(self, revision: str) -> str:
        """The hash of the commit that a revision names. Raises `GitError`."""
        name = f"{revision}^{{commit}}"
        why = f"there is no revision {revision!a}"
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", name, why=why)
        return found.decode("ascii").strip()

    def files(self, commit: str) -> dict[str, str]:
        """The blobs of a commit by path from the top; links and sub-repositories are left out."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, why="cannot list files")
        blobs = {}
        for entry in listed.split(b"\0"):
            head, _, path = entry.partition(b"\t")
            if head:
                mode, _, blob = head.decode("ascii").split(" ")
                if mode in _PLAIN_FILES:
                    blobs[os.fsdecode(path)] = blob
        return blobs

    def size(self, blob: str) -> int:
        return int(self._git("cat-file", "-s", blob, why="cannot read a file"))

    def blob(self, blob: str) -> bytes:
        return self._git("cat-file", "blob", blob, why="cannot read a file")

    def inside(self, path: str) -> str:
        """A path from the top of the repository, with `/`. Raises `GitError` for one outside."""
        # Only the folder: a file that is a link here need not have been one there.
        whole = Path(os.path.abspath(self._folder / path))
        whole = Path(os.path.realpath(whole.parent)) / whole.name
        top = Path(os.path.realpath(self.top))
        if not whole.is_relative_to(top):
            raise GitError(f"{path!a} is outside the repository")
        return whole.relative_to(top).as_posix()

    def _git(self, *arguments: str, why: str) -> bytes:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self._folder,
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except OSError:
            raise GitError("the program `git` was not found; give two files or folders") from None
        except subprocess.TimeoutExpired:
            raise GitError(f"git did not answer within {SECONDS} seconds") from None
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitError(f"{why}{f' (git: {said[0]})' if said else ''}")
        return done.stdout


class RevisionBundle:
    """Rubrics as a commit has them; includes that it does not have come from the library.

    Paths are `REVISION:path`, as git writes them, with the path from the top.
    """

    def __init__(self, repository: Repository, revision: str, roots: Sequence[str] = ()) -> None:
        """`roots` are further roots for includes. Raises `GitError`."""
        self._repository = repository
        self._prefix = f"{revision}:"
        self._blobs = repository.files(repository.commit(revision))
        self._roots = [PurePosixPath(repository.inside(root)) for root in roots]
        self._names: dict[str, str] = {}
        self._library = DiskBundle()

    def below(self, path: str) -> list[str]:
        """The rubrics that a path or a folder stands for. Raises `GitError` if there are none."""
        inside = self._repository.inside(path)
        folder = "" if inside == "." else f"{inside}/"
        found = [inside] if inside in self._blobs else []
        found += sorted(
            name
            for name in self._blobs
            if name.startswith(folder) and name.endswith(".rubric") and not _is_hidden(name, folder)
        )
        return [self._prefix + name for name in dict.fromkeys(found)]

    def read(self, path: str) -> Source:
        inside = path.removeprefix(self._prefix)
        if path == inside:
            return self._library.read(path)
        blob = self._blobs.get(inside)
        if blob is None:
            raise Unreadable("R0003", "no such file in this revision")
        try:
            size = self._repository.size(blob)
            if size > MAX_BYTES:
                raise Unreadable("R0002", f"{size:,}")
            return decode(path, self._repository.blob(blob))
        except GitError as error:
            raise Unreadable("R0003", str(error)) from None

    def key(self, path: str) -> str:
        return path if path.startswith(self._prefix) else self._library.key(path)

    def named(self, path: str, name: str) -> None:
        self._names[path] = name

    def find(self, name: str, near: str) -> str | None:
        relative = PurePosixPath(*name.split(".")).with_suffix(".rubric")
        roots = [*self._implied(near), *self._roots]
        for root in roots:
            inside = (root / relative).as_posix()
            if inside in self._blobs:
                return self._prefix + inside
        file = library_root() / relative
        return str(file) if file.is_file() else None

    def _implied(self, near: str) -> list[PurePosixPath]:
        """The folder where the name of the asking file starts."""
        if not near.startswith(self._prefix):
            return []
        path = PurePosixPath(near.removeprefix(self._prefix))
        parts = self._names.get(near, "").split(".")
        if path.stem == parts[-1] and list(path.parts[-len(parts) : -1]) == parts[:-1]:
            return [path.parents[len(parts) - 1]]
        return [path.parent]


def _is_hidden(name: str, folder: str) -> bool:
    return any(part.startswith(".") for part in name.removeprefix(folder).split("/")[:-1])
