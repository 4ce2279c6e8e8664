"""Pictures of whole networks and plots of their training; a model is whatever has parameters.

Imports the engine and `viz.drawing`, never `nn`; nothing in viz imports it.
"""
