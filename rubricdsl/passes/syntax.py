"""What could not be read, as diagnostics in a reader's words."""

from collections.abc import Iterable

from ..diagnostics import Diagnostic, Edit, Fix, Label, diagnose, instead
from ..source import Span
from ..syntax.parser import Parsed
from ..syntax.recovery import SyntaxFault
from ..syntax.tables import tables
from ..syntax.tokens import END, MAX_NAME, LexicalFault

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
# The words that say most about what was meant, and those that may follow nearly anything.
_FIRST = ("`requires`", "`forbids`")
_LAST = ("`met`", "`unmet`", "`tag`", "`note`", "`}`", NOUNS[END])
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")


def syntax(parsed: Parsed) -> list[Diagnostic]:
    """One diagnostic for each fault of the scan and of the parse."""
    found = [*map(_lexical, parsed.lexical), *map(_fault, parsed.syntax)]
    ends = [diagnostic for diagnostic in found if diagnostic.code == "R0110"]
    if not ends:
        return found
    first = min(ends, key=lambda diagnostic: diagnostic.span.start)
    return [d for d in found if d.span.start < first.span.start] + [first]


def _lexical(fault: LexicalFault) -> Diagnostic:
    values = {"found": fault.found, "meant": fault.meant, "escape": ""}
    values |= {"what": "characters in a name", "most": str(MAX_NAME)}
    if fault.code == "R0106":
        values["escape"] = f"\\u{fault.found.removeprefix('U+').lower()}"
    is_name = fault.meant.replace("_", "-") == fault.found.replace("_", "-")
    hint = "names have letters, digits and `_`" if fault.code == "R0108" and is_name else None
    fixes = []
    if fault.written is not None:
        place = Span(fault.span.path, fault.written.start, fault.written.end)
        fixes = [instead(place, fault.written.text)]
    elif fault.code == "R0106":
        fixes = [Fix("remove it", (Edit(fault.span, ""),))]
    return diagnose(fault.code, fault.span, values, hint=hint, fixes=fixes)


def _fault(fault: SyntaxFault) -> Diagnostic:
    found = f"`{fault.found}`" if fault.found else "the end of the file"
    match fault.kind:
        case "misspelt":
            return diagnose("R0107", fault.span, {"found": fault.found, "meant": fault.meant})
        case "unquoted":
            values = {"found": fault.found, "meant": fault.meant}
            fixes = [instead(fault.span, fault.meant)]
            return diagnose("R0112", fault.span, values, fixes=fixes)
        case "brace":
            values = {"brace": fault.meant, "found": found}
            fixes = [_insertion(fault, f"{fault.meant} ")]
            return diagnose("R0111", fault.span, values, labels=_opened(fault), fixes=fixes)
        case "end" if fault.opened is not None:
            values = {"brace": "}", "found": found}
            fixes = [_insertion(fault, "\n}\n")]
            last = _last(fault.span)
            return diagnose("R0111", last, values, labels=_opened(fault), fixes=fixes)
        case "end":
            values = {"expected": listed(fault.expected)}
            return diagnose("R0104", _last(fault.span), values)
        case "deep":
            return diagnose("R0109", fault.span)
        case "many":
            return diagnose("R0110", fault.span)
        case _:
            values = {"found": found, "expected": _hint(fault)}
            return diagnose("R0101", fault.span, values, fixes=_unexpected(fault))


def _unexpected(fault: SyntaxFault) -> list[Fix]:
    """What is plainly missing or too much, if anything is."""
    if "STATUS" in fault.expected and fault.found in ("draft", "active", "retired"):
        return [_insertion(fault, "status ")]
    if fault.found == "}" and fault.opened is None:
        return [Fix("remove `}`", (Edit(fault.span, ""),))]
    if fault.found.startswith('"') and "POLARITY" in fault.expected:
        return [_insertion(fault, "requires "), _insertion(fault, "forbids ")]
    return []


def _insertion(fault: SyntaxFault, text: str) -> Fix:
    at = fault.span.start
    return Fix(f"add `{text.strip()}`", (Edit(Span(fault.span.path, at, at), text),))


def _hint(fault: SyntaxFault) -> str:
    if "RUBRIC" in fault.expected:
        return 'a file begins with `rubric`, its name and `version "0.1.0"`'
    if "STATUS" in fault.expected and fault.found in ("draft", "active", "retired"):
        return f"write `status {fault.found}`"
    if fault.found == "}" and fault.opened is None:
        return "no `{` is open here: remove it, or look for a `}` too many above"
    if fault.found in _COMPARISONS and "AND" in fault.expected:
        return "compare two things at a time: `age >= 18 years and age < 65 years`"
    if fault.found.startswith('"') and "POLARITY" in fault.expected:
        return "say `requires` or `forbids` before the text"
    return f"here could stand {listed(fault.expected)}"


def _opened(fault: SyntaxFault) -> list[Label]:
    return [Label(fault.opened, "opened here")] if fault.opened is not None else []


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
    unique = list(dict.fromkeys(words))
    ranked = sorted(unique, key=lambda word: (word not in _FIRST, word in _LAST))
    shown = ranked[:most]
    rest = len(ranked) - len(shown)
    if rest:
        return ", ".join(shown) + f" and {rest} other things"
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
