"""Where boxes and arrows stand: by the layout of our own or by one of the Graphviz engines.

Imports `viz.layout`; the rooms that draw import it.
"""
