"""Opening rings on an interface, and saying in a sentence why it cannot be done."""

import errno
import socket
from collections.abc import Sequence

from kbview.sources.interface.ring.link import WatchedLink
from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.ring import TapRing
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.tape.source import SourceError

PERMISSION, UNSUPPORTED = 4, 5


def open_rings(
    name: str, settings: RingSettings, *, promiscuous: bool
) -> tuple[WatchedLink, list[TapRing]]:
    """The interface and its bound rings, still shut.

    SourceError says what is missing; then nothing stays open.
    """
    rings: list[TapRing] = []
    try:
        while len(rings) < settings.rings:
            rings.append(open_ring(f"live {name}", settings))
        link = WatchedLink(rings[0].socket, name)
        if promiscuous:
            _see_all(rings[0].socket, link)
        _join(rings, link)
    except BaseException:
        for ring in rings:
            ring.close()
        raise
    return link, rings


def open_ring(command: str, settings: RingSettings) -> TapRing:
    """A ring that receives nothing yet; `command` is what would work as root."""
    return _open_ring(_open_socket(command), settings)


def _open_socket(command: str) -> socket.socket:
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as error:
        raise SourceError(
            f"reading packets takes CAP_NET_RAW, which this process lacks; run: sudo kbview {command}",
            PERMISSION,
        ) from error
    except OSError as error:
        raise SourceError(
            f"this kernel has no packet sockets ({error.strerror}); it needs CONFIG_PACKET", UNSUPPORTED
        ) from error


def _open_ring(control: socket.socket, settings: RingSettings) -> TapRing:
    try:
        return TapRing(control, settings)
    except OSError as error:
        control.close()
        if error.errno == errno.ENOPROTOOPT:
            raise SourceError("rings need Linux 4.20 or newer (PACKET_IGNORE_OUTGOING)", 5) from error
        size = settings.ring * settings.block >> 10
        raise SourceError(
            f"a ring of {size} KB cannot be had: {error.strerror}; try fewer blocks: --ring 16", 1
        ) from error


def _see_all(control: socket.socket, link: WatchedLink) -> None:
    """Promiscuous for as long as the socket is open."""
    wanted = layout.MEMBERSHIP.pack(link.index, layout.PACKET_MR_PROMISC, 0, b"")
    control.setsockopt(layout.SOL_PACKET, layout.PACKET_ADD_MEMBERSHIP, wanted)


def _join(rings: Sequence[TapRing], link: WatchedLink) -> None:
    """Bind all; the kernel spreads the interface's packets over them by their flow's hash.

    They are still shut, or packets would be counted more than once until all have joined.
    """
    if len(rings) == 1:
        rings[0].bind(link.name)
        return
    kind = layout.PACKET_FANOUT_HASH | layout.PACKET_FANOUT_FLAG_IGNORE_OUTGOING
    group = (kind | layout.PACKET_FANOUT_FLAG_UNIQUEID) << 16
    try:
        for ring in rings:
            ring.bind(link.name)
            ring.socket.setsockopt(layout.SOL_PACKET, layout.PACKET_FANOUT, layout.FANOUT.pack(group))
            told = ring.socket.getsockopt(layout.SOL_PACKET, layout.PACKET_FANOUT, layout.FANOUT.size)
            group = kind << 16 | layout.FANOUT.unpack(told)[0] & 0xFFFF
    except OSError as error:
        raise SourceError(
            f"{link.name}: packets cannot be spread over {len(rings)} rings ({error.strerror}); "
            f"is it up? ip link set {link.name} up",
            1,
        ) from error
