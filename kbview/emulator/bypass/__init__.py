"""What user space brings along when it goes past the kernel: poll-mode drivers, mbufs, rings."""
