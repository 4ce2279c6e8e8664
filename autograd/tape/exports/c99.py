"""A tape as C: one file, one function, the value and gradient of one example.

    source(program, roots, name, ...)      the text; it needs a C99 compiler and libm

Every line is a rule of the table, printed; a rule that is longer than a line is a function of its
own above.  What C needs to know besides, its names of routines and the words that are taken, stands
in the tables here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import isinf
from textwrap import wrap
from typing import Any, NamedTuple

from autograd.operations import mul, where
from autograd.rules.language import Operation
from autograd.rules.printing import ATOM, SUM, Printer, steps_of
from autograd.rules.symbols import Symbol
from autograd.rules.words import kind_of, one_line
from autograd.tape.program.formulas import Texts, Written
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    LEAVES,
    NUMBER,
    PARAMETER,
    Program,
    Slope,
)
from autograd.tape.program.one_example import of_one_example

# ---- what C calls things -------------------------------------------------------------------------

SAME = """
acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp expm1 hypot log log10 log1p log2
pow sin sinh sqrt tan tanh
"""
ROUTINES = {name: name for name in SAME.split()} | {"abs": "fabs"}
OPERATORS = ("add", "sub", "mul", "div", "neg", "pos")
SIGNS = {"&": "&&", "|": "||"}

KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while asm bool complex imaginary main
"""
OF_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim
floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb
lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn
sin sinh sqrt tan tanh tgamma trunc
"""
OF_COMPLEX = """
cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog conj cpow cproj creal
csin csinh csqrt ctan ctanh
"""
OTHERS = """
fpclassify isfinite isgreater isgreaterequal isinf isless islessequal islessgreater isnan isnormal
isunordered signbit gamma drem significand scalb exp10 pow10 sincos signgam j0 j1 jn y0 y1 yn
abort abs atexit atof atoi atol atoll bsearch calloc div exit free getenv labs ldiv llabs lldiv
malloc qsort rand realloc srand strtod strtof strtol strtold strtoll strtoul strtoull system
memchr memcmp memcpy memmove memset strcat strchr strcmp strcoll strcpy strcspn strerror strlen
strncat strncmp strncpy strpbrk strrchr strspn strstr strtok strxfrm
isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit
tolower toupper
clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf fputc fputs fread freopen
fscanf fseek fsetpos ftell fwrite getc getchar gets perror printf putc putchar puts remove rename
rewind scanf setbuf setvbuf snprintf sprintf sscanf tmpfile tmpnam ungetc vfprintf vfscanf vprintf
vscanf vsnprintf vsprintf vsscanf
"""
TAKEN = frozenset(
    [
        *KEYWORDS.split(),
        *[name + end for name in (OF_MATH + OF_COMPLEX).split() for end in ("", "f", "l")],
        *OTHERS.split(),
        "INFINITY",
        "NAN",
        "NULL",
    ]
)
OURS = re.compile(r"theta|x|gradient|[vct]\d*")  # what the text itself calls something
STEP = re.compile(r"t\d+")  # of a function for a rule
NAMED = re.compile(r"\b[vc]\d+\b")
GIVEN = ("theta", "x", "gradient")
ARGUMENTS = {
    "theta": "const double *theta", "x": "const double *x", "v": "double *v",
    "gradient": "double *gradient",
}  # fmt: skip
WIDTH, SHORT = 96, 60  # characters of a line; of a rule that is written where it is used
TERMS = 64  # of a sum that are added in one statement: what is longer is added to
WHOLE, PART = 2000, 250  # statements of one function; of each where there are more


def check_name(name: Any) -> None:
    """ValueError, or TypeError, unless a function of C may have this name."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a function is a text, got {kind_of(name)}")
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise ValueError(
            f"the name of a function in C is made of letters, digits and _, a letter first, got "
            f"{name!r}"
        )
    if name in TAKEN:
        raise ValueError(f"C has a {name} already, as a word or a function: to_c(name='my_{name}')")
    if OURS.fullmatch(name):
        raise ValueError(f"{name} is what the text calls something else: to_c(name='my_{name}')")


# ---- rules as C ----------------------------------------------------------------------------------


class CPrinter(Printer):
    """Writes rules as C: a comparison is an int, which as a number is 1.0 or 0.0."""

    negates = ATOM  # --x would be something else

    def __init__(self) -> None:
        super().__init__(number)

    def binds(self, symbol: Symbol) -> int:
        return int(symbol.head.binds) if symbol.head.name in OPERATORS else ATOM

    def bound(self, rule: Any) -> tuple[str, int]:
        if is_comparison(rule):
            return f"({self.condition(rule)} ? 1.0 : 0.0)", ATOM
        if isinstance(rule, Symbol) and rule.head is mul:
            for factor, other in (rule.operands, rule.operands[::-1]):
                if not isinstance(factor, Symbol) and factor == 1.0:
                    return self.bound(other)
        return super().bound(rule)

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        if row is where:
            condition, a, b = operands
            return f"({self.condition(condition)} ? {self.text(a)} : {self.text(b)})", ATOM
        given = list(map(self.text, operands))
        if row.name == "norm":
            return self._norm(given), ATOM
        return f"{ROUTINES[row.name]}({', '.join(given)})", ATOM

    def _norm(self, given: Sequence[str]) -> str:
        """The root of the sum of squares, by hypot of halves: it neither overflows nor nests."""
        if len(given) < 2:
            return f"fabs({given[0]})" if given else "0.0"
        if len(given) == 2:
            return f"hypot({', '.join(given)})"
        half = len(given) // 2
        halves = [part[0] if len(part) == 1 else self._norm(part)
                  for part in (given[:half], given[half:])]  # fmt: skip
        return f"hypot({', '.join(halves)})"

    def condition(self, rule: Any) -> str:
        """A comparison as C asks it; a number is true unless it is 0."""
        if not is_comparison(rule):
            text, binding = self.bound(rule)
            return f"{text if binding >= SUM else self.group(text)} != 0.0"
        if id(rule) in self.names:
            return self.names[id(rule)]
        if rule.head in SIGNS:
            joined = [is_comparison(x) and x.head in SIGNS for x in rule.operands]
            x, y = [
                self.group(self.condition(x)) if grouped else self.condition(x)
                for x, grouped in zip(rule.operands, joined)
            ]
        else:
            x, y = map(self.text, rule.operands)
        return f"{x} {SIGNS.get(rule.head, rule.head)} {y}"

    def statements(self, rules: Iterable[Any], prefix: str) -> Iterator[tuple[str, str]]:
        for symbol in steps_of(rules):
            asked = is_comparison(symbol)
            text = self.condition(symbol) if asked else self.text(symbol)
            name = self.names[id(symbol)] = f"{prefix}{len(self.names) + 1}"
            yield f"const {'int' if asked else 'double'} {name}", text


def is_comparison(rule: Any) -> bool:
    """Whether a rule is a comparison, or several joined."""
    return isinstance(rule, Symbol) and isinstance(rule.head, str) and bool(rule.operands)


def number(x: float) -> str:
    """A number in the fewest digits that give it back."""
    if x != x:
        return "NAN"
    return repr(x).replace("inf", "INFINITY") if isinf(x) else repr(x)


def remark(text: str) -> str:
    """A text that ends no comment and begins none."""
    text = one_line(text).replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
    return text.encode("utf-8", "replace").decode("utf-8")


# ---- the file ------------------------------------------------------------------------------------


def source(
    program: Program,
    roots: Sequence[int],
    name: str,
    *,
    title: str,
    inputs: Sequence[str],
    parameters: Sequence[str],
    frozen: Sequence[tuple[str, float]],
) -> str:
    """The text of `double name(const double *theta, const double *x, double *gradient)`.

    `roots` are the slots of the mean and of its gradient; `inputs`, `parameters` and `frozen` how
    the numbers are called that the function is given, or has inside.
    """
    check_name(name)
    one, (value, *gradient) = of_one_example(program, roots)
    return File(one, value, gradient, name, parameters, frozen).text(title, inputs)


class Statement(NamedTuple):
    """A number that gets a name, and what it is called in the graph."""

    name: str
    text: str
    label: str


class File:
    """The lines of a C file: functions for longer rules, then the program."""

    def __init__(
        self,
        program: Program,
        value: int,
        gradient: Sequence[int],
        name: str,
        parameters: Sequence[str],
        frozen: Sequence[tuple[str, float]],
    ) -> None:
        self._program, self._value, self._gradient = program, value, gradient
        self._name, self._parameters, self._frozen = name, parameters, frozen
        self._texts = Texts(CPrinter)
        self._functions: dict[tuple[Any, ...], tuple[str, list[int], list[str]]] = {}
        self._called: set[str] = set()  # names of functions
        self._forward: list[Statement] = []
        self._backward: list[Statement] = []
        self._result = ""
        self._write()

    def _write(self) -> None:
        code = self._program.code
        slots = [
            slot for slot in self._program.needed([self._value, *self._gradient])
            if code[slot][0] not in LEAVES
        ]  # fmt: skip
        texts = {slot: self._text(slot) for slot in slots}
        asked = {slot: NAMED.findall(text) for slot, text in texts.items()}
        uses = Counter(map(self._operand, self._gradient))
        uses[self._operand(self._value)] += 2  # it is returned twice
        for slot in reversed(slots):  # what nobody asks for is not written
            if uses[f"v{slot}"]:
                uses.update(asked[slot])
            else:
                del texts[slot]
        self._forward = [
            Statement(f"c{k}", number(x), label)
            for k, (label, x) in enumerate(self._frozen)
            if uses[f"c{k}"]
        ]
        once = {slot for slot in self._gradient if slot in texts and uses[f"v{slot}"] == 1}
        first = set(self._program.needed([self._value]))
        for slot, text in texts.items():
            if slot not in once:
                lines = self._forward if slot in first else self._backward
                lines.append(Statement(f"v{slot}", text, self._program.names.get(slot, "")))
        self._result = self._written(self._value)
        self._stores = [
            Statement(f"gradient[{k}]", texts[slot] if slot in once else self._written(slot), label)
            for k, (slot, label) in enumerate(zip(self._gradient, self._parameters))
        ]

    # ---- what an instruction computes ------------------------------------------------------------

    def _operand(self, slot: int) -> str | float:
        head, xs = self._program.code[slot]
        if head == NUMBER:
            return float(xs[0])
        letter = {PARAMETER: f"theta[{xs[0]}]", INPUT: f"x[{xs[0]}]", FROZEN: f"c{xs[0]}"}
        return letter.get(head, f"v{slot}") if isinstance(head, str) else f"v{slot}"

    def _written(self, slot: int) -> str:
        x = self._operand(slot)
        return x if isinstance(x, str) else number(x)

    def _text(self, slot: int) -> str:
        head, xs = self._program.code[slot]
        operands = list(map(self._operand, xs))
        if isinstance(head, Operation) and head.primitive and head.terms is not None:
            return self._sum(
                head.terms([Written(x) if isinstance(x, str) else x for x in operands])
            )
        steps, text = self._texts.of(head, operands)
        plain = isinstance(head, Slope) or head.primitive or text in operands
        if not steps and plain and len(text) <= SHORT + sum(len(str(x)) for x in operands):
            return text.removeprefix("(").removesuffix(")") if bare(text) else text
        return self._call(head, operands)

    def _sum(self, terms: Sequence[Any]) -> str:
        printer = CPrinter()
        written = [printer.text(x) for x in terms if isinstance(x, Symbol) or x != 0.0]
        blocks = [written[k : k + TERMS] for k in range(0, len(written), TERMS)]
        return "\n".join([" + ".join(block) for block in blocks]) or "0.0"

    def _call(self, head: Any, operands: Sequence[str | float]) -> str:
        """A call of the function for a row or a slope, which is written where it is not yet there.

        A row's takes numbers too; a slope's has them inside, since they decide what it asks.
        """
        fixed = isinstance(head, Slope)
        key = head, *[x if fixed and not isinstance(x, str) else None for x in operands]
        if key not in self._functions:
            self._functions[key] = self._function(head, key[1:])
        name, asked, _ = self._functions[key]
        given = [operands[i] for i in asked]
        return f"{name}({', '.join(x if isinstance(x, str) else number(x) for x in given)})"

    def _function(self, head: Any, numbers: Sequence[Any]) -> tuple[str, list[int], list[str]]:
        letters = self._letters(head, len(numbers))
        given = [letter if x is None else x for letter, x in zip(letters, numbers)]
        steps, text = self._texts.of(head, given)
        body = " ".join([*[step for _, step in steps], text])
        asked = [i for i, x in enumerate(given) if x in set(re.findall(r"\w+", body))]
        name = self._new_name(head)
        taken = ", ".join([f"double {letters[i]}" for i in asked])
        lines = wrapped(f"static double {name}({taken})", 0)
        lines.append("{")
        for step, rule in steps:
            lines += wrapped(f"{step} = {rule};", 4)
        lines += [*wrapped(f"return {text};", 4), "}", ""]
        return name, asked, lines

    def _letters(self, head: Any, count: int) -> list[str]:
        """The arguments as the rule calls them, where C may: x, y, and z for the output."""
        if isinstance(head, Slope):
            found = [*head.row.letters(head.count), "z"]
            names = [*[found[at] for at in head.asked], "d"]
        else:
            names = list(head.letters(count))
        good = [
            bool(re.fullmatch(r"[a-z]\w*", x, re.ASCII))
            and x not in TAKEN
            and not STEP.fullmatch(x)
            for x in names
        ]
        if not all(good) or len(set(names)) < len(names):
            return [f"x{i}" for i in range(count)]
        return names

    def _new_name(self, head: Any) -> str:
        row = head.row if isinstance(head, Slope) else head
        name = f"{self._name}_{re.sub(r'[^A-Za-z0-9_]', '_', row.name)}"
        if isinstance(head, Slope):
            letter = head.row.letters(head.count)[head.i]
            name += f"_by_{re.sub(r'[^A-Za-z0-9_]', '_', letter)}"
        return self._free(name)

    def _free(self, name: str) -> str:
        """The name, with a number behind it where another function has it."""
        found, k = name, 2
        while found in self._called:
            found, k = f"{name}_{k}", k + 1
        self._called.add(found)
        return found

    # ---- the text --------------------------------------------------------------------------------

    def text(self, title: str, inputs: Sequence[str]) -> str:
        """The file: one function, or where that would be long, one of several parts."""
        count = len(self._forward) + len(self._backward)
        whole = count + len(self._stores) <= WHOLE
        body, parts = self._body() if whole else self._parts(count)
        lines = [*self._head(title, inputs, count), "#include <math.h>", ""]
        written = "".join([each.text for each in self._statements()])
        for name, _, function in self._functions.values():
            lines += function if f"{name}(" in written else []
        head = f"double {self._name}({', '.join([ARGUMENTS[x] for x in GIVEN])})"
        lines += [*parts, f"{head};", "", head, "{", *unused(GIVEN, body), *body, "}"]
        return "\n".join(lines) + "\n"

    def _statements(self) -> list[Statement]:
        return [*self._forward, *self._backward, *self._stores]

    def _body(self) -> tuple[list[str], list[str]]:
        """The program line by line, every number a variable."""
        lines = [line for each in self._forward for line in statement(each, "const double ")]
        lines += ["    if (!gradient) {", f"        return {self._result};", "    }", ""]
        if self._backward:
            lines.append("    /* the gradient, from the result back */")
        for each in self._backward:
            lines += statement(each, "const double ")
        for each in self._stores:
            lines += statement(each)
        return [*lines, f"    return {self._result};"], []

    def _parts(self, count: int) -> tuple[list[str], list[str]]:
        """Functions that share an array of the numbers: compilers are slow with long ones."""
        named = [each.name for each in (*self._forward, *self._backward)]
        places = {name: f"v[{k}]" for k, name in enumerate(named)}

        def placed(text: str) -> str:
            return NAMED.sub(lambda match: places[match[0]], text)

        parts: list[str] = []
        body = [f"    double v[{max(1, count)}];", ""]
        for statements in (self._forward, [*self._backward, *self._stores]):
            given, what = ["theta", "x", "v"], "values"
            if statements is not self._forward:
                given.append("gradient")
                what = "gradient"
                body += ["    if (!gradient) {", f"        return {placed(self._result)};", "    }"]
            for start in range(0, len(statements), PART):
                name = self._free(f"{self._name}_{what}_{start // PART + 1}")
                lines = []
                for at, text, label in statements[start : start + PART]:
                    lines += statement(Statement(placed(at), placed(text), label))
                arguments = ", ".join([ARGUMENTS[x] for x in given])
                parts += [f"static void {name}({arguments})", "{"]
                parts += [*unused(given, lines), *lines, "}", ""]
                body.append(f"    {name}({', '.join(given)});")
        return [*body, f"    return {placed(self._result)};"], parts

    def _head(self, title: str, inputs: Sequence[str], count: int) -> list[str]:
        text = [
            f"{remark(title)}: its value for one example and, unless gradient is NULL, the",
            "derivative of that by each parameter.  Written by chainrule from a tape.",
            "",
            *listed("theta", self._parameters, "parameter"),
            *listed("x", inputs, "input"),
            *listed("gradient", self._parameters, "derivative", named=False),
            "",
            "C99 and libm: -std=c99, -lm, no -ffast-math, since infinity and NaN count.",
            f"It keeps no state; its numbers take at most {8 * count:,} bytes of stack.",
        ]
        return [
            f"/* {text[0]}",
            *[f"   {line}".rstrip() for line in text[1:-1]],
            f"   {text[-1]} */",
        ]


def statement(each: Statement, kind: str = "") -> list[str]:
    """An assignment, what it is called in the graph beside or above it."""
    first, *others = each.text.split("\n")
    if others:
        kind = kind.removeprefix("const ")
    lines = wrapped(f"{kind}{each.name} = {first};", 4)
    for block in others:
        lines += wrapped(f"{each.name} += {block};", 4)
    said = remark(each.label)
    if not said:
        return lines
    if len(lines) == 1 and len(lines[0]) + len(said) + 8 <= WIDTH:
        return [f"{lines[0]}  /* {said} */"]
    return [f"    /* {said} */", *lines]


def unused(given: Iterable[str], lines: Sequence[str]) -> list[str]:
    """Lines that say which arguments a function leaves alone."""
    code = re.sub(r"/\*.*?\*/", "", "\n".join(lines))
    return [f"    (void){x};" for x in given if not re.search(rf"\b{x}\b", code)]


def bare(text: str) -> bool:
    """Whether a text is one pair of parentheses around all the rest."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return text[:1] == "(" and i == len(text) - 1
    return False


def wrapped(text: str, indent: int) -> list[str]:
    """A statement as lines; none holds a text with blanks that count."""
    first, rest = " " * indent, " " * (indent + 4)
    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def listed(name: str, labels: Sequence[str], what: str, *, named: bool = True) -> list[str]:
    """What an array holds."""
    few = list(map(remark, labels))
    if len(few) > 8:
        few[3:-1] = ["..."]
    said = f": {', '.join(few)}" if named and any(few) else ""
    plural = "s" * (len(labels) != 1)
    return wrap(
        f"{name:9} {len(labels)} {what}{plural}{said}", WIDTH - 6, subsequent_indent=" " * 10,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
