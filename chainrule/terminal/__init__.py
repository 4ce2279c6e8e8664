"""What passes through a terminal: expressions as typed, what is said of bad input, colours.

Imports the engine; the demo and the commands import it.
"""
