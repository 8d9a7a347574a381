"""What there is to say about the thing at a place, as Markdown."""

import re
from fractions import Fraction
from typing import NamedTuple

from .. import ir
from ..codes import CODES
from ..diagnostics import Diagnostic
from ..explain import page
from ..passes.checks import USAGE
from ..source import Span
from ..syntax.tables import tables
from ..units import UNITS
from .keywords import CHECKS, TYPES, VALUES, WORDS
from .names import Place, place_at
from .shares import Shares, shares, shown
from .symbols import Definition, Names
from .workspace import Workspace

_WORD = re.compile(r"/?[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z][A-Za-z0-9]*)*")
MOST_TERMS = 12
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


class Hover(NamedTuple):
    """Markdown, and what it is about."""

    text: str
    span: Span


def hover(workspace: Workspace, path: str, offset: int) -> Hover | None:
    """Documentation for the name or the word at an offset, and for what is wrong there."""
    checked = workspace.check(path)
    if checked.source is None:
        return None
    found = _about(workspace, path, offset, checked.source.text)
    wrong = [d for d in checked.diagnostics if d.span.start <= offset <= d.span.end]
    parts = [found.text] if found else []
    parts += [explained(d) for d in wrong[:2]]
    if not parts:
        return None
    return Hover("\n\n---\n\n".join(parts), found.span if found else wrong[0].span)


def explained(diagnostic: Diagnostic) -> str:
    """What a code means, for below its finding."""
    if diagnostic.code not in CODES:
        return f"**{diagnostic.code}**"
    entry = page(diagnostic.code)
    return f"**{entry.code}** {entry.meaning}"


def _about(workspace: Workspace, path: str, offset: int, text: str) -> Hover | None:
    index = Names(workspace)
    place = place_at(index.places(path), offset)
    if place is not None:
        said = _name(index, path, place)
        return Hover(said, Span(path, place.start, place.end)) if said else None
    line = text.rfind("\n", 0, offset) + 1
    for match in _WORD.finditer(text, line, _line_end(text, offset)):
        if match.start() <= offset <= match.end():
            word = None if _is_quoted(text, line, match.start()) else _word(match[0])
            return Hover(word, Span(path, *match.span())) if word else None
    return None


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return end if end >= 0 else len(text)


def _is_quoted(text: str, line: int, at: int) -> bool:
    """Whether a place is within a text or a comment."""
    before = re.sub(r'"(?:[^"\\]|\\.)*"', "", text[line:at])
    return '"' in before or "#" in before


def _word(word: str) -> str | None:
    if word in tables().words and word in WORDS:
        return f"`{word}`: {WORDS[word]}"
    if word in UNITS:
        return f"`{word}`: {UNITS[word].dimension}"
    known = VALUES.get(word) or TYPES.get(word) or CHECKS.get(word)
    return f"`{word}`: {known}" if known else None


def _name(index: Names, path: str, place: Place) -> str | None:
    if place.kind == "function":
        known = place.name in CHECKS
        return f"{CHECKS[place.name]}\n\n```rubric\n{USAGE[place.name]}\n```" if known else None
    symbol = index.symbol(path, place)
    if symbol is None:
        return _word(place.name)
    made = index.definition(symbol)
    draft = index.workspace.check(path).draft
    match symbol.kind:
        case "criterion":
            local = place.name if place.kind == "criterion" else ""
            return _criterion(index, path, draft, local, made)
        case "rubric":
            return _rubric(index, made)
        case "include":
            module = index.include(path, place.name)
            return _rubric(index, Definition(module, place)) if module else None
        case "source":
            found = {s.id: s for s in draft.sources}.get(place.name) if draft else None
            return _source(found) if found else None
        case "valueset":
            terms = {v.id: v for v in draft.value_sets}.get(place.name) if draft else None
            return _value_set(terms) if terms else None
        case "input":
            spec = {i.id: i for i in draft.inputs}.get(place.name) if draft else None
            return _input(spec) if spec else None
        case "option":
            return f"`{place.name}`: a value of `{symbol.scope}`"
        case "profile":
            profile = {p.id: p for p in draft.profiles}.get(place.name) if draft else None
            return _with_doc(f"profile `{place.name}`", profile.doc) if profile else None
        case "response":
            return f"`{place.name}`: a response of this test"
        case kind:
            return f"{kind} `{place.name}`"


def _criterion(
    index: Names, path: str, draft: ir.Rubric | None, local: str, made: Definition | None
) -> str | None:
    """A criterion as it counts in this file; as it is where it was made, if it is only named."""
    here = {c.id: c for c in draft.criteria}.get(local) if draft and local else None
    there = index.workspace.check(made.path).draft if made else None
    if here is None and there is not None and made is not None:
        draft, here = there, {c.id: c for c in there.criteria}.get(made.place.name)
    if here is None or draft is None:
        return None
    lines = [_title(here, shares(draft)), f"**{here.polarity}** {plain(here.text)}"]
    lines += [plain(here.doc)] if here.doc else []
    levels = [f"- level {x.level} ({shown(x.credit)}): {plain(x.anchor)}" for x in here.levels]
    lines += ["\n".join(levels)] if levels else []
    lines += [f"met: “{plain(text)}”" for text in here.met[:1]]
    lines += [f"unmet: “{plain(text)}”" for text in here.unmet[:1]]
    if here.when is not None:
        lines.append("applies only in some cases (`when`)")
    if here.check is not None:
        lines.append("decided by the text of the answer (`check`)")
    sources = {source.id: source for source in draft.sources}
    lines += [f"cites {plain(sources[s].title)}" for s in here.cites if s in sources]
    if here.origin.rubric != draft.name:
        lines.append(f"from `{here.origin.rubric}` {plain(here.origin.version)}")
    return "\n\n".join(lines)


def _title(criterion: ir.Criterion, known: Shares) -> str:
    head = f"`{criterion.id}` · {criterion.tier}"
    if criterion.severity:
        return f"{head} · {criterion.severity} veto"
    if criterion.weight is None:
        return f"{head} · bonus"
    weights = [f"weight {shown(criterion.weight)}, {_percent(known, '', criterion.id)}"]
    for profile in known:
        if profile and known[profile][criterion.id] != known[""][criterion.id]:
            weights.append(f"{_percent(known, profile, criterion.id)} in `{profile}`")
    return f"{head} · {'; '.join(weights)}"


def _percent(known: Shares, profile: str, criterion: str) -> str:
    return f"{round(100 * float(known[profile][criterion]), 1):g} %"


def _rubric(index: Names, made: Definition | None) -> str | None:
    draft = index.workspace.check(made.path).draft if made else None
    if draft is None:
        return None
    counts = ", ".join(f"{len(draft.tier(tier))} in {tier}" for tier in ir.TIERS)
    head = f"`{draft.name}` {plain(draft.version)} · {draft.status}"
    return _with_doc(f"{head}\n\n{plain(draft.title)}\n\n{counts}", draft.doc)


def _source(source: ir.Source) -> str:
    lines = [f"**{plain(source.title)}**"]
    known = {
        "publisher": source.publisher,
        "id": source.identifier,
        "doi": source.doi,
        "url": source.url,
        "edition": source.edition,
        "section": source.section,
        "retrieved": source.retrieved,
        "licence": source.licence,
        "note": source.note,
    }
    lines += [f"{key}: {plain(value)}" for key, value in known.items() if value]
    return "\n\n".join(lines)


def _value_set(terms: ir.ValueSet) -> str:
    listed = [plain(term.text) for term in terms.terms[:MOST_TERMS]]
    rest = len(terms.terms) - len(listed)
    listed += [f"and {rest} more"] if rest else []
    head = f"value set `{terms.id}`, {len(terms.terms)} terms"
    return _with_doc(f"{head}\n\n{', '.join(listed)}", terms.doc)


def _input(spec: ir.Input) -> str:
    kind = {
        "one_of": f"one of ({', '.join(spec.options)})",
        "one_of_list": f"list of one of ({', '.join(spec.options)})",
        "text_list": "list of text",
        "quantity": f"quantity({spec.unit})",
    }.get(spec.type, spec.type)
    rest = " optional" if spec.optional else ""
    return _with_doc(f"`{spec.id} : {kind}{rest}`{_default(spec)}", spec.doc)


def _default(spec: ir.Input) -> str:
    if spec.default is None:
        return ""
    value = spec.default
    text = shown(value) if isinstance(value, Fraction) else str(value).lower()
    return f", {plain(text)} where the case does not say"


def _with_doc(text: str, doc: str) -> str:
    return f"{text}\n\n{plain(doc)}" if doc else text


def plain(text: str) -> str:
    """A text of a file so that Markdown shows it as it is, cut short."""
    text = text if len(text) <= 600 else text[:599] + "…"
    visible = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return _MARKS.sub(r"\\\1", visible)
