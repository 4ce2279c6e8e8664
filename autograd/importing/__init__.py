"""Functions that somebody wrote for another library, as graphs of Values: `from_jax`.

The library is imported when it is asked for.  Imports Value, the table and the progress line of
`checking`; imported by nobody but who asks for what it exports.
"""
