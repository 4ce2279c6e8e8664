"""Pictures of computation graphs: what they show, as SVG and DOT, and the page of a check report.

Imports the engine and `viz.placing`; the rooms above take words, colours and shapes from it.
"""
