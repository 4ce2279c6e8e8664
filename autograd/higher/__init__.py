"""Graphs run again, derivatives that can be differentiated again, and functions such as hessian.

Imports the engine's own room and the rules; the checks, pictures and networks import it.
"""
