"""Models as files: ours, and weights on their way to PyTorch and back.

It imports nn's modules; `nn` gives what it has to people.
"""
