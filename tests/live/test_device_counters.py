"""A driver's own counters stand beside the stack's, as `ethtool -S` lists them."""

import os
import shutil
import subprocess
from contextlib import closing

import pytest

from kbview.sources.counters import device_counters
from kbview.sources.counters.device_counters import DeviceCounters
from kbview.sources.linux.ethtool import DeviceStatistics
from kbview.sources.linux.testbed import Testbed
from tests.live.frames import ipv4, send_frames, udp
from tests.live.test_counting import until

pytestmark = pytest.mark.live
COUNT = 30
PACKETS = "rx_queue_0_xdp_packets"  # drivers/net/veth.c: all that its own poll takes


def test_the_numbers_are_those_of_ethtool() -> None:
    if shutil.which("ethtool") is None:
        pytest.skip("ethtool is not installed")
    with Testbed(napi=True) as bed, bed.b.namespace.entered():
        send_frames(bed, ipv4(bed, udp()), COUNT)
        with closing(DeviceStatistics(bed.b.link)) as driver:
            until(lambda: driver.read().get(PACKETS, 0) >= COUNT)
            told = subprocess.run(["ethtool", "-S", bed.b.link], capture_output=True, check=True)
            found = driver.read()
    rows = [line.split(":") for line in told.stdout.decode().splitlines()[1:]]
    assert {name.strip(): int(value) for name, value in rows} == found
    assert found[PACKETS] == COUNT


def test_only_what_has_grown_is_shown_and_a_link_that_goes_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device_counters, "_AGAIN_S", 0)
    with Testbed(napi=True) as bed, bed.b.namespace.entered():
        before = len(os.listdir("/proc/self/fd"))
        with closing(DeviceCounters(bed.b.link)) as counters:
            assert counters.gauges() == {}
            send_frames(bed, ipv4(bed, udp()), COUNT)
            until(lambda: counters.gauges().get(f"ethtool {PACKETS}", 0) >= COUNT)
            assert counters.gauges()[f"ethtool {PACKETS}"] == COUNT
            assert not any("peer_ifindex" in name for name in counters.gauges())
        assert len(os.listdir("/proc/self/fd")) == before
    with closing(DeviceCounters("none-such")) as counters:
        assert counters.gauges() == {}
