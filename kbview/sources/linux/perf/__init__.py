"""Counting tracepoints: the kernel adds up how often each is passed, and writes no record of it."""
