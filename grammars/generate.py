"""Make `tables.json` from `rubric.lark`, the LALR tables that the parser runs on, and
`rubric.tmLanguage.json` from their keywords.

Lark finds conflicts and computes the tables here, once, when the grammar changes; a run of
`rubricc` then starts without building them. Tests fail when the files do not belong together.

    python -m rubricdsl.grammars.generate
"""

import json
from pathlib import Path
from typing import Any

from lark import Lark
from lark.grammar import Rule
from lark.parsers.lalr_analysis import Shift

FOLDER = Path(__file__).parent
VERSION = 1


def tables(grammar: str) -> dict[str, Any]:
    """The tables of a grammar as JSON values.

    `rules`: [origin, number of symbols, what it makes, whether one of the symbols is a repetition];
    it makes "" where one symbol stands for itself, and "*" where repetitions gather in a list.
    `states`: per state, a map from
    a terminal to `n` (shift, go to n) or `-1 - r` (reduce by rule r), and from a nonterminal to the
    state to go to. `words`: each keyword with the terminals that it can be.
    """
    lark = Lark(grammar, parser="lalr", keep_all_tokens=True)
    parser = lark.parser.parser
    table = parser._parse_table
    rules = sorted(set(lark.rules), key=lambda rule: (str(rule.origin), str(rule.expansion)))
    number = {rule: index for index, rule in enumerate(rules)}
    order = _reachable(table)
    states = [
        {
            symbol: order[arg] if action is Shift else -1 - number[arg]
            for symbol, (action, arg) in sorted(table.states[state].items())
        }
        for state in order
    ]
    end = order[table.end_states["start"]]
    states[end]["$END"] = end  # a file that is complete takes its end in like any token
    words: dict[str, list[str]] = {}
    for terminal in lark.terminals:
        for word in str(terminal.pattern.value).removeprefix("(?:").removesuffix(")").split("|"):
            if word.replace("_", "").isalpha():
                words.setdefault(word, []).append(terminal.name)
    return {
        "version": VERSION,
        "start": order[table.start_states["start"]],
        "end": end,
        "rules": [
            [str(rule.origin.name), len(rule.expansion), _makes(rule), _repeats(rule)]
            for rule in rules
        ],
        "states": states,
        "words": {word: sorted(names) for word, names in sorted(words.items())},
    }


def _reachable(table: Any) -> dict[int, int]:
    """States in the order in which they are met: Lark's own numbers differ from run to run."""
    order: dict[int, int] = {}
    waiting = [table.start_states["start"]]
    while waiting:
        state = waiting.pop(0)
        if state in order:
            continue
        order[state] = len(order)
        entries = sorted(table.states[state].items())
        waiting += [arg for _, (action, arg) in entries if action is Shift]
    return order


def _makes(rule: Rule) -> str:
    name = str(rule.origin.name)
    if name.startswith("__"):
        return "*"
    if rule.alias is None and rule.options.expand1 and len(rule.expansion) == 1:
        return ""
    return str(rule.alias or name)


def _repeats(rule: Rule) -> bool:
    """Whether a symbol is a repetition, whose values have to be spread among the others."""
    return any(symbol.name.startswith("__") for symbol in rule.expansion)


def text(grammar: str) -> str:
    """`tables.json` as it should be."""
    made = tables(grammar)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in made.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write the files next to the grammar."""
    grammar = (FOLDER / "rubric.lark").read_text("utf-8")
    (FOLDER / "tables.json").write_text(text(grammar), "utf-8")
    # Only now: it reads the tables.
    from . import textmate

    (FOLDER / "rubric.tmLanguage.json").write_text(textmate.text(), "utf-8")


if __name__ == "__main__":
    main()
