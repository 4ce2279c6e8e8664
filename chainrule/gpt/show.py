"""`chainrule gpt`: the words and the order of things; what learns is in `model` and `training`."""

from __future__ import annotations

import random
from statistics import fmean
from time import perf_counter

from autograd.tape.tape import ENGINES
from chainrule.gpt.model import GPT
from chainrule.gpt.training import Eager, Taped, sample, train
from chainrule.gpt.words import ENTROPY, is_word, make_words, surprise
from chainrule.terminal.colours import HEADS, tell
from chainrule.terminal.errors import InputError

WORDS, HELD_OUT = 5_000, 500
FIRST = 25  # steps to the first samples; then each time twice as many
SHOWN, JUDGED = 6, 300  # samples
SLOW = {"eager": (1_000, 4), "python": (1_000, 8)}  # steps, and words of one
FAST = 1_500, 32


def run_gpt(steps: int | None = None, engine: str = "auto", seed: int = 0) -> None:
    """Train, with samples on the way; then how well the language was learned.

    Raises InputError for an engine that does not exist.
    """
    names = ("auto", "eager", *ENGINES)
    if engine not in names:
        raise InputError(f"there is no engine {engine!r}: choose {', '.join(names)}")
    rng = random.Random(seed)
    words = make_words(WORDS, rng)
    seen = set(words)
    new = [word for word in make_words(2 * HELD_OUT, rng) if word not in seen][:HELD_OUT]
    model = GPT(rng=rng)
    print(
        f"A GPT of {len(model.parameters()):,} scalar Values learns a language that nobody speaks, "
        f"from {WORDS:,} words:\n{', '.join(words[:SHOWN])}, ...",
        flush=True,
    )
    start = perf_counter()
    run = Eager(model) if engine == "eager" else Taped(model, engine)
    if isinstance(run, Taped):
        tell(f"tape                {run.tape.describe()}, in {perf_counter() - start:.1f} s", HEADS)
    usual, size = SLOW.get(run.engine, FAST)
    if steps is None and run.engine in SLOW:
        faster = 'pip install "chainrule[fast]"' if engine == "auto" else "--engine auto"
        print(f"{usual} steps of {size} words, some minutes by this engine; faster: {faster}")
    steps = usual if steps is None else steps

    def say(step: int) -> str:
        if step and step not in [FIRST << k for k in range(10)]:
            return ""
        made = sample(run, SHOWN, rng=rng)
        return f"after {step:5,} steps   {', '.join([word or '(nothing)' for word in made])}"

    begun, start = run.engine, perf_counter()
    losses = train(run, words, steps=steps, batch_size=size, rng=rng, progress=True, say=say)
    seconds, ended = perf_counter() - start, run.engine
    if len(losses) < steps:
        print(f"stopped by Ctrl-C after step {len(losses):,}: what was learned is kept")
    _judge(run, new, seen, rng)
    by = f"{begun!r}" if begun == ended else f"{begun!r}, then {ended!r}"
    tell(
        f"time                {seconds:.1f} s for {len(losses):,} steps of {size} words, by engine "
        f"{by}, samples included",
        HEADS,
    )


def _judge(run: Eager | Taped, new: list[str], seen: set[str], rng: random.Random) -> None:
    """What it loses on words that it has never seen, and what it makes up."""
    count = JUDGED // 6 if run.engine == "eager" else JUDGED
    tell(
        f"mean surprise       {fmean(run.losses(new[:count])):.2f} nats at {count} words it has "
        f"never seen; who knows the grammar: {fmean(map(surprise, new[:count])):.2f} at these, "
        f"{ENTROPY:.2f} at all",
        HEADS,
    )
    made = sample(run, count, rng=rng)
    right = [word for word in made if is_word(word)]
    tell(
        f"made up             {len(right) / count:.0%} of {count} are words of the language, "
        f"{sum(word not in seen for word in right) / count:.0%} such as it has never seen: "
        f"{', '.join([word for word in right if word not in seen][:SHOWN]) or 'none'}",
        HEADS,
    )
