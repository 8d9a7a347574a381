"""What was plainly meant, put in where it was left out or mistaken.

Each function looks at the token at `at`, which does not fit where `expected` would have. It feeds
the machine, reports the fault and returns the position to go on from; or None, and changes nothing.
"""

from collections.abc import Callable
from difflib import get_close_matches

from .recovery import DEEPEST, Recovery
from .tokens import END, Token

MAX_WORD = 30
"""A longer word is no misspelt keyword."""
_UNQUOTED = ("NAME", "DOTTED", "NUMBER", "UNIT", "LOOSE")

Repair = Callable[[Recovery, int, Token, tuple[str, ...]], int | None]


def misspelt(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """A word close to a keyword that fits, or `=` for `==`."""
    machine, words = parse.machine, parse.machine.tables.words
    if token.type == "EQUAL" and "COMPARE" in expected:
        parse.add("misspelt", token, meant="==")
        machine.feed(token._replace(type="COMPARE", text="=="))
        return at + 1
    if token.type != "NAME" or len(token.text) > MAX_WORD or token.text in words:
        return None
    fitting = [word for word, names in words.items() if any(map(machine.fits, names))]
    near = get_close_matches(token.text, fitting, n=1, cutoff=0.7)
    if not near:
        return None
    parse.add("misspelt", token, meant=near[0])
    name = next(filter(machine.fits, words[near[0]]))
    machine.feed(token._replace(type=name, text=near[0]))
    return at + 1


def brace_too_many(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """Braces that do not fit, in a file that has too many of their kind."""
    surplus = {"LBRACE": parse.unclosed, "RBRACE": -parse.unclosed}.get(token.type, 0)
    empty = "LBRACE" in expected and parse.tokens[at + 1].type != "LBRACE"
    if surplus <= 0 or (token.type == "RBRACE" and empty):
        return None
    last = at
    while last - at + 1 < surplus and parse.tokens[last + 1].type == token.type:
        last += 1
    parse.unclosed += (last - at + 1) * (1 if token.type == "RBRACE" else -1)
    if parse.told and token.type == "RBRACE":
        parse.told -= 1
    else:
        parse.add("unexpected", token, expected=expected, opened=parse.innermost())
    return last + 1


def stray(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """A word before a `{` that has its place here."""
    if token.type != "NAME" or parse.tokens[at + 1].type != "LBRACE" or "LBRACE" not in expected:
        return None
    parse.damaged = True
    parse.add("unexpected", token, expected=expected, opened=parse.innermost())
    return at + 1


def brace_missing(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """A brace before the token, where the braces of the file do not match up."""
    names, fits = parse.terminals(at), parse.machine.fits
    wanted = expected == ("LBRACE",) or ("LBRACE" in expected and parse.unclosed < 0)
    if wanted and any(fits("LBRACE", name) for name in names):
        parse.add("brace", token, meant="{")
        parse.feed_brace("LBRACE", at)
        return at
    for count in range(1, min(parse.unclosed, DEEPEST) + 1):
        if any(fits(*["RBRACE"] * count, name) for name in names):
            opened, cut = parse.innermost(), parse.end()
            if parse.swallowed > 0:
                parse.swallowed -= count
            else:
                parse.add("brace", token, meant="}", opened=opened, cut=cut)
            for _ in range(count):
                parse.feed_brace("RBRACE", at)
            return at
    return None


def quotes_missing(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """The rest of a line, or a number with dots or dashes, as the text that has to be here."""
    if expected != ("STRING",) or token.type not in _UNQUOTED:
        return None
    if parse.line(parse.tokens[at - 1]) != parse.line(token) or _is_next(parse, at):
        return None
    last = at
    while _goes_on(parse, last, token.type == "NAME"):
        last += 1
    end = parse.tokens[last].end
    text = parse.source.text[token.start : end]
    whole = token._replace(text=text, end=end)
    parse.add("unquoted", whole, meant=f'"{text}"')
    plain = text.replace("\\", "\\\\").replace('"', "'")
    parse.machine.feed(whole._replace(type="STRING", text=f'"{plain}"'))
    return last + 1


def _goes_on(parse: Recovery, at: int, words: bool) -> bool:
    """Whether the token behind `at` belongs to the same unquoted text."""
    here, following = parse.tokens[at], parse.tokens[at + 1]
    if following.type in (END, "LBRACE", "RBRACE", "STRING") or _is_next(parse, at + 1):
        return False
    return parse.line(following) == parse.line(here) if words else following.start == here.end


def _is_next(parse: Recovery, at: int) -> bool:
    """Whether the token at `at` is a keyword that goes on behind the missing text."""
    names = parse.machine.tables.words.get(parse.tokens[at].text, ())
    return any(parse.machine.fits("STRING", name) for name in names)


def word_missing(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """A word left out, so that the next one was taken in its place, and now all is askew.

    The word taken is given back where it opens something together with what follows it.
    """
    machine = parse.machine
    states, values = list(machine.states), list(machine.values)
    for back in (1, 2):
        taken = values[-back] if len(values) >= back else None
        if not isinstance(taken, Token) or taken.type != "NAME":
            return None
        first = at - back
        if taken.start != parse.tokens[first].start:
            return None
        opening = list(machine.tables.words.get(taken.text, ()))
        if back == 1 and token.type == "COLON":
            opening.append("NAME")
        if not opening:
            continue
        machine.cut(len(values) - back)
        wanted, opened = machine.expected(), parse.innermost()
        position = brace_missing(parse, first, taken, wanted)
        if position is not None:
            return position
        following = [("NAME",) * (back - 1) + (name,) for name in parse.terminals(at)]
        if parse.unwind([(name, *rest) for name in opening for rest in following]):
            parse.damaged = True
            parse.add("unexpected", taken, expected=wanted, opened=opened, cut=parse.end())
            return first
        machine.states[:], machine.values[:] = states, values
    return None


def brace_too_soon(parse: Recovery, at: int, token: Token, expected: tuple[str, ...]) -> int | None:
    """A `{` behind a word that was taken for an entry of a block whose `}` is missing."""
    return word_missing(parse, at, token, expected) if token.type == "LBRACE" else None


REPAIRS: tuple[Repair, ...] = (
    misspelt,
    brace_too_soon,
    brace_too_many,
    stray,
    brace_missing,
    quotes_missing,
    word_missing,
)
