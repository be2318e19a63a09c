"""DPDK: testpmd polls a ring without ever sleeping, through the AF_XDP poll-mode driver."""

import os
import time
from typing import ClassVar

from kbview.sources.linux import stale
from kbview.sources.workers import testpmd
from kbview.sources.workers.conversion import CONVERTED_COPIES, CONVERTED_SKBS
from kbview.sources.workers.payload_stamp import FCS
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.sources.workers.useful_time import UsefulTime

_ASK_S = 0.05


class DpdkReceiver(ReceiverWorker):
    """A real DPDK application; a veth has no hardware queue to give it, so the kernel fills its umem.

    It does not read the stamps, so latency is not known.
    """

    name = "dpdk"
    summary = "DPDK testpmd on its AF_XDP driver: one core polls, for ever"
    copies_each, skbs_each = CONVERTED_COPIES, CONVERTED_SKBS  # its driver runs on the lab's veth
    unknown: ClassVar[frozenset[str]] = frozenset({"latency", "syscalls", "mode_switches"})
    keeps_privileges = True  # to end testpmd, which cannot do without

    def open(self, place: Ingress) -> None:
        if not testpmd.installed():
            raise OSError(f"{testpmd.PROGRAM} is not installed; on Debian: apt-get install dpdk-dev")
        folder = stale.FOLDER / stale.name("dpdk", os.getppid())
        cpus = sorted(os.sched_getaffinity(0))
        self._pmd = testpmd.Testpmd(
            f"net_af_xdp0,iface={place.link},busy_budget=0", (cpus[0], cpus[-1]), folder
        )
        self.mode = "AF_XDP driver"
        self._told = testpmd.TestpmdCounters()
        self._useful = UsefulTime()

    def receive(self, until_ns: int) -> None:
        time.sleep(max(0.0, (until_ns - time.monotonic_ns()) / 1e9 - _ASK_S / 10))
        told = self._told = self._pmd.counters()
        self.delivered, self.polls, self.empty_polls = told.frames, told.bursts, told.empty_bursts
        self.taken_bytes = told.bytes
        self.bytes = told.bytes + FCS * told.frames
        self._useful.add(told.useful_ns, told.frames, self.usage()[0] - self._used_before[0])
        self.polling_ns, self.useful_ns = self._useful.polling_ns, self._useful.total_ns

    def usage(self) -> tuple[int, int, int, int]:
        return self._pmd.usage()

    def drops(self) -> dict[str, int]:
        return {"af_xdp/rx_dropped": self._told.missed, "dpdk/rx_nombuf": self._told.no_mbuf}

    def close(self) -> None:
        self._pmd.close()
