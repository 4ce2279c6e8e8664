"""`draw_network`, and plots of training; a model is whatever is built like those of `nn`.

Imports the engine and `viz.drawing`, never `nn`; `nn` plots a history by it.
"""
