"""`explain`: the derivation of a gradient written out, its names, formulas and tables.

Imports the engine and `viz.drawing`; the page imports it.
"""
