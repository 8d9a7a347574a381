"""The server with all that it can do."""

import logging
import sys

from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from . import lifecycle, reading, running, writing
from .server import RubricServer


def make(search: tuple[str, ...] = ()) -> RubricServer:
    """A server that waits for a client; `search` are further roots for includes."""
    server = RubricServer(search)
    for module in (lifecycle, reading, writing, running):
        module.register(server)
    return server


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a record is about more than a request that was refused: that is an answer."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, JsonRpcException) or isinstance(error, JsonRpcInternalError)


def serve(search: tuple[str, ...] = ()) -> None:
    """Speak with a client over standard input and output, until it says goodbye.

    Whatever else would be printed goes to standard error.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_fault)
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    make(search).start_io(sys.stdin.buffer, output)
