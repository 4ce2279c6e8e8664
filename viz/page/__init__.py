"""`explore`: the interactive page, a graph with its formulas and arithmetic in one HTML file.

Imports the engine, `viz.placing`, `viz.drawing` and `viz.derivation`; no other room imports it.
"""
