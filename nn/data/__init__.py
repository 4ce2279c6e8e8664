"""Data sets: made, read from CSV files, split and scaled.

Imports the checks of `nn`; training imports it.
"""
