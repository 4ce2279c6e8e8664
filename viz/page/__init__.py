"""The interactive page: a graph, its formulas and its arithmetic in one HTML file.

Imports the engine, `viz.drawing`, `viz.derivation` and `viz.placing`; nothing in viz imports it.
"""
