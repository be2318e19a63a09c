"""Counters of trouble: only the ones that grew are told."""

from kbview.sources.counters.anomalies import ANOMALIES, gauges
from kbview.sources.counters.reading import CounterReading
from kbview.sources.linux.netlink.links import LinkTotals
from kbview.sources.linux.procfs.cpu import Stat
from kbview.sources.linux.procfs.softirq import Softnet


def reading(protocols: dict[str, int]) -> CounterReading:
    return CounterReading(LinkTotals(), 0, 0, Softnet(), Stat({}, 0), protocols)


def test_what_grew_is_told_by_name_and_what_stood_still_is_not() -> None:
    since = reading({"TcpRetransSegs": 100, "TcpExtPruneCalled": 5})
    now = reading({"TcpRetransSegs": 103, "TcpExtPruneCalled": 5, "UdpSndbufErrors": 2})
    assert gauges(now, since) == {"TCP segments sent again": 3, "UDP send buffer errors": 2}


def test_a_counter_is_added_once() -> None:
    counters = [counter for _, names in ANOMALIES for counter in names]
    assert len(counters) == len(set(counters))


def test_drops_of_qdiscs_that_one_reading_does_not_know_are_not_told() -> None:
    """Netlink could not be asked at first: all that came before would be told as new."""
    unknown, known = reading({}), reading({})._replace(qdisc_drops=70)
    assert known.dropped_by_qdiscs(unknown) is None
    assert unknown.dropped_by_qdiscs(known) is None
    assert known.dropped_by_qdiscs(known._replace(qdisc_drops=30)) == 40
    assert gauges(known, unknown) == {}
