"""The language of rules: what a row is, its symbols, how it is printed, and words.

Imports nothing of ours from outside this room; everything above may import it.
"""
