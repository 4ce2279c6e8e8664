"""A GPT of scalars: the language it learns, its graph and its tape, and the command."""

import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import product
from math import exp, fsum
from random import Random
from statistics import fmean
from typing import Any

import pytest
from engines import ENGINES
from oracle import FORWARD
from programs import Instruction, Program, Truth, _operands, _slopes

from autograd import Value, gradcheck, topological_order, trace
from autograd.graph import is_constant
from chainrule.command_line import main
from chainrule.gpt import show
from chainrule.gpt.model import EDGE, GPT, LETTERS, PLACES, tokens
from chainrule.gpt.training import Eager, Taped, sample, train
from chainrule.gpt.words import (
    DARK,
    ENDS,
    ENTROPY,
    HARD,
    LIGHT,
    SOFT,
    is_word,
    make_words,
    surprise,
)

NEEDS = {"numpy": "numpy", "compiled": "llvmlite"}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param], reason='needs pip install -e ".[fast]"')
    return str(request.param)


@pytest.fixture
def model() -> GPT:
    """A small one: every parameter is as large as one that has learned."""
    model = GPT(4, 2, 5, rng=Random(0))
    for i, p in enumerate(model.parameters()):
        p.data *= 4.0 + i % 3
    return model


# ---- the language --------------------------------------------------------------------------------


def test_what_the_grammar_makes_it_has() -> None:
    assert all(map(is_word, make_words(500, Random(0))))


@pytest.mark.parametrize(("text", "why"), [
    ("", "nothing"), ("ba", "one syllable"), ("bal", "one syllable and an end"),
    ("bale", "a dark and a light vowel"), ("baka", "two hard consonants"),
    ("lama", "two soft consonants"), ("balat", "no word ends in t"), ("abal", "a vowel begins"),
    ("balans", "two ends"), ("balabalabalabala", "eight syllables"),
])  # fmt: skip
def test_what_breaks_a_rule_is_no_word(text: str, why: str) -> None:
    assert not is_word(text), why


def test_the_probabilities_of_all_words_of_two_syllables_sum_to_that_length() -> None:
    words = [
        a + v + b + w + end
        for vowels in (LIGHT, DARK)
        for x, y in ((HARD, SOFT), (SOFT, HARD))
        for a, v, b, w, end in product(x, vowels, y, vowels, ENDS)
    ]
    assert len(set(words)) == 2 * 10 * 6 * (4 + 9) * 4
    assert all(map(is_word, words))
    assert fsum([exp(-surprise(word)) for word in words]) == pytest.approx(0.25)


def test_the_entropy_is_the_mean_surprise_of_words_as_they_are_drawn() -> None:
    assert fmean(map(surprise, make_words(20_000, Random(1)))) == pytest.approx(ENTROPY, abs=0.1)


# ---- the model -----------------------------------------------------------------------------------


def test_it_has_4032_parameters() -> None:
    letters = len(LETTERS)
    assert len(GPT(rng=Random(0)).parameters()) == (
        letters * 16 + PLACES * 16  # what stands for a letter, and for a place
        + 4 * 16 * 16 + 2 * 16 * 64  # attention, MLP
        + 16 * letters  # scores
    ) == 4032  # fmt: skip


def test_a_word_becomes_its_letters_its_end_and_padding() -> None:
    assert tokens("lab", 6) == [LETTERS.index("l"), LETTERS.index("a"), LETTERS.index("b"), 0, 0, 0]
    assert len(tokens("")) == PLACES == 16


def test_no_score_knows_what_comes_after_it(model: GPT) -> None:
    one, other = (model.scores([EDGE, *tokens(word, 3)]) for word in ("lab", "lun"))
    for place in (0, 1):
        assert [s.data for s in one[place]] == [s.data for s in other[place]]
    assert [s.data for s in one[2]] != [s.data for s in other[2]]


def test_padding_is_worth_nothing_whatever_stands_in_it(model: GPT) -> None:
    losses = [model.loss(word, 2).data for word in ([3, EDGE], [3, EDGE, 0, 0], [3, EDGE, 7, 9])]
    assert losses[0] == losses[1] == losses[2]


def test_a_model_that_knows_nothing_is_as_surprised_as_by_a_die() -> None:
    model = GPT(4, 2, 5, rng=Random(0))
    for p in model.parameters():
        p.data = 0.0
    assert exp(model.loss(tokens("la", 3), 3).data / 3) == pytest.approx(len(LETTERS))


def test_derivatives_agree_with_numbers_that_no_rule_has_touched(model: GPT) -> None:
    places = model.parameters()
    chosen = [places[i] for i in range(0, len(places), 31)]
    assert gradcheck(model.loss(tokens("lab", 4), 4), chosen)


def program_of(root: Value, variables: Sequence[Value]) -> Program:
    """A graph as a program that the oracle runs."""
    program = Program([v.data for v in variables])
    places = {v: i for i, v in enumerate(variables)}
    for v in topological_order(root):
        if v.parents:
            operands = tuple([p.data if is_constant(p) else places[p] for p in v.parents])
            instruction = Instruction(v.op.name, operands)
            xs = _operands(instruction, program.values)
            places[v] = len(program.values)
            program.append(instruction, FORWARD[v.op.name](*xs), _slopes(instruction, xs))
    return program


@pytest.mark.slow
def test_padded_and_on_a_tape_loss_and_gradient_are_those_of_the_word_at_50_digits() -> None:
    model, one = GPT(4, 2, 4, rng=Random(0)), Value(1.0, "one")
    variables = [one, *model.parameters()]

    def loss(word: Any, count: Any) -> Any:  # its derivative by `one` is the loss itself
        return one * model.loss(word, count)

    word, padded = tokens("l", 2), tokens("l", 4)
    truth = Truth(program_of(loss(word, 2), variables), Random(1))
    loss(padded, 2).backward()
    assert not truth.wrong([v.grad for v in variables])
    tape = trace(loss, padded, 2, parameters=variables)
    for engine in ENGINES:
        _, gradient = tape.using(engine).value_and_grad(  # type: ignore[arg-type]  # one of ENGINES
            [v.data for v in variables], [padded] * 3, [2] * 3
        )
        assert not truth.wrong(list(map(float, gradient))), engine
    planted = [v.grad * (1 + 1e-9) for v in variables]
    assert len(truth.wrong(planted)) > 0.9 * sum(g != 0 for g in planted)


# ---- on a tape, and graph after graph ------------------------------------------------------------


def close(xs: Sequence[float]) -> Any:
    return pytest.approx(list(xs), rel=1e-9, abs=1e-12)


def test_a_tape_of_padded_words_says_what_a_graph_of_each_says(model: GPT, engine: str) -> None:
    words = ["", "l", "lab", "bela"]
    eager, taped = Eager(model), Taped(model, engine)
    assert taped.engine == engine
    assert taped.losses(words) == close(eager.losses(words))
    for one, other in zip(taped.next_scores(words), eager.next_scores(words), strict=True):
        assert one == close(other)
    assert taped.backward(words) == pytest.approx(eager.backward(words))
    gradient = [p.grad / 2 for p in model.parameters()]  # both were added
    model.zero_grad()
    eager.backward(words)
    assert [p.grad for p in model.parameters()] == close(gradient)


def test_it_learns_a_word_by_heart() -> None:
    rng = Random(0)
    run = Eager(GPT(4, 2, 5, rng=rng))
    losses = train(run, ["lab"], steps=40, batch_size=1, rng=rng, learning_rate=0.1)
    assert losses[0] > 9 > 1 > losses[-1]
    assert sample(run, 3, rng=rng, temperature=0.1) == ["lab"] * 3


@pytest.mark.slow
def test_it_learns_the_language_on_a_tape() -> None:
    pytest.importorskip("numpy", reason='needs pip install -e ".[fast]"')
    rng = Random(0)
    words = make_words(2_000, rng)
    run = Taped(GPT(rng=rng))
    train(run, words, steps=300, rng=rng)
    new = sample(run, 200, rng=rng)
    assert fmean(map(is_word, new)) > 0.8
    assert fmean(is_word(word) and word not in words for word in new) > 0.7
    held_out = make_words(200, rng)
    assert fmean(map(surprise, held_out)) < fmean(run.losses(held_out)) < ENTROPY + 1


def test_the_same_seed_makes_up_the_same_words(model: GPT) -> None:
    run = Eager(model)
    assert sample(run, 4, rng=Random(3)) == sample(run, 4, rng=Random(3))
    assert max(map(len, sample(run, 20, rng=Random(3)))) <= 4


def test_a_low_temperature_takes_what_is_likeliest(model: GPT) -> None:
    run = Eager(model)
    (scores,) = run.next_scores([""])
    first = LETTERS[scores.index(max(scores))].strip()
    assert {word[:1] for word in sample(run, 5, rng=Random(0), temperature=1e-3)} == {first}


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "GPT", lambda *, rng: GPT(4, 2, rng=rng))
    for name, count in {"WORDS": 99, "HELD_OUT": 12, "JUDGED": 12}.items():
        monkeypatch.setattr(show, name, count)


Capture = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("quick")
def test_the_command_trains_shows_and_judges(capsys: Capture) -> None:
    assert main(["gpt", "--steps", "3"]) == 0
    said, bar = capsys.readouterr()
    assert find_spec("tqdm") is None or "training" in bar  # else it is a line for each second
    assert "A GPT of 432 scalar Values learns a language that nobody speaks, from 99 words:" in said
    assert "17 inputs, 432 parameters" in said
    assert "after     0 steps   " in said
    assert "who knows the grammar: " in said
    assert "% of 12 are words of the language" in said
    assert "for 3 steps of 32 words" in said


@pytest.mark.usefixtures("quick")
def test_without_a_tape_it_says_that_it_takes_longer(capsys: Capture, monkeypatch) -> None:
    monkeypatch.setitem(show.SLOW, "eager", (1, 2))
    assert main(["gpt", "--engine", "eager"]) == 0
    said = capsys.readouterr().out
    assert "1 steps of 2 words, some minutes by this engine; faster: --engine auto" in said
    assert "tape" not in said


@pytest.mark.usefixtures("quick")
def test_ctrl_c_keeps_what_was_learned(capsys: Capture, monkeypatch) -> None:
    def backward(run: Eager, words: Sequence[str]) -> float:
        signal.raise_signal(signal.SIGINT)
        return 1.0

    monkeypatch.setattr(Eager, "backward", backward)
    assert main(["gpt", "--engine", "eager", "--steps", "9"]) == 0
    said = capsys.readouterr().out
    assert "stopped by Ctrl-C after step 1: what was learned is kept" in said
    assert "are words of the language" in said


@pytest.mark.parametrize(("words", "said"), [
    (["--steps", "0"], "must be at least 1, got 0"),
    (["--seed", "x"], "invalid int value: 'x'"),
])  # fmt: skip
def test_a_wrong_option_is_told(words: list[str], said: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["gpt", *words])
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_an_engine_that_does_not_exist_is_told(capsys: Capture) -> None:
    assert main(["gpt", "--engine", "fast"]) == 2
    said, error = capsys.readouterr()
    assert not said
    assert "there is no engine 'fast': choose auto, eager, python, numpy" in error


@pytest.mark.usefixtures("quick")
def test_an_engine_that_is_not_there_says_what_to_install(capsys: Capture, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert main(["gpt", "--engine", "numpy"]) == 2
    assert 'pip install "chainrule[fast]"' in capsys.readouterr().err
