"""An emulation: one machine, one stream of traffic, and the datapath that takes it now."""

from collections.abc import Iterator

from kbview.emulator.cost import Calibration, Prices
from kbview.emulator.datapath import Datapath
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.engine import NEVER_PS, advance
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.nic import Moderation, Nic
from kbview.emulator.protocol.host import Host
from kbview.emulator.recorder import Recorder
from kbview.emulator.settings import US_PS, ScenarioError, Settings
from kbview.packet.frame import Frame
from kbview.tape.events import DatapathStarted, Event
from kbview.tape.meter import Meters, Sample


class Emulation:
    """Advances, switches datapaths on the running traffic, and tells what happened.

    `traffic` yields chunks of frames in the order of arrival.
    """

    def __init__(
        self,
        calibration: Calibration,
        settings: Settings,
        host: Host,
        traffic: Iterator[list[Frame]],
        datapath: str,
    ) -> None:
        self.now_ps = 0
        self.recorder = Recorder()
        self.meters = Meters()
        self._settings = settings
        self._host = host
        clock_hz = settings.clock_mhz * 1_000_000 if settings.clock_mhz else None
        prices = Prices(calibration, clock_hz)
        moderation = Moderation(
            round(settings.moderation_us * US_PS),
            settings.moderation_frames,
            prices.step("dma_write").cost_ps,
            prices.step("msix_delivery").cost_ps,
        )
        nic = Nic(traffic, host.macs, host.sends, moderation, self.meters, self.recorder)
        self._machine = Machine(prices, nic, settings.cores, self.meters, self.recorder)
        self._told = 0
        self._start(datapath)

    # ---- datapaths -------------------------------------------------------------------------

    def _start(self, name: str) -> None:
        kind = DATAPATHS.get(name)
        if kind is None:
            known = ", ".join(DATAPATHS)
            raise ScenarioError(f"datapath {name!r} is unknown; use one of {known}")
        self.datapath: Datapath = kind(self._machine, self._settings, self._host)
        self.datapath.start()
        self.recorder.emit(DatapathStarted(self.now_ps, kind.name, kind.summary, kind.stations))

    def switch(self, name: str) -> None:
        """Let what is in flight finish on its path, then send what comes through another.

        Meanwhile frames wait on the wire's side of the NIC; they enter the new ring at once.
        """
        if name not in DATAPATHS:
            raise ScenarioError(f"datapath {name!r} is unknown; use one of {', '.join(DATAPATHS)}")
        machine = self._machine
        machine.nic.pause()
        self.datapath.finish()
        machine.until_ps = NEVER_PS
        advance(machine.cores, NEVER_PS)
        self.now_ps = max(self.now_ps, *(core.now_ps for core in machine.cores))
        machine.settle(self.now_ps)
        machine.nic.opened_ps = self.now_ps
        for core in machine.cores:
            core.clear()
        self._start(name)

    # ---- time ------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the traffic has ended and every frame has found its end."""
        nic = self._machine.nic
        return (
            nic.end_ps is not None
            and nic.end_ps <= self.now_ps
            and not self.in_flight()
            and self._machine.resting()
        )

    def in_flight(self) -> int:
        """Frames that are held somewhere, counted where they are."""
        return len(self._machine.nic.ring.frames) + self.datapath.held()

    def advance(self, until_ps: int) -> int:
        """Run up to `until_ps`, or to the end of the traffic if that comes first; returns the time.

        A switch may have gone further already; time never goes back.
        """
        machine = self._machine
        until_ps = max(until_ps, self.now_ps)
        machine.until_ps = until_ps
        advance(machine.cores, until_ps)
        end_ps = self._end_ps()
        if end_ps is not None:
            until_ps = min(until_ps, max(end_ps, self.now_ps))
        self.now_ps = until_ps
        machine.settle(until_ps)
        return until_ps

    def _end_ps(self) -> int | None:
        """When everything had come to rest, once it has."""
        nic, cores = self._machine.nic, self._machine.cores
        if nic.end_ps is None or self.in_flight() or not self._machine.resting():
            return None
        return max(nic.end_ps, *(core.now_ps for core in cores))

    # ---- what is told ----------------------------------------------------------------------

    def release(self) -> list[Event]:
        """The events up to now, in time order, that were not released before."""
        return self.recorder.release(self.now_ps)

    def sample(self) -> Sample:
        """The meters as they are now."""
        machine = self._machine
        machine.sum_up()
        meters = self.meters
        meters.in_flight = self.in_flight()
        meters.cores = [core.meter() for core in machine.cores]
        meters.stages = machine.prices.stages()
        meters.rings = [machine.nic.ring.meter(machine.nic.masked)]
        meters.sockets = self.datapath.sockets()
        return Sample(self.now_ps, meters.copy(), self.recorder.detail, self.recorder.quiet)
