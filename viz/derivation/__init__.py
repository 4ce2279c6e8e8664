"""The derivation of a gradient, written out: names, formulas, tables, and `explain`.

Imports the engine and the words of `viz.drawing`; the page imports it.
"""
