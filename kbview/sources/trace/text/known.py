"""The meters that a recorded trace can know: the rest was not recorded, and stays unknown.

A text does not say which tracepoints were on when it was made. A tracepoint that occurs in it was on; a
tracepoint that does not occur may have been off.
"""

from collections.abc import Set as AbstractSet

from kbview.sources.trace.meaning.table import BY_NAME

_FREED = frozenset({"consume_skb", "sock_recv_length", "kfree_skb"})
_COPIED = frozenset({"sock_recv_length", "skb_copy_datagram_iovec"})
_QUEUED = frozenset({"sk_data_ready", "tcp_probe"})
# A reader is watched once it was woken for a packet, or read a socket in which a packet was queued.
# Senders are watched, too, but a count without the readers is not the count of the watched tasks.
_FOLLOWED = frozenset({"sk_data_ready", "sock_recv_length"})
_ENTERED = frozenset(name for name in BY_NAME if name.startswith("sys_enter_"))
_RUN = frozenset({"softirq_entry"})

# A meter is known if each of its sets has a tracepoint that was heard.
_NEEDS: dict[str, tuple[AbstractSet[str], ...]] = {
    "arrived": (),
    "arrived_bytes": (),
    "allocations": (),
    "unseen": (),
    "delivered": (_COPIED, _QUEUED),
    "delivered_bytes": (_COPIED, _QUEUED),
    "latency": (_COPIED, _QUEUED),
    "consumed": (frozenset({"consume_skb", "tcp_probe"}),),
    "dropped": (frozenset({"kfree_skb"}),),
    "drops": (frozenset({"kfree_skb"}),),
    "frees": (_FREED,),
    "sent": (frozenset({"net_dev_xmit"}),),
    "sent_bytes": (frozenset({"net_dev_xmit"}),),
    "interrupts": (frozenset({"irq_handler_entry"}),),
    "softirqs": (_RUN,),
    "polls": (frozenset({"napi_poll"}),),
    "empty_polls": (frozenset({"napi_poll"}),),
    "squeezes": (_RUN, frozenset({"softirq_raise"}), frozenset({"napi_poll"})),
    "syscalls": (_ENTERED, _QUEUED, _FOLLOWED),
    "mode_switches": (_ENTERED, _QUEUED, _FOLLOWED),
    "context_switches": (frozenset({"sched_switch"}), _QUEUED, _FOLLOWED),
    "wakeups": (frozenset({"sched_waking"}), frozenset({"sk_data_ready"})),
    "copies": (_COPIED, _QUEUED),
    "copied_bytes": (_COPIED, _QUEUED),
    "sockets": (frozenset({"sk_data_ready"}),),
    "cores": (frozenset({"sched_switch"}),),
    "costs": (_RUN,),
}


def known(heard: AbstractSet[str]) -> frozenset[str]:
    """The names of the meters that these tracepoints tell."""
    return frozenset(
        name for name, needs in _NEEDS.items() if all(not heard.isdisjoint(need) for need in needs)
    )
