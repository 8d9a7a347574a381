"""Say what a code means, with an example that gives it and one that does not.

Without a code, all of them are listed. The same pages are in docs/codes.md.

examples:
  rubricc explain R0204
  rubricc explain
"""

import argparse
import difflib
import sys

from rubricdsl.codes import CODES
from rubricdsl.explain import as_text, page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("codes", nargs="*", metavar="CODE", help="such as R0204")


def run(args: argparse.Namespace) -> int:
    """0, or 2 for a code that does not exist."""
    if not args.codes:
        for code in CODES:
            shown = page(code)
            print(f"{code}  {shown.level:<7}  {shown.title}")
        return 0
    wanted = [code.upper() for code in args.codes]
    for given, code in zip(args.codes, wanted, strict=True):
        if code not in CODES:
            near = difflib.get_close_matches(code, CODES, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            print(f"rubricc explain: there is no code {given!a}{hint}", file=sys.stderr)
            print("`rubricc explain` lists them", file=sys.stderr)
            return 2
    print("\n\n\n".join(as_text(page(code)) for code in wanted))
    return 0
