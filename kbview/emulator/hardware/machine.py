"""The machine: cores, NIC and the books that say what became of every frame."""

from operator import attrgetter

from kbview.emulator.cost import Prices
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Frame
from kbview.tape.events import PacketDelivered, PacketDropped
from kbview.tape.meter import Meters

_BATCH = 8192
_LENGTH = attrgetter("length")


class Machine:
    """What all datapaths of one run share."""

    def __init__(
        self, prices: Prices, nic: Nic, cores: int, meters: Meters, recorder: Recorder
    ) -> None:
        self.prices = prices
        self.nic = nic
        self.meters = meters
        self.recorder = recorder
        self.cores = [Core(number, prices, meters, recorder) for number in range(cores)]
        self.until_ps = NEVER_PS  # nobody needs to be further than this
        self._latencies: list[int] = []

    def deliver(self, core: Core, frame: Frame, where: str) -> None:
        """A packet has reached who it was for."""
        meters = self.meters
        latency_ps = core.now_ps - frame.arrived_ps
        meters.delivered += 1
        meters.delivered_bytes += frame.length
        self._latencies.append(latency_ps)
        if len(self._latencies) >= _BATCH:
            self.sum_up()
        if self.recorder.milestones:
            self.recorder.emit(
                PacketDelivered(core.now_ps, core.number, frame.packet, where, frame.length, latency_ps)
            )

    def deliver_run(self, frames: list[Frame], ends_ps: list[int]) -> None:
        """As `deliver`, for frames that reached the application at these times; meters only."""
        self.meters.delivered += len(frames)
        self.meters.delivered_bytes += sum(map(_LENGTH, frames))
        self._latencies += [
            end_ps - frame.arrived_ps for end_ps, frame in zip(ends_ps, frames, strict=True)
        ]
        if len(self._latencies) >= _BATCH:
            self.sum_up()

    def drop(self, core: Core, frame: Frame, where: str, reason: str) -> None:
        """Software has given a packet up."""
        self.meters.drop(where, reason)
        if self.recorder.milestones:
            self.recorder.emit(
                PacketDropped(core.now_ps, core.number, frame.packet, where, reason, frame.length)
            )

    def sum_up(self) -> None:
        """Bring the latency histogram up to date."""
        self.meters.latency.add(self._latencies)
        self._latencies.clear()

    def settle(self, until_ps: int) -> None:
        """Bring every core and the NIC up to a time, so that the books can be read."""
        self.nic.catch_up(until_ps)
        for core in self.cores:
            core.settle(until_ps)

    def resting(self) -> bool:
        """Whether no core has anything to do."""
        return all(core.resting for core in self.cores)
