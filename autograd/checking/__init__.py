"""Checks: `gradcheck` of a program in `check`, `check_operation` of a row in `rows`.

Imports the rest of the engine, and nothing of the engine imports it; `autograd` exports it to all.
"""
