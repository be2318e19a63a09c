"""`kbview serve [SOURCE]`: the screen in a browser, one kbview for each viewer; needs textual-serve."""

import argparse
import secrets
import shlex
import sys
from contextlib import closing
from ipaddress import ip_address

from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.paper import tell
from kbview.experiment.extra import missing
from kbview.tape.source import SourceError

_MOST_PORT = 65535


class Serve(Command):
    """Emulated and recorded sources only: a browser gets nobody root's rights."""

    name = "serve"
    summary = "the screen in a browser, on loopback; emulated and recorded sources"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("source", metavar="SOURCE", nargs="?", default="", help="as for kbview alone")
        add("--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen (127.0.0.1)")
        add("--port", metavar="N", type=int, default=8000, help="the port (8000)")
        add(
            "--token",
            metavar="TEXT",
            help="the secret in the address (default: a new one for each start, on loopback alone)",
        )

    def run(self, arguments: argparse.Namespace) -> int:
        _check(arguments)
        try:
            from kbview.cli.token_server import TokenServer
        except ImportError as error:
            raise SourceError(missing("kbview serve", "textual-serve"), 2) from error
        token = arguments.token or secrets.token_urlsafe(16)
        words = [sys.executable, "-P", "-m", "kbview", *filter(None, [arguments.source])]
        server = TokenServer(shlex.join(words), arguments.host, arguments.port, token)
        server.listen(lambda address: tell(f"kbview: {address}  (Ctrl+C ends it)"))
        return DONE


def _check(arguments: argparse.Namespace) -> None:
    """SourceError for a source of this machine's own kernel, and for an open door."""
    from kbview.sources.request import Choice
    from kbview.sources.resolve import is_pipe, resolve

    if not 1 <= arguments.port <= _MOST_PORT:
        raise SourceError(f"--port {arguments.port}: use 1 to {_MOST_PORT}", 2)
    if not _is_loopback(arguments.host) and not arguments.token:
        raise SourceError(f"--host {arguments.host}: others can connect there; give a --token", 2)
    if is_pipe(arguments.source):
        raise SourceError("a pipe cannot be read once for each viewer; name a file", 2)
    if arguments.source:
        with closing(resolve(arguments.source, Choice())) as source:
            if source.capabilities.live:
                raise SourceError(f"{arguments.source}: live sources are not served", 2)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
