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
}
