"""What runs a program over the lanes of a batch: generated Python, and NumPy by groups.

Each engine is a module, prints its routines in a table of its own, and agrees with the others; the
tape chooses one.  It imports the program.
"""
