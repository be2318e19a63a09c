"""Datapath `dpdk`: a poll-mode driver in user space."""
