"""The TCP thread and the application thread of one core, with all that belongs to this core alone.

    Input --> StreamTable --events--> AppThread
                          <---jobs---
    Output <-/

mtcp/src/core.c mtcp_create_context(), struct mtcp_thread_context
"""

from kbview.emulator.application import Application
from kbview.emulator.datapaths.mtcp.app_thread import AppThread
from kbview.emulator.datapaths.mtcp.capture_table import CaptureTable
from kbview.emulator.datapaths.mtcp.condition import Condition
from kbview.emulator.datapaths.mtcp.connection_table import ConnectionTable
from kbview.emulator.datapaths.mtcp.input import Input
from kbview.emulator.datapaths.mtcp.io_module import IoModule, MtcpSettings
from kbview.emulator.datapaths.mtcp.output import Output
from kbview.emulator.datapaths.mtcp.stream_table import StreamTable
from kbview.emulator.datapaths.mtcp.tcp_thread import TcpThread
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.tcp.replayed_acks import ReplayedAcks


class ThreadPair:
    """Both threads, and `streams` between them. `acks` are the ACKs of a capture's host."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queues: list[RxQueue],
        module: IoModule,
        host: Host,
        app: Application,
        settings: MtcpSettings,
        acks: ReplayedAcks,
    ) -> None:
        condition = Condition(machine, core)
        output = Output(machine, core, module.alloc)
        self.streams: StreamTable
        if machine.peer is not None:
            self.streams = ConnectionTable(machine, core, output, settings)
        else:
            self.streams = CaptureTable(machine, core, output.replay, acks, app, settings)
        way_up = Input(machine, core, host, self.streams)
        self.tcp = TcpThread(module, queues, way_up, self.streams, output, condition)
        self.app = AppThread(machine, self.tcp.io, self.streams, app, settings, condition)
        self.tcp.start(self.app.task)
