"""TCP in user space. mTCP: mtcp/src/core.c, tcp_in.c, tcp_out.c, api.c, eventpoll.c"""

from kbview.tape.steps.declaration import Declaration

USER_TCP: dict[str, Declaration] = {
    "mtcp_ip_in": Declaration(
        "ProcessPacket(), ProcessIPv4Packet()",
        "Ethernet and IP headers are looked at where the NIC wrote them; only TCP goes on.",
        ("TCP thread",),
    ),
    "mtcp_tcp_in": Declaration(
        "ProcessTCPPacket()",
        "The stream is found in a table that only this core has, so nobody waits for a lock.",
        ("TCP thread",),
    ),
    "mtcp_create_stream": Declaration(
        "CreateTCPStream()",
        "A SYN: a stream from this core's pools, with no file and no inode around it.",
        ("TCP thread",),
    ),
    "mtcp_destroy_stream": Declaration(
        "DestroyTCPStream()",
        "The connection is over: its parts go back to this core's pools.",
        ("TCP thread",),
    ),
    "mtcp_copy_in": Declaration(
        "RBPut(), memcpy()",
        "Copy 1: text goes from the frame into the stream's ring buffer, so the frame is free at once.",
        ("TCP thread",),
    ),
    "mtcp_copy_out": Declaration(
        "CopyToUser(), memcpy()",
        "Copy 2: from the ring buffer to where the application wants it, though both are its own.",
        ("read",),
    ),
    "mtcp_copy_back": Declaration(
        "SBPut(), memcpy()",
        "The application's data is kept until the peer has acknowledged it.",
        ("jobs",),
    ),
    "mtcp_copy_frame": Declaration(
        "SendTCPPacket(), memcpy()",
        "From the send buffer into a frame, which may be needed again.",
        ("jobs",),
    ),
    "mtcp_timer": Declaration(
        "CheckRtmTimeout()",
        "A retransmission timer of this core is due; the loop looks, nobody interrupts.",
        ("TCP thread",),
    ),
    "mtcp_event": Declaration(
        "AddEpollEvent()",
        "The application will want to know; it is told later, with others.",
        ("events",),
        counts="events",
    ),
    "mtcp_flush_events": Declaration(
        "FlushEpollEvents()",
        "All events of this round become the application's, handed over together.",
        ("events",),
        counts="events",
    ),
    "mtcp_epoll_wait": Declaration(
        "mtcp_epoll_wait()",
        "A function call that takes all that was handed over; it sleeps only if there is nothing.",
        ("read",),
        counts="calls",
    ),
    "mtcp_accept": Declaration(
        "mtcp_accept()",
        "A connection from this thread's own accept queue, without a lock or a system call.",
        ("read",),
        counts="calls",
    ),
    "mtcp_read": Declaration(
        "mtcp_read()",
        "Text from the ring buffer; a function call, so the wall is not crossed.",
        ("read",),
        counts="calls",
    ),
    "mtcp_write": Declaration(
        "mtcp_write()",
        "Text into the send buffer; the TCP thread is told by a job, and sends it later.",
        ("jobs",),
        counts="calls",
    ),
    "mtcp_close": Declaration(
        "mtcp_close()",
        "A job: the TCP thread will send the FIN.",
        ("jobs",),
        counts="calls",
    ),
    "mtcp_job": Declaration(
        "HandleApplicationCalls()",
        "The TCP thread takes the jobs that the application gave it since last time.",
        ("jobs",),
        counts="jobs",
    ),
    "mtcp_tcp_out": Declaration(
        "WritePacketsToChunks(), SendTCPPacket()",
        "Headers are written into an mbuf; all frames of a round leave together.",
        ("jobs",),
    ),
    "futex_wait": Declaration(
        "pthread_cond_wait(), futex_wait()",
        "Nothing to do: the application's thread sleeps, a real system call, once a batch.",
        ("futex",),
        counts="calls",
    ),
    "futex_wake": Declaration(
        "pthread_cond_signal(), futex_wake()",
        "There is a batch for the application: a real system call wakes its thread.",
        ("futex",),
        counts="calls",
    ),
}
