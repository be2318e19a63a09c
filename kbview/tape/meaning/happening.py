"""What events mean that are no step of a core: nobody pays for them, but they decide what follows."""

from kbview.tape import events as ev
from kbview.tape.event import Event
from kbview.tape.meaning.meaning import Meaning

HAPPENINGS: dict[type[Event], Meaning] = {
    ev.FrameArrived: Meaning(
        "the NIC's port",
        "The last bit is here; FCS and destination MAC are checked before anything else.",
    ),
    ev.FrameMissed: Meaning(
        "rx_missed_errors",
        "No descriptor was free, so the NIC had nowhere to write. Linux never saw the frame.",
    ),
    ev.FrameRecorded: Meaning("", "Its bytes were kept on the tape."),
    ev.DescriptorDone: Meaning(
        "the NIC's DMA engine, DD bit",
        "Frame and descriptor are in memory. The packet waits in the ring until somebody looks.",
    ),
    ev.DescriptorCleaned: Meaning(
        "the driver, next_to_clean",
        "The driver has taken the frame out of its slot; the slot is not the NIC's again yet.",
    ),
    ev.IrqRaised: Meaning(
        "MSI-X vector",
        "Frames are in memory, and enough time or frames have gone by: the NIC interrupts.",
    ),
    ev.IrqUnmasked: Meaning(
        "napi_complete_done(), or the handler itself", "The next frame may interrupt again."
    ),
    ev.SoftirqEntered: Meaning(
        "net_rx_action()",
        "Packets are worked on: as an interrupt or a call ends, by ksoftirqd, or by a soft interrupt.",
    ),
    ev.NapiPolled: Meaning("napi_poll()", "One poll of one ring, at most its budget."),
    ev.BurstReceived: Meaning("rte_eth_rx_burst()", "One look at the ring found something."),
    ev.SkbAllocated: Meaning("build_skb()", "From here on the packet is an sk_buff."),
    ev.SkbFreed: Meaning("consume_skb()", "The sk_buff is gone."),
    ev.PacketMerged: Meaning("dev_gro_receive()", "GRO joined it to an earlier one of its stream."),
    ev.FragmentHeld: Meaning("ip_defrag()", "A fragment: it waits for the rest of its datagram."),
    ev.FragmentsCombined: Meaning("ip_frag_reasm()", "All fragments are here: they go on as one."),
    ev.SocketQueued: Meaning(
        "sk_receive_queue", "The packet waits in the socket until the application asks for it."
    ),
    ev.SocketDequeued: Meaning("sk_receive_queue", "The application's call has taken it."),
    ev.Copied: Meaning(
        "copy_to_user()", "The payload was copied by a core. DMA is not counted as a copy."
    ),
    ev.TaskWoken: Meaning("try_to_wake_up()", "There is work for a task that slept."),
    ev.ContextSwitched: Meaning("context_switch()", "Another task runs on this core."),
    ev.SyscallEntered: Meaning("a system call", "The application asks the kernel."),
    ev.ModeSwitched: Meaning("", "The core changed its privilege: the wall was crossed."),
    ev.XdpRan: Meaning("bpf_prog_run_xdp()", "The XDP program has decided."),
    ev.PacketDelivered: Meaning("", "The journey ends well: who it was for has it."),
    ev.PacketDropped: Meaning(
        "kfree_skb_reason()", "Somebody gave it up; the reason is the kernel's own."
    ),
    ev.DescriptorPosted: Meaning(
        "the driver, next_to_use", "The frame stands in a slot of the transmit ring."
    ),
    ev.FrameSent: Meaning("the NIC's port", "It is on the wire."),
    ev.FrameUnsent: Meaning("", "It was given up on its way out."),
    ev.SegmentRetransmitted: Meaning("tcp_retransmit_skb()", "TCP sends it again."),
    # ---- of no packet in particular ---------------------------------------------------------
    ev.SoftirqExited: Meaning("__do_softirq()", "Softirqs end here; what they interrupted goes on."),
    ev.KsoftirqdWoken: Meaning(
        "wakeup_softirqd()", "Softirqs had their share: the rest waits for a thread's turn."
    ),
    ev.Spun: Meaning("", "Polls that found nothing: time that no packet needed."),
    ev.RingRefilled: Meaning("the driver, next_to_use", "Empty buffers were given back to the NIC."),
    ev.DescriptorsCompleted: Meaning(
        "the NIC, write-back", "The NIC says which frames have left: their slots are free."
    ),
    ev.RingProduced: Meaning("a shared ring", "Entries were put in; their consumer owns them now."),
    ev.RingConsumed: Meaning("a shared ring", "Entries were taken out; their producer may use them."),
    ev.RingSynced: Meaning(
        "netmap_rxsync(), netmap_txsync()", "Kernel and user agree on whose slots are whose."
    ),
    ev.MbufsExhausted: Meaning(
        "rte_mempool_get_bulk()", "The pool is empty: the descriptor gets no new buffer."
    ),
    ev.BlockRetired: Meaning(
        "prb_retire_current_block()", "The block is the user's: its status word says so."
    ),
    ev.BlockReleased: Meaning("tp_block_status", "The application gave a block back to the kernel."),
    ev.ChunkMoved: Meaning("ioctl()", "A chunk of packets crossed between cells and the user."),
    ev.BatchHandedOver: Meaning("", "What has gathered goes to the other thread all together."),
    ev.SendQueued: Meaning("sk_write_queue", "Text waits in the socket until it is acknowledged."),
    ev.SendAcknowledged: Meaning("tcp_clean_rtx_queue()", "The peer has it: its sk_buffs are freed."),
    ev.ConnectionQueued: Meaning(
        "inet_csk_reqsk_queue_add()", "A connection stands, and waits to be accepted."
    ),
    ev.ConnectionAccepted: Meaning("inet_csk_accept()", "The application has taken the connection."),
    ev.TcpStateChanged: Meaning("tcp_set_state()", "The connection's state machine took a step."),
    ev.DatapathStarted: Meaning("", "From here on frames take this way."),
    ev.SourceNoted: Meaning("", "The source has something to say."),
    ev.SourceEnded: Meaning("", "Nothing more will come."),
    ev.EventsLost: Meaning("", "The producer could not keep up: events are missing here."),
    ev.EventUnknown: Meaning("", "A later version of kbview wrote this event."),
}
