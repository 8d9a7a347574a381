"""The short ways of the scanner and the parser lead where the long ways lead."""

import gc
import random

import pytest

from rubricdsl.passes import check_paths
from rubricdsl.source import Source
from rubricdsl.syntax.machine import Machine
from rubricdsl.syntax.parser import parse
from rubricdsl.syntax.tables import tables as loaded
from rubricdsl.syntax.tokens import Token, scan

from ..sample import SAMPLE

PIECES = (
    '"', "{", "}", "weight", "5 mg", "requires", "safety 2", "# x\n", "\\q", "é", "/", "1/0", "a.b",
    "level 0", ":", "(", " and ", "=", "==", "-3", "a-b", "x/y", "title", "note", "\u00a0", "1.5",
)  # fmt: skip


def damaged() -> list[str]:
    """The sample without each of its tokens in turn, and with pieces put in at random."""
    tokens, _ = scan("x.rubric", SAMPLE)
    texts = [SAMPLE[: token.start] + SAMPLE[token.end :] for token in tokens]
    choose = random.Random(5)
    for _ in range(150):
        at, width = choose.randrange(len(SAMPLE)), choose.choice((0, 0, 1, 9))
        texts.append(SAMPLE[:at] + choose.choice(PIECES) + SAMPLE[at + width :])
    return texts


def without_run(machine: Machine, tokens: list[Token], at: int) -> int:
    machine.met_in = machine.states[-1]
    return at


def test_running_over_plain_tokens_is_deciding_each(monkeypatch):
    texts = damaged()
    short = [parse(Source("x.rubric", text)) for text in texts]
    monkeypatch.setattr(Machine, "run", without_run)
    assert short == [parse(Source("x.rubric", text)) for text in texts]


def test_a_token_can_be_no_more_behind_a_construct_than_in_it():
    """What lets `run` end constructs before it is known what the token that ends them is."""
    rules, states = loaded().rules, loaded().states
    before: list[set[int]] = [set() for _ in states]
    for index, row in enumerate(states):
        for step in row.values():
            if step >= 0:
                before[step].add(index)
    readings = [(word, {*names, "NAME"}) for word, names in loaded().words.items()]
    readings.append(("NUMBER", {"NUMBER", "INT", "QUANTITY"}))
    seen = 0
    for index, plain in enumerate(loaded().plain):
        for raw, names in readings:
            step = plain.get(raw, 0)
            if step >= 0:
                continue
            origin, last, _ = rules[-1 - step]
            roots = {index}
            for _ in range(-(last.start or 0)):
                roots = {root for state in roots for root in before[state]}
            for root in roots:
                if origin in states[root]:
                    behind = states[states[root][origin]]
                    assert names & behind.keys() <= states[index].keys()
                    seen += 1
    assert seen > 1000


def test_a_usual_token_is_the_same_after_an_unusual_one():
    tokens, _ = scan("x.rubric", SAMPLE)
    later, _ = scan("x.rubric", "a.b " + SAMPLE)
    assert [(t.type, t.text, t.start + 4, t.end + 4) for t in tokens] == [
        tuple(t) for t in later[1:]
    ]


@pytest.mark.parametrize(
    "text", ["a.5", "a/b", "a-b", "aé", "5.5", "5/2", "5mg", "x", "7", '"\\""']
)
def test_tokens_cover_the_text(text):
    tokens, _ = scan("x.rubric", text + "\n# end")
    assert tokens[0].start == 0
    assert max(token.end for token in tokens[:-1]) == len(text)


@pytest.mark.parametrize("enabled", [True, False])
def test_checking_leaves_the_collector_as_it_was(enabled, tmp_path):
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        check_paths([str(tmp_path)])
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
