"""Counting in the kernel: eBPF programs at raw tracepoints count each packet and follow a sample."""
