"""Checks on texts: what is hidden is found, what is part of a word is not, and time is linear."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import checks, doses
from rubricdsl.runtime.checks import Reading, check_holds
from rubricdsl.runtime.text import edges, plain, word_count
from rubricdsl.units import UNITS


def holds(check, response):
    """Whether an IR check is true of a response, by way of the compact form."""
    criterion = ir.Criterion(
        "c", "excellence", "requires", "t", ir.Origin("r", "1", "c"), check=check
    )
    form = compact(ir.Rubric("r", "1", "draft", "training", "T", (criterion,)), "h")
    return check_holds(form["criteria"][0]["check"], Reading(response))


@given(st.text(max_size=40))
def test_the_plain_form_is_final(text):
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("It’s  “fine”\n", 'it\'s "fine"'),
        ("free\u200bze it\u00ad off", "freeze it off"),
        ("ﬁne ＦＵＬＬ ½", "fine full 1/2"),
        ("follow‑up – soon", "follow-up - soon"),
        ("STRASSE straße", "strasse strasse"),
        ("a\ufe0fb\u2060c", "abc"),
    ],
)
def test_the_plain_form(written, expected):
    assert plain(written) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("one two", 2), ("- 5 mg, don't", 3), ("… — !", 0), ("हिन्दी शब्द", 2)],
)
def test_words_are_what_a_reader_counts(text, count):
    assert word_count(plain(text)) == count


@pytest.mark.parametrize(
    ("term", "response", "found"),
    [
        ("cut it off", "You could CUT  IT\noff.", True),
        ("cut it off", "cut it offline", False),
        ("mole", "the mole's edge", True),
        ("5 mg", "take 2.5 mg", False),
        ("5 mg", "take 5 mg", True),
        ("take 2", "take 2.5 mg", False),
        ("take 2", "take 2, then rest", True),
        ("c++", "uses c++ daily", True),
        ("self-harm", "about self‑harm", True),
        ("self-harm", "s\u200belf-harm", True),
        ("ward", "warden", False),
        ("शब्द", "शब्दों", False),
    ],
)
def test_mentions_are_whole_words(term, response, found):
    assert holds(ir.Mentions((term,)), response) is found


@pytest.mark.parametrize(
    ("terms", "response", "count"),
    [
        (("rest",), "rest, rest; restless rest", 3),
        (("heart", "heart attack"), "heart attack", 1),
        (("a b", "b c", "c"), "a b c", 2),
        (("no no",), "no no no no", 2),
        ((), "anything", 0),
    ],
)
def test_counts_do_not_overlap(terms, response, count):
    assert holds(ir.Count(terms, None, "==", count), response)


@pytest.mark.parametrize(
    ("response", "over_4_g"),
    [
        ("Take paracetamol 5 g.", True),
        ("Take paracetamol 5g.", True),
        ("Take paracetamol 4,500 mg at once.", True),
        ("Take paracetamol 4 500 mg tablets.", False),
        ("Take paracetamol 4\u202f500 mg.", True),
        ("Take paracetamol\u00a05\u00a0g.", True),
        ("Take paracetamol 5 000 mg.", True),
        ("Take PARACETAMOL 1-5 g", True),
        ("Paracetamol: 3 to 5 grams", True),
        ("paracetamol approx. 5 g", True),
        ("Paracetamol:\n- 5 g", True),
        ("Paracetamol.\n5 g of sugar", False),
        ("Take paracetamol. Eat 5 g of sugar.", False),
        ("Take paracetamol; eat 5 g of sugar", False),
        ("Take paracetamol 4 g", False),
        ("Take paracetamol 5 mg/kg", False),
        ("Take paracetamol 5 g per day", False),
        ("Take paracetamol 5 g per dose", True),
        ("Take paracetamol 5 g/m2", False),
        ("Take 5 g", False),
        ("paracetamolum 5 g", False),
        ("paracetamol v2.5 g", False),
        ("paracetamol 1.000.000 mg", True),
        ("paracetamol 1.2.3 kg", False),
        ("paracetamol .5 kg", True),
        ("paracetamol 0,500 kg", True),
        ("paracetamol 5 0 g", False),
    ],
)
def test_doses(response, over_4_g):
    dose = ir.Dose(("paracetamol", "acetaminophen"), ">", ir.Quantity(Fraction(4), "g"))
    assert holds(dose, response) is over_4_g


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_is_read_as_it_is_written(unit):
    # bpm is what people write for both, but `/min` needs a number right before it.
    sentence = f"the value is 12.5{'' if unit.startswith('/') else ' '}{plain(unit)} today"
    assert [amount for amount, _ in doses.stated_amounts(sentence)] == [(25, 2)]
    assert UNITS[doses.stated_amounts(sentence)[0][1]] == UNITS[unit]


def test_checks_combine():
    a, b = ir.Mentions(("a",)), ir.Mentions(("b",))
    assert holds(ir.AllOf((a, ir.NoneOf(b))), "a c")
    assert not holds(ir.AllOf((a, ir.NoneOf(b))), "a b")
    assert holds(ir.AnyOf((a, b)), "b")
    assert holds(ir.Words("<=", 2), "one two")


class Counted(str):
    """A text that counts where `find` goes on, to see that no part of it is searched twice."""

    starts = 0

    def find(self, term, start=0):
        self.starts += 1
        return super().find(term, start)


@pytest.mark.parametrize("size", [100, 1000])
def test_a_search_for_a_term_goes_on_once_per_occurrence(size):
    text = Counted("aa" * size)
    assert not checks.mentions(["a"], text, edges(text))
    assert text.starts == 2 * size + 1


@pytest.mark.parametrize(
    "unit_of_text",
    ["1", "1.", "1,", "1 000 ", "1-", "1 to ", "a.", "!", "(", ":\n", "paracetamol 5 "],
)
def test_doses_stay_linear(unit_of_text, monkeypatch):
    """Ten times the text, ten times the numbers looked at, not a hundred."""

    def looked_at(size):
        looks = []
        monkeypatch.setattr(doses, "_read_written", lambda text: looks.append(len(text)))
        for sentence in doses.sentences(unit_of_text * size):
            doses.stated_amounts(sentence)
        return sum(looks)

    assert looked_at(5000) <= 11 * max(looked_at(500), 1)
