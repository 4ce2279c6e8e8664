"""The worksheet: made from one list, right where it is filled in, and of help where it is not.

And the lesson plan that it belongs to: its minutes, and the copy of it that the class sees.
"""

import importlib.util
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograd import OPERATIONS
from chainrule.worksheet import Score, check, done
from chainrule.worksheet.exercises import EXERCISES, agree, flat
from chainrule.worksheet.verdicts import COLOURS

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def load() -> ModuleType:
    """notebooks/worksheet.py, a script that is in no package."""
    spec = importlib.util.spec_from_file_location("worksheet", NOTEBOOKS / "worksheet.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


worksheet = load()
NUMBERS = [cell.checks for cell in worksheet.CELLS if cell.checks]
each_exercise = pytest.mark.parametrize("number", NUMBERS)
both = pytest.mark.parametrize("answers", [False, True], ids=["worksheet", "answers"])


@pytest.fixture(autouse=True)
def _rows_of_the_worksheet_do_not_stay() -> Iterator[None]:
    rows = dict(OPERATIONS)
    yield
    OPERATIONS.clear()
    OPERATIONS.update(rows)
    done.clear()


# ---- running one exercise ------------------------------------------------------------------------


def parts() -> list[list[str]]:
    """The code of the worksheet: what comes first, then each exercise with its blanks last."""
    found: list[list[str]] = [[]]
    is_open = True
    for cell in worksheet.CELLS:
        if "**Exercise" in cell.source:
            found.append([])
            is_open = True
        if cell.kind == "code" and cell.worksheet and is_open:
            found[-1].append(cell.source)
        is_open = is_open and not cell.checks
    return found


def blanks(number: int) -> list[str]:
    """The answers of an exercise, as they stand in the list."""
    return [b for source in parts()[number] for b in worksheet.BLANK.findall(source)]


def given_before(number: int) -> list[str]:
    """What stands before the blanks of earlier exercises."""
    return [source for part in parts()[1:number] for source in part[:-1]]


def run(number: int, answers: list[str]) -> tuple[Any, ...]:
    """One exercise in a fresh namespace with these answers in its blanks; what it gives to check.

    The verdict is printed.
    """
    left = iter(answers)
    names: dict[str, Any] = {}
    for source in parts()[0]:
        exec(compile(source, "what comes first", "exec"), names)
    given: list[tuple[Any, ...]] = []

    def look(n: int, *found: Any) -> None:
        given.append(found)
        print(check(n, *found))

    done.clear()
    names["check"] = look
    for source in [*given_before(number), *parts()[number]]:
        filled = worksheet.BLANK.sub(lambda _: next(left), source)
        exec(compile(filled, f"exercise {number}", "exec"), names)
    assert not list(left), "more answers than blanks"
    return given[-1]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, on one line."""
    return " ".join(capsys.readouterr().out.split())


# ---- what is committed ---------------------------------------------------------------------------


@both
def test_the_notebooks_are_what_the_list_makes_and_were_run(answers: bool) -> None:
    committed = json.loads((NOTEBOOKS / worksheet.FILES[answers]).read_text(encoding="utf-8"))
    assert worksheet.sources(committed) == worksheet.sources(worksheet.notebook(answers))
    cells = [cell for cell in committed["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    shown = [output["data"]["text/plain"] for output in outputs if "data" in output]
    printed = "\n".join(map("".join, shown))
    verdicts = re.findall(r"^([…✓✗]) Exercise (\d+)", printed, re.MULTILINE)
    assert verdicts == [("✓" if answers else "…", str(number)) for number in NUMBERS]


def test_there_are_twelve_to_fifteen_exercises_in_order() -> None:
    text = "".join(cell.source for cell in worksheet.CELLS)
    assert 12 <= len(NUMBERS) <= 15
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert [int(n) for n in re.findall(r"\*\*Exercise (\d+)\.\*\*", text)] == NUMBERS


@both
def test_nothing_is_folded_and_an_exercise_is_one_cell(answers: bool) -> None:
    cells = [(s, m) for k, s, m in worksheet.sources(worksheet.notebook(answers)) if k == "code"]
    assert all(metadata == {} for _, metadata in cells)
    assert not [source for source, _ in cells if re.search(r"^def (check|judge)", source, re.M)]
    looks = [source.splitlines()[-1] for source, _ in cells if re.search(r"^check\(", source, re.M)]
    assert [int(line[6 : line.index(",")]) for line in looks] == NUMBERS


def test_the_worksheet_has_blanks_and_no_answers() -> None:
    sheet, answers = (
        "\n".join(source for _, source, _ in worksheet.sources(worksheet.notebook(a)))
        for a in (False, True)
    )
    count = sum(len(blanks(number)) for number in NUMBERS)
    assert len(re.findall(r"^ {,4}(\w+ = |return )\.\.\.$", sheet, re.MULTILINE)) == count
    assert "<<" not in sheet + answers
    assert "all_right" not in sheet
    assert answers.count("assert score().all_right") == 1


def test_a_notebook_that_differs_from_the_list_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["worksheet.py"])
    assert worksheet.main() == 0
    for name in worksheet.FILES.values():
        text = (NOTEBOOKS / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("rectangle", "triangle"), encoding="utf-8")
    monkeypatch.setattr(worksheet, "FOLDER", tmp_path)
    assert worksheet.main() == 1
    (tmp_path / worksheet.FILES[True]).unlink()
    assert worksheet.main() == 1
    assert said(capsys).count("is not: run this with --write") == 4


# ---- blanks, answers, and neither ----------------------------------------------------------------


@each_exercise
def test_blanks_give_a_hint_and_no_exception(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run(number, ["..."] * len(blanks(number)))
    assert f"… Exercise {number} is still open. Hint: " in said(capsys)
    assert done == {number: False}


@each_exercise
def test_one_blank_that_is_left_is_a_blank_still(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for k in range(len(blanks(number))):
        answers = [b.replace("delta", "0.5") for b in blanks(number)]
        answers[k] = "..."
        run(number, answers)
        assert f"… Exercise {number} is still open" in said(capsys)


@each_exercise
def test_the_answer_is_right_and_learns_why(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run(number, blanks(number))
    assert re.search(rf"✓ Exercise {number}: right\. [A-Z0-9yr-].{{15}}", said(capsys))
    assert done == {number: True}


@each_exercise
def test_the_answers_notebook_does_not_run_through_with_a_wrong_answer(number: int) -> None:
    right = dict.fromkeys(NUMBERS, True)
    assert Score(right).all_right
    assert not Score({**right, number: False}).all_right
    assert not Score({n: True for n in NUMBERS if n != number}).all_right


@each_exercise
def test_an_answer_nobody_expected_gets_the_hint(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run(number, ["0.123"] * len(blanks(number)))
    assert done == {number: False}
    text = said(capsys)
    run(number, ["..."] * len(blanks(number)))
    hint = said(capsys).partition("Hint: ")[2]
    assert f"✗ Exercise {number}: not yet. {hint}" in text


@pytest.mark.parametrize("answer", ["'5'", "None", "boxes()[0]", "1j"])
def test_an_answer_that_is_no_number_is_told_so(
    answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(1, [answer, "3"])
    assert "✗ Exercise 1: not yet. Numbers are wanted here" in said(capsys)


def test_three_digits_are_enough_and_two_are_not() -> None:
    run(13, ["-0.423", "-1.27", "0.846", "-0.423"])
    assert done == {13: True}
    run(13, ["-0.42", "-1.3", "0.85", "-0.42"])
    assert done == {13: False}


def test_a_formula_that_is_right_in_another_form_is_right() -> None:
    run(11, ["-2 * x / (1 + x * x) ** 2"])
    assert done == {11: True}
    run(12, ["1 / (x + y) - x / (x + y) ** 2", "-z / (x + y)"])
    assert done == {12: True}


# ---- wrong answers teach -------------------------------------------------------------------------

# fmt: off
WRONG = [  # (exercise, wrong answers, what is said to them): numbers by hand, not from the list
    (1, ["3", "5"], "the other way round"),
    (2, ["12", "1 / 4", "-1", "5"], "q: the sign"),
    (2, ["8", "-1 / 4", "1", "5"], "p: 8 is the value of x**3. How fast does it move? r: the sign"),
    (3, ["1 - 0.6"], "You have 1 - z"),
    (4, ["1 * 14 * 3"], "The sign"),
    (4, ["-1 * 14"], "You forgot a factor of the chain: a = 3x + 1"),
    (4, ["-1 + 14 + 3"], "Along a path, multiply"),
    (5, ["5", "8", "13"], "Through v: the sign"),
    (5, ["5", "-8", "5"], "You forgot a path, the one through v"),
    (5, ["5", "-8", "5 * -8"], "You multiplied the two paths"),
    (6, ["2", "4", "8"], "You forgot a path"),
    (6, ["3", "2", "6"], "You forgot a factor"),
    (7, ["1", "3", "8"], "a: you forgot a path. Not only b uses a"),
    (7, ["1", "1 + 3", "9"], "a: the sign"),
    (7, ["1", "2", "5"], "x: you forgot a path. Not only b uses x"),
    (8, ["7"], "what the right order gives"),
    (9, ["2 * x * y", "x**2"], "y: you forgot a path"),
    (9, ["2 * x", "x**2 + 1"], "x: you forgot a factor of the chain"),
    (10, ["2 * r", "2 * r", "2 * r"], "w: you forgot a factor of the chain. r moves x times"),
    (10, ["r * x", "r * w", "r"], "You forgot the 2"),
    (10, ["x", "w", "1"], "You forgot a factor of the chain: the square"),
    (11, ["2 * x * z**2"], "The sign"),
    (11, ["-(z**2)"], "You forgot a factor of the chain: 1 + x²"),
    (12, ["1 / (x + y)", "-x / (x + y) ** 2"], "x: this is the faulty rule. It forgot a path"),
    (12, ["y / (x + y) ** 2", "x / (x + y) ** 2"], "y: the sign"),
    (13, ["(y - z) * (1 - z**2)", "delta * x1", "delta * x2", "delta"], "delta: the sign"),
    (13, ["z - y", "delta * x1", "delta * x2", "delta"], "a factor of the chain, the tanh"),
    (13, ["(z - y) * (1 - z**2)", "delta", "delta", "delta"], "w1: you forgot a factor"),
    (14, ["p[0]", "p[1]", "p[2]"], "s1: you forgot a path"),
    (14, ["-p[0]", "1 - p[1]", "-p[2]"], "s1: the sign. When the right score grows"),
    (15, ["3 * 1 - 6", "1 + 0.1 * 3"], "gradient: you forgot a factor of the chain"),
    (15, ["(3 * 1 - 6) * 3", "1 - 0.1 * 9"], "w: the sign. You went uphill"),
]
# fmt: on


@pytest.mark.parametrize(("number", "answers", "words"), WRONG)
def test_a_typical_wrong_answer_gets_its_own_hint(
    number: int, answers: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(number, answers)
    text = said(capsys)
    assert f"✗ Exercise {number}: not yet. " in text
    assert words.lower() in text.lower()
    assert done == {number: False}


def test_sign_path_and_factor_are_each_forgotten_in_many_exercises() -> None:
    for words, least in (("the sign", 9), ("forgot a path", 7), ("factor of the chain", 7)):
        told = [" ".join(say for _, say in exercise().slips).lower() for exercise in EXERCISES]
        assert sum(words in say for say in told) >= least, words


@each_exercise
def test_every_slip_in_the_list_is_wrong_and_gets_its_words(number: int) -> None:
    exercise = EXERCISES[number - 1]()
    right = flat(exercise.given(run(number, blanks(number))))
    assert len(exercise.slips) >= 3
    for slip, words in exercise.slips:
        wrong = [r if n is None else n for r, n in zip(right, flat(slip), strict=True)]
        assert not agree(wrong, right)
        assert words in [say for other, say in exercise.slips if agree(wrong, flat(other))]


@each_exercise
def test_what_is_said_is_in_sentence_case(number: int) -> None:
    exercise = EXERCISES[number - 1]()
    names = r"(delta|argument|gradient|[a-zA-Z]\d?(, s2)?|-?\d.*|Through [uv])"
    for words in (exercise.hint, exercise.because, *(say for _, say in exercise.slips)):
        assert re.match(rf"({names}: )?([A-Z]|{names}\b)", words), words
        assert words[-1] in ".?", words


def test_a_wrong_gradient_is_shown_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    run(9, ["x * y", "x**2 + 1"])
    assert "wrong x = 3: analytic 15, numeric 30 +-" in said(capsys)


def test_a_wrong_rule_is_shown_a_point(capsys: pytest.CaptureFixture[str]) -> None:
    run(11, ["-2 * x * z"])
    assert re.search(r"bump is not right yet: at \(.*should be .*, the rule gives", said(capsys))


def test_a_gradient_of_the_wrong_length_is_no_exception() -> None:
    verdict = check(9, lambda x, y: [2 * x * y])
    assert "got 1 for 2 (x, y)" in verdict.report
    assert verdict.headline == "Exercise 9: not yet."


def test_an_exercise_that_there_is_not_is_told() -> None:
    with pytest.raises(ValueError, match="the exercises are 1 to 15, got 16"):
        check(16, 1)


@pytest.mark.parametrize(
    ("answers", "mark", "words"),
    [((5, 3), "✓", "right."), ((3, 5), "✗", "not yet."), ((5, ...), "…", "is still open.")],
)
def test_a_notebook_shows_a_verdict_in_its_colour(answers: Any, mark: str, words: str) -> None:
    shown = check(1, *answers)._repr_mimebundle_()
    assert f'<b style="color: {COLOURS[mark]}">{mark} Exercise 1' in shown["text/html"]
    assert words in shown["text/html"]
    assert shown["text/plain"].startswith(f"{mark} Exercise 1")


def test_an_error_in_a_function_that_is_no_blank_is_not_swallowed() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        run(9, ["2 * x * y", "x + None"])
    with pytest.raises(NameError):
        run(9, ["2 * x * y", "nonsense"])


def test_a_blank_inside_a_formula_is_a_blank(capsys: pytest.CaptureFixture[str]) -> None:
    run(9, ["2 * x * ...", "x**2 + 1"])
    assert "… Exercise 9 is still open" in said(capsys)
    run(11, ["... * z"])
    assert "… Exercise 11 is still open" in said(capsys)


# ---- the lesson of notebook 12 keeps its time, and can be cut where it says so -------------------

LESSON = json.loads((NOTEBOOKS / "12_lesson_plan.ipynb").read_text(encoding="utf-8"))["cells"]
HEADING = re.compile(r"## (\d+)\. (.+) \(minutes (\d+) to (\d+)\)")


def is_teachers(cell: dict[str, Any]) -> bool:
    """Whether a cell is left out of the class's copy."""
    return "teacher" in cell["metadata"].get("tags", ())


def sections() -> list[tuple[re.Match[str], list[dict[str, Any]]]]:
    """Each heading of the lesson with the cells below it."""
    found: list[tuple[re.Match[str], list[dict[str, Any]]]] = []
    for cell in LESSON:
        heading = HEADING.match("".join(cell["source"]))
        if heading:
            found.append((heading, []))
        elif found:
            found[-1][1].append(cell)
    return found


def test_the_sections_of_the_lesson_fill_ninety_minutes_and_are_its_timetable() -> None:
    times = [(int(heading[3]), int(heading[4])) for heading, _ in sections()]
    assert (times[0][0], times[-1][1]) == (0, 90)
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    table = "".join(LESSON[1]["source"])
    for heading, _ in sections():
        assert f"| {heading[3]}–{heading[4]} | **{heading[1]}. {heading[2]}**: " in table


def test_what_is_to_be_said_asked_and_run_fits_into_each_section() -> None:
    for heading, cells in sections():
        notes = [c for c in cells if is_teachers(c) and c["cell_type"] == "markdown"]
        lines = "\n".join("".join(c["source"]) for c in notes).splitlines()
        spoken = [line[1:] for line in lines if line.startswith(">")]
        spoken += [line.strip("|").rpartition("|")[2] for line in lines if line.startswith("| *")]
        talk = sum(len(line.split()) for line in spoken) / 120
        asked = sum(float(m) for m in re.findall(r"\*\*[A-Z][a-z ]+ \(([\d.]+) min\)", str(lines)))
        run_and_read = 0.5 * sum(c["cell_type"] == "code" and not is_teachers(c) for c in cells)
        length = int(heading[4]) - int(heading[3])
        counted = f"*{length} minutes: {talk:.1f} to speak, {asked:.1f} for questions and board, "
        assert lines[0].startswith(counted.replace(".0 ", " ")), heading[0]
        assert talk + asked + run_and_read <= length - 0.4, heading[0]


@pytest.mark.parametrize("cut", ["", "1b 10c 2c 11c", "8a 6e 7a 12a 3a"])
def test_the_copy_for_the_class_runs_without_the_notes_and_with_cells_left_out(
    cut: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("IPython", reason='needs pip install -e ".[notebooks]"')
    names: dict[str, Any] = {}
    for cell in LESSON:
        source = "".join(cell["source"])
        name = re.match(r"# (\w+)", source)
        if cell["cell_type"] == "code" and not is_teachers(cell):
            assert name
            assert "assert" not in source
            if name[1] not in cut.split():
                exec(compile(source, f"cell {name[1]}", "exec"), names)
    assert names["E"].data < 0.01
    assert "confirmed: 17 of 17" in said(capsys) or "11c" in cut
