"""`draw`: pictures of computation graphs as SVG and DOT; and the page of a check's report.

Imports the engine, `viz.layout` and `viz.placing`; tables, networks and the page import it.
"""
