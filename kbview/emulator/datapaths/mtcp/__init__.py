"""mTCP: TCP in user space. A TCP thread and an application thread share a core, and nothing else.

    NIC --burst--> TCP thread --events, a batch at a time--> application
        <--burst--            <--jobs, a batch at a time----

A function call takes the place of a system call; what is left of them wakes the other thread, once a
batch. E. Jeong et al., mTCP, NSDI 2014; github.com/mtcp-stack/mtcp, mtcp/src
"""
