"""The figures this project promises, measured: `python -m benchmarks` prints the tables.

Peers and ours run in their own processes, interleaved over rounds; medians and spreads are printed.
"""
