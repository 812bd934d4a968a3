"""Serves the picture page and feeds each browser at its own pace."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, Final

import uvicorn
from google.protobuf.message import DecodeError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from fusion.constants import OPERATION, Chosen
from nodes.errors import BadInput
from nodes.page.build import is_built
from nodes.page.feed import Feed
from nodes.page.guard import Guard
from nodes.page.source import Source
from triwatch.v1 import page_pb2

BUNDLE = Path(__file__).parent / "static"
FRAME_EVERY_S: Final[
    Annotated[float, Chosen("s", "least time between two frames to a browser", OPERATION)]
] = 0.1
FRAMES_UNSEEN_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "frames on their way to a browser that has not dealt with them; then it gets none until it has",
            OPERATION,
        ),
    ]
] = 3
BROWSERS_MAX: Final[Annotated[int, Chosen("1", "browsers at a time", OPERATION)]] = 64
REQUEST_BYTES_MAX: Final[Annotated[int, Chosen("bytes", "largest request of a browser", OPERATION)]] = 4096
GOODBYE_S: Final[
    Annotated[float, Chosen("s", "longest wait for browsers to answer that the server is stopped", OPERATION)]
] = 3.0
CLOSE_STOPPED = 1012
CLOSE_TOO_MANY = 1013
CLOSE_NO_TOKEN = 4401
"""Codes that a WebSocket is closed with; the page says them in words."""


class Server:
    """One source on one address. ``lock`` guards a source that changes in another thread; with a ``token``
    the picture is for those alone whose address has it."""

    def __init__(
        self,
        source: Source,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Iterable[str] = (),
        lock: threading.Lock | None = None,
        token: str = "",
    ) -> None:
        if not is_built():
            raise BadInput("the picture page is not built; run: python -m nodes.page.build")
        self._source = source
        self._lock = lock or threading.Lock()
        self._socket = _bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._token = token
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self.url += f"?token={token}" if token else ""
        self._browsers: set[WebSocket] = set()
        app = Starlette(
            routes=[
                WebSocketRoute("/ws", self._browser),
                Mount("/", StaticFiles(directory=BUNDLE, html=True)),
            ],
            middleware=[
                Middleware(Guard, hosts=[host, *names]),
                Middleware(GZipMiddleware, minimum_size=512),
            ],
        )
        self._uvicorn = _Serving(
            self._goodbye,
            uvicorn.Config(
                app,
                log_level="warning",
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                ws_max_size=REQUEST_BYTES_MAX,
                timeout_graceful_shutdown=1,
                lifespan="off",
            ),
        )
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until interrupted."""
        self._uvicorn.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.run, name="page-server", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Serve no more, soon."""
        self._uvicorn.should_exit = True

    def stop(self) -> None:
        """End what ``start`` began; the port is free when this returns."""
        self.end()
        if self._thread is not None:
            self._thread.join(5.0)
        self._socket.close()

    async def _browser(self, websocket: WebSocket) -> None:
        await websocket.accept()  # a browser is told why only of a connection that was made
        given = websocket.query_params.get("token", "")
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            await websocket.close(CLOSE_NO_TOKEN)
            return
        if len(self._browsers) >= BROWSERS_MAX:
            await websocket.close(CLOSE_TOO_MANY)
            return
        self._browsers.add(websocket)
        try:
            await _Connection(websocket, self._source, self._lock).serve()
        finally:
            self._browsers.discard(websocket)

    async def _goodbye(self) -> None:
        """Tell every browser that the server is stopped, and wait until each has answered.

        A connection that is closed while its browser still sends is reset, and the word is lost with it.
        """
        for websocket in tuple(self._browsers):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close(CLOSE_STOPPED)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._browsers:
                    await asyncio.sleep(0.02)


class _Serving(uvicorn.Server):
    """uvicorn, with something to do before connections are closed."""

    def __init__(self, before_close: Callable[[], Awaitable[None]], config: uvicorn.Config) -> None:
        super().__init__(config)
        self._before_close = before_close

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._before_close()
        await super().shutdown(sockets)


class _Connection:
    """One browser: what it asks for comes in at any time; frames go out one after the other."""

    def __init__(self, websocket: WebSocket, source: Source, lock: threading.Lock) -> None:
        self._websocket = websocket
        self._lock = lock
        self._feed = Feed(source)
        self._seen = 0
        self._asked: list[page_pb2.PageRequest] = []
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        sending = asyncio.create_task(self._send())
        try:
            await self._receive()
        except (WebSocketDisconnect, DecodeError, KeyError):
            pass  # it left, or what it sent is no request: either way it is done
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._websocket.close(1003)

    async def _receive(self) -> None:
        while True:
            request = page_pb2.PageRequest.FromString(await self._websocket.receive_bytes())
            self._seen = max(self._seen, request.seen)
            self._asked.append(request)
            if len(self._asked) > FRAMES_UNSEEN_MAX:  # only the newest wish counts, and the newest place
                seek = next((r for r in reversed(self._asked) if r.HasField("seek_ns")), None)
                self._asked = [r for r in (seek, request) if r is not None]
            self._wake.set()

    async def _send(self) -> None:
        comparing: asyncio.Task[page_pb2.PageFrame] | None = None
        place = 0
        while True:
            with self._lock:
                for request in self._asked:
                    self._feed.obey(request)
                self._asked.clear()
                frame = self._feed.compose()
            await self._websocket.send_bytes(frame.SerializeToString())
            time_ns = frame.clock.time_ns
            if comparing is not None and comparing.done():
                if place == self._feed.place:
                    await self._websocket.send_bytes(comparing.result().SerializeToString())
                comparing = None
            if comparing is None and self._feed.due_comparison(time_ns):
                nation = self._feed.nation
                place = self._feed.place
                self._feed.begin_comparison(time_ns)
                comparing = asyncio.create_task(asyncio.to_thread(self._feed.compare, nation, time_ns))
            await self._pause()

    async def _pause(self) -> None:
        """Until the next frame is due and the browser has dealt with those before, or it asks."""
        await asyncio.sleep(FRAME_EVERY_S)
        while self._feed.sequence - self._seen > FRAMES_UNSEEN_MAX:
            self._wake.clear()
            await self._wake.wait()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise BadInput(
            f"cannot serve the page on {host}:{port}: {error.strerror}; choose another with --port"
        ) from None
    return listener
