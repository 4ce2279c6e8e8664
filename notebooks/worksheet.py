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

    `checks` is the number of the exercise that it holds, with blanks and with the line that looks
    at what stands in them; 0 for any other cell.
    """

    kind: str
    source: str
    worksheet: bool = True
    answers: bool = True
    checks: int = 0


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
    """Code, in both."""
    return Cell("code", source)


def exercise(number: int, source: str) -> Cell:
    """Code, in both: the blanks of an exercise, and `check`, which looks at the answers."""
    return Cell("code", source, checks=number)


def picture(source: str) -> Cell:
    """Code, in the answers only: from the edges of a picture the answer can be read."""
    return Cell("code", source, worksheet=False)


# ---- the cells -----------------------------------------------------------------------------------
# fmt: off

CELLS = [
pupils("""# 13. Worksheet: gradients by hand

Fifteen exercises, from one multiplication to a step of learning. About 80 minutes, or two lessons
of 40 (A to C, D to F). Needs: notebook 1, *Values and graphs*, or the lesson of notebook 12.

**How it works.** Replace every `...` by a number or a formula, and run the cell (Shift + Enter).
Its last line looks at your answer and says what it thinks of it. If that is *not yet*, read on,
think, and try again. Three digits are enough."""),

teacher("""# 14. Worksheet: the answers

For the teacher: the worksheet of notebook 13 with its blanks filled in, and with a way to each
answer. **The mistakes that pupils make**, and what the worksheet says to each, are in
`chainrule/worksheet/exercises.py`.

About 80 minutes: 12 for part A, 16 for B, 12 for C, 12 for D, 13 for E, 15 for F.

Both notebooks are made from one list, in `worksheet.py` beside them. To change an exercise, change
it there and where its mistakes are, and run `python notebooks/worksheet.py --write`."""),

text("""## Before you begin

Run the next cell. There is nothing to fill in: it fetches what looks at your answers."""),

code("""from autograd import Operation, gradcheck, tanh
from chainrule.worksheet import boxes, check, score
from viz import draw, explore"""),

# ---- A -------------------------------------------------------------------------------------------

text("""## A. Local derivatives

**Exercise 1.** A rectangle has the sides $a = 3$ and $b = 5$, and the area $c = a b$. How fast
does $c$ move when only $a$ moves? And when only $b$ moves?"""),

exercise(1, """by_a = <<5>>
by_b = <<3>>
check(1, by_a, by_b)"""),

teacher(r"""When $a$ grows by a little $h$, a strip of length $b$ and width $h$ is added:
$\partial c/\partial a = b = 5$. In the same way $\partial c/\partial b = a = 3$."""),

text(r"""**Exercise 2.** Four operations on $x = 2$. What is the local derivative of each?

$$p = x^3 \qquad q = \frac{1}{x} \qquad r = -x \qquad s = 5x$$"""),

exercise(2, """by_p = <<12>>
by_q = <<-1 / 4>>
by_r = <<-1>>
by_s = <<5>>
check(2, by_p, by_q, by_r, by_s)"""),

teacher(r"""$3x^2 = 12$; $-1/x^2 = -\frac14$; $-1$; $5$. The most frequent mistake is the value in
place of the derivative. Two questions help, side by side: *what is it worth?* and *how fast does
it move?*"""),

text(r"""**Exercise 3.** The rule of $z = \tanh a$ uses the output:
$\partial z/\partial a = 1 - z^2$. A $\tanh$ has put out $z = 0.6$. What is its local derivative?
(Nobody needs to know $a$.)"""),

exercise(3, """by_tanh = <<1 - 0.6**2>>
check(3, by_tanh)"""),

teacher(r"""$1 - 0.6^2 = 0.64$. The input was $a = \operatorname{artanh} 0.6 \approx 0.693$; the
rule does not ask for it."""),

# ---- B -------------------------------------------------------------------------------------------

text("""## B. Along a path, across paths

**Exercise 4.** One path: $a = 3x + 1$, then $b = a^2$, then $y = 10 - b$, at $x = 2$. How fast
does $y$ move with $x$?"""),

exercise(4, """along = <<-1 * 14 * 3>>
check(4, along)"""),

teacher(r"""$a = 7$, so the arrows carry $-1$, $2a = 14$ and $3$; their product is $-42$. (In the
picture the $+\,1$ is a box of its own. Its arrow carries 1 and changes nothing.)"""),

picture("""from autograd import Value

x = Value(2, "x")
y = 10 - (3 * x + 1) ** 2
y.backward()
draw(y)"""),

text("""**Exercise 5.** Two paths: $u = 5x$ and $v = x^2$, then $y = u - v$, at $x = 4$. What is
the product along the path through $u$? Along the one through $v$? What is the gradient at $x$?"""),

exercise(5, """through_u = <<1 * 5>>
through_v = <<-1 * 8>>
across = <<5 - 8>>
check(5, through_u, through_v, across)"""),

teacher(r"""Through $u$: $1 \cdot 5$. Through $v$: $-1 \cdot 2x = -8$. Their sum is $-3$. *Why
add?* Let $x$ move by a little $h$: through $u$ alone $y$ moves by $5h$, through $v$ alone by
$-8h$, and both happen."""),

picture("""x = Value(4, "x")
y = 5 * x - x**2
y.backward()
draw(y)"""),

text(r"""**Exercise 6.** $y = x \cdot x \cdot x$ at $x = 2$; Python reads it as
$(x \cdot x) \cdot x$. How many paths lead from $y$ to $x$? What is the product along each? (It is
the same for all.) What is the gradient?"""),

exercise(6, """how_many = <<3>>
each = <<2 * 2>>
together = <<3 * 4>>
check(6, how_many, each, together)"""),

teacher(r"""Two paths go through the inner product, each $2 \cdot 2$; one comes straight from the
outer product, with $x \cdot x = 4$. Parallel arrows are different paths.
$4 + 4 + 4 = 12 = 3x^2$."""),

picture("""x = Value(2, "x")
y = x * x * x
y.backward()
draw(y)"""),

# ---- C -------------------------------------------------------------------------------------------

text("""## C. A backward pass by hand

**Exercise 7.** $a = x + 2$, then $b = a x$, then $c = b - a$, at $x = 3$. The local derivatives
stand on the arrows. The gradient of $c$ is 1: send it back. What arrives at $b$, at $a$, and at
$x$?"""),

code("""draw(boxes()[-1])       # its nodes x, a, b, c; c is the last"""),

exercise(7, """at_b = <<1>>
at_a = <<-1 + 3>>
at_x = <<5 + 2>>
check(7, at_b, at_a, at_x)"""),

teacher(r"""$c$ sends $1 \cdot 1$ to $b$ and $1 \cdot (-1)$ to $a$. Then $b$ sends $1 \cdot 3$ to
$a$ and $1 \cdot 5$ to $x$. Now $a$ has all it will ever get, $-1 + 3 = 2$, and sends $2 \cdot 1$
to $x$: $5 + 2 = 7$.

By algebra: $c = (x + 2)x - (x + 2) = x^2 + x - 2$, and $2x + 1 = 7$."""),

picture("""x, a, b, c = boxes()
c.backward()
draw(c)"""),

text("""**Exercise 8.** The same boxes, but $a$ is in a hurry and sends *before* $b$: first $c$,
then $a$, then $b$. There is no error message. Which number does $x$ have in the end?"""),

exercise(8, """in_a_hurry = <<-1 + 5>>
check(8, in_a_hurry)"""),

teacher(r"""$a$ sends on the $-1$ that $c$ gave it; then $b$ sends $5$ to $x$. The $3$ that $b$
brings to $a$ stays there. A wrong order does not crash. It loses paths."""),

text("""Here are the boxes as a page, for whoever wants to see it move: the right arrow key goes one
box further, *Predict* asks you for the gradients, and with the slider of $x$ you may ask for
those at another $x$."""),

code("""explore(boxes()[-1])"""),

# ---- D -------------------------------------------------------------------------------------------

text("""## D. A gradient by hand

Now the answers are formulas, and the judge is a number from outside: `assert_gradcheck` moves each
input a little, sees how $f$ moves, and compares. Where you are wrong it says by how much:
*analytic* is yours, *numeric* is the truth.

**Exercise 9.** $f(x, y) = x^2 y + y$. Write its two derivatives."""),

exercise(9, """def f_by_hand(x, y):
    by_x = <<2 * x * y>>
    by_y = <<x**2 + 1>>
    return [by_x, by_y]


check(9, f_by_hand)"""),

teacher(r"""$\partial f/\partial x = 2xy$ and $\partial f/\partial y = x^2 + 1$. The check runs at
$x = 3$, $y = 5$: 30 and 10."""),

text("""**Exercise 10.** $g(w, x, b) = r^2$ with $r = wx + b - 1$: almost a neuron and its loss.
Write its three derivatives; the function gets $r$ ready made."""),

exercise(10, """def from_r(r, w, x):
    by_w = <<2 * r * x>>
    by_x = <<2 * r * w>>
    by_b = <<2 * r>>
    return [by_w, by_x, by_b]


check(10, from_r)"""),

teacher(r"""$\partial g/\partial w = 2r\,x$, $\partial g/\partial x = 2r\,w$,
$\partial g/\partial b = 2r$. At $w = 0.4$, $x = 3$, $b = 2$ the residual is $r = 2.2$, and the
three are 13.2, 1.76 and 4.4."""),

# ---- E -------------------------------------------------------------------------------------------

text(r"""## E. Rules

An `Operation` is a forward rule and, for each argument, a rule for its derivative, which may use
the inputs and the output $z$. `check_operation` tries the rules at a few hundred points.

**Exercise 11.** The derivative of $z = \dfrac{1}{1 + x^2}$ is missing. (It can be said shortly
with $z$.)"""),

exercise(11, """def bump_rule(x, z):
    return <<-2 * x * z**2>>


bump = Operation("bump", lambda x: 1 / (1 + x * x), bump_rule)
check(11, bump)"""),

teacher(r"""With $n = 1 + x^2$ the steps are $-1/n^2 = -z^2$ and $2x$; their product is $-2xz^2$.
At $x = 2$ that is $-0.16$."""),

text(r"""**Exercise 12.** Somebody wrote the rules of $z = \dfrac{x}{x + y}$, my share when I put
in $x$ and you put in $y$ (both at least 1). One of the two is wrong. Read what
`gradcheck` finds."""),

code("""their_share = Operation(
    "their_share",
    lambda x, y: x / (x + y),
    lambda x, y, z: 1 / (x + y),            # by x
    lambda x, y, z: -x / (x + y) ** 2,      # by y
)
print(gradcheck(their_share, [3.0, 2.0]))"""),

text("""Copy the good rule, and repair the other."""),

exercise(12, """def by_mine(x, y, z):
    return <<y / (x + y) ** 2>>


def by_yours(x, y, z):
    return <<-x / (x + y) ** 2>>


share = Operation("share", lambda x, y: x / (x + y), by_mine, by_yours,
                  domain=lambda x, y: (x >= 1) & (y >= 1))
check(12, share)"""),

teacher(r"""The report names argument 0: used 0.2, should be 0.08. The faulty rule saw only the $x$
above the line; the $x$ below it is a second path.

$$\frac{\partial z}{\partial x} = \frac{1}{x + y} - \frac{x}{(x + y)^2} = \frac{y}{(x + y)^2}$$

At $x = 3$, $y = 2$: $0.2 - 0.12 = 0.08$."""),

# ---- F -------------------------------------------------------------------------------------------

text(r"""## F. A neuron learns

**Exercise 13.** A neuron with two inputs: $a = w_1 x_1 + w_2 x_2 + b$, then $z = \tanh a$; the
target is $y = 1$, the loss $E = \frac12 (z - y)^2$. With the numbers below $a = 0.5$. Find
$\delta = \partial E/\partial a$ first, and then the other three from it."""),

exercise(13, """x1, x2, y = 3.0, -2.0, 1.0
w1, w2, bias = 0.2, 0.3, 0.5
z = tanh(w1 * x1 + w2 * x2 + bias)

delta = <<(z - y) * (1 - z**2)>>
by_w1 = <<delta * x1>>
by_w2 = <<delta * x2>>
by_bias = <<delta>>
check(13, delta, by_w1, by_w2, by_bias)"""),

teacher(r"""$z = \tanh 0.5 = 0.4621$. $\delta = (z - y)(1 - z^2) = -0.5379 \cdot 0.7864 = -0.4230$.
Then $\partial E/\partial w_1 = \delta x_1 = -1.269$,
$\partial E/\partial w_2 = \delta x_2 = 0.846$, $\partial E/\partial b = \delta$. The letters are
Bradbury's: his $\delta$ is the gradient at $a$, before the activation function."""),

text(r"""**Exercise 14.** A network gives one number for each of three classes, $s_0, s_1, s_2$.
Softmax makes probabilities of them, $p_i = e^{s_i} / (e^{s_0} + e^{s_1} + e^{s_2})$. The right
class is number 1. The loss is the surprise $-\log p_1 = \log(e^{s_0} + e^{s_1} + e^{s_2}) - s_1$.
Write its derivatives by $s_0$, $s_1$ and $s_2$; all you need is `p[0]`, `p[1]` and `p[2]`."""),

exercise(14, """def from_p(p):
    by_s0 = <<p[0]>>
    by_s1 = <<p[1] - 1>>
    by_s2 = <<p[2]>>
    return [by_s0, by_s1, by_s2]


check(14, from_p)"""),

teacher(r"""$\partial(\log \sum_i e^{s_i})/\partial s_k = e^{s_k}/\sum_i e^{s_i} = p_k$, and the
$-s_1$ brings $-1$ to $s_1$ alone: $p_0$, $p_1 - 1$, $p_2$. They sum to 0: adding the same to all
scores changes nothing."""),

text(r"""**Exercise 15.** A neuron without bias or $\tanh$ puts out $3w$, and the target is 6:
$E = \frac12 (3w - 6)^2$. It stands at $w = 1$. What is the gradient? With a learning rate of 0.1,
where is $w$ after one step downhill?"""),

exercise(15, """gradient = <<(3 * 1 - 6) * 3>>
new_w = <<1 - 0.1 * -9>>
check(15, gradient, new_w)"""),

teacher(r"""$\partial E/\partial w = (3w - 6) \cdot 3 = -9$, so
$w \leftarrow 1 - 0.1 \cdot (-9) = 1.9$, and the loss falls from 4.5 to 0.045. With a rate of 0.3
it would have grown: $w = 3.7$, $E = 13$."""),

text("""## How far did you get?"""),

code("""score()"""),

Cell("code", """assert score().all_right""", worksheet=False),

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
        made: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"cell-{len(cells):02d}",
            "metadata": {},
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
