"""How findings look, for people and for machines."""

from rubricdsl.diagnostics import Diagnostic, Label, diagnose, has_errors, in_order
from rubricdsl.render import summary, to_json, to_text
from rubricdsl.source import Source, Span

TEXT = "one two\n\tthree four\n" + "x" * 200 + "HERE" + "y" * 200 + "\nlast \x1b[31m\u202eline\n"
SOURCES = {"a": Source("a", TEXT)}


def found(start: int, end: int, **more) -> Diagnostic:
    return Diagnostic("R0101", "error", "title", Span("a", start, end), **more)


def span_of(piece: str) -> tuple[int, int]:
    return TEXT.index(piece), TEXT.index(piece) + len(piece)


def lines(diagnostic: Diagnostic, colour: bool = False) -> list[str]:
    return to_text(diagnostic, SOURCES.get, colour).split("\n")


def test_the_place_stands_under_its_line():
    assert lines(found(*span_of("two"), label="here", why="because", hint="do this")) == [
        "error[R0101]: title",
        "  ┌─ a:1:5",
        "  │",
        "1 │ one two",
        "  │     ^^^ here",
        "  │",
        "  = why:  because",
        "  = help: do this",
    ]


def test_tabs_keep_their_width_below():
    assert lines(found(*span_of("four")))[3:] == ["2 │ \tthree four", "  │ \t      ^^^^"]


def test_long_lines_are_cut_on_both_sides():
    shown = lines(found(*span_of("HERE")))
    assert len(shown[3]) < 130
    assert shown[3].startswith("3 │ …x")
    assert shown[3].endswith("y…")
    at = shown[4].index("^^^^")
    assert shown[3][at : at + 4] == "HERE"


def test_a_span_over_several_lines_ends_with_its_first():
    assert lines(found(4, 15))[3:] == ["1 │ one two", "  │     ^^^"]


def test_two_places_on_one_line_share_it():
    label = Label(Span("a", 0, 3), "and here")
    assert lines(found(*span_of("two"), labels=(label,)))[3:] == [
        "1 │ one two",
        "  │     ^^^",
        "  │ ^^^ and here",
    ]


def test_a_second_place_and_a_file_that_cannot_be_read():
    labels = (Label(Span("a", *span_of("last")), "there"), Label(Span("b", 0, 0), ""))
    assert lines(found(*span_of("two"), labels=labels))[1:] == [
        "  ┌─ a:1:5",
        "  │",
        "1 │ one two",
        "  │     ^^^",
        "  ├─ a:4:1",
        "  │",
        "4 │ last �[31m�line",
        "  │ ^^^^ there",
        "  ├─ b",
    ]


def test_nothing_from_a_file_reaches_the_terminal_unseen():
    evil = "\x1b[2J\u202e\n\r"
    diagnostic = diagnose("R0205", Span("a", 0, 1), hint=f"h{evil}", label=f"l{evil}")
    text = to_text(diagnostic, SOURCES.get) + to_text(found(0, 1, why=evil), SOURCES.get)
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert text.count("\n") == 13


def test_long_values_are_cut():
    diagnostic = diagnose("R0802", Span("a", 0, 1), {"found": "x" * 10_000})
    assert len(diagnostic.message) < 450


def test_colours_change_nothing_but_colours():
    import re

    diagnostic = found(*span_of("two"), label="here", why="because", hint="do")
    coloured = "\n".join(lines(diagnostic, colour=True))
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == "\n".join(lines(diagnostic))


def test_json_has_places_counted_from_one():
    label = Label(Span("b", 0, 0), "there")
    (value,) = to_json([found(*span_of("three"), labels=(label,))], SOURCES.get)
    place = {k: value[k] for k in ("path", "line", "column", "end_line", "end_column")}
    assert place == {"path": "a", "line": 2, "column": 2, "end_line": 2, "end_column": 7}
    assert value["labels"] == [{"text": "there", "path": "b"}]
    assert (value["code"], value["level"], value["message"]) == ("R0101", "error", "title")


def test_order_and_summary():
    warning = Diagnostic("R0217", "warning", "w", Span("a", 0, 1))
    later = Diagnostic("R0101", "error", "e", Span("a", 5, 6))
    other = Diagnostic("R0101", "error", "e", Span("Z", 9, 9))
    assert in_order([later, warning, later, other]) == (other, warning, later)
    assert summary([warning, later, other]) == "2 errors, 1 warning"
    assert summary([]) == ""
    assert not has_errors([warning])
    assert has_errors([warning, later])
