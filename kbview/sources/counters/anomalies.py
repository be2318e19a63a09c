"""Counters that stand still on a healthy machine, beside the totals.

A row: the name on the screen, and the counters of /proc/net/snmp and netstat that it adds up.
Linux: include/uapi/linux/snmp.h
"""

from kbview.sources.counters.reading import CounterReading

ANOMALIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("TCP segments sent again", ("TcpRetransSegs",)),
    ("TCP retransmission timeouts", ("TcpExtTCPTimeouts",)),
    ("TCP accept queue overflows", ("TcpExtListenOverflows",)),
    ("TCP SYN cookies sent", ("TcpExtSyncookiesSent",)),
    ("TCP receive queues pruned", ("TcpExtPruneCalled",)),
    ("TCP out-of-order queues pruned", ("TcpExtOfoPruned",)),
    ("TCP segments out of order", ("TcpExtTCPOFOQueue",)),
    ("TCP windows closed", ("TcpExtTCPToZeroWindowAdv",)),
    ("TCP connections reset with text unread", ("TcpExtTCPAbortOnClose", "TcpExtTCPAbortOnData")),
    ("UDP send buffer errors", ("UdpSndbufErrors", "Udp6SndbufErrors")),
    ("IP fragments not put together", ("IpReasmFails", "Ip6ReasmFails")),
)


def gauges(now: CounterReading, since: CounterReading) -> dict[str, int]:
    """How much each has grown, by its name; a counter that stood still is left out."""
    found = {
        name: sum(now.grown(counter, since) for counter in counters) for name, counters in ANOMALIES
    }
    found["packets that a qdisc dropped"] = now.dropped_by_qdiscs(since) or 0  # unknown: left out
    return {name: count for name, count in found.items() if count}
