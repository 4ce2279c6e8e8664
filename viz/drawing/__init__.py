"""`draw`: pictures of graphs as SVG, DOT, PNG and PDF; and the page of a check's report.

Imports the engine, `viz.layout` and `viz.placing`; tables, films, networks and the page import it.
"""
