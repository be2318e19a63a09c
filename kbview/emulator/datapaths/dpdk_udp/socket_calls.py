"""The application and its calls, recvfrom() and sendto(): functions of the stack's library.

    udp_copy          recvfrom() copies the payload and frees the mbuf; sendto() copies into a new mbuf
    without udp_copy  recvfrom() gives the mbuf itself; an answer is written into the same mbuf

No call enters the kernel. An empty receive queue is no sleep: the lcore polls the NIC again.
Caladan: runtime/net/udp.c udp_read_from(), udp_write_to(). Demikernel: pop() and push() of libOS Catnip
"""

from kbview.emulator.application import Answers, Application
from kbview.emulator.datapaths.dpdk_udp.port_queue import PortQueues
from kbview.emulator.datapaths.dpdk_udp.stack_settings import COPIED_SEND, UdpStackSettings
from kbview.emulator.datapaths.dpdk_udp.udp_input import UdpInput
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame, parts
from kbview.tape.vocabulary import CopyKind, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_APP = Place.APP
_TO_USER = CopyKind.TO_USER
_FROM_USER = CopyKind.FROM_USER


def recv_steps(settings: UdpStackSettings) -> tuple[str, ...]:
    """The steps of recvfrom(); a core that has summed the payload has it in its own cache."""
    if not settings.udp_copy:
        return ("user_recv",)
    return ("user_recv", "user_copy_warm" if settings.udp_checksum == "cpu" else "user_copy_out")


class SocketCalls:
    """The application of one lcore; mbufs are freed, and answers sent, through `way_up`."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        app: Application,
        settings: UdpStackSettings,
        queues: PortQueues,
        way_up: UdpInput,
    ) -> None:
        self._machine = machine
        self._counts = machine.counts
        self._core = core
        self._app = app
        self._queues = queues
        self._way_up = way_up
        self._turn = settings.udp_turn
        self._copies = settings.udp_copy
        self._answers = Answers()
        sequence = machine.prices.sequence
        self._recv = sequence(*recv_steps(settings))
        self._send = sequence(*(COPIED_SEND if self._copies else ("user_send",)))

    def run(self) -> None:
        """Take the datagrams of a turn, one call each, and answer them."""
        ready = self._queues.ready
        left = self._turn
        while left and ready:
            self._serve(self._recvfrom())
            left -= 1

    def _recvfrom(self) -> Frame:
        core, frame = self._core, self._queues.dequeue()
        if self._copies:
            core.spend_copying(self._recv, frame.payload, frame.packet)
            self._counts.copied(core, frame.packet, _TO_USER, frame.payload)
            self._way_up.free(frame)
        else:
            core.spend(self._recv, frame.packet)
        return frame

    def _serve(self, frame: Frame) -> None:
        """The application's work on a datagram, and its answer."""
        core = self._core
        self._machine.books.deliver(core, frame, _APP)
        core.spend(self._app.step, frame.packet)
        payload = self._app.answer(frame.payload)
        if payload is not None:
            self._sendto(frame, payload)
        elif not self._copies:
            self._way_up.free(frame)

    def _sendto(self, frame: Frame, payload: int) -> None:
        core = self._core
        if self._copies:
            core.spend_copying(self._send, payload, frame.packet)
            self._counts.copied(core, frame.packet, _FROM_USER, payload)
            self._way_up.freed -= 1  # the new mbuf comes from the pool
        else:
            core.spend(self._send, frame.packet)
            self._way_up.freed += len(parts(frame)) - 1  # one mbuf of the chain is sent
        self._way_up.outgoing.append(self._answers.answer(frame, payload, core.now_ps))
