"""AF_XDP by name: the one live source that takes packets from the kernel."""
