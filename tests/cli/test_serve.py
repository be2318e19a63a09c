"""`kbview serve`: two viewers with screens and keys of their own, and nobody without the token."""

import asyncio
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pyte
import pytest

from kbview.cli.main import main

needs_extra = pytest.mark.skipif(
    importlib.util.find_spec("textual_serve") is None, reason="the extra `serve` is not installed"
)
TOKEN = "secret"
_WAIT_S = 90


@contextmanager
def serving() -> Iterator[int]:
    """The port of a server of paced-udp. Ctrl+C ends it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    words = ["serve", "paced-udp", "--port", str(number), "--token", TOKEN]
    with subprocess.Popen(
        [sys.executable, "-m", "kbview", *words], stderr=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stderr is not None
        assert b"http://127.0.0.1:" in process.stderr.readline()
        yield number
        process.send_signal(signal.SIGINT)
        assert process.wait(_WAIT_S) == 0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as number:
        yield number


class Viewer:
    """A browser's end: its screen as pyte draws it."""

    def __init__(self, socket: Any, size: tuple[int, int]) -> None:
        self._socket = socket
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)

    async def wait_for(self, text: str) -> None:
        end = time.monotonic() + _WAIT_S
        while not re.search(text, "\n".join(self.screen.display)):
            assert time.monotonic() < end, "\n".join(self.screen.display)
            message = await self._socket.receive(timeout=_WAIT_S)
            if isinstance(message.data, bytes):
                self._stream.feed(message.data)

    async def press(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])

    async def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        await self._socket.send_json(["resize", {"width": width, "height": height}])


async def watched(port: int) -> None:
    import aiohttp

    base = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)  # an address in place of a name
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{base}/?token={TOKEN}") as page:
            assert page.status == 200
            assert page.url.query_string == "", "the secret leaves the address"
        async with (
            browser.ws_connect(f"{base}/ws?width=80&height=24") as one,
            browser.ws_connect(f"{base}/ws?width=80&height=24") as two,
        ):
            first, second = Viewer(one, (80, 24)), Viewer(two, (80, 24))
            await first.wait_for("q quit")
            await second.wait_for("q quit")
            await first.press("t")
            await first.wait_for("kernel bypassed")
            await second.press("5")
            await second.wait_for("(?i)budget")
            assert "bypassed" not in "\n".join(second.screen.display), "a session of its own"
            await first.resize(120, 35)
            await first.wait_for(r".{100,}\S")
            await first.press("w")
            await first.wait_for("writes no files on the server")


@needs_extra
def test_two_viewers_have_screens_keys_and_sizes_of_their_own(port: int) -> None:
    asyncio.run(watched(port))


async def interrupted_while_watched() -> tuple[float, list[psutil.Process]]:
    """Seconds from Ctrl+C to the end, and processes that are left; the viewers answer nothing."""
    import aiohttp

    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        with serving() as number:
            async with browser.get(f"http://127.0.0.1:{number}/?token={TOKEN}"):
                pass
            for _ in range(2):
                line = await browser.ws_connect(f"http://127.0.0.1:{number}/ws?width=80&height=24")
                assert isinstance((await line.receive()).data, bytes)
            server = next(
                process for process in psutil.Process().children() if str(number) in process.cmdline()
            )
            started = server.children(recursive=True)
            start = time.monotonic()
        return time.monotonic() - start, psutil.wait_procs(started, timeout=10)[1]


@needs_extra
def test_one_interrupt_ends_it_while_browsers_watch() -> None:
    """A server without this waits twenty seconds for the connections that are open."""
    seconds, left = asyncio.run(interrupted_while_watched())
    assert seconds < 10
    assert left == []


async def answers(port: int) -> list[int]:
    import aiohttp

    base, right = f"http://127.0.0.1:{port}", {"Cookie": f"kbview-{port}={TOKEN}"}
    asked: list[tuple[str, dict[str, str]]] = [
        ("/", {}),
        ("/?token=wrong", {}),
        ("/ws", {}),
        ("/static/css/xterm.css", {}),
        ("/", {"Cookie": f"kbview-{port}=wrong"}),
        ("/ws", right | {"Origin": "http://elsewhere.example"}),
        ("/", right),
    ]
    found = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        for path, headers in asked:
            async with browser.get(base + path, headers=headers) as answer:
                found.append(answer.status)
    return found


@needs_extra
def test_without_the_token_and_from_another_page_nothing_is_served(port: int) -> None:
    assert asyncio.run(answers(port)) == [403, 403, 403, 403, 403, 403, 200]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--host", "0.0.0.0"], "give a --token"),
        (["-"], "cannot be read once for each viewer"),
        (["counters"], "live sources are not served"),
        (["--port", "0"], "use 1 to 65535"),
        (["nowhere.pcap"], "no such file"),
    ],
)
def test_refused_in_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *words]) in (2, 3)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


@pytest.mark.skipif(
    importlib.util.find_spec("textual_serve") is not None, reason="the extra `serve` is installed"
)
def test_without_the_extra_the_command_that_installs_it_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", "paced-udp"]) == 2
    assert f"run: {sys.executable} -m pip install textual-serve" in capsys.readouterr().err
