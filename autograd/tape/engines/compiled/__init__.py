"""The compiled engine: a fixed set of kernels in LLVM IR, compiled once for all graphs.

Kernels are printed from the rules of the table, over vectors of eight lanes; a grouped tape is a
list of calls of them.  It needs llvmlite and NumPy, and imports the program.
"""
