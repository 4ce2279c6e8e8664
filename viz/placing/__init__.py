"""Where boxes and arrows stand: a layered layout of our own, and the Graphviz engines.

Imports nothing of ours; the rooms that draw import it.
"""
