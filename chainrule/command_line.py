"""The command `chainrule`.

Exit codes: 0 done, 1 a check failed or training broke down, 2 bad input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd import __version__
from autograd.rules.words import printable
from chainrule.commands import add_commands, add_page_options, save_page
from chainrule.terminal.colours import COMPLAINT, tell
from chainrule.terminal.errors import CheckError, InputError

DESCRIPTION = """\
Scalar reverse-mode automatic differentiation, to teach, to learn and to check gradients.

  chainrule explain "tanh(w*x + b)" x=0.7 w=-1.3 b=0.2

In Python:
  from autograd import Value, tanh
  x = Value(0.5, "x")
  y = tanh(2 * x)
  y.backward()          # x.grad is dy/dx
  from viz import draw
  draw(y).save("y.svg")"""

DEMO = """\
Train a small network made of scalar Values and show all of it: the held-out score, a check of the
trained network's gradient against central differences, the graph of one neuron and of a whole small
network, the trained network itself, the training curve and the decision boundary.  Ctrl-C ends the
training early and keeps what was learned.

  chainrule demo                                          Fisher's iris, 150 real flowers
  chainrule demo --data spirals                           or moons, circles, xor
  chainrule demo --data flowers.csv --target species      a file of your own"""

GPT = """\
A GPT, the kind of model that writes texts, with a scalar Value for every number in it: it learns a
small language letter by letter, shows on the way what words it makes up, and is judged by the
grammar that the language was made by.  Ctrl-C ends the training early and keeps what was learned.

  chainrule gpt                         on a tape, by the fastest engine there is
  chainrule gpt --engine eager          the same function graph after graph, fewer steps of it"""

PLAYGROUND = """\
A page to play with, in one file that needs no network: data, layers and neurons are chosen by hand,
the boundary and the loss follow live, every neuron opens to its numbers, and one example can be
stepped forward and backward through all of it.

  chainrule playground --open                                  moons, and others to choose
  chainrule playground --data flowers.csv --target species     a file of your own"""

READING = (  # options of a file; what load_csv takes besides the target
    "regression", "ignore", "delimiter", "decimal", "thousands", "missing", "encoding",
)  # fmt: skip
DELIMITERS = {"tab": "\t", r"\t": "\t"}  # what a shell would not pass on


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name in a file may have any letter
            stream.reconfigure(errors="replace")
    options = parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except CheckError as error:
        tell(f"chainrule: {printable(str(error))}", COMPLAINT, sys.stderr)
        return 1
    except (InputError, ImportError, OSError) as error:
        tell(f"chainrule: {printable(_as_options(_in_words(error)))}", COMPLAINT, sys.stderr)
        return 2
    except KeyboardInterrupt:
        tell("\nchainrule: stopped", COMPLAINT, sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """What reads the command line; every command sets `run`, a function of the options."""
    whole = argparse.ArgumentParser(
        prog="chainrule",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="chainrule COMMAND --help tells more of each.",
    )
    whole.add_argument("--version", action="version", version=f"chainrule {__version__}")
    whole.set_defaults(run=lambda options: whole.print_help())
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")
    _add(
        commands, "demo", _demo, _add_demo_options, DEMO,
        "a network learns iris, or your own file, before your eyes; it is checked and drawn",
    )  # fmt: skip
    _add(
        commands, "gpt", _gpt, _add_gpt_options, GPT,
        "a GPT of scalar Values learns a language that nobody speaks, and makes up words",
    )  # fmt: skip
    add_commands(commands)
    _add(
        commands, "playground", _playground, _add_playground_options, PLAYGROUND,
        "a page on which a network trains, with every number open",
    )  # fmt: skip
    return whole


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    work: Callable[[argparse.Namespace], None],
    add_options: Callable[[argparse.ArgumentParser], None],
    description: str,
    says: str,
) -> None:
    parser = commands.add_parser(
        name,
        help=says,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser)
    parser.set_defaults(run=work)


# ---- demo ----------------------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> None:
    from chainrule.demo.show import (
        run_demo,  # here: --help and --version need no network and no plots
    )
    from chainrule.demo.tasks import TASKS, find_task

    task = find_task(options.data, options.target, **_reading(options))
    source = None if options.data in TASKS else Path(options.data)
    run_demo(task, options.out, options.seed, options.epochs, source=source)


def _add_demo_options(demo: argparse.ArgumentParser) -> None:
    # fmt: off
    demo.add_argument(
        "--data", default="iris", metavar="NAME_OR_FILE",
        help="iris, moons, spirals, circles, xor, or the path of a CSV file (default: %(default)s)",
    )
    demo.add_argument(
        "--out", type=Path, default=Path("chainrule-demo"), metavar="FOLDER",
        help="where the pictures go (default: %(default)s)",
    )
    demo.add_argument(
        "--seed", type=int, default=0, metavar="N",
        help="of the weights and the order of the examples (default: %(default)s)",
    )
    demo.add_argument(
        "--epochs", type=_positive, metavar="N",
        help="passes over the training data (default: 60 for iris, 40 for points, and for a file "
        "as many as take some seconds)",
    )
    # fmt: on
    _add_file_options(demo)


def _reading(options: argparse.Namespace) -> dict[str, Any]:
    """How a file is read, as far as it was said."""
    given = {name: getattr(options, name) for name in READING}
    return {name: value for name, value in given.items() if value is not None}


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    # fmt: off
    file = parser.add_argument_group(
        "a file of your own",
        "A CSV file whose first line names the columns; all but the target hold numbers.",
    )
    file.add_argument("--target", metavar="COLUMN", help="what is to be learned")
    kind = file.add_mutually_exclusive_group()
    kind.add_argument(
        "--regression", action="store_const", const=True,
        help="the target is a number to predict",
    )
    kind.add_argument(
        "--classes", action="store_const", const=False, dest="regression",
        help="the target is a class, even where it looks like a number",
    )
    file.add_argument(
        "--ignore", action="append", metavar="COLUMN",
        help="leave a column out; may be said several times",
    )
    file.add_argument(
        "--delimiter", type=lambda text: DELIMITERS.get(text, text), metavar="MARK",
        help="what stands between cells (default: comma, semicolon, tab or bar, whichever fits)",
    )
    file.add_argument(
        "--decimal", choices=[".", ","], help="what stands before decimals (default: .)",
    )
    file.add_argument(
        "--thousands", metavar="MARK", help="what stands between thousands, as , in 1,299",
    )
    file.add_argument(
        "--missing", action="append", metavar="WORD",
        help="what says that a value is missing, in place of NA, ?, - and others; may be said "
        "several times",
    )
    file.add_argument(
        "--encoding", metavar="NAME", help="how the text is written: cp1252, ... (default: UTF-8)",
    )
    # fmt: on


# ---- gpt -----------------------------------------------------------------------------------------


def _gpt(options: argparse.Namespace) -> None:
    from chainrule.gpt.show import run_gpt  # here, as the demo

    run_gpt(options.steps, options.engine, options.seed)


def _add_gpt_options(gpt: argparse.ArgumentParser) -> None:
    # fmt: off
    gpt.add_argument(
        "--steps", type=_positive, metavar="N",
        help="of the optimizer (default: 1500, and without NumPy as many as take some minutes)",
    )
    gpt.add_argument(
        "--engine", default="auto", metavar="NAME",
        help="what runs the tape: python, numpy, compiled, or auto for the best that is there; "
        "eager: no tape (default: %(default)s)",
    )
    gpt.add_argument(
        "--seed", type=int, default=0, metavar="N",
        help="of the language's words, the weights and the samples (default: %(default)s)",
    )
    # fmt: on


# ---- playground ----------------------------------------------------------------------------------


def _playground(options: argparse.Namespace) -> None:
    from chainrule.playgrounds import first_playground  # here, as the demo

    page = first_playground(options.data, options.target, **_reading(options))
    save_page(page, options, "chainrule-playground.html")


def _add_playground_options(playing: argparse.ArgumentParser) -> None:
    # fmt: off
    playing.add_argument(
        "--data", default="moons", metavar="NAME_OR_FILE",
        help="moons, circles, spirals, xor, iris, or the path of a CSV file (default: %(default)s)",
    )
    # fmt: on
    _add_file_options(playing)
    add_page_options(playing)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


# ---- what a message says, in the words of the command line --------------------------------------

STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
LIST = rf"\[(?:{STRING}|, )*\]"
KEYWORD = re.compile(rf"\b(target|{'|'.join(READING)})=(True|False|{STRING}|{LIST})")


def _in_words(error: Exception) -> str:
    """What an error says, without the number that an operating system gives it."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _as_options(message: str) -> str:
    """A message of load_csv as it reads here: what it calls ignore=['id'] is --ignore id."""
    message = KEYWORD.sub(_as_option, message).replace("encoding=...", "--encoding NAME")
    message = message.replace("ignore=[...]", "--ignore COLUMN")
    return message.replace("in missing=[...]", "with --missing WORD")


def _as_option(found: re.Match[str]) -> str:
    name, value = found[1], ast.literal_eval(found[2])
    if name == "regression":
        return "--regression" if value else "--classes"
    values = [value] if isinstance(value, str) else value
    return " ".join(f"--{name}{_written(text)}" for text in values)


def _written(text: str) -> str:
    """The value of an option as one writes it in a shell, the space or = before it included."""
    if text == "\t":
        return " tab"
    quoted, plain = shlex.quote(text), any(map(str.isalnum, text))
    if (quoted != text or not plain) and not set(text) & set('"$`\\!'):
        quoted = f'"{text}"'  # as Windows wants it too
    return f"={quoted}" if text.startswith("-") else f" {quoted}"
