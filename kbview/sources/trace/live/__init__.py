"""This machine's own kernel, by its tracepoints: a trace instance of ours, read raw and parsed."""
