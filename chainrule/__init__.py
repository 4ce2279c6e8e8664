"""The application over the engine, the networks and the pictures: the command `chainrule`.

It may import `autograd`, `viz` and `nn`; nothing imports it.
"""

from autograd import __version__

__all__ = ["__version__"]
