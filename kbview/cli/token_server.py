"""A web server for viewers that have the token: textual-serve behind a check of every request.

The token comes in the address once and is kept in a cookie. Pages of other origins can neither read it
nor open a connection, for a browser says which page asks.
"""

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

_COOKIE = "kbview"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TokenServer(Server):  # type: ignore[misc]  # textual-serve is an extra: nobody needs its types
    """Starts `command` for each viewer. Use as `TokenServer(...).listen()`."""

    def __init__(self, command: str, host: str, port: int, token: str) -> None:
        shown = f"[{host}]" if ":" in host else host
        super().__init__(command, host, port, title="kbview", public_url=f"http://{shown}:{port}")
        self._token = token

    @property
    def address(self) -> str:
        """The address for a browser, with the token."""
        return f"{self.public_url}/?token={self._token}"

    def listen(self) -> None:
        """Serve until interrupted."""
        web.run_app(self._make_app(), host=self.host, port=self.port, print=None)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()

        @web.middleware  # type: ignore[untyped-decorator]  # aiohttp comes with the extra
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        app.middlewares.append(guarded)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """The address was printed; textual-serve's banner is left out."""

    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        given = request.query.get("token", request.cookies.get(_COOKIE, ""))
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPForbidden(text="kbview: open the address that `kbview serve` has printed\n")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="kbview: asked by the page of another server\n")
        if "token" in request.query and request.path == "/":
            moved = web.HTTPFound("/")
            moved.set_cookie(_COOKIE, self._token, httponly=True, samesite="Strict")
            raise moved
        return await handler(request)
