"""Work: core time by step, and its effect on the packet."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Self

from kbview.tape.event import Account, Event, Meaning
from kbview.tape.meter import Meters, StageMeter
from kbview.tape.vocabulary import CopyKind

PAGE_WALK = "page_walk"  # the step that is a TLB miss
_ALLOCATIONS = frozenset(
    {"skb_alloc", "sock_alloc_send_skb", "tcp_transmit_skb", "tcp_sendmsg", "pktgen_fill"}
)
_COPIES = frozenset(
    {"copy_to_user", "copy_from_user", "tpacket_copy", "xsk_copy", "xsk_tx_copy"}
    | {"psio_rx_copy", "psio_tx_copy"}
    | {"mtcp_copy_in", "mtcp_copy_out", "mtcp_copy_back", "mtcp_copy_frame"}
    | {"user_copy_out", "user_copy_warm", "user_copy_in"}
)
_FIELD_OF = {account: f"{account}_ps" for account in Account}  # a lookup is half a format


class StepTaken(Event):
    """A core spent time on a named step; the cost row of that name says why and how sure.

    It ends at `time_ps + duration_ps`. `packet` is NO_PACKET where the work is not one packet's.
    """

    cpu: int
    packet: int
    step: str
    duration_ps: int
    account: Account

    meaning = Meaning("", "A core spent time on a named step.")

    def change(self, meters: Meters) -> None:
        stage = meters.stages.get(self.step)
        if stage is None:
            stage = meters.stages[self.step] = StageMeter()
        stage.count += 1
        stage.total_ps += self.duration_ps
        if self.step == PAGE_WALK:
            meters.tlb_misses = (meters.tlb_misses or 0) + 1
        cpu, cores, field = self.cpu, meters.cores, _FIELD_OF[self.account]
        core = cores[cpu] if cpu < len(cores) else meters.core(cpu)
        setattr(core, field, getattr(core, field) + self.duration_ps)

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        steps: dict[str, list[Self]] = defaultdict(list)
        for event in events:
            steps[event.step].append(event)
        for step, taken in steps.items():
            stage = meters.stages.setdefault(step, StageMeter())
            stage.count += len(taken)
            if step == PAGE_WALK:
                meters.tlb_misses = (meters.tlb_misses or 0) + len(taken)
            for cpu, account, spent_ps in _spent(taken):
                stage.total_ps += spent_ps
                core, field = meters.core(cpu), _FIELD_OF[account]
                setattr(core, field, getattr(core, field) + spent_ps)


def _spent(taken: Sequence[StepTaken]) -> list[tuple[int, Account, int]]:
    """The time of these steps, picoseconds, by core and account."""
    cpus, accounts = {event.cpu for event in taken}, {event.account for event in taken}
    if len(cpus) == len(accounts) == 1:  # as nearly always of a step
        return [(cpus.pop(), accounts.pop(), sum([event.duration_ps for event in taken]))]
    spent_ps: dict[tuple[int, Account], int] = defaultdict(int)
    for event in taken:
        spent_ps[event.cpu, event.account] += event.duration_ps
    return [(cpu, account, own_ps) for (cpu, account), own_ps in spent_ps.items()]


class SkbAllocated(Event):
    """The driver built an sk_buff around the frame."""

    cpu: int
    packet: int
    truesize: int

    places = ("gro", "netif_rx")
    ends = _ALLOCATIONS
    meaning = Meaning("build_skb(), alloc_skb()", "From here on the packet has an sk_buff.")

    def change(self, meters: Meters) -> None:
        meters.allocations += 1

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.allocations += len(events)


class SkbFreed(Event):
    """The sk_buff went back to its cache. A drop has the tracepoint of PacketDropped instead."""

    cpu: int
    packet: int

    tracepoint = "skb:consume_skb"
    ends = frozenset({"skb_free", "kfree_skb", "napi_consume_skb"})
    meaning = Meaning(
        "consume_skb(), napi_consume_skb() or kfree_skb_reason()", "The sk_buff went back to its cache."
    )

    def change(self, meters: Meters) -> None:
        meters.frees += 1

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.frees += len(events)


class Copied(Event):
    """A CPU copied `length` bytes of payload; `kind` says from where to where."""

    cpu: int
    packet: int
    kind: CopyKind
    length: int

    places = ("block", "XDP")
    ends = _COPIES
    meaning = Meaning("memcpy()", "A core copied the payload. DMA is not counted as a copy.")

    def change(self, meters: Meters) -> None:
        meters.copies += 1
        meters.copied_bytes += self.length

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.copies += len(events)
        meters.copied_bytes += sum([event.length for event in events])


class PacketMerged(Event):
    """GRO joined this packet to an earlier one; both go on as one sk_buff, told as `into`."""

    cpu: int
    packet: int
    into: int

    places = ("skb", "gro")
    meaning = Meaning("dev_gro_receive()", "GRO joined the packet to an earlier packet of its stream.")


class FragmentHeld(Event):
    """A fragment waits for the rest of its datagram. Linux: net/ipv4/ip_fragment.c."""

    cpu: int
    packet: int

    meaning = Meaning("ip_defrag()", "The fragment waits for the rest of its datagram.")


class FragmentsCombined(Event):
    """The datagram is whole: `count` fragments go on as one, told as `packet`."""

    cpu: int
    packet: int
    count: int

    meaning = Meaning("ip_frag_reasm()", "All fragments have come; the datagram continues as a whole.")


class XdpRan(Event):
    """An XDP program decided about a frame in the driver's poll: "pass", "drop", "tx", "redirect"."""

    cpu: int
    packet: int
    action: str

    places = ("XDP", "generic XDP")
    ends = frozenset({"xdp_program"})
    meaning = Meaning("bpf_prog_run_xdp()", "The XDP program has decided about the frame.")
