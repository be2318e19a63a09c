"""An emulation: a machine, a stream of traffic, and the datapath that receives it now."""

from collections.abc import Callable, Iterator

from kbview.emulator.cost import Calibration, Prices
from kbview.emulator.datapath import Datapath, placed
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.engine import NEVER_PS, US_PS, advance
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.bus import Bus
from kbview.emulator.hardware.cable import Cable, Wires
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.nic import Nic, Port
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.hardware.run_queue import weight_of
from kbview.emulator.hardware.running_totals import RunningTotals
from kbview.emulator.keys import ScenarioError
from kbview.emulator.protocol.host import Host
from kbview.emulator.recorder import Recorder
from kbview.emulator.settings import Settings
from kbview.packet.frame import Frame
from kbview.tape.event_batch import EventBatch
from kbview.tape.events import DatapathStarted, Event
from kbview.tape.meter import Sample
from kbview.tape.steps import resolve


class Emulation:
    """Advances in time, switches datapaths on the running traffic, and releases events.

    `traffic` yields chunks of frames in the order of arrival; `peer` makes the host at the other
    end of the cable, which sends by the answers that it gets.
    """

    def __init__(
        self,
        calibration: Calibration,
        settings: Settings,
        host: Host,
        traffic: Iterator[list[Frame]],
        datapath: str,
        peer: Callable[[Nic], Peer] | None = None,
    ) -> None:
        self.now_ps = 0
        self._reached_ps = 0  # when the last activity ended
        self.recorder = Recorder()
        self.totals = RunningTotals()
        self._settings = settings
        self._host = host
        clock_hz = settings.clock_mhz * 1_000_000 if settings.clock_mhz else None
        prices = Prices(calibration, clock_hz, {"app_work": settings.app_cycles})
        moderation = Moderation(
            round(settings.moderation_us * US_PS),
            settings.moderation_frames,
            prices.step("dma_write").cost_ps + round(settings.nic_latency_ns * 1000),
            prices.step("msix_delivery").cost_ps,
            round(settings.tx_moderation_us * US_PS),
            gathered=settings.write_back,
            gather_ps=round(settings.write_back_us * US_PS),
        )
        port = Port(traffic, host.macs, host.sends)
        bus = Bus(settings.nic_fifo_bytes)
        wires = Wires(Cable(settings.link_gbps), bus)
        books = Books(self.totals, self.recorder)
        nic = Nic(port, settings.rss(), moderation, wires, books)
        self._machine = Machine(prices, nic, settings, books)
        for core in self._machine.cores:
            core.run_queue.slice_ps = settings.sched_slice_us * US_PS
            core.run_queue.user_weight = weight_of(settings.app_nice)
        if peer is not None:
            self._machine.connect(peer(nic))
        self._of_machine = frozenset(prices.asked)  # steps under every datapath
        self._start(datapath)

    # ---- datapaths -------------------------------------------------------------------------

    def _start(self, name: str) -> None:
        kind = self._kind(name)
        prices = self._machine.prices
        prices.asked = set(self._of_machine)
        self._machine.take_up(
            self._settings,
            compressed=kind.compressed_completions,
            page=kind.page,
            sending=self._settings.app in ("echo", "forward"),
        )
        self.datapath: Datapath = kind(self._machine, self._settings, self._host)
        self.datapath.start()
        stations = placed(resolve(self.datapath.path(), sorted(prices.asked)), kind.way)
        self.recorder.begin(DatapathStarted(self.now_ps, kind.name, kind.summary, stations))

    def _kind(self, name: str) -> type[Datapath]:
        """The datapath of that name; ScenarioError if it cannot serve the scenario."""
        kind = DATAPATHS.get(name)
        if kind is None:
            raise ScenarioError(f"datapath {name!r} is unknown; use one of {', '.join(DATAPATHS)}")
        kind.check(self._settings)
        peer = self._machine.peer
        if peer is not None and peer.speaks_tcp and not kind.speaks_tcp:
            able = ", ".join(each.name for each in DATAPATHS.values() if each.speaks_tcp)
            raise ScenarioError(f"datapath {name} speaks no TCP; use {able}")
        return kind

    def refusal(self, name: str) -> str:
        """Why a datapath cannot serve this traffic; "" if it can."""
        try:
            self._kind(name)
        except ScenarioError as error:
            return str(error)
        return ""

    @property
    def steps(self) -> frozenset[str]:
        """The names of the steps that the present datapath may take: it asked for their prices."""
        return frozenset(self._machine.prices.asked)

    def switch(self, name: str) -> None:
        """Let the frames in flight finish on their datapath, then start another for later frames.

        Meanwhile frames wait on the wire's side of the NIC; they enter the new ring at once.
        """
        self._kind(name)
        machine = self._machine
        machine.nic.pause()
        self.datapath.finish()
        machine.until_ps = NEVER_PS
        machine.books.count_until(NEVER_PS)
        advance([*machine.cores], NEVER_PS)
        self.datapath.abandon()
        machine.nic.send_until(NEVER_PS)
        self.now_ps = max(
            self.now_ps, machine.nic.link.free_ps, *(core.now_ps for core in machine.cores)
        )
        machine.settle(self.now_ps)
        machine.nic.opened_ps = self.now_ps
        for core in machine.cores:
            core.clear()
        self._start(name)

    # ---- time ------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the traffic has ended and every frame has found its end."""
        end_ps = self._machine.nic.end_ps
        if end_ps is None or not self._at_rest():
            return False
        return max(end_ps, self._reached_ps) <= self.now_ps

    def _at_rest(self) -> bool:
        """Whether nothing is held, and nobody will do anything without a frame."""
        if self.in_flight() or not self._machine.resting():
            return False
        return self.datapath.plans_ps() >= NEVER_PS and not self.datapath.unfinished()

    def in_flight(self) -> int:
        """Frames that are held somewhere, each core at its own time, counted where they are."""
        return self._machine.nic.held() + self.datapath.held()

    def advance(self, until_ps: int) -> int:
        """Run up to `until_ps`, or to the end of the traffic if that comes first; returns the time.

        A switch may have gone further already; time never goes back.
        """
        machine = self._machine
        until_ps = max(min(until_ps, NEVER_PS), self.now_ps)
        machine.until_ps = until_ps
        machine.books.count_until(until_ps)
        advance(machine.actors, until_ps)
        machine.nic.settle(min(until_ps, NEVER_PS - 1))
        end_ps = self._end_ps()
        if end_ps is not None:
            self._reached_ps = end_ps  # a core may have come to rest a little ahead of the others
            until_ps = min(until_ps, max(end_ps, self.now_ps))
        self.now_ps = until_ps
        machine.settle(until_ps)
        return until_ps

    @property
    def due_ps(self) -> int:
        """When something will go on; nothing happens before. NEVER_PS if nothing will."""
        return min(actor.due_ps for actor in self._machine.actors)

    def _end_ps(self) -> int | None:
        """When everything had come to rest, once it has."""
        nic, cores, peer = self._machine.nic, self._machine.cores, self._machine.peer
        if nic.end_ps is None or not self._at_rest():
            return None
        done_ps = (
            peer.now_ps if peer is not None else 0
        )  # the last frame that it heard came later than all else
        return max(nic.end_ps, nic.link.free_ps, done_ps, *(core.now_ps for core in cores))

    # ---- events and meters ----------------------------------------------------------------------

    def release(self) -> list[Event]:
        """The events up to now, in time order, that were not released before."""
        return self.recorder.release(self.now_ps)

    def release_batch(self) -> EventBatch | None:
        """They as a batch; None, and they stay, if some of them are told as objects alone."""
        return self.recorder.release_batch(self.now_ps)

    def sample(self) -> Sample:
        """The meters as they are now."""
        machine = self._machine
        machine.books.sum_up()
        meters = self.totals.meters()
        meters.in_flight = self.in_flight() + machine.books.kept_back
        meters.cores = [core.meter() for core in machine.cores]
        meters.stages = machine.prices.stages()
        meters.rings = [*machine.nic.meters(), *self.datapath.rings()]
        meters.sockets = self.datapath.sockets()
        return Sample(self.now_ps, meters, self.recorder.detail, self.recorder.quiet)
