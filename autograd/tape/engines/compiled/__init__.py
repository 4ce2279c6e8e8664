"""The compiled engine: kernels compiled once for all graphs, and a tape as a list of their calls.

It needs llvmlite and NumPy, and imports the program and the kernels' texts; the tape imports it.
"""
