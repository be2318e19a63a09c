"""Builds the application's threads: readers, each with a sender, or senders alone."""

from kbview.emulator.application import APPLICATIONS, ApplicationSettings
from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.call.accept import ServerSettings
from kbview.emulator.kernel.call.generate import GenerateSettings, Generating
from kbview.emulator.kernel.call.reader import SocketReader
from kbview.emulator.kernel.call.sender import SocketSender
from kbview.emulator.kernel.call.stream_calls import Streams
from kbview.emulator.kernel.call.summing_reader import SummingReader
from kbview.emulator.kernel.device.busy_poll import BusyPoll, BusyPollSettings
from kbview.emulator.kernel.device.driver import DriverPoll
from kbview.emulator.kernel.net.layers import ProtocolStack
from kbview.emulator.kernel.net.offload import OffloadSettings
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.reuseport import SocketGroup
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.emulator.kernel.softirq import Softirqs

FILES_LINES = 3  # lock, bitmap, the slot


def readers_of(
    machine: Machine,
    settings: ApplicationSettings,
    softirqs: Softirqs,
    napis: list[DriverPoll],
    stack: ProtocolStack,
    sockets: SocketGroup,
    tx: TxQueues,
) -> list[SocketReader]:
    """A thread for each reader, on its core; none where the application does not read.

    A reader that polls busily gets the queue with its number, modulo the number of queues.
    """
    app = APPLICATIONS[settings.app](machine)
    if app.transit or app.name == "generate":
        return []
    polling, reading = settings.part(BusyPollSettings), settings.part(ReadSettings)
    by_cpu = settings.part(OffloadSettings).rx_checksum == "cpu"
    reader = SummingReader if by_cpu else SocketReader
    files = Lock(machine.prices, FILES_LINES)
    made = []
    for number, cpu in enumerate(settings.reader_cpus):
        core, busy_poll = machine.cores[cpu], None
        if polling.busy_poll_us:
            napi = napis[number % len(napis)]
            busy_poll = BusyPoll(machine, napi, softirqs.of(core), polling)
        sender = SocketSender(machine, tx, softirqs.on(core), stack.tracked)
        streams = None
        if stack.tcp is not None:
            streams = Streams(machine, stack.tcp, app, settings.part(ServerSettings), files)
        table = sockets.tables[number % len(sockets.tables)]
        made.append(reader(machine, core, table, app, reading, sender, streams, busy_poll))
    return made


def senders_of(
    machine: Machine,
    settings: ApplicationSettings,
    softirqs: Softirqs,
    stack: ProtocolStack,
    skbs: SkbCache,
    tx: TxQueues,
) -> list[Generating]:
    """The threads of an application that only sends, as one part; an empty list for another."""
    if settings.app != "generate":
        return []
    return [Generating(machine, settings.part(GenerateSettings), tx, skbs, stack.tracked, softirqs)]
