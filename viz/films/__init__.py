"""`animate`: a pass through a graph as a film, step by step, with the arithmetic below the picture.

Imports the engine, `viz.folding`, `viz.drawing` and the formulas of `viz.derivation`; nothing of
ours but viz's door imports it.
"""
