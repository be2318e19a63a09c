"""A filter takes the frames that libpcap takes: tcpdump judges the same frames by the same words."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbview.packet.filter.filter_parser import parse_filter
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from tests.packet.filter import peer
from tests.packet.filter.sample_frames import ADDRESSES, ADDRESSES_6, MACS, PORTS, VLANS, frames

FRAMES = frames()
WAYS = st.sampled_from(["", "src ", "dst ", "src or dst ", "src and dst "])
TRANSPORT = st.sampled_from(["", "tcp ", "udp ", "sctp "])
PORT = st.sampled_from(PORTS).map(str)
NETS = (
    "10",
    "10.0",
    "10.0.0.0/8",
    "10.0.0.0/30",
    "192.168.7",
    "0.0.0.0/0",
    "2001:db8::/32",
    "fe80::/10",
)
PROTOCOLS = ("ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp")
PRIMITIVES = st.one_of(
    st.sampled_from(PROTOCOLS),
    st.builds("{}host {}".format, WAYS, st.sampled_from(ADDRESSES + ADDRESSES_6)),
    st.builds("ip {}host {}".format, WAYS, st.sampled_from(ADDRESSES)),
    st.builds("arp {}host {}".format, WAYS, st.sampled_from(ADDRESSES)),
    st.builds("{}net {}".format, WAYS, st.sampled_from(NETS)),
    st.builds("net {} mask 255.255.0.0".format, st.sampled_from(["10.0.0.0", "192.168.0.0"])),
    st.builds("{}{}port {}".format, TRANSPORT, WAYS, PORT),
    st.builds("{}{}portrange {}-{}".format, TRANSPORT, WAYS, PORT, PORT),
    st.builds("port ({} or {})".format, PORT, PORT),
    st.builds("{}port {} or {}".format, TRANSPORT, PORT, PORT),
    st.builds("ether {}host {}".format, WAYS, st.sampled_from(MACS)),
    st.builds("ip proto {}".format, st.sampled_from(["6", "17", "\\tcp"])),
    st.builds("ether proto {}".format, st.sampled_from(["0x0800", "0x0806", "\\ip6"])),
    st.builds("{} {}".format, st.sampled_from(["less", "greater", "len >", "len <="]), PORT),
    st.sampled_from(["broadcast", "multicast", "ether broadcast", "ip multicast", "ip6 multicast"]),
    st.just("vlan"),
    st.builds("vlan {}".format, st.sampled_from(VLANS)),
)
EXPRESSIONS = st.recursive(
    PRIMITIVES,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "&&", "||"]), inner),
        st.builds("{} or {} and {}".format, PRIMITIVES, PRIMITIVES, PRIMITIVES),
    ),
    max_leaves=6,
)
WORDS = (
    *("tcp", "udp", "sctp", "icmp", "icmp6", "arp", "ip6", "vlan 5", "vlan and vlan 6", "net 10.1"),
    *("port domain", "portrange 50-90", "src host fe80::7", "less 60", "ip multicast"),
    *("ether dst 02:00:00:00:00:02", "udp src port 53", "ip proto 17"),
)
needs_tcpdump = pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")


def taken(text: str) -> set[int]:
    """The numbers of the frames that kbview's verdict takes."""
    verdict = verdict_of(parse_filter(text.replace("\\", "")))
    subjects = [FilterSubject(frame, len(frame)) for frame in FRAMES]
    return {number for number, subject in enumerate(subjects) if decide(verdict, subject)}


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filter") / "frames.pcap"
    peer.write_capture(path, FRAMES)
    return path


@needs_tcpdump
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=EXPRESSIONS)
def test_libpcap_takes_the_same_frames(capture: Path, text: str) -> None:
    """pcap-filter(7); tcpdump -r FILE EXPRESSION."""
    expected = peer.taken(capture, text)
    assert expected is not None, f"libpcap refuses {text}"
    assert taken(text) == expected


@needs_tcpdump
def test_each_word_takes_some_frame_and_leaves_another(capture: Path) -> None:
    """The comparison above says nothing about words that no frame answers."""
    for text in WORDS:
        assert peer.taken(capture, text) == taken(text), text
        assert 0 < len(taken(text)) < len(FRAMES), text
