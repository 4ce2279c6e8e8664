"""The exercises of the worksheet: what is right, the hint, why it is right, and usual slips.

A slip is a wrong answer, None for any number, and what helps who gave it.  What is right, the
engine says; imports it and the networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atanh, isclose
from typing import Any

from autograd import Operation, Value, assert_gradcheck, check_operation, grad, paths, softmax, tanh
from nn import SGD, half_squared_error, softmax_cross_entropy

Slip = tuple[Any, str]


class Exercise:
    """What is said to the answers of an exercise; each kind of exercise tells what is right."""

    def __init__(self, hint: str, because: str, *slips: Slip) -> None:
        self.hint = hint
        self.because = because
        self.slips = slips

    def given(self, answers: Sequence[Any]) -> Any:
        """The answers as numbers; ... where a blank is still open."""
        return answers

    def problem(self, answers: Sequence[Any]) -> str | None:
        """None where the answers are right; else what was found, which may be nothing to tell."""
        raise NotImplementedError


class Numbers(Exercise):
    """Numbers, against those of the engine."""

    def __init__(self, right: Any, hint: str, because: str, *slips: Slip) -> None:
        super().__init__(hint, because, *slips)
        self.right = right

    def problem(self, answers: Sequence[Any]) -> str | None:
        return None if agree(flat(answers), flat(self.right)) else ""


class Gradient(Exercise):
    """A gradient by hand, against numbers from outside: f, with each input moved a little."""

    def __init__(
        self,
        f: Callable[..., Any],
        at: dict[str, Any],
        hint: str,
        because: str,
        *slips: Slip,
        made: Callable[[Any], Callable[..., Any]] = lambda answer: answer,  # the gradient, of it
    ) -> None:
        super().__init__(hint, because, *slips)
        self.f = f
        self.at = at
        self.made = made

    def given(self, answers: Sequence[Any]) -> Any:
        return outcome(self.made(answers[0]), **self.at)

    def problem(self, answers: Sequence[Any]) -> str | None:
        try:
            assert_gradcheck(self.f, self.at, gradient=self.made(answers[0]))
        except (AssertionError, ValueError) as report:
            return str(report)
        return None


class Rules(Exercise):
    """The rules of an operation, tried at many points; a slip is what they give at this one."""

    def __init__(self, at: tuple[float, ...], hint: str, because: str, *slips: Slip) -> None:
        super().__init__(hint, because, *slips)
        self.at = at

    def given(self, answers: Sequence[Any]) -> Any:
        operation: Operation = answers[0]
        return outcome(operation.differentiate, self.at, operation(*self.at))

    def problem(self, answers: Sequence[Any]) -> str | None:
        operation: Operation = answers[0]
        report = check_operation(operation)
        return None if report else f"{operation.name} is not right yet: {report.problems[0]}"


def flat(x: Any) -> list[Any]:
    """Numbers, however nested, as one list."""
    return [n for item in x for n in flat(item)] if isinstance(x, (list, tuple)) else [x]


def agree(given: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether two lists hold the same numbers, to three digits; None stands for any number."""
    return len(given) == len(wanted) and all(
        w is None or isclose(g, w, rel_tol=2e-3, abs_tol=1e-9)
        for g, w in zip(given, wanted, strict=True)
    )


def outcome(f: Callable[..., Any], *numbers: Any, **named: Any) -> Any:
    """What a function gives; ... where a blank inside it is still open."""
    try:
        return f(*numbers, **named)
    except TypeError as error:
        if "ellipsis" in str(error):
            return ...
        raise


# ---- the exercises, in order ---------------------------------------------------------------------


def rectangle() -> Exercise:
    """1. A rectangle, and how fast its area moves with each side."""
    area = Value(3) * Value(5)
    return Numbers(
        area.local_derivatives,
        "Draw the rectangle and let one side grow a little. How long is the strip that is new?",
        "In a product, each factor makes it move as fast as the other factor says.",
        (
            [3, 5],
            "The right numbers, the other way round: when a grows, the new strip has length b.",
        ),
        ([1, 1], "1 and 1 belong to a sum, a + b. How long is the new strip of a rectangle?"),
        ([15, 15], "15 is the area itself. How fast does it move?"),
    )


def four_operations() -> Exercise:
    """2. The local derivatives of x**3, 1/x, -x and 5x at x = 2."""
    rules = (lambda x: x**3, lambda x: 1 / x, lambda x: -x, lambda x: 5 * x)
    return Numbers(
        [grad(f)(2.0) for f in rules],
        "Which way does it go when x grows a little, and how many times as fast as x?",
        "Two of the four fall when x grows: their derivatives are negative.",
        ([8, None, None, None], "p: 8 is the value of x**3. How fast does it move?"),
        ([6, None, None, None], "p: It is 3 times x squared; you have 3 times x."),
        ([4, None, None, None], "p: You have x squared. The 3 comes down in front of it."),
        ([None, 1 / 4, None, None], "q: The sign. When x grows, 1/x falls."),
        ([None, 1 / 2, None, None], "q: 1/2 is the value of 1/x. How fast does it move?"),
        ([None, -1 / 2, None, None], "q: It is -1 over x squared; you have -1 over x."),
        ([None, None, 1, None], "r: The sign. When x grows, -x falls."),
        ([None, None, -2, None], "r: -2 is the value of -x. How fast does it move?"),
        ([None, None, None, 10], "s: 10 is the value of 5x. How fast does it move?"),
    )


def tanh_by_its_output() -> Exercise:
    """3. The rule of tanh, which uses the output."""
    return Numbers(
        tanh(Value(atanh(0.6))).local_derivatives[0],
        "Square the output, and take that away from 1.",
        "The forward pass had z anyway, so the rule costs next to nothing.",
        (0.4, "You have 1 - z; the rule is 1 - z * z."),
        (0.36, "You have z * z; take it away from 1."),
        (1 - tanh(0.6) ** 2, "You took the tanh once more. 0.6 is its output z already."),
        (-0.64, "The sign: tanh climbs everywhere, so its derivative is never negative."),
    )


def one_path() -> Exercise:
    """4. One path: along it, multiply."""
    x = Value(2, "x")
    y = 10 - (3 * x + 1) ** 2
    y.backward()
    return Numbers(
        x.grad,
        "Write the local derivative on each of the three arrows, then multiply along the path.",
        "-1 * 14 * 3: along a path, multiply.",
        (42, "The sign: y = 10 - b falls when b grows, so that arrow carries -1."),
        (-14, "You forgot a factor of the chain: a = 3x + 1 moves 3 times as fast as x."),
        (-3, "You forgot a factor of the chain: b = a**2 moves 2a times as fast as a."),
        (14 * 3 - 1, "You multiplied two arrows and added the third. Multiply all three."),
        (-12, "b = a**2 moves 2a times as fast as a, and a is 7 here; you put x there."),
        (16, "You added -1, 14 and 3. Along a path, multiply; sums are for different paths."),
        (-39, "-39 is the value of y. How fast does it move?"),
    )


def two_paths() -> Exercise:
    """5. Two paths: across them, add."""
    x = Value(4, "x")
    y = 5 * x - x**2
    y.backward()
    return Numbers(
        [*[path.derivative for path in paths(y, x)], x.grad],
        "There are two arrows on each path. Multiply along each, then add the two products.",
        "Along a path multiply, across paths add.",
        ([-5, None, None], "Through u: The sign. y = u - v climbs when u grows."),
        (
            [None, 8, None],
            "Through v: The sign. y = u - v falls when v grows: its arrow carries -1.",
        ),
        ([None, -16, None], "Through v: 16 is the value of v. It moves 2x times as fast as x."),
        ([5, -8, -40], "You multiplied the two paths. Across paths, add."),
        ([5, -8, 5], "You forgot a path, the one through v. Add its product."),
        ([5, -8, -8], "You forgot a path, the one through u. Add its product."),
        ([5, -8, 13], "You took -8 away. The minus of u - v is in the -8 already, so add it."),
    )


def a_cube() -> Exercise:
    """6. x * x * x: parallel arrows are different paths."""
    x = Value(2, "x")
    y = x * x * x
    y.backward()
    products = [path.derivative for path in paths(y, x)]
    return Numbers(
        [len(products), products[0], x.grad],
        "Draw two boxes with a × in them. Two arrows enter each; follow them all down to x.",
        "3 times x² is what school says too: three paths, and x² along each.",
        ([1, None, None], "You forgot paths: every x in x * x * x is an arrow of its own."),
        ([2, None, None], "You forgot a path: two go through the first ×, and one goes past it."),
        ([None, 8, None], "8 is the value of y. The path to one x multiplies the two others."),
        ([None, 2, None], "You forgot a factor: the path to one x multiplies the two others."),
        ([3, 4, 4], "4 is one path. There are three: add them."),
        ([3, 4, 64], "You multiplied the paths. Across paths, add."),
    )


def boxes() -> tuple[Value, Value, Value, Value]:
    """The graph of exercises 7 and 8: x, a, b, c."""
    x = Value(3, "x")
    a = x + 2
    b = a * x
    c = b - a
    a.label, b.label, c.label = "a", "b", "c"
    return x, a, b, c


def a_backward_pass() -> Exercise:
    """7. A backward pass by hand."""
    x, a, b, c = boxes()
    c.backward()
    return Numbers(
        [b.grad, a.grad, x.grad],
        "c sends to b and a, then b sends to a and x, then a sends to x. At each box, first add up "
        "all that arrives, then send it on: times the local derivative of the arrow.",
        "You have done what backward() does.",
        ([-1, None, None], "b: The sign. The -1 stands on the arrow from a."),
        ([None, 3, None], "a: You forgot a path. Not only b uses a; c does too, and sends -1."),
        ([None, -1, None], "a: You forgot a path. Not only c uses a; b does too, and sends 1 * 3."),
        ([None, 4, None], "a: The sign. c = b - a falls when a grows, so c sends -1."),
        ([None, -3, None], "a: You multiplied what arrives. Across paths, add: -1 + 3."),
        ([None, 2, 2], "x: You forgot a path. Not only a uses x; b does too, and sends 1 * 5."),
        ([None, 2, 5], "x: You forgot a path. Not only b uses x; a does too, and sends its 2 on."),
        ([None, 2, 10], "x: You multiplied what arrives. Across paths, add: 5 + 2."),
    )


def in_a_hurry() -> Exercise:
    """8. The same boxes in the wrong order."""
    x, a, b, c = boxes()
    c.grad = 1.0
    for box in c, a, b:
        box.propagate()
    return Numbers(
        x.grad,
        "Play it. When a sends, it has only what c gave it; what b brings comes too late.",
        "One path is lost, from c by b and a to x. Its product is 3, and 7 - 3 = 4.",
        (7, "7 is what the right order gives. What does a have at the moment when it sends?"),
        (5, "You forgot a path: 5 is what b sends, but a has sent something before."),
        (6, "The sign: what a has when it sends is -1."),
        (-1, "You forgot a path: -1 is what a sends, but b sends 1 * 5 after that."),
        (3, "3 is what b brings to a, too late. What reaches x?"),
        (2, "2 is what a has in the end, too late. What reaches x?"),
    )


def a_polynomial() -> Exercise:
    """9. The gradient of x**2 * y + y as a function."""
    return Gradient(
        lambda x, y: x**2 * y + y,
        {"x": 3.0, "y": 5.0},
        "Let only x move, as if y were a plain number; then the other way round.",
        "y stands in f twice: one path brings x², the other brings 1.",
        ([None, 9], "y: You forgot a path. The y at the end moves f too."),
        ([None, 1], "y: You forgot a path. The y behind x² moves f too."),
        ([15, None], "x: You forgot the 2, which comes down from x**2."),
        ([6, None], "x: You forgot a factor of the chain. x² moves f as fast as y says."),
        ([31, None], "x: One term too many. The y at the end does not move with x."),
        ([35, None], "x: One term too many. The y at the end does not move with x."),
        ([-30, None], "x: The sign. f climbs when x grows, here."),
        ([10, 30], "The right formulas, in each other's place."),
    )


def almost_a_neuron() -> Exercise:
    """10. The gradient of a square of w*x + b - 1, from r."""
    return Gradient(
        lambda w, x, b: (w * x + b - 1) ** 2,
        {"w": 0.4, "x": 3.0, "b": 2.0},
        "Two arrows on each path. The square moves 2r times as fast as r; and r, how fast with w?",
        "2r is common to all three; only the last factor differs.",
        ([4.4, None, None], "w: You forgot a factor of the chain. r moves x times as fast as w."),
        ([None, 4.4, None], "x: You forgot a factor of the chain. r moves w times as fast as x."),
        ([3, 0.4, 1], "You forgot a factor of the chain: the square moves 2r times as fast as r."),
        ([6.6, 0.88, 2.2], "You forgot the 2: the square moves 2r times as fast as r."),
        ([-13.2, -1.76, -4.4], "The sign: where r is positive, g climbs when r grows."),
        ([1.76, 13.2, None], "w and x are in each other's place: r moves x times as fast as w."),
        ([5.28, None, None], "w: r moves x times as fast as w, and not w * x times."),
        made=lambda from_r: lambda w, x, b: from_r(w * x + b - 1, w, x),
    )


def a_bump() -> Exercise:
    """11. The rule of 1/(1 + x**2)."""
    return Rules(
        (2.0,),
        "Two steps: n = 1 + x² moves 2x times as fast as x, 1/n moves -1/n² times as fast as n.",
        "And 1/n² is z². From now on bump(v) has a gradient, in every graph.",
        ([0.16], "The sign: to the right of 0, z falls when x grows."),
        ([-0.04], "You forgot a factor of the chain: 1 + x² moves 2x times as fast as x."),
        ([-4], "You forgot a factor of the chain: 1/n moves -1/n² times as fast as n."),
        ([4], "You forgot a factor of the chain: 1/n moves -1/n² times as fast as n."),
        ([-0.8], "1/n moves -1/n² times as fast as n, and that is -z**2; you have -z."),
        ([-0.08], "You forgot the 2: x² moves 2x times as fast as x."),
    )


def a_share() -> Exercise:
    """12. The rules of x/(x + y), of which one was wrong."""
    return Rules(
        (3.0, 2.0),
        "Argument 0 is x, argument 1 is y. x stands above the line and below it: two paths.",
        "1/(x + y) from above the line, and -x/(x + y)² from below it: y/(x + y)².",
        ([0.2, None], "x: This is the faulty rule. It forgot a path: x stands below the line too."),
        (
            [-0.12, None],
            "x: You forgot a path. This is the x below the line; add the one above it.",
        ),
        ([0.32, None], "x: The sign. When x grows below the line, the share falls: -x/(x + y)²."),
        ([-0.08, None], "x: The sign. The more I put in, the larger my share."),
        ([0.4, None], "x: y/(x + y) is your share. It must be divided by x + y once more."),
        ([None, 0.12], "y: The sign. The more you put in, the smaller my share."),
        ([None, -0.2], "y: This rule was right as it stood: -x / (x + y) ** 2."),
        ([None, -0.6], "y: The x + y below the line is squared."),
        ([-0.12, 0.08], "The right numbers, in each other's place."),
    )


def a_neuron_and_its_loss() -> Exercise:
    """13. A neuron of two inputs, from its delta."""
    v1, v2, v3 = Value(0.2), Value(0.3), Value(0.5)
    a = v1 * 3.0 + v2 * -2.0 + v3
    half_squared_error(tanh(a), 1.0).backward()
    d, slope = a.grad, 1 - tanh(0.5) ** 2
    return Numbers(
        [d, v1.grad, v2.grad, v3.grad],
        "E moves z - y times as fast as z, and z moves 1 - z² times as fast as a. Their product is "
        "delta. From a, one more arrow leads to each of w1, w2 and b.",
        "Every weight gets delta times its own input.",
        ([-d, None, None, None], "delta: The sign. E moves z - y times as fast as z, not y - z."),
        ([d / slope, None, None, None], "delta: You forgot a factor of the chain, the tanh."),
        ([slope, None, None, None], "delta: You forgot a factor of the chain, the loss."),
        ([d, d, None, None], "w1: You forgot a factor of the chain, its input x1."),
        ([d, None, d, None], "w2: You forgot a factor of the chain, its input x2."),
        ([d, None, d * 2, None], "w2: The sign. Its input is -2."),
    )


def the_surprise() -> Exercise:
    """14. The gradient of softmax cross-entropy, from the probabilities."""
    s = [1.0, 2.0, 0.5]
    p = softmax(s)
    return Gradient(
        lambda s: softmax_cross_entropy(s, 1),
        {"s": s},
        "The log of a sum moves, with s0, as fast as e^s0 / (the sum) says. What is that quotient?",
        "Probability minus truth: softmax and this loss were made for each other.",
        ([None, p[1], None], "s1: You forgot a path. The loss has - s1 at its end as well."),
        ([None, -1, None], "s1: You forgot a path. s1 stands in the sum as well."),
        ([None, 1 - p[1], None], "s1: The sign. When the right score grows, the loss falls."),
        ([0, None, 0], "s0, s2: You forgot a path. They stand in the sum."),
        ([-p[0], None, -p[2]], "s0, s2: The sign. When a wrong score grows, so does the loss."),
        ([p[0] - 1, None, p[2] - 1], "s0, s2: The -1 belongs to the right class alone."),
        ([None, -1 / p[1], None], "s1: You forgot a factor of the chain: how p1 moves with s1."),
        made=lambda from_p: lambda s: from_p(softmax(s)),
    )


def a_step_downhill() -> Exercise:
    """15. A step of gradient descent."""
    w = Value(1, "w")
    loss = half_squared_error(3 * w, 6.0)
    loss.backward()
    SGD([w], learning_rate=0.1).step()
    fallen = half_squared_error(3 * w.data, 6.0)
    return Numbers(
        [w.grad, w.data],
        "E moves 3w - 6 times as fast as 3w, and 3w moves 3 times as fast as w. "
        "Then w goes against the gradient: w - rate * gradient.",
        f"The loss falls from {loss.data:g} to {fallen:.3g}, in a single step.",
        ([-3, None], "gradient: You forgot a factor of the chain. 3w moves 3 times as fast as w."),
        ([9, None], "gradient: The sign. At w = 1 the output 3 is below 6, so E falls if w grows."),
        ([-9, 0.1], "w: The sign. You went uphill; the step is minus rate times gradient."),
        ([-9, 10], "w: You forgot the learning rate. Only a tenth of the gradient is gone."),
    )


EXERCISES = (
    rectangle,
    four_operations,
    tanh_by_its_output,
    one_path,
    two_paths,
    a_cube,
    a_backward_pass,
    in_a_hurry,
    a_polynomial,
    almost_a_neuron,
    a_bump,
    a_share,
    a_neuron_and_its_loss,
    the_surprise,
    a_step_downhill,
)
