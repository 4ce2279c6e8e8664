"""Expressions as people type them: read word by word, and recorded as a graph.

    program = Program("tanh(a)", {"a": "w*x + b", "x": "0.7", "w": "-1.3", "b": "0.2"})
    recording = program.run()            recording.root is a Value labelled y, .values["a"] another
    recording.sources[recording.root]    "y = tanh(a)", the text it was made from

The language is the table of operations: numbers, names, `+ - * / **`, calls of rows, a list where
a row takes one, a comparison as the condition of `where`, and `pi`, `inf`, `nan`.  Python's parser
reads it and nothing is ever executed: all else is an ExpressionError that points at the place.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from keyword import iskeyword
from typing import Any
from unicodedata import combining, east_asian_width, normalize
from unicodedata import name as character_name

from autograd.rules.language import OPERATIONS, Operation
from autograd.rules.manual import usage
from autograd.rules.words import both_branches
from autograd.value import Value
from autograd.walks import abridged

LONGEST = 2000  # characters of one text
MOST = 10 * LONGEST  # characters of an expression and the texts of its names together
DEEPEST = 50  # brackets, signs and powers inside one another
WINDOW = 60  # characters of a text that a message shows
ROOTS = ("y", "z", "f", "root")  # the whole, unless it has a name, is called the first that is free

NUMBERS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}

# fmt: off
BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow",
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos"}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}

# what is written elsewhere, and how it is written here
SIGNS = {
    "^": "**", "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "²": "**2",
    "³": "**3", "√": "sqrt", "π": "pi", "∞": "inf", "≤": "<=", "≥": ">=", "≠": "!=", "{": "(",
    "}": ")",
}
WORDS = {
    "ln": "log", "lg": "log10", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh", "tg": "tan", "fabs": "abs",
    "power": "pow", "max": "maximum", "min": "minimum", "sum": "total", "average": "mean",
    "product": "prod", "dot": "sumprod", "logistic": "sigmoid", "swish": "silu",
}
CHOICES = {"if", "else", "and", "or", "not", "in", "is"}
# fmt: on

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAMED = re.compile(rf" *({NAME.pattern}) *=(?!=) *")
TOKEN = re.compile(
    r"(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)"
    rf"|(?P<name>{NAME.pattern})|\*\*|//|<=|>=|==|!=|[^ ]"
)
READABLE = set(string.ascii_letters + string.digits + "_ +-*/()[],.<>=!")
PARTS = 'name its parts, as in "tanh(a)" a="w*x + b"'


class ExpressionError(ValueError):
    """Text that cannot be read or has no value: the `message`, the `text`, the `place` in it."""

    def __init__(self, message: str, text: str, place: int) -> None:
        self.message = message
        self.text = text
        self.place = place
        super().__init__(f"{message}\n{pointed(text, place)}" if text.strip() else message)


def pointed(text: str, place: int) -> str:
    """The text around a place, and on the next line a caret under the place."""
    start = max(0, min(place - WINDOW // 2, len(text) - WINDOW))
    end = start + WINDOW
    before = "..." * (start > 0) + _visible(text[start:place])
    after = _visible(text[place:end]) + "..." * (end < len(text))
    return f"  {before}{after}\n  {' ' * _columns(before)}^"


def _visible(text: str) -> str:
    return "".join([c if c.isprintable() else "?" for c in text])


def _columns(text: str) -> int:
    """How wide a text is: full-width letters take two columns, accents of their own none."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "FW" else 1 for c in text)


# ---- word by word --------------------------------------------------------------------------------


class Scan:
    """A walk through the words of a text: operands and operators in turn, brackets in pairs.

    Python's parser would find the same faults, but would not say what is wrong in our words.
    """

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.place = start
        self.opened: list[tuple[str, int]] = []  # "(" and "[" with their places, "f(" of a call
        self.last = self.before = ""  # the word before this one, and the one before that
        self.wants = True  # whether an operand has to come
        for place in range(start, len(text)):
            if text[place] not in READABLE:
                raise ExpressionError(_strange(text[place]), text, place)
        for match in TOKEN.finditer(text, start):
            self.place = match.start()
            word = match[0]
            if match["number"] or match["name"]:
                self._operand(word)
            else:
                self._sign(word)
            self.before, self.last = self.last, word
        if self.opened:
            bracket, self.place = self.opened[-1]
            raise self._error(f"this {bracket[-1]} is never closed")
        self.place = len(text.rstrip())
        self._complete(f"something is missing after {self.last}")

    def _error(self, message: str) -> ExpressionError:
        return ExpressionError(message, self.text, self.place)

    def _complete(self, otherwise: str) -> None:
        if self.wants:
            raise self._error(otherwise)

    def _operand(self, word: str) -> None:
        if iskeyword(word):
            raise self._error(_about_keyword(word))
        if not self.wants:
            if word in ("j", "J") and self.text[self.place - 1] in string.digits + ".":
                raise self._error("imaginary numbers have no place here")
            if self.last in OPERATIONS:
                raise self._error(f"{self.last} needs parentheses: {usage(OPERATIONS[self.last])}")
            raise self._error(f"is a * missing before {_short(word)}?")
        self.wants = False

    def _sign(self, word: str) -> None:
        match word:
            case "(" | "[":
                self._open(word)
            case ")" | "]":
                self._close(word)
            case ",":
                self._complete("something is missing before the comma")
                if not self.opened or self.opened[-1][0] == "(":
                    raise self._error(
                        "a comma separates arguments of a call: a decimal number has a point, 0.5"
                    )
                self.wants = True
            case "=":
                named = self.before in ("(", ",") and NAME.fullmatch(self.last)
                if not (named and self.opened and self.opened[-1][0] == "f("):
                    raise self._error("= cannot stand here: to compare is ==, values come after")
                self.wants = True
            case ".":
                raise self._error("a point belongs into a number: a name has no parts")
            case "!":
                raise self._error("! has no meaning here")
            case "//":
                raise self._error("// has no meaning here: a division is written /")
            case "*" | "**" if self.last in ("(", ","):
                raise self._error(f"{word} has no meaning before an argument")
            case "+" | "-":
                self.wants = True  # a sign, or an operator
            case _:
                self._complete(f"something is missing before {word}")
                self.wants = True

    def _open(self, bracket: str) -> None:
        call = not self.wants and NAME.fullmatch(self.last) is not None
        if not self.wants and bracket == "[":
            raise self._error("items are not taken with [...]: give each a name of its own")
        if not (self.wants or call):
            raise self._error("is a * missing before the parenthesis?")
        if len(self.opened) == DEEPEST:
            raise self._error(f"more than {DEEPEST} brackets inside one another: {PARTS}")
        self.opened.append((f"f{bracket}" if call else bracket, self.place))
        self.wants = True

    def _close(self, bracket: str) -> None:
        opened = self.opened.pop()[0] if self.opened else ""
        if not opened.endswith({")": "(", "]": "["}[bracket]) or not opened:
            raise self._error(f"this {bracket} closes nothing")
        if self.last not in ("(", "[") or opened == "(":
            self._complete(f"something is missing before {bracket}")
        self.wants = False


def _strange(c: str) -> str:
    """What to say of a character that no expression has."""
    if c in SIGNS:
        return f"write {SIGNS[c]} for {c}"
    if c in "'\"`":
        return "text in quotes has no place in an expression"
    if not c.isprintable():
        return f"the character {c!a} cannot be read: keep to one line of plain letters"
    if c.isascii():
        return f"{c} has no meaning here"
    name = character_name(c, "unknown").lower()
    plain = normalize("NFKC", c)
    if plain in READABLE:
        return f"write {plain} for this character, which is {name}"
    return f"this character is {name}: plain letters, digits and signs are read"


def _about_keyword(word: str) -> str:
    if word in CHOICES:
        return f"{word} has no meaning here: a choice is written where(x > 0, a, b)"
    return f"{word} is a word of Python's own: take another name"


def _short(word: str) -> str:
    return word if len(word) <= 20 else f"{word[:17]}..."


# ---- one text ------------------------------------------------------------------------------------


class Formula:
    """One text, read: its name, its syntax tree, and which names it uses and calls, and where."""

    def __init__(self, text: str, start: int, name: str) -> None:
        self.text = text  # as it was typed; the formula begins at `start`
        self.start = start + len(text[start:]) - len(text[start:].lstrip(" "))
        self.name = name
        if self.start == len(text):
            empty = 'the expression is empty: write "tanh(w*x + b)", say'
            missing = f"{name} has no value: write {name}=0.5, no space around ="
            raise self.error(missing if name else empty, len(text))
        if len(text) > LONGEST:
            many = f"{len(text):,} characters are too many, {LONGEST:,} are read: {PARTS}"
            raise self.error(many, LONGEST)
        Scan(text, self.start)
        self.tree = self._parse()
        self.uses: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name):
                found = self.calls if id(node) in called else self.uses
                found.setdefault(node.id, self.place(node))

    def error(self, message: str, place: int) -> ExpressionError:
        """An error that points at a place of this text."""
        return ExpressionError(message, self.text, place)

    def place(self, node: ast.expr) -> int:
        """Where a part of the tree begins."""
        return self.start + node.col_offset

    def segment(self, node: ast.expr) -> str:
        """The piece of text that a part of the tree was read from."""
        assert node.end_col_offset is not None
        return self.text[self.place(node) : self.start + node.end_col_offset]

    def _parse(self) -> ast.expr:
        try:
            return ast.parse(self.text[self.start :], mode="eval").body
        except SyntaxError as error:  # what the scan let pass, such as 1__0 and 007
            place = self.start + max(0, (error.offset or 1) - 1)
            why = error.msg.partition(";")[0]
            raise self.error(f"this cannot be read: {why}", min(place, len(self.text))) from None
        except (MemoryError, RecursionError):  # a Python with less room for its parser
            raise self.error(f"this is nested too deeply: {PARTS}", self.start) from None

    def check_words(self, given: Mapping[str, Formula]) -> None:
        """ExpressionError unless every name has a value and every function is a row."""
        for name, place in self.calls.items():
            if name in given:
                raise self.error(f"{name} is a value, no function: is a * missing after it?", place)
            if name not in OPERATIONS:
                raise self.error(
                    f"there is no function {_short(name)}{_function_like(name)}", place
                )
        for name, place in self.uses.items():
            if name in OPERATIONS:
                raise self.error(f"{name} is a function: write {usage(OPERATIONS[name])}", place)
            if name not in given and name not in NUMBERS:
                raise self.error(f"{_short(name)} has no value: {_name_like(name, given)}", place)


def _function_like(name: str) -> str:
    close = [WORDS[name]] if name in WORDS else get_close_matches(name, OPERATIONS, 2)
    return f": did you mean {' or '.join(close)}?" if close else " in the table of operations"


def _name_like(name: str, given: Mapping[str, Formula]) -> str:
    if name == "e":
        return "e**x is written exp(x)"
    same = [other for other in given if other.lower() == name.lower()]
    close = same or get_close_matches(name, given, 1)
    return f"did you mean {close[0]}?" if close else f"give it one, {_short(name)}=0.5 say"


# ---- a program: one text that uses others --------------------------------------------------------


@dataclass(frozen=True)
class Recording:
    """What a program makes: its root, the Values of its names, the text that each node is from."""

    root: Value
    values: dict[str, Value]
    sources: dict[Value, str]


class Program:
    """An expression and the texts of its names: read, found complete, and ready to be run.

    A name whose text uses no other is a variable, and `numbers` has its number; the others label
    results.  ExpressionError where a text is wrong, a name has no text, is not used, or is made
    from itself.
    """

    def __init__(self, expression: str, texts: Mapping[str, str]) -> None:
        count = len(expression) + sum(map(len, texts.values()))
        if count > MOST and len(expression) <= LONGEST:
            many = f"{count:,} characters in all are too many, {MOST:,} are read"
            raise ExpressionError(many, expression, 0)
        self.root = _formula_of_root(expression)
        given = {name: _formula_of(name, text) for name, text in texts.items()}
        formulas = dict(given)
        if self.root.name:
            if self.root.name in given:
                raise self.root.error(f"{_short(self.root.name)} is given twice", 0)
            formulas[self.root.name] = self.root
        self.name = self.root.name or next((x for x in ROOTS if x not in given), "")
        for formula in (self.root, *given.values()):
            formula.check_words(formulas)
        self._values = self._in_order(given, formulas)
        leaves = [formula for formula in given.values() if not _needs(formula, given)]
        self.numbers = {formula.name: _Run(formula, {}, {}).number() for formula in leaves}
        if not self.numbers:
            missing = "there is no variable: write a name in it, and its value after, as in x=0.5"
            raise self.root.error(missing, self.root.start)

    def _in_order(
        self, given: Mapping[str, Formula], formulas: Mapping[str, Formula]
    ) -> list[Formula]:
        """The formulas of the names, each after those that it uses."""
        sorter = TopologicalSorter({name: _needs(f, formulas) for name, f in formulas.items()})
        try:
            order = list(sorter.static_order())
        except CycleError as error:
            circle = error.args[1][::-1]
            first, then, *_ = circle
            way = " from ".join(abridged([*map(_short, circle)]))
            message = f"{_short(first)} is made from itself: {way}"
            raise formulas[first].error(message, formulas[first].uses[then]) from None
        reached, ahead = set(), _needs(self.root, given)
        while ahead:
            name = ahead.pop()
            if name not in reached:
                reached.add(name)
                ahead += _needs(given[name], given)
        for name, formula in given.items():
            if name not in reached:
                raise formula.error(
                    f"{_short(name)} is not used by the expression: leave it out", 0
                )
        return [given[name] for name in order if name in given]

    def run(self, variables: Mapping[str, Value] | None = None) -> Recording:
        """The expression on Values: new ones of the numbers, or those given for their names."""
        values: dict[str, Any] = {}
        sources: dict[Value, str] = {}
        for formula in self._values:
            name = formula.name
            if variables is not None and name in variables:
                values[name] = variables[name]
            elif name in self.numbers:
                values[name] = Value(self.numbers[name])
            else:
                values[name] = _Run(formula, values, sources).value(formula.tree)
            _name(values[name], name, formula, sources)
        root = _Run(self.root, values, sources).value(self.root.tree)
        if not isinstance(root, Value):
            fixed = f"this is {root:.6g} whatever the values are: there is nothing to differentiate"
            raise self.root.error(fixed, self.root.start)
        _name(root, self.name, self.root, sources)
        nodes = {name: v for name, v in values.items() if isinstance(v, Value)}
        if self.name:
            nodes[self.name] = root
        return Recording(root, nodes, sources)


def _formula_of_root(text: str) -> Formula:
    """The formula of the whole, which may begin with a name: y = x*x."""
    named = NAMED.match(text)
    if named is None:
        return Formula(text, 0, "")
    _check_name(named[1], text, named.start(1))
    return Formula(text, named.end(), named[1])


def _formula_of(name: str, text: str) -> Formula:
    """The formula of a name, shown as name=text."""
    shown = f"{name}={text}"
    _check_name(name, shown, 0)
    return Formula(shown, len(name) + 1, name)


def _check_name(name: str, shown: str, place: int) -> None:
    """ExpressionError unless an expression can use the name."""
    if name in NUMBERS or name in OPERATIONS:
        what = "a number" if name in NUMBERS else "a function"
        raise ExpressionError(f"{name} is {what} already: take another name", shown, place)
    if iskeyword(name):
        raise ExpressionError(_about_keyword(name), shown, place)
    if not NAME.fullmatch(name):
        right = "a name is made of the letters a to z, digits and _, and begins with a letter"
        raise ExpressionError(right, shown, place)


def _needs(formula: Formula, given: Mapping[str, Formula]) -> list[str]:
    return [name for name in formula.uses if name in given]


def _name(v: Any, name: str, formula: Formula, sources: dict[Value, str]) -> None:
    """A label for a node that has none: a="x" gives x no second name."""
    if isinstance(v, Value) and not v.label:
        v.label = name
        sources[v] = formula.text.strip()


class _Run:
    """A walk through the tree of a formula, with the values of its names: floats and Values."""

    def __init__(
        self, formula: Formula, values: Mapping[str, Any], sources: dict[Value, str]
    ) -> None:
        self.formula = formula
        self.values = values
        self.sources = sources
        self.branches = 0  # how many branches of `where` stand around the part being evaluated

    def number(self) -> float:
        """The value of a formula that uses no name."""
        return float(self.value(self.formula.tree))

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """A part of the tree, evaluated by rows of the table."""
        if depth > DEEPEST:
            raise self._error(
                f"more than {DEEPEST} signs and powers inside one another: {PARTS}", node
            )
        match node:
            case ast.Constant(value=int() | float() as x):
                return self._literal(x, node)
            case ast.Name(id=name):
                return NUMBERS[name] if name in NUMBERS else self.values[name]
            case ast.UnaryOp(op=sign, operand=x):
                row = OPERATIONS[UNARY[type(sign)]]
                return self._apply(row, node, self.formula.place(node), self.value(x, depth + 1))
            case ast.BinOp():
                return self._binary(node, depth)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(OPERATIONS[name], node, depth)
            case ast.Compare():
                raise self._error("a comparison stands only in where(x > 0, a, b)", node)
            case ast.List():
                raise self._error(
                    "a list stands only in functions of many, such as total([a, b])", node
                )
            case _:
                raise self._error("this has no place in an expression", node)

    def _error(self, message: str, node: ast.expr) -> ExpressionError:
        return self.formula.error(message, self.formula.place(node))

    def _literal(self, x: float, node: ast.expr) -> float:
        try:
            number = float(x)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            raise self._error("this number is too large for a float: 1.8e308 is the largest", node)
        return number

    def _binary(self, node: ast.expr, depth: int) -> Any:
        """Operators from left to right: a sum of a hundred terms is no deep nesting."""
        chain = []
        while isinstance(node, ast.BinOp):
            chain.append(node)
            node = node.left
        result = self.value(node, depth + 1)
        for part in reversed(chain):
            row = OPERATIONS[BINARY[type(part.op)]]
            right = self.value(part.right, depth + 1)
            result = self._apply(row, part, self._sign_of(part), result, right)
        return result

    def _sign_of(self, node: ast.BinOp) -> int:
        """Where the operator itself stands: only blanks and parentheses are beside it."""
        assert node.left.end_col_offset is not None
        place = self.formula.start + node.left.end_col_offset
        while self.formula.text[place] in " )":
            place += 1
        return place

    def _call(self, row: Operation, node: ast.Call, depth: int) -> Any:
        """A call of a row, its arguments as its own signature takes them."""
        place = self.formula.place(node)
        named = {k.arg or "": k.value for k in node.keywords}
        try:
            bound = row.signature().bind(*node.args, **named)
        except TypeError:
            raise self.formula.error(f"{row.name} is written {usage(row)}", place) from None
        lists = _takes_lists(row)
        selectors = row.selectors(len(bound.arguments))
        for i, (name, argument) in enumerate(bound.arguments.items()):
            if isinstance(argument, tuple):  # maximum takes any number
                bound.arguments[name] = tuple([self.value(x, depth + 1) for x in argument])
            elif i < len(lists) and lists[i]:
                if not isinstance(argument, ast.List):
                    raise self._error(f"a list belongs here: {usage(row)}", argument)
                bound.arguments[name] = [self.value(x, depth + 1) for x in argument.elts]
            elif i in selectors and isinstance(argument, ast.Compare):
                bound.arguments[name] = self._condition(argument, depth + 1)
            else:
                branch = bool(selectors) and i not in selectors
                self.branches += branch
                bound.arguments[name] = self.value(argument, depth + 1)
                self.branches -= branch
        return self._apply(row, node, place, *bound.args, **bound.kwargs)

    def _condition(self, node: ast.Compare, depth: int) -> bool:
        """Whether a comparison holds now: it is not moved by its operands."""
        xs = [self.value(x, depth) for x in (node.left, *node.comparators)]
        return all(COMPARISONS[type(op)](x, y) for op, (x, y) in zip(node.ops, pairwise(xs)))

    def _apply(
        self, row: Operation, node: ast.expr, place: int, *arguments: Any, **named: Any
    ) -> Any:
        """A row on its arguments; its errors point at the place, its node remembers the text."""
        try:
            z = row(*arguments, **named)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            number = self.branches and isinstance(error, (ArithmeticError, ValueError))
            advice = both_branches(row.symbol, "x > 0") if number else ""
            raise self.formula.error(f"{error}{advice}", place) from None
        if isinstance(z, Value):
            self.sources.setdefault(z, self.formula.segment(node))
        return z


def _takes_lists(row: Operation) -> list[bool]:
    """For each argument of a call whether it is a list, as the row spells itself."""
    call = ast.parse(usage(row), mode="eval").body
    assert isinstance(call, ast.Call)
    return [isinstance(x, ast.List) for x in call.args]
