"""A web server for viewers that have the token: textual-serve behind a check of every request.

The token comes in the address once and is kept in a cookie, which has the port in its name: two servers
of a host have two cookies. Pages of other origins can neither read it nor open a connection, for a
browser says which page asks. The page is kbview's own; a browser asks no other host for a part of it.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

_PAGE = Path(__file__).with_name("page")  # the template app_index.html
_LEAVE_S = 0.3  # for a browser to answer when the server ends
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TokenServer(Server):  # type: ignore[misc]  # textual-serve is an extra: nobody needs its types
    """Starts `command` for each viewer. Use as `TokenServer(...).listen(print)`."""

    def __init__(self, command: str, host: str, port: int, token: str) -> None:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}"
        super().__init__(command, host, port, title="kbview", public_url=address, templates_path=_PAGE)
        self._token = token
        self._cookie = f"kbview-{port}"
        self._viewers: set[asyncio.Task[object]] = set()

    @property
    def address(self) -> str:
        """The address for a browser, with the token."""
        return f"{self.public_url}/?token={self._token}"

    def listen(self, begun: Callable[[str], None]) -> None:
        """Serve until interrupted; `begun` gets the address once viewers can connect.

        Errors: OSError if the port is taken.
        """
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            print=lambda _words: begun(self.address),
            shutdown_timeout=_LEAVE_S,
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()

        @web.middleware  # type: ignore[untyped-decorator]  # aiohttp comes with the extra
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        app.middlewares.append(guarded)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """The address was printed; textual-serve's banner is left out."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One viewer, from the first screen to the last."""
        viewer = asyncio.current_task()
        assert viewer is not None
        self._viewers.add(viewer)
        try:
            return await super().handle_websocket(request)
        finally:
            self._viewers.discard(viewer)

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002 - textual-serve's signature
        """Each viewer's kbview is ended, and the browser is told."""
        for viewer in self._viewers:
            viewer.cancel()
        if self._viewers:
            await asyncio.wait(self._viewers, timeout=_LEAVE_S)

    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        given = request.query.get("token", request.cookies.get(self._cookie, ""))
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPForbidden(text="kbview: open the address that `kbview serve` has printed\n")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="kbview: asked by the page of another server\n")
        if "token" in request.query and request.path == "/":
            moved = web.HTTPFound("/")
            moved.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
            raise moved
        return await handler(request)
