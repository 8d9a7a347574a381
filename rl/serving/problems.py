"""What a request is refused with: RFC 9457 problem details, with a code to branch on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/problem+json"

CODES: Mapping[str, tuple[int, str]] = {
    "bad_http": (400, "The request breaks the rules of HTTP"),
    "bad_json": (400, "The body is not one JSON value that is taken"),
    "unauthorised": (401, "A token is needed"),
    "wrong_host": (403, "The request was not meant for this server"),
    "not_found": (404, "There is nothing at this path"),
    "wrong_method": (405, "This path takes another method"),
    "slow": (408, "The request did not arrive in time"),
    "too_large": (413, "The body is too large"),
    "too_many_answers": (413, "The request has too many answers"),
    "text_too_long": (413, "A text is too long"),
    "wrong_type": (415, "The body must be JSON"),
    "bad_request": (422, "A field is missing or is not what it must be"),
    "unknown_rubric": (422, "The bundle has no such rubric"),
    "bad_rubric": (422, "The rubric in the request cannot be used"),
    "unknown_profile": (422, "The rubric has no such profile"),
    "broken_group": (422, "The reward ranks within a group, and the group is not whole"),
    "dropped": (422, "A rubric gives no reward, and this form of a reply cannot say so"),
    "busy": (429, "The server has enough to do"),
    "head_too_large": (431, "The head of the request is too large"),
    "internal": (500, "The server made a mistake"),
    "stopping": (503, "The server is stopping"),
}


@dataclass(eq=False)
class Problem(Exception):
    """A refusal: one of `CODES`, what exactly is wrong, and when to come again, in seconds."""

    code: str
    detail: str
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    def body(self, request: str) -> bytes:
        """The problem as JSON; `request` is the id that the log has."""
        found: dict[str, Any] = {
            "type": "about:blank",
            "title": CODES[self.code][1],
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request": request,
        }
        return json.dumps(found).encode() + b"\n"

    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """What belongs into the head of the reply beside the usual."""
        wait = () if self.retry_after is None else (("Retry-After", str(self.retry_after)),)
        return (*self.headers, *wait)
