"""TCP's states and runs of the softirq, as events tell them."""

import pytest

from kbview.state.connections import Connections, rfc_name
from kbview.state.softirq_runs import SoftirqRuns
from kbview.state.why import explain
from kbview.tape import events as ev
from kbview.ui.panels.interrupts import run_words
from tests.contracts.played import Case, played

NAME = "tcp :80 < 10.0.0.1:20000"


def test_a_transition_is_a_sentence_with_both_states_and_both_ends() -> None:
    told = explain(ev.TcpStateChanged(0, 0, NAME, "LISTEN", "SYN_RECV")).text
    assert told == "LISTEN → SYN_RECV (:80 < 10.0.0.1:20000): a SYN came, and is answered."
    assert len(told) <= 78, "one row at 80 columns"


@pytest.mark.parametrize(
    ("linux", "rfc"),
    [("SYN_RECV", "SYN-RECEIVED"), ("FIN_WAIT2", "FIN-WAIT-2"), ("CLOSE", "CLOSED")],
)
def test_linux_and_the_standard_name_one_state(linux: str, rfc: str) -> None:
    """include/net/tcp_states.h and RFC 9293, 3.3.2."""
    assert rfc_name(linux) == rfc_name(rfc) == rfc


def test_each_connection_has_the_state_of_its_last_change() -> None:
    connections = Connections()
    last: dict[str, str] = {}
    for record in played(Case("short-connections", "kernel")).records:
        if isinstance(record, ev.TcpStateChanged):
            connections.apply(record)
            last[record.socket] = record.after
            assert connections.latest == record.after
    assert len(last) > 10
    assert {name: connections.of(name) for name in last} == last
    assert connections.counts().total() == len(last)
    connections.clear()
    assert connections.of(NAME) == connections.latest == ""


MS = 10**9


def run(*records: ev.Event) -> SoftirqRuns:
    runs = SoftirqRuns()
    for record in records:
        runs.apply(record)
    return runs


def test_a_run_counts_its_polls_and_says_why_it_ends() -> None:
    """net/core/dev.c net_rx_action(): the list is empty, or a budget is used up (time_squeeze)."""
    begun = ev.SoftirqEntered(0, 0, "irq_exit")
    polls = ev.NapiPolled(5, 0, 0, 64, 64), ev.NapiPolled(9, 0, 0, 12, 64)
    done = run(begun, *polls, ev.SoftirqExited(10, 0, squeezed=False)).latest
    assert done is not None
    assert (done.packets, done.polls, done.round, done.ended_ps) == (76, 2, 1, 10)
    assert done.ending == "ring empty"
    stopped = run(begun, polls[0], ev.SoftirqExited(10, 0, squeezed=True)).latest
    assert stopped is not None
    assert "budget used up" in stopped.ending


def test_a_restart_is_another_round_of_the_loop() -> None:
    """kernel/softirq.c: MAX_SOFTIRQ_RESTART."""
    first, again = ev.SoftirqEntered(0, 1, "irq_exit"), ev.SoftirqEntered(20, 1, "restart")
    runs = run(first, ev.SoftirqExited(10, 1, squeezed=False), again)
    latest = runs.latest
    assert latest is not None
    assert (latest.round, latest.packets, latest.ending) == (2, 0, "not over yet")
    assert latest.loop_ps == 0
    again_by_thread = run(first, ev.SoftirqEntered(30, 1, "ksoftirqd"), again).latest
    assert again_by_thread is not None
    assert again_by_thread.round == 0, "its rounds are not told apart"


def test_a_run_is_said_with_the_limits_that_the_kernel_sets_it() -> None:
    """net/core/dev.c: netdev_budget, netdev_budget_usecs; kernel/softirq.c: restarts within 2 ms."""
    begun = ev.SoftirqEntered(0, 0, "irq_exit", 300, 8 * MS)
    again = ev.SoftirqEntered(MS // 10, 0, "restart", 300, 8 * MS)
    polls = ev.NapiPolled(MS // 5, 0, 0, 64, 64), ev.NapiPolled(MS // 3, 0, 0, 64, 64)
    over = ev.SoftirqExited(MS // 2, 0, squeezed=False)
    told = run(begun, ev.SoftirqExited(MS // 20, 0, squeezed=False), again, *polls, over).latest
    assert told is not None
    assert run_words(told, MS, 200) == (
        "128 of 300 packets in 2 polls, 0.4 of 8 ms; round 2 of 10, 0.5 of 2 ms; poll's weight used up."
    )
    assert run_words(told, MS, 78) == (
        "128 of 300 packets, 0.4 of 8 ms; round 2 of 10; poll's weight used up."
    )
    unlimited = run(ev.SoftirqEntered(0, 0, "schednetisr"), ev.SoftirqExited(MS, 0, squeezed=False))
    assert unlimited.latest is not None
    assert run_words(unlimited.latest, MS, 78) == "0 packets in 0 polls, 1.0 ms; ring empty."


def test_the_emulator_tells_its_budgets_on_each_run() -> None:
    runs = [
        record
        for record in played(Case("paced-udp", "kernel")).records
        if isinstance(record, ev.SoftirqEntered)
    ]
    assert {(one.budget, one.budget_ps) for one in runs} == {(300, 8 * MS)}


def test_runs_of_a_scenario_take_the_packets_of_its_polls() -> None:
    records = played(Case("overload-udp", "kernel")).records
    runs, sums = SoftirqRuns(), 0
    for record in records:
        runs.apply(record)
        if isinstance(record, ev.SoftirqExited):
            latest = runs.of(record.cpu)
            sums += latest.packets if latest else 0
    assert sums > 100
    assert sums <= sum(one.work for one in records if isinstance(one, ev.NapiPolled))
