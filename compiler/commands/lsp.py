"""The language server, for editors.

It speaks the Language Server Protocol over standard input and output: findings with fixes, names
and what they stand for, completion, the one style, and tests that run where they stand. Editors
start it; docs/editors.md says how. It needs the extra `lsp`: pip install 'rubricdsl[lsp]'

examples:
  rubricc lsp
  rubricc lsp --path shared/rubrics
"""

import argparse
import sys
from importlib.util import find_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument(
        "--stdio", action="store_true", help="speak over standard input and output, as always"
    )


def run(args: argparse.Namespace) -> int:
    """0 after the client has said goodbye; 2 where the extra is not installed."""
    if find_spec("pygls") is None:
        print("rubricc lsp: pygls is missing: pip install 'rubricdsl[lsp]'", file=sys.stderr)
        return 2
    from ..language_server.start import serve

    serve(tuple(args.path))
    return 0
