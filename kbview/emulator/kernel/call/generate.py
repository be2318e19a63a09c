"""The senders of the application `generate`: threads that call sendto(), or pktgen. None of them reads.

    fill --> sendto(): room in the send buffer? --> copy, sk_buff, UDP, IP, qdisc, driver --> again
                            | no
                            v
             sleep until the NIC has sent enough: its interrupt, a poll, sock_wfree()

Frames that arrive find no socket at their port. Linux: net/ipv4/udp.c udp_sendmsg()
"""

from dataclasses import dataclass

from kbview.emulator.application import Production
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.call.sender import SocketSender
from kbview.emulator.kernel.send.pktgen import Pktgen, PktgenSettings
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.datagram_settings import SocketSettings
from kbview.emulator.kernel.socket.send_buffer import SendBuffer
from kbview.emulator.kernel.softirq import Softirqs
from kbview.tape.events import Mode
from kbview.tape.meter import SocketMeter


@dataclass(frozen=True, kw_only=True)
class GenerateSettings(PktgenSettings, SocketSettings):
    """Settings of a program that only sends."""


class SendtoThread:
    """A thread that calls sendto(). It ends after the last frame of its production."""

    def __init__(
        self, core: Core, made: Production, number: int, sender: SocketSender, buffer: SendBuffer
    ) -> None:
        self.core = core
        self._made = made
        self._number = number
        self._sender = sender
        self._buffer = buffer
        self._task = Context("sendto", self._main(), USER, Mode.USER)
        self._fill = sender.work

    def start(self) -> None:
        """Put the thread on its core."""
        self.core.start(self._task)

    def stop(self) -> None:
        """No more frames are made; the thread sends the frame in hand."""

    @property
    def buffers(self) -> int:
        """sk_buffs that are neither in the qdisc nor in a ring."""
        return self._sender.in_hand

    @property
    def waits(self) -> bool:
        """Whether the thread sleeps until its send buffer has room."""
        return self._buffer.waiters.sleeper is not None

    def meters(self) -> dict[str, SocketMeter]:
        """The meter of its socket."""
        return {self._buffer.name: self._buffer.meter()}

    def _main(self) -> Process:
        core = self.core
        while made := self._made.make(1, core.now_ps, self._number):
            frame = made[0]
            core.spend(self._fill, frame.packet)
            if core.irq_due_ps <= core.now_ps:
                yield  # interrupted at its work, in user mode
            yield from self._sender.send(core, self._task, frame)


class Generating:
    """The threads, one on each core of the application, and the frames that they share out."""

    def __init__(
        self,
        machine: Machine,
        settings: GenerateSettings,
        queues: TxQueues,
        skbs: SkbCache,
        tracked: tuple[str, ...],
        softirqs: Softirqs,
    ) -> None:
        self.held = 0  # frames that came in: none is read
        self._softirqs = softirqs
        self._machine = machine
        self._tracked = tracked
        self._settings = settings
        self._queues = queues
        self._skbs = skbs
        self._made = Production(machine, settings.send_size, settings.send_frames, settings.readers)
        self._threads = [
            self._thread(number, machine.cores[cpu]) for number, cpu in enumerate(settings.reader_cpus)
        ]

    def _thread(self, number: int, core: Core) -> SendtoThread | Pktgen:
        machine, settings = self._machine, self._settings
        softirq = self._softirqs.on(core)
        if settings.generator == "pktgen":
            return Pktgen(machine, core, self._made, self._queues.of(core), settings, softirq)
        flow = self._made.flows[number]
        name = f"udp :{flow.source_port} > :{flow.destination_port}"
        buffer = SendBuffer(machine, name, settings.sndbuf)
        self._skbs.owners[flow] = buffer
        sender = SocketSender(machine, self._queues, softirq, self._tracked, buffer)
        return SendtoThread(core, self._made, number, sender, buffer)

    def start(self) -> None:
        """Put the threads on their cores."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more frames are made."""
        self._made.left = 0
        for thread in self._threads:
            thread.stop()

    def unfinished(self) -> bool:
        """Whether frames are left to send, or a thread sleeps until its send buffer has room."""
        return self._made.left > 0 or any(thread.waits for thread in self._threads)

    @property
    def buffers(self) -> int:
        """sk_buffs of sendto() outside of queues and rings, and all sk_buffs of pktgen."""
        return sum(thread.buffers for thread in self._threads)

    def meters(self) -> dict[str, SocketMeter]:
        """The meters of the sending sockets."""
        return {name: meter for thread in self._threads for name, meter in thread.meters().items()}
