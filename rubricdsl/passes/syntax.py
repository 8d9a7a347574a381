"""What could not be read, as diagnostics in a reader's words."""

from collections.abc import Iterable

from ..diagnostics import Diagnostic, Label, diagnose
from ..source import Span
from ..syntax.parser import Parsed, SyntaxFault
from ..syntax.tables import tables
from ..syntax.tokens import END

# Terminals that are not a word of the language, as a reader would call them.
NOUNS = {
    "NAME": "a name",
    "DOTTED": "a name with dots",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "INT": "a whole number",
    "QUANTITY": "a number with its unit",
    "UNIT": "a unit",
    "COMPARE": "a comparison such as `>=`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    END: "the end of the file",
}
# Words that may follow nearly anything say little about what was meant.
_LAST = ("met", "unmet", "tag", "note", "}", END)


def syntax(parsed: Parsed) -> list[Diagnostic]:
    """One diagnostic for each fault of the scan and of the parse."""
    unclosed = {(f.span.path, f.span.start) for f in parsed.lexical if f.code == "R0102"}
    found = [diagnose(f.code, f.span, {"detail": f.detail}) for f in parsed.lexical]
    for fault in parsed.syntax:
        if (fault.span.path, fault.span.start) not in unclosed:
            found.append(_fault(fault))
    return found


def _fault(fault: SyntaxFault) -> Diagnostic:
    if fault.meant is not None:
        return diagnose("R0107", fault.span, {"found": fault.found, "meant": fault.meant})
    expected = f"here could stand {listed(fault.expected)}"
    if fault.opened is not None or not fault.found:
        labels = [Label(fault.opened, "opened here, and never closed")] if fault.opened else []
        hint = "close it with `}`" if fault.opened else expected
        return diagnose("R0104", _last(fault.span), labels=labels, hint=hint)
    found = fault.found if len(fault.found) <= 30 else fault.found[:29] + "…"
    return diagnose("R0101", fault.span, {"found": f"`{found}`"}, hint=expected)


def _last(span: Span) -> Span:
    return Span(span.path, max(0, span.start - 1), max(1, span.end))


def listed(terminals: Iterable[str], most: int = 9) -> str:
    """Terminals as words a reader knows, the telling ones first."""
    by_terminal: dict[str, list[str]] = {}
    for word, names in tables().words.items():
        for name in names:
            by_terminal.setdefault(name, []).append(f"`{word}`")
    words: list[str] = []
    for terminal in terminals:
        words += [NOUNS[terminal]] if terminal in NOUNS else by_terminal.get(terminal, [])
    ranked = sorted(dict.fromkeys(words), key=lambda w: (w.strip("`") in _LAST, words.index(w)))
    shown = ranked[:most]
    rest = len(ranked) - len(shown)
    if rest:
        return ", ".join(shown) + f" and {rest} other words"
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
