"""Bytes that a receiver copies, and where the stations of the lab stand."""

import socket
import time

import pytest

from kbview.sources.workers import stations
from kbview.sources.workers.message import StackCounts
from kbview.sources.workers.payload_stamp import STAMP
from kbview.sources.workers.receiver import Ingress
from kbview.sources.workers.receivers import RECEIVERS
from kbview.sources.workers.receivers.kernel import KernelSocket
from kbview.tape.detail import Detail
from kbview.tape.events import Copied
from kbview.tape.station import Domain

PAYLOAD = 18  # of a 64-byte frame: 64 - 4 FCS - 14 Ethernet - 20 IPv4 - 8 UDP


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_copied_bytes_are_the_length_that_recv_returned() -> None:
    """udp_recvmsg() copies the payload alone; the frame's length on the wire is 64."""
    port = _free_port()
    receiver = KernelSocket()
    receiver.open(Ingress("lo", "127.0.0.1", port))
    receiver.sampling.detail = Detail.STEPS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(5):
            sender.sendto(STAMP.pack(number, 1).ljust(PAYLOAD, b"\0"), ("127.0.0.1", port))
    receiver.receive(time.monotonic_ns() + 10**8)  # all five are in its queue
    reading = receiver.reading(lambda: 5, StackCounts())
    receiver.close()
    assert (reading.delivered, reading.copies, reading.copied_bytes) == (5, 5, 5 * PAYLOAD)
    assert reading.bytes == 5 * 64
    assert [each.length for each in reading.events if isinstance(each, Copied)] == [PAYLOAD] * 5


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_veth_is_software_so_no_station_of_the_lab_is_hardware(name: str) -> None:
    """drivers/net/veth.c: no NIC, no DMA, no interrupt."""
    way = stations.way(name, "", "")
    assert Domain.HARDWARE not in {station.domain for station in way.stations}
    assert "software" in way.stations[0].help


@pytest.mark.parametrize("name", ["af_xdp", "dpdk"])
def test_xdp_on_a_veth_says_that_the_senders_sk_buff_is_converted(name: str) -> None:
    """veth_xdp_rcv_skb() calls veth_convert_skb_to_xdp_buff(): a copy, and a second sk_buff."""
    (veth,) = [each for each in stations.way(name, "", "copy").stations if each.name == "veth"]
    assert "none reaches the stack" in veth.help
    assert "converts the sender's sk_buff" in veth.help
