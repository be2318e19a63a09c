"""Stories: what happened to a packet, in the words that the model and the kernel have in common.

A packet's story has two tellers that run beside each other, on two cores or on one: the softirq that
brings it up, and the task that reads it. What each of them does is in order; how the two lie in time to
each other is up to the machine. So a story is two lists of words.
"""

from collections.abc import Iterable
from typing import NamedTuple

from kbview.tape import events as ev

# What only a NIC with a ring and a vector has; a veth pair has neither.
HARDWARE = (
    ev.DescriptorDone,
    ev.DescriptorCleaned,
    ev.IrqRaised,
    ev.IrqUnmasked,
    ev.RingRefilled,
)
_TASK = (
    ev.ContextSwitched,
    ev.SyscallEntered,
    ev.ModeSwitched,
    ev.SocketDequeued,
    ev.Copied,
    ev.PacketDelivered,
)
_IN_SOFTIRQ = (
    ev.FrameArrived,
    ev.SkbAllocated,
    ev.SoftirqEntered,
    ev.SocketQueued,
    ev.TaskWoken,
    ev.PacketDropped,
    ev.NapiPolled,
    ev.SoftirqExited,
)
_SAME_CALL = {"recvfrom": "recv"}  # the C library's recv() is this system call


class Story(NamedTuple):
    """What the softirq and what the reading task did, from a packet's arrival to the next one's."""

    softirq: list[str]
    task: list[str]


def stories(events: Iterable[ev.Event]) -> list[Story]:
    """One for each frame that arrived."""
    told: list[list[ev.Event]] = []
    for event in events:
        if isinstance(event, ev.FrameArrived):
            told.append([])
        if told:
            told[-1].append(event)
    return [_story(each) for each in told]


def _story(events: list[ev.Event]) -> Story:
    story = Story([], [])
    dropped = any(isinstance(event, ev.PacketDropped) for event in events)
    for event in events:
        if isinstance(event, _IN_SOFTIRQ) or (isinstance(event, ev.SkbFreed) and dropped):
            story.softirq.append(word(event))
        elif isinstance(event, (*_TASK, ev.SkbFreed)):
            story.task.append(word(event))
    _forget_preemptions(story.task)
    return story


def word(event: ev.Event) -> str:
    """The event with what both know of it."""
    name = type(event).__name__
    match event:
        case ev.SyscallEntered():
            return f"{name} {_SAME_CALL.get(event.name, event.name)}"
        case ev.ModeSwitched():
            return f"{name} {event.to}"
        case ev.Copied():
            return f"{name} {event.length}"
        case ev.PacketDelivered():
            return f"{name} {event.where} {event.length}"
        case ev.PacketDropped():
            return f"{name} {event.where}/{event.reason} {event.length}"
        case ev.FrameArrived():
            return f"{name} {event.length}"
        case ev.NapiPolled():
            return f"{name} {event.work}/{event.budget}"
        case _:
            return name


def _forget_preemptions(words: list[str]) -> None:
    """Other tasks of a busy machine take the core and give it back: two switches that are not ours.

    Ours are the one in, first of all, and the one to sleep, last of all.
    """
    switch = "ContextSwitched"
    inner = [at for at, word in enumerate(words) if word == switch][1:]
    last = len(words) - 1
    for at in reversed(inner):
        if at != last:
            del words[at]
            last -= 1
