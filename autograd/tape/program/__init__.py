"""The program that a tape is: instructions on scalars, their gradient, and what can run at once.

It knows the table of operations and no Value.  The engines and the tape import it.
"""
