"""A language that nobody speaks, made by a small grammar: so what is learned of it can be judged.

    make_words(1000, rng)      words, by chance
    is_word("tolakun")         whether the grammar has it
    surprise("tolakun")        minus the logarithm of its probability
    ENTROPY                    the mean of that over all words: no model can lose less

A word has two to seven syllables, each of a consonant and a vowel.  Its vowels are all light (e, i)
or all dark (a, o, u), hard consonants and soft ones take turns, and n, r or s may stand at the end.
"""

from __future__ import annotations

import random
import re
from itertools import cycle, islice
from math import log

HARD, SOFT = "bcdfghkpst", "lmnrvz"
LIGHT, DARK = "ei", "aou"
ALPHABET = HARD + SOFT + LIGHT + DARK
SYLLABLES = {2: 0.25, 3: 0.35, 4: 0.20, 5: 0.10, 6: 0.06, 7: 0.04}  # how often there are so many
ENDS = {"": 0.4, "n": 0.2, "r": 0.2, "s": 0.2}
LONGEST = 2 * max(SYLLABLES) + 1  # letters of a word
TURNS = (HARD, SOFT), (SOFT, HARD)  # what its consonants are, in turn
FORMS = [
    re.compile(f"(?:(?:[{a}][{v}][{b}][{v}])+(?:[{a}][{v}])?)[nrs]?")
    for a, b in TURNS
    for v in (LIGHT, DARK)
]


def make_words(count: int, rng: random.Random) -> list[str]:
    """So many words, as the grammar makes them."""
    return [_word(rng) for _ in range(count)]


def _word(rng: random.Random) -> str:
    (count,) = rng.choices(list(SYLLABLES), list(SYLLABLES.values()))
    turns, vowels = rng.choice(TURNS), rng.choice((LIGHT, DARK))
    (end,) = rng.choices(list(ENDS), list(ENDS.values()))
    begins = islice(cycle(turns), count)
    return "".join([rng.choice(begin) + rng.choice(vowels) for begin in begins]) + end


def is_word(text: str) -> bool:
    """Whether the grammar makes this word."""
    return len(text) <= LONGEST and any(form.fullmatch(text) for form in FORMS)


def surprise(word: str) -> float:
    """Minus the logarithm of the probability of a word, in nats: the sum over its choices."""
    count = len(word) // 2
    turns, vowels = TURNS[word[0] in SOFT], LIGHT if word[1] in LIGHT else DARK
    return (
        log(2)  # whether a hard or a soft consonant begins
        + log(2)  # light or dark
        - log(SYLLABLES[count])
        - log(ENDS[word[2 * count :]])
        + sum(log(len(begin)) + log(len(vowels)) for begin in islice(cycle(turns), count))
    )


def entropy() -> float:
    """The mean surprise over all words, which is the same for all that make the same turns."""
    return sum(
        often * of_end * 0.25 * surprise("".join(islice(cycle(syllables), count)) + end)
        for count, often in SYLLABLES.items()
        for end, of_end in ENDS.items()
        for syllables in (("be", "le"), ("le", "be"), ("ba", "la"), ("la", "ba"))
    )


ENTROPY = entropy()
