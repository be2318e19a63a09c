"""TCP in user space. mTCP: mtcp/src/core.c, tcp_in.c, tcp_out.c, api.c, eventpoll.c"""

from kbview.tape.event import Meaning

USER_TCP: dict[str, Meaning] = {
    "mtcp_ip_in": Meaning(
        "ProcessPacket(), ProcessIPv4Packet()",
        "Ethernet and IP headers are looked at where the NIC wrote them; only TCP goes on.",
    ),
    "mtcp_tcp_in": Meaning(
        "ProcessTCPPacket()",
        "The stream is found in a table that only this core has, so nobody waits for a lock.",
    ),
    "mtcp_create_stream": Meaning(
        "CreateTCPStream()",
        "A SYN: a stream from this core's pools, with no file and no inode around it.",
    ),
    "mtcp_destroy_stream": Meaning(
        "DestroyTCPStream()", "The connection is over: its parts go back to this core's pools."
    ),
    "mtcp_copy_in": Meaning(
        "RBPut(), memcpy()",
        "Copy 1: text goes from the frame into the stream's ring buffer, so the frame is free at once.",
    ),
    "mtcp_copy_out": Meaning(
        "CopyToUser(), memcpy()",
        "Copy 2: from the ring buffer to where the application wants it, though both are its own.",
    ),
    "mtcp_copy_back": Meaning(
        "SBPut(), memcpy()", "What the application writes is kept until the peer has acknowledged it."
    ),
    "mtcp_copy_frame": Meaning(
        "SendTCPPacket(), memcpy()", "From the send buffer into a frame, which may be needed again."
    ),
    "mtcp_timer": Meaning(
        "CheckRtmTimeout()",
        "A retransmission timer of this core is due; the loop looks, nobody interrupts.",
    ),
    "mtcp_event": Meaning(
        "AddEpollEvent()", "The application will want to know; it is told later, with others."
    ),
    "mtcp_flush_events": Meaning(
        "FlushEpollEvents()",
        "All events of this round become the application's: one hand-over for many of them.",
    ),
    "mtcp_epoll_wait": Meaning(
        "mtcp_epoll_wait()",
        "A function call that takes all that was handed over; it sleeps only if there is nothing.",
    ),
    "mtcp_accept": Meaning(
        "mtcp_accept()",
        "A connection from this thread's own accept queue, without a lock or a system call.",
    ),
    "mtcp_read": Meaning(
        "mtcp_read()", "Text from the ring buffer; a function call, so the wall is not crossed."
    ),
    "mtcp_write": Meaning(
        "mtcp_write()",
        "Text into the send buffer; the TCP thread is told by a job, and sends it later.",
    ),
    "mtcp_close": Meaning("mtcp_close()", "A job: the TCP thread will send the FIN."),
    "mtcp_job": Meaning(
        "HandleApplicationCalls()",
        "The TCP thread takes what the application asked for since last time.",
    ),
    "mtcp_tcp_out": Meaning(
        "WritePacketsToChunks(), SendTCPPacket()",
        "Headers are written into an mbuf; all frames of a round leave together.",
    ),
    "futex_wait": Meaning(
        "pthread_cond_wait(), futex_wait()",
        "Nothing to do: the application's thread sleeps, a real system call, once a batch.",
    ),
    "futex_wake": Meaning(
        "pthread_cond_signal(), futex_wake()",
        "There is a batch for the application: a real system call wakes its thread.",
    ),
}
