"""Each step is declared once: explained, priced in every profile, with a station on its path."""

import pytest

from kbview.sources.emulated import profile
from kbview.tape import events as ev
from kbview.tape.event import Account
from kbview.tape.station import STACK, Station
from kbview.tape.steps import STEPS, resolve, without_break
from kbview.tape.steps.traced import TRACED
from tests.contracts.played import CASES, Case, played

PRICED = [step for step in STEPS if step not in TRACED]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_step_taken_is_declared_and_has_a_station_on_the_path(case: Case) -> None:
    stations, declared, _ = run = played(case)
    taken = {without_break(step.step) for step in run.steps}
    assert taken
    assert taken <= declared <= STEPS.keys()
    placed = {step for station in stations for step in station.steps}
    assert not taken - placed


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_happens_at_one_station_and_no_bypassed_station_has_any(case: Case) -> None:
    stations = played(case).stations
    placed = [step for station in stations for step in station.steps]
    assert len(placed) == len(set(placed))
    assert not any(station.steps for station in stations if station.bypassed)
    assert [station.name for station in stations if not station.steps and not station.bypassed] == [
        "wire"
    ]


@pytest.mark.parametrize("calibration", profile.names())
def test_every_declared_step_is_priced_in_every_profile_and_every_price_is_of_a_step(
    calibration: str,
) -> None:
    assert profile.load(calibration).steps.keys() == set(PRICED)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_names_its_function_says_why_and_where(step: str) -> None:
    assert STEPS[step].function
    assert STEPS[step].why.endswith((".", "?"))
    assert STEPS[step].stations


def test_a_step_is_at_the_first_of_its_stations_that_is_visited() -> None:
    assert STEPS["descriptor_read"].stations == ("XDP", "skb", "poll", "handler", "softirq")
    _, softirq, skb, *_ = STACK
    resolved = resolve((softirq, skb), ["descriptor_read"])
    assert "descriptor_read" in resolved[1].steps
    gone = Station(skb.name, skb.domain, skb.help, bypassed=True)
    resolved = resolve((softirq, gone), ["descriptor_read"])
    assert "descriptor_read" in resolved[0].steps
    assert resolved[1].steps == ()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_station_of_the_interrupt_has_the_steps_of_handlers_and_no_step_of_a_softirq(
    case: Case,
) -> None:
    """Linux's handler only schedules NAPI; 4.2BSD's puts the frame into ipintrq."""
    run = played(case)
    (at_irq,) = [{*one.steps} for one in run.stations if one.name == "irq"] or [set()]
    contexts = {step.account for step in run.steps if without_break(step.step) in at_irq}
    assert contexts <= {Account.HARDIRQ}


def test_events_that_move_a_packet_are_placed_as_steps_are() -> None:
    irq, softirq, *_ = resolve(STACK, [])
    assert irq.steps == ("IrqRaised",)
    assert softirq.steps == ("SoftirqEntered",)
    assert all(hasattr(ev, step) for station in resolve(STACK, []) for step in station.steps)
