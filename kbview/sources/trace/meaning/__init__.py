"""Kernel tracepoints, wherever the records come from: their table and their meaning."""
