"""One POST over HTTP, bounded in time and size: the standard library's urllib, nothing else.

Judging sends at most some hundred requests at a time, each of which takes a server far longer than
a thread costs; so threads and urllib do, and judges add no dependency. Proxies are those of the
environment. Redirects are not followed, because the key would follow them.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any

LIMIT = 4 * 1024 * 1024
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Reply:
    """What a server answered. `body` holds one byte more than `LIMIT` when it has more."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().casefold()


Send = Callable[[str, bytes, Mapping[str, str], float], Reply]
"""`send(url, body, headers, timeout)`. Raises `TimeoutError`, or `ConnectionError` and why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def send(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
    """POST `body` and read the reply within `timeout` seconds, whatever its status."""
    until = time.monotonic() + timeout
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        try:
            with _opener.open(request, timeout=timeout) as response:
                return _read(response, until)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error, until)
    except TimeoutError:
        raise
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise error.reason from None
        raise ConnectionError(str(error.reason)) from None
    # A reply may break any rule of HTTP; urllib says so in these ways.
    except (HTTPException, OSError, ValueError) as error:
        raise ConnectionError(f"{type(error).__name__}: {error}".rstrip(": ")) from None


def _read(response: HTTPResponse | urllib.error.HTTPError, until: float) -> Reply:
    """The reply. A server that sends a byte now and then does not get more time for it."""
    body = bytearray()
    while len(body) <= LIMIT:
        if time.monotonic() > until:
            raise TimeoutError
        chunk = response.read(min(_CHUNK, LIMIT + 1 - len(body)))
        if not chunk:
            break
        body += chunk
    headers = {name.casefold(): value for name, value in response.headers.items()}
    told = headers.get("content-length", "")
    if len(body) <= LIMIT and told[:19].isdecimal() and len(body) < int(told[:19]):
        raise ConnectionError(f"the reply ended after {len(body)} of {told} bytes")
    return Reply(response.status or 0, headers, bytes(body))
