"""bpf(2) in plain Python: programs, maps and the kernel's own types, without compiler and libbpf."""
