"""The kernels of the compiled engine as text, in LLVM's language: a fixed set for all graphs.

They are printed from the rules of the table, over vectors of eight lanes.  It imports the program;
the compiled engine imports it, and compiles what it writes.
"""
