"""`reward.py`: the runtime's own sources and the rubrics, in one file of the standard library."""

import ast
import json
from collections.abc import Iterator, Sequence
from importlib.resources import files

from rubricdsl import ir
from rubricdsl.compact import compact

# In the order of their imports: each module needs only those before it.
_MODULES = (
    "form", "text", "amounts", "automaton", "doses", "checks", "conditions", "verdicts", "order",
    "shapes", "groups", "evaluate", "prepared", "vector", "registry", "demands", "embedded",
    "judging", "batch", "judged", "metrics", "trl", "scored",
)  # fmt: skip

_HEADER = '''\
"""Rewards from rubrics: verdicts in, one number per response out.

Made by rubricc from {count}; edit the rubrics, not this file. It needs Python 3.11 or later and
nothing but the standard library.

With TRL, from the folder of this file:

    trl grpo --config grpo/grpo.yaml         # it says: reward_funcs: [reward.reward]

or in Python:

    import reward
    reward.set_judge(my_judge)               # or RUBRICC_JUDGE=package.module:function
    trainer = GRPOTrainer(..., reward_funcs=reward.reward)

The data set has the columns `prompt` and `rubric` (a name from `rubric_names()`), and may have
`inputs` and `profile`. A column `rubric_json` may hold the rubric itself, as `rubricc compile
--rubrics-in-rows` writes it: any number of rubrics then goes through this one file. Criteria with
a deterministic check never go to the judge. A judge that fails gives no verdicts, and the rubric's
policies say what that means: in safety, a violation. `read_reply` reads a language model's JSON.

Rubrics with `reward centred` rank the responses to a prompt among themselves: all of them must come
in one call, side by side, and a group in pieces is refused. For trainers that normalise each reward
function by itself there are `reward_safety`, `reward_proficiency` and `reward_excellence`, to be
used together (`multi_objective_aggregation: normalize_then_sum`): safety comes first under any
positive weights.

Without a trainer:

    reward.score("{example}", {{"criterion_id": "met"}}, inputs={{}}, response="...")

says everything about one sheet of verdicts; `reward_for` takes the same and gives the reward alone,
several times as fast, and `rewards_for` takes an array of numpy or torch with one row per sheet.

Keep `scale_rewards: none`. Within a group, division by the standard deviation keeps the order, but
one unsafe response then squeezes the differences among the safe ones, and a group that differs in
courtesies alone weighs as much as one that differs in safety.
"""
'''


def emit_reward(rubrics: Sequence[tuple[ir.Rubric, str]]) -> str:
    """The text of `reward.py` for checked rubrics with their semantic hashes, sorted by name."""
    ordered = sorted(rubrics, key=lambda pair: pair[0].name)
    count = "1 rubric" if len(ordered) == 1 else f"{len(ordered)} rubrics"
    if not ordered:
        count = "no rubric of its own: they come with the rows"
    header = _HEADER.format(count=count, example=ordered[0][0].name if ordered else "name")
    sources = [_source(name) for name in _MODULES]
    parts = [header + "\n" + _import_block(sources), *map(_body, sources), _registration(ordered)]
    return "\n\n".join(parts)


def _registration(rubrics: Sequence[tuple[ir.Rubric, str]]) -> str:
    lines = [
        "",
        "# The rubrics, each as JSON text that is parsed when it is first asked for.",
        "register(",
        "    {",
        *(
            f"        {json.dumps(rubric.name)}: {compact_text(rubric, hash)!r},"
            for rubric, hash in rubrics
        ),
        "    }",
        ")",
    ]
    return "\n".join(lines) + "\n"


def compact_text(rubric: ir.Rubric, hash: str) -> str:
    """The compact form as JSON text: what the module has of a rubric, and what a row may carry."""
    return json.dumps(compact(rubric, hash), separators=(",", ":"))


def _source(module: str) -> str:
    return files("rubricdsl.runtime").joinpath(f"{module}.py").read_text(encoding="utf-8")


def _import_block(sources: Sequence[str]) -> str:
    """One import per module of the standard library; the runtime's own imports fall away."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for source in sources:
        for node in _preamble(source):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.setdefault(node.module, set()).update(alias.name for alias in node.names)
    return "\n".join(
        [
            *(f"import {module}" for module in sorted(modules)),
            *(
                f"from {module} import {', '.join(sorted(names[module]))}"
                for module in sorted(names)
            ),
        ]
    )


def _body(source: str) -> str:
    """A module's source without its imports; its docstring becomes a comment."""
    dropped: set[int] = set()
    for node in _preamble(source):
        dropped |= set(range(node.lineno - 1, node.end_lineno or node.lineno))
    lines = source.splitlines()
    body = "\n".join(line for i, line in enumerate(lines) if i not in dropped).strip("\n")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    comment = "\n".join(f"# {line}".rstrip() for line in docstring.splitlines())
    gap = "\n\n\n" if body.startswith(("class ", "def ")) else "\n\n"
    return f"\n{comment}{gap}{body}"


def _preamble(source: str) -> Iterator[ast.Expr | ast.Import | ast.ImportFrom]:
    """The docstring and the imports at the top of a module."""
    for node in ast.parse(source).body:
        if not isinstance(node, (ast.Expr, ast.Import, ast.ImportFrom)):
            return
        yield node
