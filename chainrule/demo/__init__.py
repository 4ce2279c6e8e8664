"""`chainrule demo`: a network of scalar Values learns a data set, is checked and drawn.

Imports the engine, networks, pictures and `chainrule.terminal`; the command line imports it.
"""
