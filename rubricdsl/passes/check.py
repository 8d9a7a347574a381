"""From files to typed rubrics: the pipeline over one file, and over those that it builds on."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .. import ir
from ..diagnostics import Diagnostic, Label, diagnose, has_errors, in_order
from ..listing import rubric_files, search_problems
from ..source import DiskBundle, Source, SourceBundle, Span, Unreadable
from ..syntax import nodes as n
from ..syntax.nodes import Tree
from ..syntax.parser import parse
from .damage import damage
from .exemplars import exemplars
from .facts import facts
from .header import header
from .modules import DEPTH, Found, modules
from .rewards import rewards
from .scope import Scope
from .strictness import strictness
from .syntax import syntax
from .tests import TestCase, tests
from .tiers import tiers


@dataclass(frozen=True)
class Checked:
    """One file after all passes. `rubric` is None where there are errors.

    `draft` is what could be understood all the same: for editors to show, and for nothing else.
    """

    path: str
    source: Source | None
    rubric: ir.Rubric | None
    diagnostics: tuple[Diagnostic, ...]
    tests: tuple[TestCase, ...] = ()
    places: dict[str, Span] = field(default_factory=dict)
    tree: Tree | None = None
    draft: ir.Rubric | None = None


MAX_DEPTH = 30
"""How many files may build on one another, the first included."""


class Checker:
    """Checks files, each once, and remembers them for those that include them."""

    def __init__(self, bundle: SourceBundle) -> None:
        self._bundle = bundle
        self._done: dict[str, Checked] = {}
        self._open: list[str] = []
        self._needs: dict[str, set[str]] = {}
        self._missing: set[str] = set()

    def check(self, path: str) -> Checked:
        """The file at `path`, checked. Never raises for anything that the file says."""
        key = self._bundle.key(path)
        if key not in self._done:
            self._open.append(key)
            self._needs[key] = set()
            try:
                self._done[key] = self._check(path)
            finally:
                self._open.pop()
        return self._done[key]

    def knows(self, path: str) -> bool:
        """Whether a file has been checked, and not been forgotten since."""
        return self._bundle.key(path) in self._done

    def needs(self, path: str) -> frozenset[str]:
        """The keys of the files that a file has been checked with, itself included; also of those
        that were not found, by name."""
        found, waiting = set[str](), [self._bundle.key(path)]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += self._needs.get(key, ())
        return frozenset(found)

    def not_found(self) -> frozenset[str]:
        """The names that files asked for and that no file has."""
        return frozenset(self._missing)

    def forget(self, key: str) -> None:
        """A file has changed, or a rubric that was not found may be there now: what was checked
        with it (a key or a name, as in `needs`) will be checked again."""
        users: dict[str, list[str]] = {}
        for user, needed in self._needs.items():
            for name in needed:
                users.setdefault(name, []).append(user)
        stale, waiting = set[str](), [key]
        while waiting:
            known = waiting.pop()
            if known not in stale:
                stale.add(known)
                waiting += users.get(known, ())
        self._missing.discard(key)
        for known in stale:
            self._done.pop(known, None)
            self._needs.pop(known, None)

    def source(self, path: str) -> Source | None:
        """The text of a file that has been read."""
        found = self._done.get(self._bundle.key(path))
        return found.source if found else None

    def built_on(self, checked: Checked) -> list[tuple[n.Include | n.Extends, Checked]]:
        """What a file includes and extends, each with the file that was found for it."""
        items = checked.tree.items if checked.tree else ()
        named = [item for item in items if isinstance(item, n.Include | n.Extends)]
        found = [(item, self._bundle.find(item.name.text, checked.path)) for item in named]
        return [(item, self.check(path)) for item, path in found if path is not None]

    @property
    def files(self) -> tuple[Checked, ...]:
        """The files that have been checked so far, included ones among them."""
        return tuple(self._done.values())

    def _check(self, path: str) -> Checked:
        try:
            source = self._bundle.read(path)
        except Unreadable as fault:
            values = {"path": path, "detail": fault.detail}
            found = diagnose(fault.code, Span(path, 0, 0), values)
            return Checked(path, None, None, (found,))
        parsed = parse(source)
        harm = damage(parsed, source)
        scope = Scope(source, parsed.tree, damaged=parsed.damaged, broken=set(harm.names))
        head = header(scope)
        self._bundle.named(path, head.name)
        built_on = modules(scope, head.status == "active", lambda name: self._find(name, path))
        base = built_on.base
        if base is not None:
            scope.sources.update({s.id: s for s in base.sources})
            scope.value_sets.update({v.id: v for v in base.value_sets})
            scope.inputs.update({i.id: i for i in base.inputs})
            scope.prompts.update({p.id: p for p in base.prompts})
        facts(scope)
        criteria, policies = tiers(scope, built_on.included, base)
        ranking = rewards(scope, base)
        rubric = ir.Rubric(
            name=head.name,
            version=head.version,
            status=head.status,
            purpose=head.purpose,
            title=head.title,
            criteria=criteria,
            policies=policies,
            steps=ranking.steps,
            reward=ranking.reward,
            inputs=tuple(scope.inputs.values()),
            profiles=ranking.profiles,
            prompts=tuple(scope.prompts.values()),
            sources=tuple(scope.sources.values()),
            reviews=head.reviews,
            value_sets=tuple(scope.value_sets.values()),
            includes=built_on.origins,
            tags=head.tags,
            doc=head.doc,
        )
        strictness(scope, rubric)
        exemplars(scope, rubric)
        cases = tests(scope)
        independent = [d for d in scope.diagnostics if not harm.explains(d)]
        diagnostics = in_order([*syntax(parsed), *independent])
        sound = parsed.tree.header is not None and not has_errors(diagnostics)
        made = rubric if sound else None
        return Checked(
            path, source, made, diagnostics, cases, scope.places, parsed.tree, draft=rubric
        )

    def _find(self, name: str, near: str) -> Found:
        path = self._bundle.find(name, near)
        if path is None:
            self._needs[self._open[-1]].add(name)
            self._missing.add(name)
            return Found(None, None)
        key = self._bundle.key(path)
        self._needs[self._open[-1]].add(key)
        if key in self._open:
            chain = [*self._open[self._open.index(key) :], key]
            return Found(None, path, refused=" → ".join(Path(p).stem for p in chain))
        if len(self._open) >= MAX_DEPTH and key not in self._done:
            return Found(None, path, refused=DEPTH)
        checked = self.check(path)
        header = checked.tree.header if checked.tree else None
        declared = header.name.text if header else ""
        return Found(checked.rubric, path, declared, error=_first(checked))


def _first(checked: Checked) -> Label | None:
    """The first error of a file, or the one elsewhere that it comes from."""
    error = next((d for d in checked.diagnostics if d.level == "error"), None)
    if error is None:
        return None
    elsewhere = error.labels if error.code == "R0307" else ()
    return elsewhere[0] if elsewhere else Label(error.span, error.message)


@dataclass(frozen=True)
class Outcome:
    """All files that were asked for, and everything there is to say about them."""

    files: tuple[Checked, ...]
    diagnostics: tuple[Diagnostic, ...]
    checker: Checker

    @property
    def rubrics(self) -> tuple[ir.Rubric, ...]:
        return tuple(f.rubric for f in self.files if f.rubric is not None)


def check_paths(paths: Sequence[str], search: Sequence[str] = ()) -> Outcome:
    """Check files and folders; `search` are further roots for `include`."""
    files, problems = rubric_files(paths)
    problems += search_problems(search)
    checker = Checker(DiskBundle(tuple(search)))
    with uncollected():
        checked = tuple(checker.check(file) for file in files)
    names: dict[str, Checked] = {}
    for file in checked:
        if file.rubric is None or file.tree is None or file.tree.header is None:
            continue
        first = names.setdefault(file.rubric.name, file)
        if first is not file:
            span = Span(file.path, file.tree.header.name.start, file.tree.header.name.end)
            problems.append(again(span, file.rubric.name, first.path))
    told = {file.path for file in checked}
    found = (d for file in checked for d in file.diagnostics if not is_told_at(d, told))
    return Outcome(checked, in_order([*problems, *found]), checker)


def again(span: Span, name: str, first: str) -> Diagnostic:
    """The finding for a rubric whose name another file has already."""
    return diagnose("R0201", span, {"name": name, "what": f"the rubric in {first}"})


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection: checking makes many small tuples, keeps them, and makes no cycles.

    Afterwards they count as old, so that the next collection does not look through them either.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:  # else someone has frozen what must stay so
            gc.freeze()
            gc.unfreeze()
        gc.enable()


def is_told_at(diagnostic: Diagnostic, paths: set[str]) -> bool:
    """Whether this only repeats that one of these files has an error."""
    return diagnostic.code == "R0307" and any(x.span.path in paths for x in diagnostic.labels)
