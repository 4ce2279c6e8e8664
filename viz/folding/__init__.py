"""Graphs at every size: groups of nodes fold into one node, their edges into one edge with a sum.

Imports the engine only; pictures and the page import it.
"""
