"""The sockets of several reading threads: a socket for each, or the same sockets for all.

Linux: man 7 socket, SO_REUSEPORT; threads of one process share a socket by its descriptor.
"""

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.listen import ListenSettings
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.datagram_settings import SocketSettings
from kbview.emulator.kernel.socket.reuseport import Contention, SocketGroup, socket_group
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.emulator.keys import ScenarioError


def shares(settings: ApplicationSettings) -> bool:
    """Whether several readers of datagrams share their sockets."""
    own = settings.part(ListenSettings).reuseport
    return settings.app in ("sink", "echo") and settings.readers > 1 and not own


def check_sharing(settings: ApplicationSettings) -> None:
    """Raise ScenarioError where readers of the same socket would wait in epoll_wait()."""
    if shares(settings) and settings.part(ReadSettings).wait == "epoll":
        raise ScenarioError(
            'readers share a UDP socket only in a blocking read; use wait = "read", or reuseport = true'
        )


def sockets_of(
    machine: Machine, settings: ApplicationSettings, skbs: SkbCache, deliverers: int
) -> SocketGroup:
    """The sockets of all readers: shared or not, with a lock of softirq's or without.

    Servers of TCP's clients share no socket of datagrams.
    """
    connects = machine.peer is not None and machine.peer.speaks_tcp
    one_lock = not settings.part(SocketSettings).reader_queue
    contention = Contention(shared=shares(settings) and not connects, one_lock=one_lock)
    return socket_group(machine, settings, skbs, deliverers, contention)
