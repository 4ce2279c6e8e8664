"""Is a gradient right, and if not, what is wrong: numbers, reports, rows, programs, blame.

Imports all of the engine below; pictures and networks use what `autograd` exports of it.
"""
