"""Counters that the kernel shows to everybody as text, one parser a file. A parser never fails.

A line that is not as expected is passed over: kernels add columns, and containers invent files.
"""
