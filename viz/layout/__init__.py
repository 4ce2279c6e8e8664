"""A layered layout of our own: from boxes and edges to places, in frames within frames.

Imports how `viz.folding` finds circles, nothing else of ours; `viz.placing` and `viz.drawing`
import it.
"""
