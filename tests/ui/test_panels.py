"""Over the list of panels: every one keeps the contract, whatever there is to draw."""

import itertools
import re

import pytest
from rich.cells import cell_len

from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import CoreMeter, Meters, RingMeter, Sample, SocketMeter
from kbview.tape.source import Capabilities
from kbview.tape.vocabulary import RingKind
from kbview.ui.characters import to_ascii
from kbview.ui.panel import Panel
from kbview.ui.panels import PANELS
from kbview.ui.row import Size, text_of
from kbview.ui.theme import STYLES
from tests.ui.pictures import STATES, played
from tests.ui.screens import session_of

NAMED = {panel.name: panel for panel in PANELS}


def drawn(name: str, state: str, width: int = 39, height: int = 6) -> str:
    return "\n".join(map(text_of, NAMED[name].draw(STATES[state], Size(width, height))))


def test_names_are_unique() -> None:
    assert len(NAMED) == len(PANELS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_every_number_has_a_definition(panel: Panel) -> None:
    assert panel.help
    assert all(term and meaning for term, meaning in panel.help)


@pytest.mark.parametrize("width", [30, 40, 80, 200])
@pytest.mark.parametrize("height", [2, 3, 5, 20])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_rows_fill_their_room_exactly(panel: Panel, state: str, height: int, width: int) -> None:
    rows = panel.draw(STATES[state], Size(width, height))
    assert len(rows) == height
    for row in rows:
        text = text_of(row)
        assert cell_len(text) == width
        assert text.isprintable()
        assert len(to_ascii(text)) == width
        assert all(run and style in STYLES for run, style in row)
        assert all(a[1] != b[1] for a, b in itertools.pairwise(row)), "runs are merged"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_what_a_source_cannot_know_is_greyed_with_the_reason(panel: Panel) -> None:
    reason = panel.lacks(Capabilities())
    assert reason is not None
    rows = panel.draw_greyed(reason, Size(60, 3))
    assert "cannot know" in text_of(rows[1])
    assert not any(char.isdigit() for row in rows for char in text_of(row))
    assert panel.lacks(Capabilities(meters=panel.needs)) is None


def test_the_wall_moves_to_the_ring_and_the_stack_stays_dimmed() -> None:
    before, after = drawn("path", "kernel", 80, 7), drawn("path", "toggled", 80, 7)
    assert "KERNEL" in before
    assert "KERNEL" not in after
    assert "kernel bypassed" in after
    assert after.splitlines()[1].index("irq") == before.splitlines()[1].index("irq")
    assert before.splitlines()[1].count("║") == 2
    assert after.splitlines()[1].count("║") == 1
    gone = [run for run in NAMED["path"].draw(STATES["toggled"], Size(80, 7))[1] if "softirq" in run[0]]
    assert gone
    assert gone[0][1] == "faint"


def test_the_toggle_brings_interrupts_switches_and_copies_to_zero_while_frames_go_on() -> None:
    assert "irq    0/s" in drawn("interrupts", "toggled")
    assert "mode     0 " in drawn("switches", "toggled")
    assert "copies   0 " in drawn("copies", "toggled")
    assert "995k/s" in drawn("path", "toggled", 80, 7)


def test_before_and_after_stand_side_by_side() -> None:
    irq, poll, _names = drawn("interrupts", "toggled").splitlines()[1:4]
    before, after = irq[18:].split("┊")
    assert before.strip()
    assert not after.strip()
    assert poll.index("┊") == irq.index("┊")
    assert "┊dpdk" in drawn("interrupts", "toggled", height=6)


def test_a_moving_dot_moves_by_one_cell_a_frame() -> None:
    player = played("kernel", frames=40)

    def road() -> str:
        return text_of(NAMED["path"].draw(player.state, Size(80, 7))[2])

    before = road()
    player.tick(0.1)
    assert road()[12:18] == before[11:17]  # between the ring and the wall


def test_the_ring_shows_its_indices_and_counts() -> None:
    text = drawn("rings", "kernel")
    ring = STATES["kernel"].meters.rings[0]
    assert f"{ring.done} of {ring.size}" in text
    assert "H" in text
    assert "head" in text
    assert "slots a cell" in text


@pytest.mark.parametrize(("queues", "sending"), [(2, False), (2, True), (16, True), (128, False)])
def test_many_rings_share_the_rows(queues: int, sending: bool) -> None:
    """The numbers are of what was received; a full ring is seen to be full."""
    state = State()
    rings = [RingMeter(queue, 512, tail=511) for queue in range(queues)]
    rings[1] = RingMeter(1, 512, head=511, tail=511, done=511)
    rings += [RingMeter(queue, 256, tail=5 * sending, kind=RingKind.TX) for queue in range(queues)]
    state.meters.rings = rings
    rows = [text_of(row) for row in NAMED["rings"].draw(state, Size(39, 6))]
    assert f"511 of {512 * queues}" in rows[0]
    assert re.search("^1  .███| 1  █████ ", "\n".join(rows), re.M)
    assert ("t0 " in "\n".join(rows)) == (sending and queues < 16)
    assert any("more" in row for row in rows) == (queues >= 16)


def test_losses_stand_at_their_stations_and_in_the_list() -> None:
    path = drawn("path", "kernel", 80, 7)
    assert "miss 1" in path
    assert "drop" in path
    drops = drawn("drops", "kernel")
    assert "SOCKET_RCVBUFF" in drops
    assert "no descriptor" in drops


def test_busy_is_not_useful() -> None:
    cpu0 = next(line for line in drawn("cores", "toggled").splitlines() if line.startswith("cpu0"))
    busy, useful = (int(word) for word in cpu0.replace("%", "").split()[-2:])
    assert busy > 90
    assert useful < 20
    assert "e empty poll" in drawn("cores", "toggled")


def test_an_unknown_send_queue_is_not_drawn_as_zero() -> None:
    assert "WQ" not in drawn("sockets", "kernel"), "a queue that no socket tells takes no row"
    state = played("kernel").state
    state.meters.sockets["tcp :80"] = SocketMeter("tcp :80", send_queued=2048)
    rows = NAMED["sockets"].draw(state, Size(60, 8))
    assert "2.0K not acknowledged" in "\n".join(map(text_of, rows))


def test_an_accept_queue_holds_connections_and_not_bytes() -> None:
    """include/net/inet_connection_sock.h icsk_accept_queue, of at most sk_max_ack_backlog."""
    state = State()
    listening = SocketMeter("tcp :80 accept", queued=4000, rcvbuf=4096, drops=3)
    state.meters.sockets = {listening.name: listening}
    (row,) = [
        text_of(row) for row in NAMED["sockets"].draw(state, Size(60, 4)) if "tcp" in text_of(row)
    ]
    assert "AQ" in row
    assert "RQ" not in row
    assert "4.0k of 4.0k" in row.replace("4.1k", "4.0k")
    assert "drop 3" in row


def test_the_state_that_was_entered_last_is_lit_and_all_are_counted() -> None:
    state = State()
    for port in (20_000, 20_001):
        name = f"tcp :80 < 10.0.0.1:{port}"
        state.meters.sockets[name] = SocketMeter(name, received=1)
        state.connections.apply(ev.TcpStateChanged(0, 0, name, "SYN_RECV", "ESTABLISHED"))
    state.connections.apply(ev.TcpStateChanged(1, 0, name, "ESTABLISHED", "CLOSE_WAIT"))
    text = "\n".join(map(text_of, NAMED["sockets"].draw(state, Size(60, 10))))
    assert "[CLOSE-WAIT] 1▸LAST-ACK▸CLOSED" in text
    assert "SYN-RECEIVED▸ESTABLISHED 1" in text
    assert text.count("CLOSE-WAIT") == 2, "once in the diagram, once below the socket's name"
    low = "\n".join(map(text_of, NAMED["sockets"].draw(state, Size(39, 4))))
    assert "▸" not in low
    assert "CLOSE-WAIT" in low or "ESTABLISHED" in low


def test_a_hostile_socket_name_is_shown_and_not_obeyed() -> None:
    state = played("kernel").state
    state.meters.sockets = {"x": SocketMeter("\x1b[2J\u202e\n", queued=10, rcvbuf=20)}
    rows = NAMED["sockets"].draw(state, Size(60, 4))
    assert all(text_of(row).isprintable() for row in rows)
    assert "\\x1b[2J" in text_of(rows[1])


def test_rings_between_two_programs_are_named_and_have_no_indices() -> None:
    """AF_XDP: what waits in rx is ours to take, what waits in fill is the kernel's."""
    state = State()
    state.meters.rings = [
        RingMeter(0, 2048, done=512, kind=RingKind.XSK_RX),
        RingMeter(0, 2048, done=1536, kind=RingKind.FILL),
    ]
    rows = [text_of(row) for row in NAMED["rings"].draw(state, Size(39, 6))]
    assert rows[1].startswith("xsk rx    ")
    assert rows[2].startswith("fill      ")
    assert rows[1].count("█") < rows[2].count("█")
    assert not set("HTC") & set(rows[1] + rows[2])
    assert "xsk rx: " in rows[3]  # unlike rings are not added
    assert "waiting 512" in rows[3]
    assert "free 1536" in rows[3]


def test_an_unused_transmit_ring_is_not_shown_and_a_used_one_is_told_apart() -> None:
    state = played("kernel").state
    before = state.meters.rings[0]
    state.meters.rings = [before, RingMeter(0, 512, kind=RingKind.TX)]
    alone = "\n".join(map(text_of, NAMED["rings"].draw(state, Size(60, 6))))
    assert f"{before.done} of 512" in alone
    assert "tx" not in alone
    assert "no irq" not in text_of(NAMED["interrupts"].draw(state, Size(60, 6))[0])
    state.meters.rings = [before, RingMeter(0, 512, tail=3, done=2, kind=RingKind.TX)]
    both = "\n".join(map(text_of, NAMED["rings"].draw(state, Size(60, 6))))
    assert "t0" in both
    assert f"{before.done} of 512" in both


def test_a_mempool_is_drawn_beside_the_ring_and_is_none_of_its_slots() -> None:
    state = played("dpdk").state
    ring = RingMeter(0, 512, done=3)
    pool = RingMeter(0, 8192, done=4096, kind=RingKind.MEMPOOL)
    state.meters.rings = [ring, pool, RingMeter(2, 384, done=256, kind=RingKind.CACHE)]
    rows = [text_of(row) for row in NAMED["rings"].draw(state, Size(60, 6))]
    assert "3 of 512" in rows[0]
    assert rows[2].startswith("mempool   ")
    assert rows[3].startswith("cache 2   ")
    assert rows[3].count("█") > rows[2].count("█") > 0
    pool.freezes = 12
    assert "rx_nombuf 12" in text_of(NAMED["rings"].draw(state, Size(60, 6))[0])


@pytest.mark.parametrize("word", ["http.pcap", "bursts", "paced-udp", "overload-udp"])
def test_a_poll_that_found_frames_brought_at_least_one_and_at_most_its_budget(word: str) -> None:
    session = session_of("kernel", 0, word)
    seen = 0
    for _ in range(40):
        session.player.tick(0.1)
        text = "\n".join(map(text_of, NAMED["interrupts"].draw(session.player.state, Size(60, 6))))
        if found := re.search(r"([\d.]+) a poll", text):
            seen += 1
            assert 1 <= float(found[1]) <= 64
    assert seen


def test_work_for_packets_that_are_dropped_is_busy_and_not_useful() -> None:
    state = session_of("kernel", 30, "livelock-classic").player.state
    delivered, dropped = state.histories.change("delivered"), state.histories.change("dropped")
    kept = delivered / (delivered + dropped) if delivered + dropped else 1.0
    for row in map(text_of, NAMED["cores"].draw(state, Size(60, 6))):
        if found := re.match(r"cpu\d.* (\d+) % +(\d+) %$", row):
            busy, useful = map(int, found.groups())
            assert useful <= busy
            if kept == 0 and "y" not in row and "u" not in row.removeprefix("cpu"):
                assert useful == 0


@pytest.mark.parametrize(("dropped", "useful"), [(0, 90), (1, 50), (10**6, 10)])
def test_receiving_work_is_useful_by_the_share_of_packets_that_are_delivered(
    dropped: int, useful: int
) -> None:
    """Livelock: interrupts and softirqs do work for packets that are thrown away (Mogul 1997)."""
    state = State()
    state.apply(Sample(0, Meters(cores=[CoreMeter(0)]), Detail.METERS))
    core = CoreMeter(0, hardirq_ps=2 * 10**8, softirq_ps=6 * 10**8, user_ps=10**8, idle_ps=10**8)
    later = Meters(cores=[core], arrived=1 + dropped, delivered=1, dropped=dropped)
    state.apply(Sample(10**9, later, Detail.METERS))
    row = text_of(NAMED["cores"].draw(state, Size(60, 6))[1])
    assert row.split()[-4:] == ["90", "%", f"{useful}", "%"]


def test_a_socket_that_tells_its_bytes_alone_shows_no_number_of_packets() -> None:
    """sock_diag's rmem is truesize; no counter has the packets in the queue: unknown is not 0."""
    state = State()
    told = SocketMeter("udp :53", queued=14_336, rcvbuf=212_992)
    counted = SocketMeter("udp :54", queued=14_336, rcvbuf=212_992, packets=6, received=6)
    state.meters.sockets = {told.name: told, counted.name: counted}
    rows = [text_of(row) for row in NAMED["sockets"].draw(state, Size(60, 4))]
    by_name = {row[:7]: row for row in rows}
    assert "×" not in by_name["udp :53"]
    assert "14K of 208K ×6" in by_name["udp :54"]


def test_the_words_of_interrupts_and_polls_name_completions() -> None:
    """The vector serves both rings of a queue pair, so its interrupts are also for sent frames."""
    words = dict(NAMED["interrupts"].help)
    assert "for received frames and for sent ones (completions)" in words["irq"]
    assert "only sent frames" in words["of these sent"]
    assert "transmit completions are among them" in words["empty"]
    forwarding = session_of("kernel", 200, "light-load").player.state.meters
    assert forwarding.completion_interrupts is not None
    assert 0 < forwarding.completion_interrupts <= forwarding.interrupts / 2
    assert forwarding.empty_polls >= forwarding.completion_interrupts


def test_where_most_frames_are_lost_a_cost_stands_per_arrived_frame_as_well() -> None:
    """Work of a livelock is for all that arrive: divided by the few delivered it says little."""
    state = session_of("kernel", 40, "starved-application").player.state
    told = re.fullmatch(r"([\d.]+) (µs|ms), arrived (\d+) ns", NAMED["costs"].summary(state))
    assert told is not None
    delivered_ns = float(told[1]) * {"µs": 1e3, "ms": 1e6}[told[2]]
    change = state.histories.change
    assert float(told[3]) == pytest.approx(
        delivered_ns * change("delivered") / change("arrived"), rel=0.1
    )
    calm = session_of("kernel", 40, "paced-udp").player.state
    assert "arrived" not in NAMED["costs"].summary(calm)


def test_derived_counts_say_so_in_help() -> None:
    """A live source sees calls, sleeps and packets; switches and copies are multiples of them."""
    switches, copies = dict(NAMED["switches"].help), dict(NAMED["copies"].help)
    assert "derived, as two for each system call of the watched tasks" in switches["mode"]
    assert "derived, as two for each time that it left its core" in switches["context"]
    assert "how often it slept" in switches["wakeups"]
    assert "derived, as a fixed number for each delivered packet" in copies["copies"]
    assert "derived, as two for each delivered packet" in copies["sk_buffs"]


def test_a_core_without_any_booked_time_is_unknown_and_not_busy() -> None:
    """A recorded trace tells nothing of a core that has no record in it."""
    state = State()
    cores = [CoreMeter(0), CoreMeter(1)]
    state.apply(Sample(0, Meters(cores=cores), Detail.METERS))
    later = [CoreMeter(0), CoreMeter(1, idle_ps=6 * 10**8, user_ps=4 * 10**8)]
    state.apply(Sample(10**9, Meters(cores=later), Detail.METERS))
    _, first, second, *_ = map(text_of, NAMED["cores"].draw(state, Size(60, 6)))
    assert first.split() == ["cpu0", "its", "time", "is", "unknown"]
    assert "40 %" in second


def test_few_rows_show_the_busiest_cores_and_count_the_others() -> None:
    state = State()
    state.apply(Sample(0, Meters(cores=[CoreMeter(cpu) for cpu in range(7)]), Detail.METERS))
    busy = (1, 2, 9, 0, 8, 3)
    later = [
        CoreMeter(cpu, user_ps=tenths * 10**8, idle_ps=10**9 - tenths * 10**8)
        for cpu, tenths in enumerate(busy)
    ]
    later.append(CoreMeter(6))  # its time is unknown, and is not that of a busy core
    state.apply(Sample(10**9, Meters(cores=later), Detail.METERS))
    rows = [text_of(row) for row in NAMED["cores"].draw(state, Size(39, 4))]
    assert [row[:4] for row in rows[1:3]] == ["cpu2", "cpu4"]
    assert rows[3].startswith("+5 less busy  u user")


@pytest.mark.parametrize("width", [27, 29, 34, 39])
def test_the_legend_of_a_ring_names_each_glyph_and_cuts_no_number(width: int) -> None:
    state = session_of("kernel", 12, "overload-udp").player.state
    ring = next(one for one in state.meters.rings if one.kind == "rx")
    legend = text_of(NAMED["rings"].draw(state, Size(width, 3))[2])
    assert all(name in legend for name in ("done", "cleaned", "NIC"))
    assert "…" not in legend
    assert set(re.findall(r"\d+", legend)) <= {str(ring.done), str(ring.cleaned), str(ring.free)}


def test_levels_of_unlike_rings_are_not_added() -> None:
    """1,024 descriptors of the NIC and 2,048 entries of a FILL ring are no 3,072 of anything."""
    state = State()
    rings = [RingMeter(0, 1024, done=5), RingMeter(0, 2048, done=7, kind=RingKind.FILL)]
    state.apply(Sample(0, Meters(rings=rings), Detail.METERS))
    assert NAMED["rings"].summary(state) == "rx 5 of 1024"
    state.apply(Sample(1, Meters(rings=[rings[0], RingMeter(1, 1024, done=1)]), Detail.METERS))
    assert NAMED["rings"].summary(state) == "6 of 2048"


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("datapath", ["dpdk", "netmap", "af_xdp", "psio"])
def test_a_path_past_the_stack_says_that_the_application_gets_frames(datapath: str, width: int) -> None:
    """DPDK, netmap, AF_XDP and PSIO end at layer 2: no header of IP, UDP or TCP is looked at."""
    state = session_of(datapath).player.state
    drawn = "\n".join(map(text_of, NAMED["path"].draw(state, Size(width, 7))))
    assert "gets frames" in drawn


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "mtcp"])
def test_a_path_with_a_stack_does_not_say_so(datapath: str) -> None:
    state = session_of(datapath).player.state
    drawn = "\n".join(map(text_of, NAMED["path"].draw(state, Size(160, 7))))
    assert "frames" not in drawn
