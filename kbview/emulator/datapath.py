"""The Datapath contract: a way from the NIC to the application."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import msgspec

from kbview.emulator.application import App
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.keys import ScenarioError
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Domain, Station

WIRE = Station("wire", Domain.HARDWARE, "bits on the cable, one frame after the other")
NIC = Station(
    "NIC",
    Domain.HARDWARE,
    "checks FCS and destination MAC, writes frame and descriptor to memory by DMA",
)
RX_RING = Station(
    "rx ring",
    Domain.HARDWARE,
    "descriptors shared by NIC and driver; full means the next frame is missed",
)


TX_RING = Station(
    "tx ring",
    Domain.HARDWARE,
    "descriptors of frames to send; the doorbell tells the NIC, its write-back that they have left",
)
EMULATOR = "kbview/emulator/"  # the files of a way are below it


class WayRow(NamedTuple):
    """One line of a way: the function that does the work of a station, and where it is defined.

    `section` is the section of the lecture on kernel bypass that explains the station, "-" where the
    lecture has none. `function` is "name" or "Class.name"; `file` is relative to `kbview/emulator/`.
    """

    section: str
    station: str
    function: str
    file: str


# What the NIC does with a frame, and with a frame to send, is the same for every datapath.
ARRIVAL = (
    WayRow("3.1", "wire", "Nic.load", "hardware/nic.py"),
    WayRow("3.1", "NIC", "Port.sort", "hardware/nic.py"),
    WayRow("3.1", "rx ring", "RxRing.claim", "hardware/ring.py"),
)
DEPARTURE = WayRow("-", "tx ring", "TxRing.doorbell", "hardware/tx.py")


def table(way: Sequence[WayRow]) -> str:
    """The rows as lines of text in columns, as the docstring of a datapath's module shows them."""
    widths = [max(map(len, column)) for column in zip(*way, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in way
    )
    return "\n".join(f"    {line.rstrip()}" for line in lines)


def placed(stations: Sequence[Station], way: Sequence[WayRow]) -> tuple[Station, ...]:
    """The stations with function and file of their first rows.

    A station is unchanged if it has no row, is bypassed, or names its function itself.
    """
    rows = {row.station: row for row in reversed(way)}
    return tuple(
        station
        if station.bypassed or station.function or (row := rows.get(station.name)) is None
        else msgspec.structs.replace(station, function=row.function, file=EMULATOR + row.file)
        for station in stations
    )


class Datapath(ABC):
    """Composes hardware, kernel and bypass parts in the packet's order.

    `stations` are drawn on the screen. `reading`
    names books and files to read. `way` has a row for each station: the stations of `stations` in their
    order, then the stations of other applications. The docstring of the datapath's module shows the way
    as `table` prints it.

    `serves` names the applications that can run. `drops_at` names the layers where application "drop"
    can drop; the first layer stands for "driver". With `speaks_tcp` peers may connect. With
    `takes_datagrams` UDP reaches an application. `compressed_completions` (the NIC writes several
    completions at once) and `page` (the page size of buffers) are defaults of settings.

    From `start` on, a datapath owns the NIC's rings and the programs on the cores.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    stations: ClassVar[tuple[Station, ...]]
    way: ClassVar[tuple[WayRow, ...]]
    serves: ClassVar[tuple[App, ...]]
    drops_at: ClassVar[tuple[str, ...]] = ()
    compressed_completions: ClassVar[bool] = False
    page: ClassVar[str] = "4K"
    speaks_tcp: ClassVar[bool] = False
    takes_datagrams: ClassVar[bool] = True
    reading: ClassVar[tuple[str, ...]]

    # Abstract, but not decorated: mypyc would lose its arguments.
    def __init__(  # noqa: B027
        self, machine: Machine, settings: CommonSettings, host: Host
    ) -> None:
        """Build the parts on this machine, which is idle; its NIC accepts no frame yet.

        By the end of `start` the datapath has asked for the price of every step that it may take.
        """

    @classmethod
    def check(cls, settings: CommonSettings) -> None:
        """Raise ScenarioError with a line of text if the datapath cannot serve these settings."""
        cls.check_application(settings)
        cls.check_own(settings)

    @classmethod  # noqa: B027 - few datapaths have such rules
    def check_own(cls, settings: CommonSettings) -> None:
        """As `check`, for the rules of this datapath alone."""

    @classmethod
    def check_application(cls, settings: CommonSettings) -> None:
        """As `check`, for the application and the layer that it drops at."""
        if settings.app not in cls.serves:
            raise ScenarioError(
                f'datapath {cls.name} cannot serve app = "{settings.app}"; '
                f"it serves {', '.join(cls.serves)}"
            )
        known = ("driver", *cls.drops_at)
        if settings.app == "drop" and settings.drop_at not in known:
            raise ScenarioError(
                f"datapath {cls.name} has no layer {settings.drop_at!r} to drop at; "
                f"use one of {', '.join(known)}"
            )

    @abstractmethod
    def start(self) -> None:
        """Start to use the rings, and put the programs on their cores."""

    @abstractmethod
    def finish(self) -> None:
        """The NIC accepts no more frames: complete the work that is left, and wait for no arrival."""

    def abandon(self) -> None:  # noqa: B027 - few have such parts
        """All other work is complete: drop frames that still wait, for example fragments."""

    def plans_ps(self) -> int:
        """The time of its next action without a frame, ps; NEVER_PS without one."""
        return NEVER_PS

    def unfinished(self) -> bool:
        """Whether work is left that neither a frame in flight nor a running core shows."""
        return False

    @abstractmethod
    def held(self) -> int:
        """Packets taken out of the ring that are neither delivered nor dropped yet."""

    def path(self) -> tuple[Station, ...]:
        """The stations that a packet passes for this scenario's application."""
        return self.stations

    def buffers(self) -> int:
        """Buffers that were allocated for packets and are not freed: allocations less frees."""
        return 0

    def rings(self) -> list[RingMeter]:
        """Rings in memory that it shares with an application, if it has any; the NIC's are known."""
        return []

    def sockets(self) -> dict[str, SocketMeter]:
        """Socket queues, if it has any."""
        return {}
