"""Calibration: what this machine takes for the steps that can be measured from a program like this."""
