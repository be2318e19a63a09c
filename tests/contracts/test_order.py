"""An event is told when its step ends: an sk_buff exists after skb_alloc, and not before."""

from typing import Any

import pytest

from kbview.tape import events as ev
from kbview.tape.steps import without_break
from tests.contracts.played import CASES, OTHERS, Case, played

KINDS = [kind for kind in ev.EVENTS if kind.ends]


def ended(records: Any, at: int) -> bool:
    """Whether the event at a position stands behind its step, at the time when that ends."""
    event = records[at]
    for step in reversed(records[max(0, at - 400) : at]):
        if not isinstance(step, ev.StepTaken) or without_break(step.step) not in event.ends:
            continue
        several = event.packet == ev.NO_PACKET or isinstance(event, ev.SocketDequeued)
        on_its_core = step.packet == ev.NO_PACKET and step.cpu == getattr(event, "cpu", -1)
        if step.packet == event.packet != ev.NO_PACKET or (several and on_its_core):
            return bool(step.time_ps + step.duration_ps == event.time_ps)
    return False


def late(case: Case) -> list[str]:
    """The events that do not stand at the end of a step that the tape tells of their packet."""
    records = played(case).records
    told = {(one.packet, without_break(one.step)) for one in records if isinstance(one, ev.StepTaken)}
    found = []
    for at, event in enumerate(records):
        packet = getattr(event, "packet", ev.NO_PACKET)
        known = type(event) in KINDS and any((packet, step) in told for step in event.ends)
        if known and not ended(records, at):
            found.append(f"{type(event).__name__} of {packet} at {event.time_ps}")
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_event_stands_at_the_end_of_its_step(case: Case) -> None:
    assert late(case)[:3] == []


@pytest.mark.parametrize("case", [case for case in CASES if case.datapath == "af_xdp"], ids=str)
def test_entries_of_a_shared_ring_are_taken_after_they_were_put(case: Case) -> None:
    """xskq_prod_submit() publishes entries with a release, so a consumer on another core sees them
    afterwards: each event's level is the level before, plus or less its count.
    """
    levels: dict[tuple[str, int], int] = {}
    for event in played(case).records:
        if isinstance(event, ev.RingProduced | ev.RingConsumed):
            ring = (event.ring, event.queue)
            change = event.count if isinstance(event, ev.RingProduced) else -event.count
            assert levels.get(ring, event.filled - change) + change == event.filled >= 0, event
            levels[ring] = event.filled
    assert levels


def words(case: Case) -> list[list[str]]:
    """Steps and events of each packet, in their order on the tape."""
    own: dict[int, list[str]] = {}
    for one in played(case).records:
        packet = getattr(one, "packet", ev.NO_PACKET)
        name = one.step if isinstance(one, ev.StepTaken) else type(one).__name__
        own.setdefault(packet, []).append(name)
    return [own[packet] for packet in sorted(own) if packet != ev.NO_PACKET]


def test_the_kernel_s_order_is_that_of_its_source() -> None:
    """mlx5e_handle_rx_cqe(): CQE, build_skb(); udp_recvmsg(): dequeue, copy, skb_consume_udp()."""
    first = words(Case("paced-udp", "kernel"))[0]
    wanted = [
        "descriptor_read",
        "DescriptorCleaned",
        "first_touch",
        "skb_alloc",
        "SkbAllocated",
        "socket_enqueue",
        "SocketQueued",
        "socket_recv",
        "SocketDequeued",
        "copy_to_user",
        "Copied",
        "skb_free",
        "SkbFreed",
        "syscall_exit",
        "PacketDelivered",
    ]
    assert [name for name in first if name in wanted] == wanted


def test_the_way_out_copies_after_the_allocation() -> None:
    """udp_sendmsg(): ip_make_skb() allocates, then copies; the header comes last."""
    sent = next(own for own in words(OTHERS[11]) if "sock_alloc_send_skb" in own)
    wanted = ["sock_alloc_send_skb", "SkbAllocated", "copy_from_user", "Copied", "udp_send_skb"]
    out = sent[sent.index("socket_send") :]
    assert [name for name in out if name in wanted] == wanted
