"""Datapath `dpdk-udp`: UDP sockets in user space, over a poll-mode driver."""
