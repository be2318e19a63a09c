"""The application that sends as fast as the kernel lets it: one thread, one socket, sendto() for ever.

    fill --> sendto(): room in the send buffer? --> copy, sk_buff, UDP, IP, qdisc, driver --> again
                            | no
                            v
             sleep until the NIC has sent enough: its interrupt, a poll, sock_wfree()

Linux: net/ipv4/udp.c udp_sendmsg()
"""

from kbview.emulator.application import Production
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import USER, Context, Core
from kbview.emulator.kernel.call.sender import Sender
from kbview.emulator.kernel.socket.send_buffer import SendBuffer
from kbview.tape.events import Mode
from kbview.tape.meter import SocketMeter


class SendtoThread:
    """The thread on its core. It ends when its production does."""

    def __init__(
        self, core: Core, made: Production, number: int, sender: Sender, buffer: SendBuffer
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
        """Nothing more is made; what it has in hand is sent yet."""

    @property
    def buffers(self) -> int:
        """sk_buffs that are neither in the qdisc nor in a ring."""
        return self._sender.in_hand

    @property
    def waits(self) -> bool:
        """Whether it sleeps for room."""
        return self._buffer.waiters.sleeper is not None

    def meters(self) -> dict[str, SocketMeter]:
        """Its socket."""
        return {self._buffer.name: self._buffer.meter()}

    def _main(self) -> Process:
        core = self.core
        while made := self._made.make(1, core.now_ps, self._number):
            frame = made[0]
            core.spend(self._fill, frame.packet)
            if core.irq_due_ps <= core.now_ps:
                yield  # interrupted at its work, in user mode
            yield from self._sender.send(core, self._task, frame)
