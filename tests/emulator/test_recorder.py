"""The recorder: milestones as columns and steps as objects, in time order."""

from kbview.emulator.recorder import Recorder
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.vocabulary import DropReason, Place


def recorder(detail: Detail = Detail.MILESTONES) -> Recorder:
    made = Recorder()
    made.detail = detail
    return made


def tell(made: Recorder) -> None:
    """Two arrivals that are told ahead, a drop and deliveries of two cores, out of order."""
    made.arrived.add(10, 0, 1, 64)
    made.arrived.add(30, 0, 2, 64)
    made.delivered.add(40, 0, 2, Place.APP, 64, 10)
    made.delivered.add(20, 1, 1, Place.APP, 64, 10)
    made.dropped.add(30, 0, 3, Place.NIC, DropReason.FCS, 64)


TOLD = [
    ev.FrameArrived(10, 0, 1, 64),
    ev.PacketDelivered(20, 1, 1, Place.APP, 64, 10),
    ev.FrameArrived(30, 0, 2, 64),
    ev.PacketDropped(30, 0, 3, Place.NIC, DropReason.FCS, 64),
    ev.PacketDelivered(40, 0, 2, Place.APP, 64, 10),
]


def test_batch_and_objects_are_the_same_events_and_an_arrival_is_first() -> None:
    batches, objects = recorder(), recorder()
    tell(batches)
    tell(objects)
    batch = batches.release_batch(40)
    assert batch is not None
    assert batch.events() == objects.release(40) == TOLD
    assert batches.quiet
    assert objects.quiet


def test_events_past_the_time_of_release_wait() -> None:
    made = recorder()
    tell(made)
    for until_ps, count in ((9, 0), (10, 1), (29, 1), (39, 2), (40, 1)):
        assert not made.quiet
        batch = made.release_batch(until_ps)
        assert batch is not None
        assert batch.length == count
    assert made.quiet


def test_events_of_a_time_before_a_datapath_starts_stand_before_the_start() -> None:
    """The last delivery of the old datapath is the old datapath's, also at the moment of the switch."""
    made = recorder()
    made.delivered.add(20, 0, 1, Place.APP, 64, 10)
    made.begin(ev.DatapathStarted(20, "dpdk", "", ()))
    made.arrived.add(20, 0, 2, 64)
    assert made.release_batch(30) is None  # a start is in no ledger
    kinds = [type(event) for event in made.release(30)]
    assert kinds == [ev.PacketDelivered, ev.DatapathStarted, ev.FrameArrived]


def test_steps_are_told_in_the_order_of_telling() -> None:
    """A change of the detail between two events of the same time keeps their order."""
    made = recorder()
    made.delivered.add(20, 0, 1, Place.APP, 64, 10)
    made.detail = Detail.STEPS
    made.arrived.add(20, 0, 2, 64)
    assert [type(event) for event in made.release(20)] == [ev.PacketDelivered, ev.FrameArrived]
