"""How a GPT learns and what it makes up: graph after graph, or on tapes that run over batches.

run = Taped(model)                                      or Eager(model): the same, slower
losses = train(run, words, steps=300, rng=Random(0))
sample(run, 10, rng=Random(0))                          words that it makes up
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from math import exp
from statistics import fmean
from typing import Any

from autograd import mean, no_grad, trace
from chainrule.gpt.model import EDGE, GPT, LETTERS, tokens
from nn import Adam
from nn.training.progress import Interrupt, NoBar, progress_bar
from nn.training.schedules import linear


class Eager:
    """Graph after graph, one for each word, as long as the word is."""

    engine = "eager"

    def __init__(self, model: GPT) -> None:
        self.model = model

    def backward(self, words: Sequence[str]) -> float:
        """The mean loss; its gradient is added to the `.grad` of each parameter."""
        loss: Any = mean([self.model.loss(tokens(w, len(w) + 1), len(w) + 1) for w in words])
        loss.backward()
        return float(loss.data)

    def losses(self, words: Sequence[str]) -> list[float]:
        """The loss of each word."""
        with no_grad():
            return [self.model.loss(tokens(w, len(w) + 1), len(w) + 1).data for w in words]

    def next_scores(self, beginnings: Sequence[str]) -> list[list[float]]:
        """For the beginning of each word, the scores of what comes next."""
        with no_grad():
            found = [self.model.next_scores(tokens(w, len(w) + 1), len(w)) for w in beginnings]
        return [[score.data for score in scores] for scores in found]


class Taped:
    """The same by two tapes, on an engine of `tape.using` or the best one: words are padded."""

    def __init__(self, model: GPT, engine: str = "auto") -> None:
        self.model = model
        self.tape, self._scores = [
            trace(function, tokens("", model.longest), 1, parameters=model.parameters())
            for function in (model.loss, model.next_scores)
        ]
        if engine != "auto":
            name: Any = engine
            self.tape, self._scores = self.tape.using(name), self._scores.using(name)

    @property
    def engine(self) -> str:
        """The name of the engine that runs the tapes."""
        return self.tape.engine

    def backward(self, words: Sequence[str]) -> float:
        """The mean loss; its gradient is added to the `.grad` of each parameter."""
        return self.tape.backward(*self._batch(words, 1))

    def losses(self, words: Sequence[str]) -> list[float]:
        """The loss of each word."""
        return list(map(float, self.tape.forward(*self._batch(words, 1))))

    def next_scores(self, beginnings: Sequence[str]) -> list[list[float]]:
        """For the beginning of each word, the scores of what comes next."""
        return [
            list(map(float, xs)) for xs in zip(*self._scores.forward(*self._batch(beginnings, 0)))
        ]

    def _batch(self, words: Sequence[str], ends: int) -> tuple[list[list[int]], list[int]]:
        """The tokens of words, padded, and how many of them count: the end of each or not."""
        return (
            [tokens(word, self.model.longest) for word in words],
            [len(word) + ends for word in words],
        )


def train(
    run: Eager | Taped,
    words: Sequence[str],
    *,
    steps: int,
    rng: random.Random,
    batch_size: int = 32,
    learning_rate: float = 0.01,
    progress: bool = False,
    say: Callable[[int], str] = lambda step: "",
) -> list[float]:
    """Steps of Adam, each on words drawn anew; gives the loss before each.

    What `say` tells of the number of steps done is printed.  Ctrl-C ends it after a step.
    """
    adam = Adam(run.model.parameters(), linear(learning_rate, 0.0, steps), betas=(0.9, 0.99))
    losses: list[float] = []
    with closing(progress_bar(steps) if progress else NoBar()) as bar, Interrupt() as interrupt:
        while len(losses) < steps and not interrupt.asked:
            if text := say(len(losses)):
                bar.write(text)
            adam.zero_grad()
            losses.append(run.backward(rng.choices(words, k=batch_size)))
            adam.step()
            bar.set_postfix_str(f"loss {fmean(losses[-20:]):.2f}", refresh=False)
            bar.update(1)
    return losses


def sample(
    run: Eager | Taped, count: int, *, rng: random.Random, temperature: float = 1.0
) -> list[str]:
    """So many words, letter by letter by chance; a low temperature prefers what is likely.

    Words that have not ended after as many letters as the model has places for stay as they are.
    """
    words, going = [""] * count, list(range(count))
    for _ in range(run.model.longest - 1):
        found = run.next_scores([words[i] for i in going]) if going else []
        for i, scores in list(zip(going, found)):
            weights = [exp((score - max(scores)) / temperature) for score in scores]
            (letter,) = rng.choices(LETTERS, weights)
            if letter == LETTERS[EDGE]:
                going.remove(i)
            else:
                words[i] += letter
    return words
