"""Data sets: made, read from CSV files, split and scaled.

Imports the checks of arguments in `nn.checks`; `nn.training` imports it.
"""
