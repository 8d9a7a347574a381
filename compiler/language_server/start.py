"""The server with all that it can do."""

import logging
import sys

from . import lifecycle, reading, running, writing
from .server import RubricServer


def make(search: tuple[str, ...] = ()) -> RubricServer:
    """A server that waits for a client; `search` are further roots for includes."""
    server = RubricServer(search)
    for module in (lifecycle, reading, writing, running):
        module.register(server)
    return server


def serve(search: tuple[str, ...] = ()) -> None:
    """Speak with a client over standard input and output, until it says goodbye.

    Whatever else would be printed goes to standard error.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    make(search).start_io(sys.stdin.buffer, output)
