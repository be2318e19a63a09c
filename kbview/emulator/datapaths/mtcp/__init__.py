"""Datapath `mtcp`: TCP in user space. A TCP thread and an application thread share a core.

    NIC --burst--> TCP thread --events, a batch at a time--> application
        <--burst--            <--jobs, a batch at a time----

The application's calls are function calls. One system call remains: it wakes the other thread, at most
once a batch. E. Jeong et al., mTCP, NSDI 2014; github.com/mtcp-stack/mtcp, mtcp/src
"""
