"""Parts of a kernel bypass in user space: poll-mode driver and mempool."""
