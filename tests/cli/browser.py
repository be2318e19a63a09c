"""Chromium without a window, driven over W3C WebDriver: https://www.w3.org/TR/webdriver2/."""

import base64
import io
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any

import pyte

PATIENCE_S = 120
FLAGS = (
    "--headless",
    "--no-sandbox",  # Chromium refuses its sandbox to root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1100,700",
)
# Keeps what the page receives and its last size, as its own terminal gets them.
LISTENER = """
    window.received = []; window.size = null;
    const listen = WebSocket.prototype.addEventListener;
    WebSocket.prototype.addEventListener = function (kind, heard) {
        listen.call(this, kind, heard);
        if (kind === "message") listen.call(this, kind, message => {
            if (message.data instanceof ArrayBuffer)
                window.received.push(Array.from(new Uint8Array(message.data)));
        });
    };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (text) {
        const [kind, size] = JSON.parse(text);
        if (kind === "resize") window.size = [size.width, size.height, window.received.length];
        send.call(this, text);
    };
"""
BOX = """
    const box = document.querySelector(".xterm-screen").getBoundingClientRect();
    return [box.left, box.top, box.width, box.height];
"""


class Browser:
    """A Chromium with a profile of its own. Use as a context manager."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        self._profile = tempfile.mkdtemp()
        self._driver = subprocess.Popen(["chromedriver", f"--port={port}", "--silent"])
        self._session = ""

    def __enter__(self) -> "Browser":
        end = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError):
                if self.ask("GET", "/status")["ready"]:
                    break
            assert time.monotonic() < end, "chromedriver does not answer"
            time.sleep(0.1)
        options = {"args": [*FLAGS, f"--user-data-dir={self._profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        asked = {"capabilities": {"alwaysMatch": wanted}}
        self._session = f"/session/{self.ask('POST', '/session', asked)['sessionId']}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._session:
            with suppress(OSError):
                self.ask("DELETE", self._session)
        self._driver.terminate()
        self._driver.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The value that the driver answers."""
        request = urllib.request.Request(
            self._address + path,
            method=method,
            data=None if method == "GET" else json.dumps(body or {}).encode(),
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["value"]

    def complaints(self) -> list[str]:
        """Errors on the console since the last time, of all windows."""
        log = self.ask("POST", f"{self._session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]

    def window(self) -> "Window":
        """A new window."""
        handle = self.ask("POST", f"{self._session}/window/new", {"type": "window"})["handle"]
        window = Window(self, self._session, handle)
        window.listen()
        return window


class Window:
    """A window of the browser, and the screen that its terminal has been sent."""

    def __init__(self, browser: Browser, session: str, handle: str) -> None:
        self._browser, self._session, self._handle = browser, session, handle
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self._fed = 0

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        self._browser.ask("POST", f"{self._session}/window", {"handle": self._handle})
        return self._browser.ask(method, self._session + path, body)

    def listen(self) -> None:
        """Begin to keep what pages receive."""
        command = {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": LISTENER}}
        self._ask("POST", "/goog/cdp/execute", command)

    def run(self, script: str) -> Any:
        """The value of a script in the page."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def open(self, address: str) -> None:
        """Go there, and wait until the page is loaded."""
        self._ask("POST", "/url", {"url": address})

    def begin_anew(self) -> None:
        """The page has been loaded again: its terminal is empty."""
        self.screen.reset()
        self._fed = 0

    @property
    def address(self) -> str:
        """The address that the browser shows."""
        found: str = self._ask("GET", "/url")
        return found

    @property
    def text(self) -> str:
        """The screen, drawn anew from everything that came."""
        size, pieces = self.run(f"return [window.size, window.received.slice({self._fed})]")
        if size and (size[0], size[1]) != (self.screen.columns, self.screen.lines):
            self.screen.resize(size[1], size[0])
        for piece in pieces:
            self._stream.feed(bytes(piece))
        self._fed += len(pieces)
        return "\n".join(self.screen.display)

    def wait_for(self, pattern: str) -> None:
        """Until the screen shows it."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, text := self.text):
            assert time.monotonic() < end, f"{pattern!r} is not on the screen:\n{text}"
            time.sleep(0.1)

    def wait_until(self, script: str) -> None:
        """Until the script is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.run(script):
            assert time.monotonic() < end, script
            time.sleep(0.1)

    def press(self, keys: str) -> None:
        """Type into the element that has the focus."""
        typed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": typed}]})

    def resize(self, width: int, height: int) -> None:
        """The window's size in pixels."""
        self._ask("POST", "/window/rect", {"width": width, "height": height})

    def inked(self) -> tuple[int, int, int, int]:
        """Letters, how many are drawn in two colours; blanks, how many of them are so too."""
        from PIL import Image

        left, top, width, height = self.run(BOX)
        png = base64.b64decode(self._ask("GET", "/screenshot"))
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        cell_width, cell_height = width / self.screen.columns, height / self.screen.lines
        counts = [0, 0, 0, 0]
        for y, line in enumerate(self.text.split("\n")):
            for x, sign in enumerate(line):
                if sign != " " and not sign.isalnum():
                    continue
                # the middle of the cell: letters beside it reach over its edge
                box = (
                    round(left + (x + 0.2) * cell_width), round(top + (y + 0.1) * cell_height),
                    round(left + (x + 0.8) * cell_width), round(top + (y + 0.9) * cell_height),
                )  # fmt: skip
                colours = picture.crop(box).getcolors()  # None if there are more than 256
                ink = colours is None or len(colours) > 1
                counts[2 * (sign == " ")] += 1
                counts[2 * (sign == " ") + 1] += ink
        return counts[0], counts[1], counts[2], counts[3]
