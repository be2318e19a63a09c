"""The SOURCE word `xdp:IFACE[:QUEUE]`."""

from pathlib import Path
from typing import TYPE_CHECKING

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.tape.source import Heading, Origin, Source, SourceError

if TYPE_CHECKING:
    from kbview.sources.workers.receiver import Ingress

_PREFIX = "xdp:"
_WARNING = "AF_XDP takes {what} from the kernel: nobody else on this machine gets them meanwhile"
_ROUTES = Path("/proc/net/route")


class AfXdpOpener(Opener):
    """Asked for by name only, for it changes what the machine receives."""

    name = "xdp"
    summary = "an interface's frames through AF_XDP, taken from the kernel meanwhile"
    example = "xdp:IFACE[:QUEUE]"

    def claims(self, word: Word) -> bool:
        return word.text.startswith(_PREFIX)

    def can_run(self) -> str | None:
        from kbview.sources.linux.xdp.probe import socket_refusal

        return socket_refusal()

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        from kbview.sources.af_xdp.producer import XdpProducer
        from kbview.sources.watching.clock import WatchClock
        from kbview.sources.watching.watch import Watch
        from kbview.sources.workers.receiver import Ingress

        choice = self.only(word, choices)
        link, _, queue = word.text.removeprefix(_PREFIX).partition(":")
        port, everything = _settings(word, choice)
        place = Ingress(link, "", port, _number(word, queue, 0, 4095) if queue else None, stamped=False)
        _check(word, place, everything)
        what = _taken(place)
        clock = WatchClock()
        producer = XdpProducer(clock, place)
        heading = Heading(Origin.LIVE, link, notes=(_WARNING.format(what=what),))
        return [Watch(heading, clock, [producer], choice.frames)]


def _taken(place: "Ingress") -> str:
    """The frames that the kernel does not get."""
    frames = f"UDP datagrams to port {place.port}" if place.port else "all frames"
    return frames if place.queue is None else f"{frames} of queue {place.queue}"


def _settings(word: Word, choice: Choice) -> tuple[int | None, bool]:
    """The UDP port, and whether frames are to be taken even where the default route is."""
    for flag, value in (
        ("--profile", choice.profile),
        ("--seed", choice.seed),
        ("--host", choice.host),
    ):
        if value is not None:
            raise SourceError(f"{word.text}: {flag} is for the emulator; this is measured", 2)
    values = dict(choice.overrides)
    port, everything = values.pop("port", None), values.pop("all", "no")
    if values or choice.rate_pps is not None:
        raise SourceError(f"{word.text}: only port and all can be set here", 2)
    return None if port is None else _number(word, port, 1, 65535), everything == "yes"


def _number(word: Word, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SourceError(f"{word.text}: {text!r} is no number from {least} to {most}", 2)
    return int(text)


def _check(word: Word, place: "Ingress", everything: bool) -> None:
    """Refuse an interface that does not exist, and a choice that would cut off a remote login."""
    import socket

    names = [name for _, name in socket.if_nameindex()]
    if place.link not in names:
        raise SourceError(
            f"{word.text}: there is no interface {place.link}; there are {', '.join(names)}", 2
        )
    if place.port is None and not everything and place.link in _default_routes():
        raise SourceError(
            f"{word.text} would take everything from the kernel, a remote login too; "
            "choose a UDP port with --set port=N, or say --set all=yes",
            2,
        )


def _default_routes() -> set[str]:
    """The interfaces that a default route leads to: rows of /proc/net/route with destination 0."""
    try:
        rows = [line.split() for line in _ROUTES.read_text(encoding="ascii").splitlines()[1:]]
    except OSError:
        return set()
    return {row[0] for row in rows if row[1] == "00000000"}
