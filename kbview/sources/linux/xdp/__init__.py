"""AF_XDP in plain Python: an XDP program, a umem and four rings, with neither compiler nor libbpf."""
