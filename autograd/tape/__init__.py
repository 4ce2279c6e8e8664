"""Tapes: a function recorded once, and replayed over whole batches.

`tracing` runs the function, `tape` is what people hold, `batches` what they give it.  It imports
the program and its engines, in the rooms below; `autograd.trace` asks for it when it is called.
"""
