"""The Drops screen: every cause in a row, the most frequent first, and a cure for each reason."""

from kbview.sources.emulated.scenario import scenarios
from kbview.state.player import Player
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.meter import DropMeter, Meters, Sample
from kbview.tape.vocabulary import DropReason, Place
from kbview.ui.cures import CURES, MISSED, UNKNOWN, cure_of
from kbview.ui.row import Size
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
