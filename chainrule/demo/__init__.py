"""The demo: a network of scalar Values learns a data set, and everything about it is shown.

Imports the engine, networks, pictures and `chainrule.input`; the command line imports it.
"""
