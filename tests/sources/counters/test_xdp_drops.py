"""XDP's drops by the names of several drivers."""

import pytest

from kbview.sources.counters.xdp_drops import dropped


@pytest.mark.parametrize(
    ("statistics", "count"),
    [
        ({"peer_ifindex": 7, "rx_queue_0_xdp_drops": 3, "rx_queue_1_xdp_drops": 4}, 7),  # veth
        ({"rx_xdp_drop": 9, "rx0_xdp_drop": 5, "rx1_xdp_drop": 4, "rx_xdp_redirect": 8}, 9),  # mlx5
        ({"rx0_xdp_drops": 2, "rx0_drops": 40, "tx_xdp_xmit": 3}, 2),  # virtio_net
        ({"rx_queue_0_xdp_drops": 0}, 0),
        ({"rx_packets": 5, "tx_queue_0_xdp_xmit_errors": 1}, None),
        ({}, None),
    ],
)
def test_a_driver_s_drops_are_added_up_once(statistics: dict[str, int], count: int | None) -> None:
    assert dropped(statistics) == count
