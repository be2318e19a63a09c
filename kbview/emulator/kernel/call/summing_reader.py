"""A reader behind a NIC without checksum offload: recvmsg() sums a datagram while it copies.

Linux: net/core/datagram.c skb_copy_and_csum_datagram_msg()
"""

from kbview.emulator.application import Application
from kbview.emulator.cost import Prices, Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.call.reader import SocketReader
from kbview.emulator.kernel.call.sender import SocketSender
from kbview.emulator.kernel.call.stream_calls import Streams
from kbview.emulator.kernel.device.busy_poll import BusyPoll
from kbview.emulator.kernel.net.offload import OffloadSettings, summed_while_copied
from kbview.emulator.kernel.run.runs import NoRuns
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.packet.frame import Frame

_COPY_AND_SUM = "copy_and_csum_to_user"


class SummingReader(SocketReader):
    """As `SocketReader`; without GRO its reads have two prices, so it reads no runs."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        sockets: SocketTable,
        app: Application,
        settings: ReadSettings,
        sender: SocketSender,
        streams: Streams | None,
        busy_poll: BusyPoll | None,
    ) -> None:
        super().__init__(machine, core, sockets, app, settings, sender, streams, busy_poll)
        self._gro = settings.part(OffloadSettings).gro
        copies = [step for kind in self._takes for take in kind for step in take.whole]
        self._summing = {step: _summing(machine.prices, step) for step in copies}

    def _rounds(self, settings: ReadSettings) -> NoRuns:
        return super()._rounds(settings) if settings.part(OffloadSettings).gro else NoRuns()

    def _copy(self, frame: Frame, step: Step) -> None:
        if summed_while_copied(frame, gro=self._gro):
            step = self._summing[step]
        super()._copy(frame, step)


def _summing(prices: Prices, step: Step) -> Step:
    """The steps of a read with the copy replaced by one that sums."""
    names = (part.name for part in step.parts)
    return prices.sequence(*(_COPY_AND_SUM if name == "copy_to_user" else name for name in names))
