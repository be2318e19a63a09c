"""The emulator as a source: it runs just as far as somebody wants to see."""

import time
from collections.abc import Callable, Iterable, Iterator
from math import inf

import msgspec

from kbview.emulator.cost import Calibration, UnpricedStepError
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import ScenarioError, Settings
from kbview.packet.capture import CaptureError
from kbview.packet.frame import Frame
from kbview.sources.emulated import profile
from kbview.sources.emulated.kept_bytes import Snap
from kbview.tape.cost import CostTable, StepCost
from kbview.tape.detail import Detail
from kbview.tape.events import Event, SourceEnded, SourceNoted
from kbview.tape.meter import TOTALS
from kbview.tape.source import Capabilities, DatapathChoice, Heading, Source, SourceError
from kbview.tape.tape import Tape

_FIRST_SLICE_PS = 100_000_000
_RELEASED_PS = 8 * _FIRST_SLICE_PS  # shorter slices are told together where nobody waits


class EmulatorSource(Source):
    """Traffic through one emulated datapath at a time."""

    name = "emulator"
    summary = "a calibrated model of NIC, kernel and bypass stacks"
    capabilities = Capabilities(
        switchable=True,
        meters=frozenset(TOTALS)
        | {
            "tlb_misses",
            "completion_interrupts",
            "rings",
            "sockets",
            "cores",
            "costs",
            "drops",
            "latency",
        },
    )

    def __init__(
        self,
        heading: Heading,
        settings: Settings,
        host: Host,
        traffic: Iterator[list[Frame]],
        datapath: str,
        peer: Callable[[Nic], Peer] | None = None,
    ) -> None:
        self.frames: int | None = None  # of the whole traffic, if it is known
        self.snap: Snap | None = None  # whoever opened it may want the packets' bytes on the tape
        self._told_end = False
        self._notes: list[str] = []  # sentences for the viewer that are not told yet
        self._announce = True  # a sample is due, whatever has happened
        try:
            calibration = profile.load(heading.profile)
            self.heading = msgspec.structs.replace(
                heading,
                costs=_cost_table(calibration, settings),
                link_bps=round(settings.link_gbps * 1e9),
            )
            self.emulation = Emulation(calibration, settings, host, traffic, datapath, peer)
        except (ScenarioError, UnpricedStepError) as error:
            raise SourceError(str(error), 2) from error

    def can_run(self) -> str | None:
        return None

    @property
    def ended(self) -> bool:
        return self._told_end

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        deadline = time.monotonic() + budget_s
        emulation = self.emulation
        slice_ps = _FIRST_SLICE_PS
        if self._announce:
            self._announce = False
            notes = [SourceNoted(emulation.now_ps, note) for note in self._notes]
            self._notes = []
            tape.extend([*self._released(), *notes, emulation.sample()])
        while not self._told_end:
            try:
                emulation.advance(min(until_ps, max(emulation.now_ps + slice_ps, emulation.due_ps)))
            except CaptureError as error:
                self._release(tape)
                raise SourceError(str(error)) from error
            done = self.hurried or emulation.now_ps >= until_ps or time.monotonic() >= deadline
            if done or emulation.ended or budget_s < inf or slice_ps >= _RELEASED_PS:
                self._release(tape)
            if emulation.ended:
                self._end(tape)
            if done:
                break
            slice_ps = min(slice_ps * 2, 1000 * _FIRST_SLICE_PS)
        if not self._told_end:
            tape.extend([emulation.sample()])
        return emulation.now_ps

    def next_ps(self) -> int | None:
        return self.emulation.due_ps

    def share(self, until_ps: int | None) -> float | None:
        if until_ps:
            return self.emulation.now_ps / until_ps
        return self.emulation.totals.arrived / self.frames if self.frames else None

    def say(self, note: str) -> None:
        """Put a sentence for the viewer on the tape, at the next pump."""
        self._notes.append(note)
        self._announce = True

    def _release(self, tape: Tape) -> None:
        """Put on the tape all that is to be told up to now."""
        batch = self.emulation.release_batch() if self.snap is None else None
        if batch is None:
            tape.extend(self._released())
        else:
            tape.extend_batch(batch)

    def _released(self) -> Iterable[Event]:
        """What is to be told up to now."""
        events = self.emulation.release()
        return events if self.snap is None else self.snap.beside(events)

    def close(self) -> None:
        if self.snap is not None:
            self.snap.close()

    def _end(self, tape: Tape) -> None:
        self._told_end = True
        tape.extend([self.emulation.sample(), SourceEnded(self.emulation.now_ps, self.note())])

    def note(self) -> str:
        """What there is to say at the end."""
        return ""

    def datapaths(self) -> tuple[str, ...]:
        return tuple(DATAPATHS)

    def choices(self) -> tuple[DatapathChoice, ...]:
        return tuple(
            DatapathChoice(name, kind.summary, self.refusal(name), kind.speaks_tcp)
            for name, kind in DATAPATHS.items()
        )

    def refusal(self, datapath: str) -> str:
        """Why a datapath cannot serve this traffic; "" if it can."""
        return self.emulation.refusal(datapath)

    def switch(self, datapath: str) -> None:
        if refusal := self.refusal(datapath):
            raise SourceError(refusal, 2)
        try:
            self.emulation.switch(datapath)
            self._announce = True
        except (ScenarioError, UnpricedStepError) as error:
            raise SourceError(str(error), 2) from error

    def set_detail(self, detail: Detail) -> None:
        self.emulation.recorder.detail = detail
        self._announce = True


def _cost_table(calibration: Calibration, settings: Settings) -> CostTable:
    """The calibration's rows as they travel with the tape."""
    clock_hz = settings.clock_mhz * 1_000_000 if settings.clock_mhz else calibration.clock_hz
    steps = {
        name: StepCost(
            row.confidence,
            row.source,
            row.cycles,
            row.ns,
            row.cycles_per_byte,
            row.ns_per_byte,
            row.note,
        )
        for name, row in calibration.steps.items()
    }
    return CostTable(calibration.summary, clock_hz, steps)
