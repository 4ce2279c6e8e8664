"""The engines that tapes have here: the compiled one where llvmlite is installed."""

from importlib.util import find_spec

from autograd.tape.tape import ENGINES as ALL

ENGINES = tuple(name for name in ALL if name != "compiled" or find_spec("llvmlite"))
