"""Kernel tracepoints, wherever the records come from: which there are, and what each tells."""
