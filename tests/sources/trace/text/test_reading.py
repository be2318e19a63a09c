"""Lines as the tools print them, and what they say."""

import io
from typing import Any

import pytest

from kbview.sources.trace.text import line, lost, values
from kbview.sources.trace.text.reader import TraceReader
from kbview.sources.trace.text.recognition import looks_like_one

# a line, and: ns, cpu, pid, comm, flags, event
SHAPES: list[tuple[str, tuple[int, int, int, str, int, str]]] = [
    (
        "          python-11317   [000] d..4.  4529.792774: sched_waking: comm=python pid=5 prio=120",
        (4529_792774_000, 0, 11317, "python", 0, "sched_waking"),
    ),
    (
        "          <idle>-0       [001] d.h1.  1301.820036: softirq_raise: vec=7 [action=SCHED]",
        (1301_820036_000, 1, 0, "<idle>", 0x08, "softirq_raise"),
    ),
    (
        "     kworker/1:1-3305    [012] d.H2.  1301.849097: softirq_raise: vec=3",
        (1301_849097_000, 12, 3305, "kworker/1:1", 0x18, "softirq_raise"),
    ),
    (
        "           a-b-c-77      (    77) [000] ..s1.  1.000001: softirq_exit: vec=3",
        (1_000001_000, 0, 77, "a-b-c", 0x10, "softirq_exit"),
    ),
    (
        "          python-12996 [000]  4706.185577931: netif_rx_entry:       dev=veth0",
        (4706_185577_931, 0, 12996, "python", 0, "netif_rx_entry"),
    ),
    (
        "   sleep-12993   0d.h2.  4704.936214: sched_waking:         comm=python pid=5",
        (4704_936214_000, 0, 12993, "sleep", 0x08, "sched_waking"),
    ),
    (
        "     migration/0    18 [000]  4531.405044:          sched:sched_waking: comm=perf pid=5",
        (4531_405044_000, 0, 18, "migration/0", 0, "sched_waking"),
    ),
    (
        "Web Content  2201/2207  [003]  99.000001:          1       skb:kfree_skb: skbaddr=0xff",
        (99_000001_000, 3, 2201, "Web Content", 0, "kfree_skb"),
    ),
    (
        "          python-7   [000] .....  4529.904129: sys_recvfrom -> 0x64",
        (4529_904129_000, 0, 7, "python", 0, "sys_recvfrom"),
    ),
]


@pytest.mark.parametrize(("text", "said"), SHAPES)
def test_every_shape_of_a_line(text: str, said: tuple[int, int, int, str, int, str]) -> None:
    parsed = line.parse(text)
    assert isinstance(parsed, line.TraceLine)
    assert parsed[:6] == said
    assert looks_like_one(text.encode())


@pytest.mark.parametrize("text", ["CPU:1 [LOST 812 EVENTS]\n", "CPU:1 [812 EVENTS DROPPED]"])
def test_lost_records(text: str) -> None:
    assert lost.parse(text) == lost.LostLine(1, 812)


# a line, its core and the number of records, 0 where it is not said
LOSSES = [
    ("CPU:1 [LOST EVENTS]", (1, 0)),
    ("CPU:12 [EVENTS DROPPED]", (12, 0)),
    ("# entries-in-buffer/entries-written: 148/1480   #P:2", (0, 1332)),
    ("   swapper     0 [003]   835.8: PERF_RECORD_LOST_SAMPLES lost 30", (3, 30)),
    ("   swapper     0 [003]   835.8: PERF_RECORD_LOST: lost 7", (3, 7)),
    ("  swapper   0  835.8:  PERF_RECORD_LOST lost 9", (0, 9)),
    ("Processed 88 events and lost 3 chunks!", (0, 0)),
]


@pytest.mark.parametrize(("text", "said"), LOSSES)
def test_a_loss_is_said_with_its_number_or_without(text: str, said: tuple[int, int]) -> None:
    assert lost.parse(text) == said
    assert line.parse(text) is None


@pytest.mark.parametrize(
    "text", ["# entries-in-buffer/entries-written: 148/148   #P:2", "CPU 1 is empty", "LOST"]
)
def test_what_states_no_loss(text: str) -> None:
    assert lost.parse(text) is None


@pytest.mark.parametrize("text", ["", "\n", "# tracer: nop", "hello", "a-1 [x] 2.5: e: ", "\0" * 200])
def test_what_is_no_line(text: str) -> None:
    assert line.parse(text) is None


@pytest.mark.parametrize("head", [b"", b"\xd4\xc3\xb2\xa1", b"hello, this is text\n", b"# a comment"])
def test_what_is_no_trace(head: bytes) -> None:
    assert not looks_like_one(head)


RAW_STATE = (
    ": skaddr=0xff oldstate=10 newstate=3 sport=80 dport=99 family=2"
    " saddr=ARRAY[0a, 00, 00, 02] daddr=ARRAY[0a, 00, 00, 01]"
)
# event, rest of the line, values of the fields in the table's order
SAID: list[tuple[str, str, tuple[str, tuple[Any, ...]]]] = [
    ("softirq_entry", ": vec=3 [action=NET_RX]", ("softirq_entry", (3,))),
    (
        "napi_poll",
        ": napi poll on napi struct 000000004c924536 for device (no_device) work 3 budget 64",
        ("napi_poll", ("000000004c924536", "(no_device)", 3, 64)),
    ),
    (
        "kfree_skb",
        ": skbaddr=0xffff8881 rx_sk=(nil) protocol=2048 location=__udp4_lib_rcv+0x4 reason: NO_SOCKET",
        ("kfree_skb", ("0xffff8881", "__udp4_lib_rcv+0x4", None, "NO_SOCKET")),
    ),
    (
        "sock_recv_length",
        ": sk address = 0029ad, family = AF_INET protocol = 0x11, length = 9, error = 0, flags = 0x40",
        ("sock_recv_length", ("0029ad", 17, 9, 64)),
    ),
    (
        "sched_switch",
        ": prev_comm=Web Content prev_pid=5 prev_prio=120 prev_state=S ==> next_comm=a b next_pid=0",
        ("sched_switch", ("Web Content", 5, "a b", 0)),
    ),
    (
        "sched_switch",
        ":         kworker/0:1:55 [120] S ==> python:12953 [120]",
        ("sched_switch", ("kworker/0:1", 55, "python", 12953)),
    ),
    ("sched_waking", ":  comm=a pid=9 prio=120 target_cpu=000", ("sched_waking", ("a", 9))),
    (
        "tcp_probe",
        ": family=AF_INET src=10.9.0.2:7000 dest=10.9.0.1:32800 data_len=100 skbaddr=00ab skaddr=00cd",
        ("tcp_probe", ("00ab", "00cd", 100, 7000, "10.9.0.1:32800")),
    ),
    ("sys_enter_recvfrom", ": fd: 0x00000003, ubuf: 0x56", ("sys_enter_recvfrom", (3,))),
    ("sys_recvfrom", "(fd: 3, ubuf: 0x56, size: 0x800)", ("sys_enter_recvfrom", (3,))),
    ("sys_recvfrom", " -> 0x64", ("sys_exit_recvfrom", (100,))),
    ("sys_exit_recvfrom", ":    -11", ("sys_exit_recvfrom", (-11,))),
    ("sys_epoll_wait", "(epfd: 4, events: 7ff)", ("sys_enter_epoll_wait", ())),
    # ---- fields by their names in the record: trace-cmd report -R, and events that a tool cannot print
    (
        "netif_receive_skb",
        ":     skbaddr=0xff88 len=128 name=vb",
        ("netif_receive_skb", ("0xff88", 128, "vb")),
    ),
    (
        "netif_receive_skb",
        ": [FAILED TO PARSE] skbaddr=0xff88 len=128 name=vb",
        ("netif_receive_skb", ("0xff88", 128, "vb")),
    ),
    (
        "napi_poll",
        ": napi=0xff01 dev_name=eth0 work=3 budget=64",
        ("napi_poll", ("0xff01", "eth0", 3, 64)),
    ),
    (
        "sock_recv_length",
        ": sk=0x29ad family=2 protocol=17 ret=9 flags=64",
        ("sock_recv_length", ("0x29ad", 17, 9, 64)),
    ),
    (
        "sched_switch",
        ": prev_comm=a b prev_pid=5 prev_prio=120 prev_state=1 next_comm=c next_pid=6 next_prio=120",
        ("sched_switch", ("a b", 5, "c", 6)),
    ),
    (
        "inet_sock_set_state",
        RAW_STATE,
        (
            "inet_sock_set_state",
            (
                *("0xff", "TCP_LISTEN", "TCP_SYN_RECV", 80, 99, 2),
                *(b"\n\0\0\2", b"\n\0\0\1", None, None),
            ),
        ),
    ),
    ("xdp_redirect", ": prog_id=5 act=4 ifindex=3", ("xdp_redirect", ("REDIRECT", 3))),
    ("sys_enter_recvfrom", ": __syscall_nr=45 fd=0x3 ubuf=0x56", ("sys_enter_recvfrom", (3,))),
    ("sys_exit_recvfrom", ": __syscall_nr=45 ret=0x64", ("sys_exit_recvfrom", (100,))),
]


@pytest.mark.parametrize(("event", "rest", "said"), SAID)
def test_values(event: str, rest: str, said: tuple[str, tuple[Any, ...]]) -> None:
    assert values.of(event, rest) == said


# what stands behind skbaddr=00aa, and the function, the socket and the reason
DROPS: list[tuple[str, tuple[str, str | None, str | None]]] = [
    ("protocol=2048 location=ffffffff815d9a2c", ("ffffffff815d9a2c", None, None)),  # 3.10
    ("protocol=2048 location=00000000de93", ("00000000de93", None, None)),  # 4.15: hashed
    ("protocol=2048 location=f+0x1/0x2 reason: NO_SOCKET", ("f+0x1/0x2", None, "NO_SOCKET")),  # 5.17
    ("rx_sk=00bb location=f reason: SOCKET_RCVBUFF", ("f", "00bb", "SOCKET_RCVBUFF")),  # 6.11
    ("rx_sk=(nil) location=f reason: 0x3", ("f", None, "REASON_3")),
    ("location=0xff rx_sk=0x0 reason=3", ("0xff", None, "REASON_3")),  # raw fields
    ("location=f reason: 0x10003", ("f", None, "REASON_0x10003")),  # of another subsystem
]


@pytest.mark.parametrize(("rest", "said"), DROPS)
def test_a_drop_of_each_kernel_from_3_10_on_gives_what_stands_there(
    rest: str, said: tuple[str, str | None, str | None]
) -> None:
    assert values.of("kfree_skb", f": skbaddr=00aa {rest}") == ("kfree_skb", ("00aa", *said))


def test_events_that_the_table_does_not_have_are_passed_over() -> None:
    assert values.of("mm_page_alloc", ": page=5") is None
    assert values.of("sys_brk", "(brk: 0)") is None


def test_time_does_not_go_back_and_lines_that_are_none_are_counted() -> None:
    text = [
        "# tracer: nop",
        " a-1 [000] d..1. 2.000000: softirq_entry: vec=3",
        "what is this",
        " a-1 [001] d..1. 1.999999: softirq_exit: vec=3",
        "CPU:1 [LOST 7 EVENTS]",
    ]
    reader = TraceReader(io.StringIO("\n".join(text)))
    assert [record.time_ns for record in reader] == [2_000_000_000] * 3
    assert reader.strange == 1
    assert reader.names == {1: "a"}
