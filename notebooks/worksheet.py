"""The worksheet and its answers, both made from the one list of cells below.

    python notebooks/worksheet.py            says whether the two notebooks are what is made from it
    python notebooks/worksheet.py --write    makes and runs them (needs the extra `notebooks`)

A blank stands in code as <<answer>>: `...` in the worksheet, the answer itself in the answers.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent
FILES = {False: "13_worksheet.ipynb", True: "14_worksheet_answers.ipynb"}
BLANK = re.compile(r"<<(.+?)>>")


class Cell(NamedTuple):
    """A cell, and whether it stands in the worksheet, in the answers, or in both.

    `checks` is the number of the exercise whose answer it looks at, 0 for any other cell; `folded`
    hides its source in the worksheet until somebody opens it.
    """

    kind: str
    source: str
    worksheet: bool = True
    answers: bool = True
    checks: int = 0
    folded: bool = False


def text(source: str) -> Cell:
    """Markdown, in both."""
    return Cell("markdown", source)


def pupils(source: str) -> Cell:
    """Markdown, in the worksheet only."""
    return Cell("markdown", source, answers=False)


def teacher(source: str) -> Cell:
    """Markdown, in the answers only: the way to an answer."""
    return Cell("markdown", source, worksheet=False)


def code(source: str) -> Cell:
    """Code, in both; its blanks are <<answers>>."""
    return Cell("code", source)


def helper(source: str) -> Cell:
    """Code that reads answers, in both; folded in the worksheet."""
    return Cell("code", source, folded=True)


def picture(source: str) -> Cell:
    """Code, in the answers only: from the edges of a picture the answer can be read."""
    return Cell("code", source, worksheet=False)


def check(number: int, source: str) -> Cell:
    """What looks at an answer: folded in the worksheet, open and asserted in the answers."""
    return Cell("code", source, checks=number, folded=True)


# ---- the cells -----------------------------------------------------------------------------------
# fmt: off

CELLS = [
pupils("""# 13. Worksheet: gradients by hand

Fifteen exercises, from one multiplication to a step of learning. About 80 minutes, or two lessons
of 40 (A to C, D to F). Needs: notebook 1, *Values and graphs*, or the lesson of notebook 12.

**How it works.** Replace every `...` by a number or a formula, and run the cell (Shift + Enter).
Then run the cell below it. That one is folded; it looks at your answer and says what it thinks of
it. If that is *not yet*, read on, think, and try again. Three digits are enough.

(The folded cells hold the usual mistakes. You may look; but try first.)"""),

teacher("""# 14. Worksheet: the answers

For the teacher: the worksheet of notebook 13 with its blanks filled in, with a way to each answer,
and with the cells that look at the answers unfolded. The last lines of such a cell are **the
mistakes that pupils make**, each with what the worksheet says to it.

About 80 minutes: 12 for part A, 16 for B, 12 for C, 12 for D, 13 for E, 15 for F.

Both notebooks are made from one list, in `worksheet.py` beside them. To change an exercise, change
it there, and run `python notebooks/worksheet.py --write`."""),

text("""## Before you begin

Run the next six cells. There is nothing to fill in: they are what reads your answers."""),

code("""from math import atanh, isclose
from textwrap import fill

from autograd import Operation, Value, assert_gradcheck, check_operation, grad, paths, tanh
from nn import SGD, half_squared_error
from viz import draw

done = {}       # for each exercise, by its number: is the answer right?"""),

helper('''def flat(x):
    """Numbers, however nested, as one list."""
    return [n for item in x for n in flat(item)] if isinstance(x, (list, tuple)) else [x]


def agree(given, wanted):
    """Whether two lists hold the same numbers, to three digits; None stands for any number."""
    return len(given) == len(wanted) and all(
        w is None or isclose(g, w, rel_tol=2e-3, abs_tol=1e-9) for g, w in zip(given, wanted)
    )'''),

helper('''def judge(number, given, confirm, hint, because, slips):
    """Say what there is to say to an answer; a slip is a wrong answer, and what helps."""
    given, right = flat(given), False
    if any(x is ... for x in given):
        say = f"… Exercise {number} is still open. Hint: {hint}"
    elif not all(isinstance(x, (int, float)) for x in given):
        say = f"✗ Exercise {number}: numbers are wanted here (of a Value v, that is v.data)."
    elif confirm():
        say, right = f"✓ Exercise {number}: right. {because}", True
    else:
        known = [words for slip, words in slips if agree(given, flat(slip))]
        say = f"✗ Exercise {number}: not yet. {' '.join(known) or hint}"
    done[number] = right
    print(fill(say, 92))'''),

helper('''def check(number, answer, right, hint, because, *slips):
    """Numbers, against those of the engine."""
    judge(number, answer, lambda: agree(flat(answer), flat(right)), hint, because, slips)


def outcome(f, *numbers, **named):
    """What a function of yours gives; ... where a blank inside it is still open."""
    try:
        return f(*numbers, **named)
    except TypeError as error:
        if "ellipsis" in str(error):
            return ...
        raise'''),

helper('''def check_gradient(number, f, at, by_hand, hint, because, *slips):
    """A gradient by hand, against numbers from outside: f, with each input moved a little."""
    def confirm():
        try:
            assert_gradcheck(f, at, gradient=by_hand)
        except (AssertionError, ValueError) as report:
            print(report)
            return False
        return True

    judge(number, outcome(by_hand, **at), confirm, hint, because, slips)'''),

helper('''def check_rule(number, operation, at, hint, because, *slips):
    """The rules of an operation, tried at many points; a slip is what they give at this one."""
    def confirm():
        report = check_operation(operation)
        if not report:
            print(f"{operation.name} is not right yet: {report.problems[0]}")
        return report.ok

    given = outcome(operation.differentiate, at, operation(*at))
    judge(number, given, confirm, hint, because, slips)'''),

# ---- A -------------------------------------------------------------------------------------------

text("""## A. Local derivatives

**Exercise 1.** A rectangle has the sides $a = 3$ and $b = 5$, and the area $c = a b$. How fast
does $c$ move when only $a$ moves? And when only $b$ moves?"""),

code("""by_a = <<5>>
by_b = <<3>>"""),

check(1, """area = Value(3) * Value(5)
check(1, [by_a, by_b], area.local_derivatives,
      "draw the rectangle and let one side grow a little. How long is the strip that is new?",
      "In a product, each factor makes it move as fast as the other factor says.",
      ([3, 5], "The right numbers, the other way round: when a grows, the new strip has length b."),
      ([1, 1], "1 and 1 belong to a sum, a + b. How long is the new strip of a rectangle?"),
      ([15, 15], "15 is the area itself. How fast does it move?"))"""),

teacher(r"""When $a$ grows by a little $h$, a strip of length $b$ and width $h$ is added:
$\partial c/\partial a = b = 5$. In the same way $\partial c/\partial b = a = 3$."""),

text(r"""**Exercise 2.** Four operations on $x = 2$. What is the local derivative of each?

$$p = x^3 \qquad q = \frac{1}{x} \qquad r = -x \qquad s = 5x$$"""),

code("""by_p = <<12>>
by_q = <<-1 / 4>>
by_r = <<-1>>
by_s = <<5>>"""),

check(2, """rules = (lambda x: x**3, lambda x: 1 / x, lambda x: -x, lambda x: 5 * x)
check(2, [by_p, by_q, by_r, by_s], [grad(f)(2.0) for f in rules],
      "which way does it go when x grows a little, and how many times as fast as x?",
      "Two of the four fall when x grows: their derivatives are negative.",
      ([8, None, None, None], "p: 8 is the value of x**3. How fast does it move?"),
      ([6, None, None, None], "p: it is 3 times x squared; you have 3 times x."),
      ([4, None, None, None], "p: you have x squared. The 3 comes down in front of it."),
      ([None, 1 / 4, None, None], "q: the sign. When x grows, 1/x falls."),
      ([None, 1 / 2, None, None], "q: 1/2 is the value of 1/x. How fast does it move?"),
      ([None, -1 / 2, None, None], "q: it is -1 over x squared; you have -1 over x."),
      ([None, None, 1, None], "r: the sign. When x grows, -x falls."),
      ([None, None, -2, None], "r: -2 is the value of -x. How fast does it move?"),
      ([None, None, None, 10], "s: 10 is the value of 5x. How fast does it move?"))"""),

teacher(r"""$3x^2 = 12$; $-1/x^2 = -\frac14$; $-1$; $5$. The most frequent mistake is the value in
place of the derivative. Two questions help, side by side: *what is it worth?* and *how fast does
it move?*"""),

text(r"""**Exercise 3.** The rule of $z = \tanh a$ uses the output:
$\partial z/\partial a = 1 - z^2$. A $\tanh$ has put out $z = 0.6$. What is its local derivative?
(Nobody needs to know $a$.)"""),

code("""by_tanh = <<1 - 0.6**2>>"""),

check(3, """check(3, by_tanh, tanh(Value(atanh(0.6))).local_derivatives[0],
      "square the output, and take that away from 1.",
      "The forward pass had z anyway, so the rule costs next to nothing.",
      (0.4, "You have 1 - z; the rule is 1 - z * z."),
      (0.36, "You have z * z; take it away from 1."),
      (1 - tanh(0.6) ** 2, "You took the tanh once more. 0.6 is its output z already."),
      (-0.64, "The sign: tanh climbs everywhere, so its derivative is never negative."))"""),

teacher(r"""$1 - 0.6^2 = 0.64$. The input was $a = \operatorname{artanh} 0.6 \approx 0.693$; the
rule does not ask for it."""),

# ---- B -------------------------------------------------------------------------------------------

text("""## B. Along a path, across paths

**Exercise 4.** One path: $a = 3x + 1$, then $b = a^2$, then $y = 10 - b$, at $x = 2$. How fast
does $y$ move with $x$?"""),

code("""along = <<-1 * 14 * 3>>"""),

check(4, """x = Value(2, "x")
y = 10 - (3 * x + 1) ** 2
y.backward()
check(4, along, x.grad,
      "write the local derivative on each of the three arrows, then multiply along the path.",
      "-1 * 14 * 3: along a path, multiply.",
      (42, "The sign: y = 10 - b falls when b grows, so that arrow carries -1."),
      (-14, "You forgot a factor of the chain: a = 3x + 1 moves 3 times as fast as x."),
      (-3, "You forgot a factor of the chain: b = a**2 moves 2a times as fast as a."),
      (14 * 3 - 1, "You multiplied two arrows and added the third. Multiply all three."),
      (-12, "b = a**2 moves 2a times as fast as a, and a is 7 here; you put x there."),
      (16, "You added -1, 14 and 3. Along a path, multiply; sums are for different paths."),
      (-39, "-39 is the value of y. How fast does it move?"))"""),

teacher(r"""$a = 7$, so the arrows carry $-1$, $2a = 14$ and $3$; their product is $-42$. (In the
picture the $+\,1$ is a box of its own. Its arrow carries 1 and changes nothing.)"""),

picture("""draw(y)"""),

text("""**Exercise 5.** Two paths: $u = 5x$ and $v = x^2$, then $y = u - v$, at $x = 4$. What is
the product along the path through $u$? Along the one through $v$? What is the gradient at $x$?"""),

code("""through_u = <<1 * 5>>
through_v = <<-1 * 8>>
across = <<5 - 8>>"""),

check(5, """x = Value(4, "x")
y = 5 * x - x**2
y.backward()
check(5, [through_u, through_v, across], [*[path.derivative for path in paths(y, x)], x.grad],
      "there are two arrows on each path. Multiply along each, then add the two products.",
      "Along a path multiply, across paths add.",
      ([-5, None, None], "Through u: the sign. y = u - v climbs when u grows."),
      ([None, 8, None], "Through v: the sign. y = u - v falls when v grows: its arrow carries -1."),
      ([None, -16, None], "Through v: 16 is the value of v. It moves 2x times as fast as x."),
      ([5, -8, -40], "You multiplied the two paths. Across paths, add."),
      ([5, -8, 5], "You forgot a path, the one through v. Add its product."),
      ([5, -8, -8], "You forgot a path, the one through u. Add its product."),
      ([5, -8, 13], "You took -8 away. The minus of u - v is in the -8 already, so add it."))"""),

teacher(r"""Through $u$: $1 \cdot 5$. Through $v$: $-1 \cdot 2x = -8$. Their sum is $-3$. *Why
add?* Let $x$ move by a little $h$: through $u$ alone $y$ moves by $5h$, through $v$ alone by
$-8h$, and both happen."""),

picture("""draw(y)"""),

text(r"""**Exercise 6.** $y = x \cdot x \cdot x$ at $x = 2$; Python reads it as
$(x \cdot x) \cdot x$. How many paths lead from $y$ to $x$? What is the product along each? (It is
the same for all.) What is the gradient?"""),

code("""how_many = <<3>>
each = <<2 * 2>>
together = <<3 * 4>>"""),

check(6, """x = Value(2, "x")
y = x * x * x
y.backward()
products = [path.derivative for path in paths(y, x)]
check(6, [how_many, each, together], [len(products), products[0], x.grad],
      "draw two boxes with a × in them. Two arrows enter each; follow them all down to x.",
      "3 times x² is what school says too: three paths, and x² along each.",
      ([1, None, None], "You forgot paths: every x in x * x * x is an arrow of its own."),
      ([2, None, None], "You forgot a path: two go through the first ×, and one goes past it."),
      ([None, 8, None], "8 is the value of y. The path to one x multiplies the two others."),
      ([None, 2, None], "You forgot a factor: the path to one x multiplies the two others."),
      ([3, 4, 4], "4 is one path. There are three: add them."),
      ([3, 4, 64], "You multiplied the paths. Across paths, add."))"""),

teacher(r"""Two paths go through the inner product, each $2 \cdot 2$; one comes straight from the
outer product, with $x \cdot x = 4$. Parallel arrows are different paths.
$4 + 4 + 4 = 12 = 3x^2$."""),

picture("""draw(y)"""),

# ---- C -------------------------------------------------------------------------------------------

text("""## C. A backward pass by hand

**Exercise 7.** $a = x + 2$, then $b = a x$, then $c = b - a$, at $x = 3$. The local derivatives
stand on the arrows. The gradient of $c$ is 1: send it back. What arrives at $b$, at $a$, and at
$x$?"""),

code('''def boxes():
    """The graph of exercises 7 and 8."""
    x = Value(3, "x")
    a = x + 2
    b = a * x
    c = b - a
    a.label, b.label, c.label = "a", "b", "c"
    return x, a, b, c


draw(boxes()[-1])'''),

code("""at_b = <<1>>
at_a = <<-1 + 3>>
at_x = <<5 + 2>>"""),

check(7, """x, a, b, c = boxes()
c.backward()
check(7, [at_b, at_a, at_x], [b.grad, a.grad, x.grad],
      "c sends to b and a, then b sends to a and x, then a sends to x. At each box, first add up "
      "all that arrives, then send it on: times the local derivative of the arrow.",
      "You have done what backward() does.",
      ([-1, None, None], "b: the sign. The -1 stands on the arrow from a."),
      ([None, 3, None], "a: you forgot a path. Not only b uses a; c does too, and sends -1."),
      ([None, -1, None], "a: you forgot a path. Not only c uses a; b does too, and sends 1 * 3."),
      ([None, 4, None], "a: the sign. c = b - a falls when a grows, so c sends -1."),
      ([None, -3, None], "a: you multiplied what arrives. Across paths, add: -1 + 3."),
      ([None, 2, 2], "x: you forgot a path. Not only a uses x; b does too, and sends 1 * 5."),
      ([None, 2, 5], "x: you forgot a path. Not only b uses x; a does too, and sends its 2 on."),
      ([None, 2, 10], "x: you multiplied what arrives. Across paths, add: 5 + 2."))"""),

teacher(r"""$c$ sends $1 \cdot 1$ to $b$ and $1 \cdot (-1)$ to $a$. Then $b$ sends $1 \cdot 3$ to
$a$ and $1 \cdot 5$ to $x$. Now $a$ has all it will ever get, $-1 + 3 = 2$, and sends $2 \cdot 1$
to $x$: $5 + 2 = 7$.

By algebra: $c = (x + 2)x - (x + 2) = x^2 + x - 2$, and $2x + 1 = 7$."""),

picture("""draw(c)"""),

text("""**Exercise 8.** The same boxes, but $a$ is in a hurry and sends *before* $b$: first $c$,
then $a$, then $b$. There is no error message. Which number does $x$ have in the end?"""),

code("""in_a_hurry = <<-1 + 5>>"""),

check(8, """x, a, b, c = boxes()
c.grad = 1.0
for box in c, a, b:
    box.propagate()
check(8, in_a_hurry, x.grad,
      "play it. When a sends, it has only what c gave it; what b brings comes too late.",
      "One path is lost, from c by b and a to x. Its product is 3, and 7 - 3 = 4.",
      (7, "7 is what the right order gives. What does a have at the moment when it sends?"),
      (5, "You forgot a path: 5 is what b sends, but a has sent something before."),
      (6, "The sign: what a has when it sends is -1."),
      (-1, "You forgot a path: -1 is what a sends, but b sends 1 * 5 after that."),
      (3, "3 is what b brings to a, too late. What reaches x?"),
      (2, "2 is what a has in the end, too late. What reaches x?"))"""),

teacher(r"""$a$ sends on the $-1$ that $c$ gave it; then $b$ sends $5$ to $x$. The $3$ that $b$
brings to $a$ stays there. A wrong order does not crash. It loses paths."""),

# ---- D -------------------------------------------------------------------------------------------

text("""## D. A gradient by hand

Now the answers are formulas, and the judge is a number from outside: `assert_gradcheck` moves each
input a little, sees how $f$ moves, and compares. Where you are wrong it says by how much:
*analytic* is yours, *numeric* is the truth.

**Exercise 9.** $f(x, y) = x^2 y + y$. Write its two derivatives."""),

code("""def f(x, y):
    return x**2 * y + y


def f_by_hand(x, y):
    by_x = <<2 * x * y>>
    by_y = <<x**2 + 1>>
    return [by_x, by_y]"""),

check(9, """check_gradient(9, f, {"x": 3.0, "y": 5.0}, f_by_hand,
      "let only x move, as if y were a plain number; then the other way round.",
      "y stands in f twice: one path brings x², the other brings 1.",
      ([None, 9], "y: you forgot a path. The y at the end moves f too."),
      ([None, 1], "y: you forgot a path. The y behind x² moves f too."),
      ([15, None], "x: you forgot the 2, which comes down from x**2."),
      ([6, None], "x: you forgot a factor of the chain. x² moves f as fast as y says."),
      ([31, None], "x: one term too many. The y at the end does not move with x."),
      ([35, None], "x: one term too many. The y at the end does not move with x."),
      ([-30, None], "x: the sign. f climbs when x grows, here."),
      ([10, 30], "The right formulas, in each other's place."))"""),

teacher(r"""$\partial f/\partial x = 2xy$ and $\partial f/\partial y = x^2 + 1$. The check runs at
$x = 3$, $y = 5$: 30 and 10."""),

text("""**Exercise 10.** $g(w, x, b) = r^2$ with $r = wx + b - 1$: almost a neuron and its loss.
Write its three derivatives."""),

code("""def g(w, x, b):
    return (w * x + b - 1) ** 2


def from_r(r, w, x):
    by_w = <<2 * r * x>>
    by_x = <<2 * r * w>>
    by_b = <<2 * r>>
    return [by_w, by_x, by_b]


def g_by_hand(w, x, b):
    return from_r(w * x + b - 1, w, x)"""),

check(10, """check_gradient(10, g, {"w": 0.4, "x": 3.0, "b": 2.0}, g_by_hand,
      "two arrows on each path. The square moves 2r times as fast as r; and r, how fast with w?",
      "2r is common to all three; only the last factor differs.",
      ([4.4, None, None], "w: you forgot a factor of the chain. r moves x times as fast as w."),
      ([None, 4.4, None], "x: you forgot a factor of the chain. r moves w times as fast as x."),
      ([3, 0.4, 1], "You forgot a factor of the chain: the square moves 2r times as fast as r."),
      ([6.6, 0.88, 2.2], "You forgot the 2: the square moves 2r times as fast as r."),
      ([-13.2, -1.76, -4.4], "The sign: where r is positive, g climbs when r grows."),
      ([1.76, 13.2, None], "w and x are in each other's place: r moves x times as fast as w."),
      ([5.28, None, None], "w: r moves x times as fast as w, and not w * x times."))"""),

teacher(r"""$\partial g/\partial w = 2r\,x$, $\partial g/\partial x = 2r\,w$,
$\partial g/\partial b = 2r$. At $w = 0.4$, $x = 3$, $b = 2$ the residual is $r = 2.2$, and the
three are 13.2, 1.76 and 4.4."""),

# ---- E -------------------------------------------------------------------------------------------

text(r"""## E. Rules

An `Operation` is a forward rule and, for each argument, a rule for its derivative, which may use
the inputs and the output $z$. `check_operation` tries the rules at a few hundred points.

**Exercise 11.** The derivative of $z = \dfrac{1}{1 + x^2}$ is missing. (It can be said shortly
with $z$.)"""),

code("""def bump_rule(x, z):
    return <<-2 * x * z**2>>


bump = Operation("bump", lambda x: 1 / (1 + x * x), bump_rule)"""),

check(11, """check_rule(11, bump, [2.0],
      "two steps: n = 1 + x² moves 2x times as fast as x, and 1/n moves -1/n² times as fast as n.",
      "And 1/n² is z². From now on bump(v) has a gradient, in every graph.",
      ([0.16], "The sign: to the right of 0, z falls when x grows."),
      ([-0.04], "You forgot a factor of the chain: 1 + x² moves 2x times as fast as x."),
      ([-4], "You forgot a factor of the chain: 1/n moves -1/n² times as fast as n."),
      ([4], "You forgot a factor of the chain: 1/n moves -1/n² times as fast as n."),
      ([-0.8], "1/n moves -1/n² times as fast as n, and that is -z**2; you have -z."),
      ([-0.08], "You forgot the 2: x² moves 2x times as fast as x."))"""),

teacher(r"""With $n = 1 + x^2$ the steps are $-1/n^2 = -z^2$ and $2x$; their product is $-2xz^2$.
At $x = 2$ that is $-0.16$."""),

text(r"""**Exercise 12.** Somebody wrote the rules of $z = \dfrac{x}{x + y}$, my share when I put
in $x$ and you put in $y$ (both at least 1). One of the two is wrong. Read what
`gradcheck` finds."""),

code("""from autograd import gradcheck

their_share = Operation(
    "their_share",
    lambda x, y: x / (x + y),
    lambda x, y, z: 1 / (x + y),            # by x
    lambda x, y, z: -x / (x + y) ** 2,      # by y
)
print(gradcheck(their_share, [3.0, 2.0]))"""),

text("""Copy the good rule, and repair the other."""),

code("""def by_mine(x, y, z):
    return <<y / (x + y) ** 2>>


def by_yours(x, y, z):
    return <<-x / (x + y) ** 2>>


share = Operation("share", lambda x, y: x / (x + y), by_mine, by_yours,
                  domain=lambda x, y: (x >= 1) & (y >= 1))"""),

check(12, """check_rule(12, share, [3.0, 2.0],
      "argument 0 is x, argument 1 is y. x stands above the line and below it: two paths.",
      "1/(x + y) from above the line, and -x/(x + y)² from below it: y/(x + y)².",
      ([0.2, None], "x: this is the faulty rule. It forgot a path: x stands below the line too."),
      ([-0.12, None], "x: you forgot a path. This is the x below the line; add the one above it."),
      ([0.32, None], "x: the sign. When x grows below the line, the share falls: -x/(x + y)²."),
      ([-0.08, None], "x: the sign. The more I put in, the larger my share."),
      ([0.4, None], "x: y/(x + y) is your share. It must be divided by x + y once more."),
      ([None, 0.12], "y: the sign. The more you put in, the smaller my share."),
      ([None, -0.2], "y: this rule was right as it stood: -x / (x + y) ** 2."),
      ([None, -0.6], "y: the x + y below the line is squared."),
      ([-0.12, 0.08], "The right numbers, in each other's place."))"""),

teacher(r"""The report names argument 0: used 0.2, should be 0.08. The faulty rule saw only the $x$
above the line; the $x$ below it is a second path.

$$\frac{\partial z}{\partial x} = \frac{1}{x + y} - \frac{x}{(x + y)^2} = \frac{y}{(x + y)^2}$$

At $x = 3$, $y = 2$: $0.2 - 0.12 = 0.08$."""),

# ---- F -------------------------------------------------------------------------------------------

text(r"""## F. A neuron learns

**Exercise 13.** A neuron with two inputs: $a = w_1 x_1 + w_2 x_2 + b$, then $z = \tanh a$; the
target is $y = 1$, the loss $E = \frac12 (z - y)^2$. With the numbers below $a = 0.5$. Find
$\delta = \partial E/\partial a$ first, and then the other three from it."""),

code("""x1, x2, y = 3.0, -2.0, 1.0
w1, w2, bias = 0.2, 0.3, 0.5
z = tanh(w1 * x1 + w2 * x2 + bias)

delta = <<(z - y) * (1 - z**2)>>
by_w1 = <<delta * x1>>
by_w2 = <<delta * x2>>
by_bias = <<delta>>"""),

check(13, """v1, v2, v3 = Value(0.2), Value(0.3), Value(0.5)
a = v1 * 3.0 + v2 * -2.0 + v3
half_squared_error(tanh(a), 1.0).backward()
d, slope = a.grad, 1 - tanh(0.5) ** 2
check(13, [delta, by_w1, by_w2, by_bias], [d, v1.grad, v2.grad, v3.grad],
      "E moves z - y times as fast as z, and z moves 1 - z² times as fast as a. Their product is "
      "delta. From a, one more arrow leads to each of w1, w2 and b.",
      "Every weight gets delta times its own input.",
      ([-d, None, None, None], "delta: the sign. E moves z - y times as fast as z, not y - z."),
      ([d / slope, None, None, None], "delta: you forgot a factor of the chain, the tanh."),
      ([slope, None, None, None], "delta: you forgot a factor of the chain, the loss."),
      ([d, d, None, None], "w1: you forgot a factor of the chain, its input x1."),
      ([d, None, d, None], "w2: you forgot a factor of the chain, its input x2."),
      ([d, None, d * 2, None], "w2: the sign. Its input is -2."))"""),

teacher(r"""$z = \tanh 0.5 = 0.4621$. $\delta = (z - y)(1 - z^2) = -0.5379 \cdot 0.7864 = -0.4230$.
Then $\partial E/\partial w_1 = \delta x_1 = -1.269$,
$\partial E/\partial w_2 = \delta x_2 = 0.846$, $\partial E/\partial b = \delta$. The letters are
Bradbury's: his $\delta$ is the gradient at $a$, before the activation function."""),

text(r"""**Exercise 14.** A network gives one number for each of three classes, $s_0, s_1, s_2$.
Softmax makes probabilities of them, $p_i = e^{s_i} / (e^{s_0} + e^{s_1} + e^{s_2})$. The right
class is number 1. The loss is the surprise $-\log p_1 = \log(e^{s_0} + e^{s_1} + e^{s_2}) - s_1$.
Write its derivatives by $s_0$, $s_1$ and $s_2$; all you need is `p[0]`, `p[1]` and `p[2]`."""),

code("""from autograd import softmax


def from_p(p):
    by_s0 = <<p[0]>>
    by_s1 = <<p[1] - 1>>
    by_s2 = <<p[2]>>
    return [by_s0, by_s1, by_s2]


def surprise_by_hand(s):
    return from_p(softmax(s))"""),

check(14, """from nn import softmax_cross_entropy

s = [1.0, 2.0, 0.5]
p = softmax(s)
check_gradient(14, lambda s: softmax_cross_entropy(s, 1), {"s": s}, surprise_by_hand,
      "the log of a sum moves, with s0, as fast as e^s0 / (the sum) says. What is that quotient?",
      "Probability minus truth: softmax and this loss were made for each other.",
      ([None, p[1], None], "s1: you forgot a path. The loss has - s1 at its end as well."),
      ([None, -1, None], "s1: you forgot a path. s1 stands in the sum as well."),
      ([None, 1 - p[1], None], "s1: the sign. When the right score grows, the loss falls."),
      ([0, None, 0], "s0, s2: you forgot a path. They stand in the sum."),
      ([-p[0], None, -p[2]], "s0, s2: the sign. When a wrong score grows, so does the loss."),
      ([p[0] - 1, None, p[2] - 1], "s0, s2: the -1 belongs to the right class alone."),
      ([None, -1 / p[1], None], "s1: you forgot a factor of the chain: how p1 moves with s1."))"""),

teacher(r"""$\partial(\log \sum_i e^{s_i})/\partial s_k = e^{s_k}/\sum_i e^{s_i} = p_k$, and the
$-s_1$ brings $-1$ to $s_1$ alone: $p_0$, $p_1 - 1$, $p_2$. They sum to 0: adding the same to all
scores changes nothing."""),

text(r"""**Exercise 15.** A neuron without bias or $\tanh$ puts out $3w$, and the target is 6:
$E = \frac12 (3w - 6)^2$. It stands at $w = 1$. What is the gradient? With a learning rate of 0.1,
where is $w$ after one step downhill?"""),

code("""gradient = <<(3 * 1 - 6) * 3>>
new_w = <<1 - 0.1 * -9>>"""),

check(15, """w = Value(1, "w")
loss = half_squared_error(3 * w, 6.0)
loss.backward()
SGD([w], learning_rate=0.1).step()
fallen = half_squared_error(3 * w.data, 6.0)
check(15, [gradient, new_w], [w.grad, w.data],
      "E moves 3w - 6 times as fast as 3w, and 3w moves 3 times as fast as w. "
      "Then w goes against the gradient: w - rate * gradient.",
      f"The loss falls from {loss.data:g} to {fallen:.3g}, in a single step.",
      ([-3, None], "gradient: you forgot a factor of the chain. 3w moves 3 times as fast as w."),
      ([9, None], "gradient: the sign. At w = 1 the output 3 is below 6, so E falls if w grows."),
      ([-9, 0.1], "w: the sign. You went uphill; the step is minus rate times gradient."),
      ([-9, 10], "w: you forgot the learning rate. Only a tenth of the gradient is gone."))"""),

teacher(r"""$\partial E/\partial w = (3w - 6) \cdot 3 = -9$, so
$w \leftarrow 1 - 0.1 \cdot (-9) = 1.9$, and the loss falls from 4.5 to 0.045. With a rate of 0.3
it would have grown: $w = 3.7$, $E = 13$."""),

text("""## How far did you get?"""),

code("""print(f"{sum(done.values())} of {len(done)} right")
for number, right in done.items():
    print(f"{'✓' if right else '·'} {number}", end="   ")"""),

pupils("""If all are right: invent exercise 16, with two mistakes that your neighbour will make. Or
look into notebook 3, *Checking gradients*, for how a wrong rule is found."""),
]
# fmt: on


# ---- the notebooks -------------------------------------------------------------------------------


def notebook(answers: bool) -> dict[str, Any]:
    """The worksheet or its answers, as the content of an .ipynb file that was not run yet."""
    cells: list[dict[str, Any]] = []
    for cell in CELLS:
        if not (cell.answers if answers else cell.worksheet):
            continue
        source = BLANK.sub(r"\1" if answers else "...", cell.source)
        if cell.checks and answers:
            source += f"\nassert done[{cell.checks}]"
        made: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"cell-{len(cells):02d}",
            "metadata": {"jupyter": {"source_hidden": True}} if cell.folded and not answers else {},
            "source": source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def sources(notebook: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """What is made here of each cell: its kind, source and metadata, but no output."""
    return [(c["cell_type"], "".join(c["source"]), c["metadata"]) for c in notebook["cells"]]


def is_current(answers: bool) -> bool:
    """Whether the committed notebook is what is made from the list."""
    path = FOLDER / FILES[answers]
    if not path.exists():
        return False
    return sources(json.loads(path.read_text(encoding="utf-8"))) == sources(notebook(answers))


def write(answers: bool) -> None:
    """Make a notebook, run it, and write it with its outputs."""
    try:
        import nbclient
        import nbformat
    except ImportError:
        raise ImportError(
            "running notebooks needs more: pip install ipykernel nbclient nbformat"
        ) from None
    made = nbformat.reads(json.dumps(notebook(answers)), as_version=4)
    nbclient.NotebookClient(made, record_timing=False, coalesce_streams=True).execute()
    made.metadata = notebook(answers)["metadata"]  # the kernel's own has its version
    nbformat.write(made, FOLDER / FILES[answers])


def main() -> int:
    """Write both notebooks, or say whether they are current; the exit code says it too."""
    if "--write" in sys.argv[1:]:
        for answers in FILES:
            write(answers)
    for answers, name in FILES.items():
        print(name, "is current" if is_current(answers) else "is not: run this with --write")
    return 0 if all(map(is_current, FILES)) else 1


if __name__ == "__main__":
    sys.exit(main())
