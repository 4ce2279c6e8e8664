"""The algorithms of five derivations of backpropagation, each in its author's letters.

`bradbury`, `hoey`, `purcell`, `eglen` and `dahiya` are modules of plain functions on nested lists
of floats: no Values, no graph, so that each can be held against `backward()`.  An activation is a
row of the table of operations, and its derivative is that row's own rule.

Imports the engine alone; lessons import it.
"""

from nn.by_hand import bradbury, dahiya, eglen, hoey, purcell

__all__ = ["bradbury", "dahiya", "eglen", "hoey", "purcell"]
