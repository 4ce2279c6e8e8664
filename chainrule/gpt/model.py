"""A GPT of scalar Values: every number in it is a node of a graph.

    model = GPT(rng=Random(0))
    loss = model.loss(tokens("saton"), 6)          a Value: the surprise at a word, in nats
    tape = trace(model.loss, tokens(""), 1)        the same function as a tape, for every word

A token is the number of a letter, or EDGE: the end of a word, what stands before it, and padding.
Letters: query q, key k, value v; x what goes on from part to part, y what one of them makes of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd import Value, group, lookup, relu, softmax, sqrt, sumprod, total, where
from chainrule.gpt.words import ALPHABET, LONGEST
from nn import Linear, Module, softmax_cross_entropy

EDGE, LETTERS, PLACES = 0, f" {ALPHABET}", LONGEST + 1  # a token is a place in LETTERS
Vector = list[Any]  # Values


def tokens(word: str, length: int = PLACES) -> list[int]:
    """The letters of a word, its end, and padding up to a length."""
    return [LETTERS.index(letter) for letter in word.ljust(length)]


class Table(Module):
    """A vector for each token, or place."""

    def __init__(self, count: int, width: int, rng: random.Random) -> None:
        self.rows = [[Value(rng.gauss(0, 0.1)) for _ in range(width)] for _ in range(count)]

    def look_up(self, index: Value | float) -> Vector:
        """The row of an index that is data, number by number."""
        return [lookup(column, index) for column in zip(*self.rows)]


def plus(x: Vector, y: Any) -> Vector:
    """x + y; a group is what folds into a box of a picture."""
    with group("plus"):
        return [a + b for a, b in zip(x, y, strict=True)]


def rms_norm(x: Vector) -> Vector:
    """x, scaled to a mean square of 1."""
    with group("norm"):
        scale = 1.0 / sqrt(sumprod(x, x) / len(x) + 1e-5)
        return [a * scale for a in x]


def attend(query: Vector, keys: Sequence[Vector], values: Sequence[Vector]) -> Vector:
    """The mean of the values, weighted by how well their keys fit the query."""
    shares = softmax([sumprod(query, key) / len(query) ** 0.5 for key in keys])
    return [sumprod(shares, column) for column in zip(*values)]


class GPT(Module):
    """One block: heads that attend to all places so far, then an MLP, each added to x."""

    def __init__(
        self, width: int = 16, heads: int = 4, longest: int = PLACES, *, rng: random.Random
    ) -> None:
        def linear(nin: int, nout: int) -> Linear:
            return Linear(
                nin, nout, bias=False, rng=rng, initialization=lambda *_: rng.gauss(0, 0.1)
            )

        self.longest = longest  # tokens of a word, its end included
        self.letters, self.places = Table(len(LETTERS), width, rng), Table(longest, width, rng)
        self.query, self.key, self.value, self.join = [linear(width, width) for _ in range(4)]
        self.widen, self.narrow = linear(width, 4 * width), linear(4 * width, width)
        self.score = linear(width, len(LETTERS))
        self.heads = [slice(k, k + width // heads) for k in range(0, width, width // heads)]
        self.relabel("")

    def scores(self, before: Sequence[Any]) -> list[Any]:
        """At each place, how much speaks for each token as the next, before softmax."""
        keys: list[Any] = []
        values: list[Any] = []
        found: list[Any] = []
        for t, token in enumerate(before):
            with group(f"place[{t}]"):
                with group("embedding"):
                    x = plus(self.letters.look_up(token), self.places.rows[t])
                with group("attention"):
                    y: Any = rms_norm(x)
                    query: Any = self.query(y)
                    keys.append(self.key(y))
                    values.append(self.value(y))
                    y = []
                    for h, part in enumerate(self.heads):
                        with group(f"head[{h}]"):
                            y += attend(
                                query[part], [k[part] for k in keys], [v[part] for v in values]
                            )
                    x = plus(x, self.join(y))
                with group("mlp"):
                    y = self.widen(rms_norm(x))
                    x = plus(x, self.narrow([relu(a) for a in y]))
                found.append(self.score(x))
        return found

    def loss(self, word: Sequence[Any], count: Any) -> Any:
        """The surprise at the first `count` tokens of a word, in nats; the others are padding."""
        losses = []
        for t, scores in enumerate(self.scores([EDGE, *word[:-1]])):
            with group(f"surprise[{t}]"):
                losses.append(where(t < count, softmax_cross_entropy(scores, word[t]), 0.0))
        return total(losses)

    def next_scores(self, word: Sequence[Any], count: Any) -> Vector:
        """The scores of what comes after the first `count` tokens of a word."""
        return [lookup(column, count) for column in zip(*self.scores([EDGE, *word[:-1]]))]
