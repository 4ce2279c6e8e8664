"""A tape as a program of another system: C, SymPy, JAX, PyTorch.

Each export has its own table of how rows are called there.  It imports the program; the tape asks
for it when it is called, and what it needs installed is imported then.
"""
