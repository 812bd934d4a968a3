"""The server as a browser or a stranger meets it: names, origins, headers, pace."""

from __future__ import annotations

import asyncio
import http.client
import threading

import pytest
import websockets

from nodes.page.recorded import RecordedSource
from nodes.page.server import CLOSE_NO_TOKEN, FRAMES_UNSEEN_MAX, Server
from triwatch.v1 import page_pb2

pytestmark = pytest.mark.slow


def get(server: Server, path: str = "/", host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{server.port}"})
    return connection.getresponse()


def test_the_page_and_its_headers(server: Server) -> None:
    answer = get(server)
    assert answer.status == 200
    assert b"<title>triwatch</title>" in answer.read()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https:" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/server.py", "/nothing"])
def test_nothing_but_the_bundle_is_served(server: Server, path: str) -> None:
    assert get(server, path).status == 404


@pytest.mark.parametrize(
    "host",
    ["triwatch.example", "127.0.0.1.example:80", "", "[::1", "evil:8642", "127.0.0.1; x", "a@127.0.0.1"],
)
def test_a_name_that_is_not_its_own_is_refused(server: Server, host: str) -> None:
    assert get(server, host=host or " ").status in (400, 421)


def test_localhost_is_its_name_too(server: Server) -> None:
    assert get(server, host=f"localhost:{server.port}").status == 200


def test_a_page_from_elsewhere_may_not_connect(server: Server) -> None:
    async def connect(origin: str | None) -> None:
        address = f"ws://127.0.0.1:{server.port}/ws"
        async with websockets.connect(address, origin=origin) as socket:  # type: ignore[arg-type]
            await asyncio.wait_for(socket.recv(), 5)

    for origin in ("http://triwatch.example", f"http://127.0.0.1:{server.port + 1}", "null"):
        with pytest.raises(websockets.exceptions.InvalidStatus):
            asyncio.run(connect(origin))
    asyncio.run(connect(f"http://127.0.0.1:{server.port}"))


def test_what_is_no_request_ends_the_connection_and_nothing_else(server: Server) -> None:
    async def send(data: bytes | str) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws") as socket:
            await socket.recv()
            await socket.send(data)
            await asyncio.wait_for(socket.wait_closed(), 10)

    for data in (b"\xff\xff\xff", "text", b"x" * 100_000):
        asyncio.run(send(data))
    assert get(server).status == 200


def test_a_browser_that_does_not_keep_up_gets_fewer_frames_and_then_the_newest(server: Server) -> None:
    async def slow() -> tuple[int, list[page_pb2.PageFrame]]:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws", max_size=None) as socket:
            await socket.send(page_pb2.PageRequest(nation="USA", playing=True, speed=10).SerializeToString())
            await asyncio.sleep(2.5)  # deals with nothing for as long as 25 frames would take
            waiting = []
            while True:
                try:
                    data = await asyncio.wait_for(socket.recv(), 0.3)
                except TimeoutError:
                    break
                waiting.append(page_pb2.PageFrame.FromString(data))
            held = len(waiting)
            request = page_pb2.PageRequest(nation="USA", playing=True, speed=10, seen=waiting[-1].sequence)
            await socket.send(request.SerializeToString())
            while len(waiting) == held or not waiting[-1].HasField("picture"):
                waiting.append(page_pb2.PageFrame.FromString(await asyncio.wait_for(socket.recv(), 5)))
            return held, waiting

    held, frames = asyncio.run(slow())
    assert held <= FRAMES_UNSEEN_MAX + 1
    assert frames[-1].clock.time_ns - frames[held - 1].clock.time_ns > 5 * 10**9, "time went on meanwhile"


def test_stopping_frees_the_port_and_ends_its_threads(source: RecordedSource, built: None) -> None:
    before = threading.active_count()
    first = Server(source)
    first.start()
    assert get(first).status == 200
    first.stop()
    second = Server(source, port=first.port)
    second.start()
    assert get(second).status == 200
    second.stop()
    assert threading.active_count() <= before + 1


async def closing_code(server: Server, query: str) -> int:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws{query}", max_size=None) as socket:
        try:
            await asyncio.wait_for(socket.recv(), 10)
        except websockets.exceptions.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else -1
    return 0


def test_a_picture_with_a_token_is_shown_to_nobody_without_it(source: RecordedSource, built: None) -> None:
    guarded = Server(source, token="a-token")
    guarded.start()
    try:
        assert guarded.url.endswith("/?token=a-token")
        assert get(guarded).status == 200, "the page itself is no secret: it says what is missing"
        assert asyncio.run(closing_code(guarded, "?token=a-token")) == 0
        for query in ("", "?token=", "?token=another", "?token=a-token2", "?token=%C3%A4"):
            assert asyncio.run(closing_code(guarded, query)) == CLOSE_NO_TOKEN
    finally:
        guarded.stop()


def test_a_page_without_a_token_needs_none(server: Server) -> None:
    assert asyncio.run(closing_code(server, "?token=of-yesterday")) == 0
