"""`rubricc`: one entry point, one module per command, imported when it is called."""

import argparse
import difflib
import importlib
import sys
from collections.abc import Sequence

from rubricdsl.version import LANGUAGE_VERSION, __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "begin a rubric that checks, tests and compiles"),
    "check": ("check", "read rubrics and report what is wrong with them"),
    "test": ("test", "run the tests written inside rubrics"),
    "fmt": ("fmt", "bring rubrics into the one style"),
    "lint": ("lint", "look for what is allowed and harms a rubric"),
    "diff": ("diff", "say what changed in meaning between two versions"),
    "lock": ("lock", "pin the meaning of what rubrics build on"),
    "explain": ("explain", "say what a code such as R0204 means"),
    "lsp": ("lsp", "serve editors: findings, completion, names, tests"),
    "doc": ("doc", "write rubrics as pages that a clinician can sign"),
    "compile": ("compile", "write training data, reward, judge prompts and run files"),
    "conformance": ("conformance", "compare what stacks get from their adapters, bit by bit"),
    "stacks": ("stacks", "list the stacks that bundles plug into"),
    "analyze": ("analyze", "say what follows from the meaning of rubrics alone"),
    "verify": ("verify", "check what a bundle's rewards are claimed to keep"),
    "import": ("import_", "make .rubric files from other formats"),
    "export": ("export", "write rubrics in another format"),
    "score": ("score", "turn recorded verdicts into scores"),
    "judge": ("judge", "judge answers with a model or with recorded verdicts"),
    "serve": ("serve", "answer rewards and verdicts over HTTP"),
    "train": ("train", "train a reward model or a policy from a bundle"),
    "evaluate": ("evaluate", "measure reward models and judges on held-out labels"),
    "completion": ("completion", "complete commands and options in a shell"),
    "demo": ("demo", "the whole path on this machine, in a few minutes"),
    "experiment": ("experiment", "compare rewards where the truth is known"),
}

OVERVIEW = """\
examples:
  rubricc check rubrics/
  rubricc test rubrics/dermatology/changing_mole.rubric
  rubricc compile rubrics/ --out build/bundle --synthesize 200
  rubricc train reward-model build/bundle --out build/rm

`rubricc COMMAND --help` tells more. Exit codes: 0 fine, 1 errors found, 2 used wrongly.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(_overview(), end="")
        return 0 if args else 2
    if args[0] == "--version":
        print(f"rubricc {__version__} (language version {LANGUAGE_VERSION})")
        return 0
    name, rest = args[0], args[1:]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        print(f"rubricc: there is no command `{name}`{hint}", file=sys.stderr)
        print("`rubricc --help` lists them", file=sys.stderr)
        return 2
    module = importlib.import_module(f"{__package__}.commands.{COMMANDS[name][0]}")
    parser = argparse.ArgumentParser(
        prog=f"rubricc {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    try:
        return int(module.run(parser.parse_args(rest)))
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("\nrubricc: stopped", file=sys.stderr)
        return 130


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items()]
    usage = "usage: rubricc COMMAND [ARGUMENT …]\n\nRubrics as source code for aligning language "
    return usage + "models in medicine.\n\ncommands:\n" + "\n".join(lines) + "\n\n" + OVERVIEW
