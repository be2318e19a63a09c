"""Experiments: points that are emulated independently of each other, on one core or on many.

point    a scenario, a calibration and the stretch that is measured; the result follows from these alone
pool     processes of this machine, or a Dask cluster, that measure points
results  finished points in a file, found again by a hash of the point and the program
figure   the numbers that a result can be asked for, each with definition and unit

Published targets (`kbview/validation`), sweeps and searches use the same points.
"""
