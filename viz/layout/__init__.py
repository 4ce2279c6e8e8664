"""A layered layout of our own: from boxes and edges to places, in frames within frames.

Imports nothing of ours; `viz.placing` and `viz.drawing` import it.
"""
