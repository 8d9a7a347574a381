"""Who may ask: a token from the environment, or nobody but this machine."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import TrainingError
from .problems import Problem

_SHORTEST = 16


@dataclass(frozen=True)
class Door:
    """`digest` is the token's hash. `hosts` are the names in the `Host` of a request that are
    taken, in lower case; None takes all."""

    digest: bytes | None
    hosts: frozenset[str] | None

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises `Problem` unless the request may come in."""
        # A page in a browser of this machine may find a way to an address of this machine, but it
        # cannot choose the name that it goes by.
        if self.hosts is not None and _host_of(headers.get("host", "")) not in self.hosts:
            raise Problem("wrong_host", "without a token this server goes by its local names")
        if self.digest is None:
            return
        given = hashlib.sha256(_token_of(headers.get("authorization", ""))).digest()
        if not hmac.compare_digest(given, self.digest):
            # Why is not said: whoever knows the token needs no help.
            raise Problem(
                "unauthorised",
                "give the token: `Authorization: Bearer …`",
                headers=(("WWW-Authenticate", 'Bearer realm="rubricc"'),),
            )


def open_door(host: str, variable: str | None, *, without_token: bool) -> Door:
    """The door of a server at `host`. Raises `TrainingError` for one that would stand open."""
    local = is_local(host)
    if variable is None:
        if not local and not without_token:
            raise TrainingError(
                f"without a token, whoever reaches {host} could ask",
                "give --token-env NAME, the environment variable that holds one",
            )
        names = frozenset({"localhost", "127.0.0.1", "::1", host.lower()})
        return Door(None, names if local else None)
    token = os.environ.get(variable, "").strip()
    if not token:
        raise TrainingError(
            f"the environment variable {variable} is not set",
            f"put a token into it: export {variable}=$(openssl rand -hex 32)",
        )
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise TrainingError(
            f"the token in {variable} is no printable ASCII of {_SHORTEST} characters or more",
            f"export {variable}=$(openssl rand -hex 32)",
        )
    return Door(hashlib.sha256(token.encode()).digest(), None)


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _token_of(value: str) -> bytes:
    """The token of an `Authorization` header. Clients that can send no header of their own have it
    as the password in the address, which arrives as `Basic`."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip().encode(errors="replace")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _host_of(value: str) -> str:
    """The name in a `Host` header, without the port and the brackets."""
    host = value.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
