"""The layer of a drop, where the kernel gives no reason and its function alone says it."""

import pytest

from kbview.sources.trace.meaning.layer import layer_of_drop
from kbview.tape.vocabulary import Place


@pytest.mark.parametrize(
    "function",
    [
        "do_xdp_generic",  # net/core/dev.c
        "netif_receive_generic_xdp",
        "veth_xdp_rcv_skb",  # drivers/net/veth.c
    ],
)
@pytest.mark.parametrize("reached", [Place.QDISC, Place.IP])
def test_what_xdp_frees_was_in_no_layer_above_it(function: str, reached: Place) -> None:
    assert layer_of_drop("NOT_SPECIFIED", function, reached) is Place.XDP


@pytest.mark.parametrize(
    ("function", "layer"),
    [
        ("__netif_receive_skb_core.constprop.0+0x1a/0x20", Place.NETIF),  # an ethertype
        ("icmp_rcv", Place.ICMP),  # a type above NR_ICMP_TYPES
        ("icmpv6_param_prob_reason", Place.IP),  # an IPv6 option that may not be skipped
    ],
)
def test_a_protocol_is_unknown_to_the_layer_that_looks_for_it(function: str, layer: Place) -> None:
    assert layer_of_drop("UNHANDLED_PROTO", function, Place.NETIF) is layer


def test_the_kernel_s_reason_goes_before_the_function() -> None:
    assert layer_of_drop("NETFILTER_DROP", "ip_forward", Place.IP) is Place.NETFILTER
    assert layer_of_drop("PKT_TOO_BIG", "ip_forward", Place.NETIF) is Place.IP
