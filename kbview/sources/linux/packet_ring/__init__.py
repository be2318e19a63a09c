"""AF_PACKET with TPACKET_V3: a ring of blocks shared with the kernel, read without a system call."""
