"""XDP_DROP by match: the program reads headers, drops matching frames, and lets the others on.

    Ethernet, IP, UDP or TCP header --> port in a map? --> source in a prefix? --match--> XDP_DROP
                                                                  |
                the stack of this core <--XDP_PASS-- no match ----+--XDP_REDIRECT--> cpumap

Each look-up is paid only where its key is set, and a program without any reads no header: xdp-filter
loads the features that it needs.
Fragments carry no port, so they match by source only. Linux: xdp-tools, xdp-filter
"""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.device.cpumap import CpuMapBulks
from kbview.emulator.kernel.device.xdp import RECEIVED, XdpProgram, XdpSettings, XdpVerdict
from kbview.emulator.kernel.net.offload import OffloadSettings
from kbview.emulator.kernel.net.taker import Taker
from kbview.emulator.kernel.send.xdp_tx import xdp_action
from kbview.emulator.keys import ScenarioError, number, prefix
from kbview.packet.frame import Flow, Frame, Protocol
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_PLACE = Place.XDP
_XDP = DropReason.XDP
_PASS = XdpVerdict.PASS

_FLOWS_KNOWN = 65_536
_WITH_PORTS = (Protocol.UDP, Protocol.TCP)
_NO_ADDRESS = (Protocol.ARP, Protocol.OTHER)


@dataclass(frozen=True, kw_only=True)
class MatchSettings(XdpSettings, OffloadSettings):
    """An XDP program that drops by match, on datapath kernel; where its other frames go."""

    xdp_drop_port: (
        Annotated[
            int,
            number(
                "destination port of the frames that an XDP program drops; unset: none", ge=1, le=65_535
            ),
        ]
        | None
    ) = None
    xdp_drop_source: Annotated[
        str,
        prefix("sources of the frames that an XDP program drops; empty: none"),
    ] = ""
    cpumap_cpus: Annotated[
        int,
        number(
            "cores that an XDP program gives its frames to (cpumap), those behind the queues' cores;"
            " 0: each core keeps them",
            "cores",
            ge=0,
            le=255,
        ),
    ] = 0
    cpumap_queue: Annotated[
        int, number("frames that wait for a core of the cpumap (qsize)", "frames", ge=1, le=16_384)
    ] = 2048

    def check_together(self) -> None:
        super().check_together()
        if not matches(self):
            return
        if xdp_action(self) or self.xdp_generic:
            raise ScenarioError(
                "xdp_drop_port, xdp_drop_source and cpumap_cpus are an XDP program of the driver; "
                f'app = "{self.app}" has one at this layer, or xdp_generic is true'
            )
        if self.cpumap_cpus >= self.cores:
            raise ScenarioError(
                f"cpumap_cpus = {self.cpumap_cpus} is out of range; use 0 to {self.cores - 1}"
            )
        if self.cpumap_cpus and self.rx_checksum == "nic":
            raise ScenarioError(
                "cpumap_cpus: an sk_buff of cpumap does not carry the NIC's checksum; "
                'use rx_checksum = "cpu"'
            )

    @property
    def cpumap_cores(self) -> list[int]:
        """The cores of the map: they follow the cores of the queues."""
        return [(self.queue_cores + number) % self.cores for number in range(self.cpumap_cpus)]


def matches(settings: MatchSettings) -> bool:
    """Whether the scenario has such a program."""
    return bool(settings.xdp_drop_port or settings.xdp_drop_source or settings.cpumap_cpus)


class XdpMatch(XdpProgram):
    """Drops the frames of matching flows. `bulks`: the others go to other cores; None: they pass."""

    def __init__(
        self, machine: Machine, settings: MatchSettings, bulks: CpuMapBulks | None = None
    ) -> None:
        super().__init__(machine)
        self._port = settings.xdp_drop_port
        self._network = ip_network(settings.xdp_drop_source) if settings.xdp_drop_source else None
        self._bulks = bulks
        self._drops: dict[Flow, bool] = {}
        looks = ["xdp_port_lookup"] if self._port is not None else []
        looks += ["lpm_trie_lookup"] if self._network is not None else []
        looks += ["cpumap_hash"] if bulks is not None and bulks.hashes else []
        looks = [*RECEIVED, *(["xdp_parse"] if looks else []), *looks]
        self._drop = machine.prices.sequence(*looks)
        onward = "xdp_pass" if bulks is None else "cpumap_enqueue"
        self._onward = machine.prices.sequence(*looks, onward)

    def run(self, core: Core, frame: Frame) -> Taker | XdpVerdict | None:
        flow = frame.flow
        drops = self._drops.get(flow)
        if drops is None:
            drops = self._learn(flow)
        if drops:
            core.spend(self._drop, frame.packet)
            self._tell(core, frame, "drop")
            self._machine.books.drop(core, frame, _PLACE, _XDP)
            return None
        if self._bulks is None:
            core.spend(self._onward, frame.packet)
            self._tell(core, frame, "pass")
            return _PASS
        core.spend(self._onward, frame.packet)
        self._tell(core, frame, "redirect")
        return self._bulks.of(flow)

    def flush(self, core: Core) -> None:
        if self._bulks is not None:
            self._bulks.end_poll(core)

    def _learn(self, flow: Flow) -> bool:
        if len(self._drops) >= _FLOWS_KNOWN:
            self._drops.clear()
        drops = self._drops[flow] = self._matches(flow)
        return drops

    def _matches(self, flow: Flow) -> bool:
        ported = flow.protocol in _WITH_PORTS and not flow.fragment
        if ported and flow.destination_port == self._port:
            return True
        if self._network is None or flow.protocol in _NO_ADDRESS:
            return False
        return ip_address(flow.source) in self._network
