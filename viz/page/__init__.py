"""`explore`: the interactive page, a graph with its formulas and arithmetic in one HTML file.

What runs in the browser stands in the folder `browser`, one script of many files, with types;
`frame` is how a notebook shows the page, and what the page may do.
Imports the engine, `viz.placing`, `viz.drawing` and `viz.derivation`; no other room imports it.
"""
