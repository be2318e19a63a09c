"""The Drops screen: every cause in a row, the most frequent first, and a cure for each reason."""

import re

import pytest

from kbview.sources.emulated.scenario import scenarios
from kbview.state.player import Player
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.kernel_meter import DropMeter, IrqMeter, SoftnetMeter
from kbview.tape.meter import Meters, Sample, SocketMeter
from kbview.tape.vocabulary import DropReason, Place
from kbview.ui import core_rows
from kbview.ui.cures import CURES, MISSED, UNKNOWN, cure_of
from kbview.ui.panels.sockets import SocketsPanel
from kbview.ui.row import Size, text_of
from kbview.ui.screens.drops_view import DropsView, causes_of
from kbview.ui.session import Session
from tests.ui.screens import SIZES, session_of, source_of, text

S = 10**12
NAMED = DropMeter(Place.SOCKET, DropReason.SOCKET_RCVBUFF, "__udp_queue", "udp :53", "named", 300)
CLOSED = DropMeter(Place.UDP, DropReason.NO_SOCKET, "__udp4_lib_rcv", "udp :99", "", 20)


def at_drops(*causes: DropMeter, missed: int = 0) -> Session:
    """A session whose state has these causes and has seen them grow from nothing."""
    session = session_of("kernel", frames=1)
    state = State(column_ps=S // 10)
    for step in range(21):
        meters = Meters(arrived=1000 * step, missed=missed * step // 20)
        for cause in causes:
            meters.drop(cause.where, cause.reason, cause.count * step // 20)
        meters.causes = list(causes)
        state.apply(Sample(step * S // 10, meters, Detail.METERS))
    session.player.state = state
    return session


def test_a_cause_is_a_row_with_function_port_process_count_and_rate() -> None:
    seen = text(DropsView(at_drops(CLOSED, NAMED)), Size(130, 20)).splitlines()
    assert "320 of 20k frames" in seen[0]
    first, second = seen[1], seen[2]
    assert first.split()[:6] == ["socket", "SOCKET_RCVBUFF", "__udp_queue", "udp", ":53", "named"]
    assert " 300 " in first
    assert "150/s" in first  # 300 in two seconds
    assert second.split()[:2] == ["udp", "NO_SOCKET"]


def test_a_narrow_screen_keeps_reason_count_and_rate() -> None:
    seen = text(DropsView(at_drops(NAMED)), Size(60, 12)).splitlines()[1]
    assert "SOCKET_RCVBUFF" in seen
    assert "300" in seen
    assert "150/s" in seen


def test_the_cure_is_that_of_the_first_reason_or_of_the_selected_one() -> None:
    view = DropsView(at_drops(NAMED, CLOSED))
    assert CURES[DropReason.SOCKET_RCVBUFF] in " ".join(text(view, Size(100, 20)).split())
    view.selected = DropReason.NO_SOCKET
    assert CURES[DropReason.NO_SOCKET] in " ".join(text(view, Size(100, 20)).split())


def test_missed_frames_are_a_cause_of_the_nic_with_a_cure() -> None:
    seen = text(DropsView(at_drops(CLOSED, missed=400)), Size(100, 20))
    assert seen.splitlines()[1].split()[:2] == ["nic", MISSED]
    assert "ethtool -G" in seen


def test_a_source_that_only_counts_has_causes_without_function() -> None:
    state = State()
    meters = Meters()
    meters.drop(Place.IP, DropReason.IP_CSUM, 7)
    state.apply(Sample(S, meters, Detail.METERS))
    assert causes_of(state) == [DropMeter(Place.IP, DropReason.IP_CSUM, "", "", "", 7)]


def test_where_nothing_is_lost_it_says_so() -> None:
    assert "nothing is lost" in text(DropsView(at_drops()), Size(80, 20))


def test_a_reason_of_a_newer_kernel_is_shown_and_has_no_cure() -> None:
    new = DropMeter(Place.OTHER, "BRAND_NEW", "some_function", "", "", 5)
    seen = text(DropsView(at_drops(new)), Size(100, 20))
    assert "BRAND_NEW" in seen
    assert cure_of("BRAND_NEW") == UNKNOWN
    assert UNKNOWN in seen


def test_every_reason_that_a_scenario_drops_for_has_a_cure() -> None:
    """NOT_SPECIFIED has none: the kernel does not say why."""
    found: set[str] = set()
    for word, one in scenarios().items():
        player = Player(source_of(word, one.datapath))
        for _ in range(30):
            player.tick(0.1)
        found |= {cause.reason for cause in causes_of(player.state)}
    assert {DropReason.SOCKET_RCVBUFF, MISSED} <= found
    assert not {reason for reason in found if cure_of(reason) == UNKNOWN} - {DropReason.NOT_SPECIFIED}


def test_it_fits_all_sizes() -> None:
    for size in SIZES:
        text(DropsView(at_drops(NAMED, CLOSED, missed=3)), size)


def test_the_screen_is_greyed_where_drops_are_not_known() -> None:
    view = DropsView(at_drops(NAMED))
    unknown = view.session.player.source.capabilities.now(Meters(unknown=("dropped",)))
    assert "cannot know dropped" in (view.lacks(unknown) or "")


# ---- the sockets and the cores -----------------------------------------------------------


def watched() -> Session:
    """Two seconds of a live kernel: four sockets, two cores, an interrupt line."""
    session = session_of("kernel", frames=1)
    state = State(column_ps=S // 10)
    for step in range(21):
        sockets = [
            SocketMeter(
                "named udp :53", 212_992, 212_992, received=50 * step, drops=20 * step, send_queued=0
            ),
            SocketMeter(
                "redis-server tcp :6379 10.0.0.7:51234",
                rcvbuf=6_291_456,
                received=5000 * step,
                received_bytes=100_000 * step,
                send_queued=2048,
            ),
            SocketMeter("sshd tcp :22 accept", 3, 128, 3, unknown=("received",)),
            SocketMeter("udp :5353", rcvbuf=212_992, unknown=("received", "drops")),
        ]
        meters = Meters(arrived=1000 * step, sockets={one.name: one for one in sockets})
        meters.softnet = [SoftnetMeter(0, 1000 * step, 0, 2, None), SoftnetMeter(1, 3, step, 0, 7)]
        meters.irqs = [IrqMeter("38", "virtio2-input.0", "0-3", 100 * step), IrqMeter("39", "", "", 5)]
        state.apply(Sample(step * S // 10, meters, Detail.METERS))
    session.player.state = state
    return session


def page(session: Session, swaps: int, orders: int = 0) -> DropsView:
    """The Drops after `v` and `r`, each pressed so often."""
    view = DropsView(session)
    for _ in range(swaps):
        view.action_swap()
    for _ in range(orders):
        view.action_order()
    return view


def test_sockets_stand_with_process_rate_limit_and_drops() -> None:
    rows = text(page(watched(), 1), Size(120, 21)).splitlines()
    assert "sockets by rate" in rows[0]
    redis, named, idle, accepting = rows[2], rows[3], rows[4], rows[5]
    assert redis.startswith(" redis-server tcp :6379 10.0.0.7:51234")
    assert redis.split()[4:] == ["50k/s", "977KB/s", "0", "of", "6.0M", "░░░░░░", "2.0K", "0"]
    assert named.split() == [
        "named",
        "udp",
        ":53",
        "500/s",
        "-",
        "208K",
        "of",
        "208K",
        "██████",
        "0",
        "400",
    ]
    assert accepting.split() == ["udp", ":5353", "-", "-", "0", "of", "208K", "░░░░░░", "-", "-"]
    assert idle.split()[:8] == ["sshd", "tcp", ":22", "accept", "-", "-", "3", "of"]


def test_no_socket_has_zero_drops_where_a_full_one_dropped_since_they_were_counted() -> None:
    """The sockets' own counters come with samples, the drops with each packet."""
    session = watched()
    meters = session.player.state.meters
    assert "as last counted" not in text(page(session, 1), Size(80, 21))
    counted = sum(one.drops for one in meters.sockets.values())
    meters.drops["socket/SOCKET_RCVBUFF"] = counted + 1
    rows = text(page(session, 1), Size(120, 21)).splitlines()
    assert "4 sockets, drops as last counted" in rows[0]
    assert [row.split()[-1] for row in rows[2:6]] == ["-", "400", "-", "-"]
    panel = "\n".join(map(text_of, SocketsPanel().draw(session.player.state, Size(60, 8))))
    assert "drop 400+" in panel
    meters.drops["socket/SOCKET_RCVBUFF"] = counted
    panel = "\n".join(map(text_of, SocketsPanel().draw(session.player.state, Size(60, 8))))
    assert "drop 400 " in panel


def test_a_narrow_screen_keeps_socket_rate_queue_and_drops() -> None:
    rows = text(page(watched(), 1), Size(60, 13)).splitlines()
    assert rows[2].split() == ["redis-server", "tcp", ":6379", "50k/s", "0", "of", "6.0M", "0"]
    assert "400" in rows[3]


def test_the_order_is_by_rate_by_queue_and_by_drops() -> None:
    first = [
        text(page(watched(), 1, orders), Size(120, 21)).splitlines()[2].split()[0]
        for orders in range(4)
    ]
    assert first == ["redis-server", "named", "named", "redis-server"]
    assert "sockets by drops" in text(page(watched(), 0, 2), Size(80, 21))


def test_cores_stand_with_softnet_counters_and_lines_with_their_cores() -> None:
    rows = text(page(watched(), 2), Size(80, 21)).splitlines()
    assert rows[1].split() == ["core", "processed", "dropped", "squeezed", "from", "RPS"]
    assert rows[2].split() == ["cpu0", "20k", "10k/s", "0", "2", "-"]
    assert rows[3].split() == ["cpu1", "3", "0/s", "20", "0", "7"]
    assert rows[-2].split() == ["38", "virtio2-input.0", "on", "cpu", "0-3", "2.0k", "1.0k/s"]
    assert rows[-1].split() == ["39", "on", "cpu", "?", "5", "0/s"]


def test_where_the_source_does_not_read_them_the_page_says_so() -> None:
    assert core_rows.NOT_READ in text(page(at_drops(), 2), Size(80, 20))
    session = watched()
    session.player.state.meters.irqs = []
    assert core_rows.NO_LINE in text(page(session, 2), Size(80, 20))


@pytest.mark.parametrize("size", [Size(60, 11), Size(80, 20)])
def test_the_emulators_cores_have_their_time_on_the_page_of_cores(size: Size) -> None:
    """At 60 columns the Overview has no room for the panel of cores."""
    told = text(page(session_of("kernel", 12, "overload-udp"), 2), size)
    assert "busy useful" in told
    assert re.search(r"^cpu0 .* +\d+ % +\d+ %$", told, re.MULTILINE)


def test_a_peer_stands_behind_the_port_where_sockets_have_the_same_port() -> None:
    session = watched()
    sockets = session.player.state.meters.sockets
    for port in (44744, 44750):
        sockets[f"tcp :80 < 10.77.0.1:{port}"] = SocketMeter(f"tcp :80 < 10.77.0.1:{port}")
    told = text(page(session, 1), Size(80, 20))
    assert "10.77.0.1:44744" in told
    assert "10.77.0.1:44750" in told


def test_both_pages_fit_all_sizes_and_many_cores() -> None:
    session = watched()
    session.player.state.meters.softnet = [SoftnetMeter(cpu, cpu, 0, 0, 0) for cpu in range(256)]
    for size in SIZES:
        for swaps in (1, 2):
            text(page(session, swaps), size)
    shown = text(page(session, 2), Size(80, 21))
    assert "cpu255" in shown  # the busiest
    assert "less busy cores" in shown


def test_a_long_process_name_gives_way_to_the_port() -> None:
    session = watched()
    name = "some-very-long-process-name tcp :45678 10.0.0.7:51234"
    session.player.state.meters.sockets = {name: SocketMeter(name)}
    row = text(page(session, 1), Size(60, 13)).splitlines()[2]
    assert "some-very-long… tcp :45678" in row
