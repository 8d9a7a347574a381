"""Patterns: the automaton against a brute-force search with Python's own `re`."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rubricdsl.patterns import MAX_STATES, PatternError, compile_pattern
from rubricdsl.runtime.automaton import pattern_ends
from rubricdsl.runtime.text import edges, plain


def compiled_or_fault(text):
    try:
        return compile_pattern(text)
    except PatternError as fault:
        return fault


def ends(pattern, text):
    return list(pattern_ends(compile_pattern(pattern), text, edges(text)))


def brute_ends(pattern, text):
    """Of the substrings between edges that match, the one that ends first; then on from there."""
    pattern = re.sub(" +", " ", pattern)  # a run of spaces in a pattern stands for one
    marks, found, start = edges(text), [], 0
    for end in range(1, len(text) + 1):
        if any(
            marks[begin] and marks[end] and re.fullmatch(pattern, text[begin:end], re.DOTALL)
            for begin in range(start, end)
        ):
            found.append(end)
            start = end
    return found


pieces = st.sampled_from(
    [
        "a",
        "b",
        "7",
        " ",
        r"\d",
        r"\w",
        r"\s",
        ".",
        "[ab]",
        "[^a]",
        "[a-c7]",
        r"[^\w]",
        r"\.",
        "[.-]",
    ]
)
patterns = st.recursive(
    pieces,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,}", "{1,3}", "{0,2}"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@given(patterns, st.text("abc7 .-", max_size=12).map(plain))
@example("a b c d|b|c", "a b c d")
@example(r"\d+ (a|b)", "7.7 a 77 b")
def test_matches_are_those_of_a_brute_force_search(pattern, text):
    if re.fullmatch(pattern, ""):
        with pytest.raises(PatternError, match="empty text"):
            compile_pattern(pattern)
        return
    compiled = compiled_or_fault(pattern)
    if isinstance(compiled, PatternError):
        assert "too large" in compiled.message
    else:
        assert list(pattern_ends(compiled, text, edges(text))) == brute_ends(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "count"),
    [
        ("warfarin", "Warfarin, WARFARIN; not notwarfarin or warfarins", 2),
        (r"\d+ mg", "2.5 mg, 1,000 mg, 400 mg", 1),
        ("stop[^.]*warfarin", "Stop it. Continue warfarin. Stop the warfarin now.", 1),
        ("STRASSE|straße", "Straße strasse", 2),
        ("[À-ÿ]+", "é Ü", 2),
        ("follow-up", "follow‑up follow–up", 2),
        ("e\u0301tat", "ÉTAT", 1),
        ("self.harm", "self\u200b-harm self harm", 2),
    ],
)
def test_examples(pattern, text, count):
    assert len(ends(pattern, plain(text))) == count


@pytest.mark.parametrize(
    ("pattern", "offset", "message"),
    [
        ("a{", 1, "repetitions cannot be read"),
        ("a{3,2}", 1, "never reached"),
        ("a{0}", 1, "never reached"),
        ("(a", 0, "never closed"),
        ("xy[a", 2, "never closed"),
        ("a**", 2, "in a row"),
        ("(?:a)", 1, "cannot begin"),
        ("a^", 1, "cannot stand here"),
        ("*", 0, "cannot stand here"),
        (r"x\b", 1, "means nothing"),
        (r"\1", 0, "means nothing"),
        ("a||b", 2, "nothing here"),
        ("", 0, "nothing here"),
        ("a)", 1, "closes nothing"),
        (")", 0, "closes nothing"),
        ("[]", 0, "empty class"),
        ("[z-a]", 1, "range"),
        ("[ß]", 1, "not one letter"),
        ("a\u200bb", 1, "invisible"),
        ("a?", 0, "empty text"),
        ("x" * 1001, 1000, "too long"),
        ("(" * 1000, 30, "too deep"),
        ("x.{0,60}y.{0,60}z", 2, "too large"),
        ("((a{99}){99}){99}", 3, "too large"),
        ("a\\", 1, "means nothing"),
    ],
)
def test_faults_have_a_place_and_a_hint(pattern, offset, message):
    with pytest.raises(PatternError, match=message) as caught:
        compile_pattern(pattern)
    assert caught.value.offset == offset
    assert caught.value.hint


@given(st.text(r"ab.*+?(){}[]|\dsw1,-^$ß ", max_size=20))
def test_any_text_is_compiled_or_refused(text):
    outcome = compiled_or_fault(text)
    if isinstance(outcome, PatternError):
        assert 0 <= outcome.offset <= len(text)
    else:
        assert json.loads(json.dumps(outcome)) == outcome
        assert len(outcome["enter"]) <= MAX_STATES


class Counted(str):
    """A text that counts how many of its characters are looked at."""

    looks = 0

    def __iter__(self):
        for char in super().__iter__():
            self.looks += 1
            yield char


@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a*)*b", "(a+)+ (a+)+b", "a.*a.*a.*b"])
def test_every_character_is_looked_at_once(pattern):
    text = Counted("a " * 2000)
    assert list(pattern_ends(compile_pattern(pattern), text, edges(text))) == []
    looks_of_edges = len(text)
    assert text.looks == len(text) + looks_of_edges
