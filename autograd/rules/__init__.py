"""The language of rules: what a row of the table is, symbols, printers, and words for messages.

Imports nothing of ours from outside this room; everything above may import it.
"""
