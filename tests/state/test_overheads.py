"""Costs in the lecture's groups: every step has one, and the groups add up to what is spent."""

import pytest

from kbview.state.budget import spent
from kbview.state.overheads import NAMES, PROTOCOL, group_of, overheads
from kbview.tape.steps import STEPS
from tests.ui.screens import session_of


def shares(datapath: str, word: str) -> dict[str, float]:
    state = session_of(datapath, 20, word).player.state
    recent = state.histories.recent()
    assert recent is not None
    each = spent(recent, state.stations)
    found = overheads(each)
    assert sum(one.each_ps for one in found) == pytest.approx(sum(one.each_ps for one in each))
    assert sum(one.share for one in found) == pytest.approx(1)
    assert [one.each_ps for one in found] == sorted((one.each_ps for one in found), reverse=True)
    return {one.name: one.share for one in found}


def test_every_group_has_known_steps() -> None:
    assert {group_of(step) for step in STEPS} == set(NAMES)
    assert group_of("copy_to_user_resumed") == "copies"
    assert group_of("ip_rcv") == PROTOCOL


def test_a_lone_packet_pays_most_for_the_context_switch() -> None:
    told = shares("kernel", "paced-udp")
    assert next(iter(told)) == "context switches"
    assert {"interrupts", "mode switches", "copies", "allocation"} <= told.keys()


def test_a_poll_mode_driver_pays_for_no_switch_and_no_copy() -> None:
    told = shares("dpdk", "overload-udp")
    assert not told.keys() & {"mode switches", "context switches", "copies", "interrupts"}


def test_nothing_spent_has_no_groups() -> None:
    assert overheads([]) == []
