"""What the server refuses, and what it tells the browser to refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def security_headers(host: str) -> dict[str, str]:
    """The page may load from its own server and from nowhere else; nobody may frame it."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "geolocation=(), camera=(), microphone=()",
    }


class Guard:
    """Answers only to its own names, and WebSockets only to its own pages.

    Without it any page that the person has open elsewhere could read the picture, by WebSocket or by a
    name that is made to point here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = LOOPBACK | {h.lower() for h in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        origin = headers.get("origin")
        if not self._known(host) or (scope["type"] == "websocket" and not _same(origin, host)):
            await self._refuse(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security_headers(host))
            await send(message)

        await self._app(scope, receive, guarded)

    def _known(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        return found is not None and found["name"].strip("[]").lower() in self._hosts

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = PlainTextResponse(
            "This server does not go by that name; start it with --name to add one.\n", status_code=421
        )
        await answer(scope, receive, send)


def _same(origin: str | None, host: str) -> bool:
    """A WebSocket's origin must be the page that this server gave; programs send none."""
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()
