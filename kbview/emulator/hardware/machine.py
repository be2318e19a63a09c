"""The machine: cores, NIC and the books that say what became of every frame."""

from operator import attrgetter

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Frame
from kbview.tape.event import PacketDelivered, PacketDropped
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

    def deliver_burst(self, frames: list[Frame], first_ps: int, each_ps: int) -> None:
        """As `deliver`, for frames done one after the other at equal distances; meters only."""
        meters = self.meters
        meters.delivered += len(frames)
        if len(frames) == 1:
            frame = frames[0]
            meters.delivered_bytes += frame.length
            self._latencies.append(first_ps - frame.arrived_ps)
        else:
            meters.delivered_bytes += sum(map(_LENGTH, frames))
            done_ps = range(first_ps, first_ps + each_ps * len(frames), each_ps)
            self._latencies += [
                done - frame.arrived_ps for done, frame in zip(done_ps, frames, strict=True)
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
