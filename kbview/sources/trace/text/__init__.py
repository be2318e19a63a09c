"""Kernel traces as text, from any machine: of trace_pipe, `trace-cmd report` or `perf script`."""
