"""The application over the engine, the networks and the pictures: the command `chainrule`.

Options are read in `command_line`, what is asked of an expression is done in `commands`, `demo` is
`chainrule demo`, and `micrograd` gives the engine a lecture's names.  It imports `autograd`, `viz`
and `nn`; nothing imports it.
"""

from autograd import __version__

__all__ = ["__version__"]
