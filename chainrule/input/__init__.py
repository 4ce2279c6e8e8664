"""What people type on a command line: expressions, and what is said of input that cannot be used.

Imports the engine; the demo and the commands import it.
"""
