"""load_csv: a file of one's own, and what is wrong with it by file, line and column."""

import bz2
import csv
import gzip
import io
import lzma
import random
import re
from importlib.resources import files
from pathlib import Path

import pytest

from nn.data.csv_files import load_csv
from nn.data.datasets import iris, standardize, stratified_split

GOOD = "x,y,kind\n1,2,b\n3.5,-4e1,a\n5,6,b\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "own.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# ---- what is read --------------------------------------------------------------------------------


def test_iris_is_read_as_iris() -> None:
    path = str(files("nn") / "data" / "iris.csv")
    assert load_csv(path, target="species") == iris()


def test_classes_are_numbered_by_the_alphabet(write) -> None:
    data = load_csv(write(GOOD), "kind")
    assert data.inputs == [[1.0, 2.0], [3.5, -40.0], [5.0, 6.0]]
    assert (data.labels, data.classes, data.features) == ([1, 0, 1], ("a", "b"), ("x", "y"))


def test_the_target_may_stand_anywhere(write) -> None:
    data = load_csv(write("kind,x\nno,1\nyes,2\n"), "kind")
    assert (data.inputs, data.labels) == ([[1.0], [2.0]], [0, 1])


def test_classes_that_are_numbers_are_in_their_order(write) -> None:
    data = load_csv(write("x,k\n1,10\n2,9\n3,10.0\n4,-1\n"), "k")
    assert (data.labels, data.classes) == ([2, 1, 2, 0], ("-1", "9", "10"))


def test_a_number_to_predict_is_a_float_and_has_no_classes(write) -> None:
    data = load_csv(write("x,price\n1,2.5\n2,3\n"), "price", regression=True)
    assert (data.labels, data.classes) == ([2.5, 3.0], ())
    assert all(type(label) is float for label in data.labels)


def test_columns_can_be_ignored(write) -> None:
    path = write("name,x,y,k\nAnn,1,2,a\nBob,3,4,b\n")
    assert load_csv(path, "k", ignore=["name", "y"]).inputs == [[1.0], [3.0]]
    assert load_csv(path, "k", ignore="name").features == ("x", "y")
    assert load_csv(write(",x,k\n0,1,a\n1,2,b\n"), "k", ignore=[""]).features == ("x",)


def test_what_to_ignore_is_said_with_what_is_ignored_already(write) -> None:
    with pytest.raises(ValueError, match=r"ignore=\['id', 'name'\]"):
        load_csv(write("id,name,x,k\n1,Ann,1,a\n2,Bob,3,b\n"), "k", ignore=["id"])


def test_a_name_written_otherwise_is_found(write) -> None:
    with pytest.raises(ValueError, match="no column is called ' KIND', .*did you mean 'kind'"):
        load_csv(write(GOOD), " KIND")


@pytest.mark.parametrize("delimiter", ",;\t|")
def test_the_delimiter_is_found(delimiter: str, write) -> None:
    assert load_csv(write(GOOD.replace(",", delimiter)), "kind").labels == [1, 0, 1]


def test_the_delimiter_is_the_one_with_which_the_target_is_a_column(write) -> None:
    path = write("a,b,c;k\n1;u\n2;v\n")
    assert load_csv(path, "k").features == ("a,b,c",)


def test_a_decimal_comma_can_be_said(write) -> None:
    path = write("x;k\n1,5;a\n-2;b\n")
    assert load_csv(path, "k", decimal=",").inputs == [[1.5], [-2.0]]
    with pytest.raises(ValueError, match="'1.23' is no number, but with decimal='.' it is 1.23$"):
        load_csv(write("x;k\n1,5;a\n1.23;b\n"), "k", decimal=",")


def test_marks_between_thousands_can_be_said(write) -> None:
    path = write('x,k\n"1,299",a\n"12,345,678.5",b\n7,b\n')
    assert load_csv(path, "k", thousands=",").inputs == [[1299.0], [12345678.5], [7.0]]
    path = write("x;k\n1.299,5;a\n-2.000;b\n")
    assert load_csv(path, "k", decimal=",", thousands=".").inputs == [[1299.5], [-2000.0]]
    path = write("x,k\n1 299,a\n+3,b\n")
    assert load_csv(path, "k", thousands=" ").inputs == [[1299.0], [3.0]]


@pytest.mark.parametrize("cell", ["1,29", "12,3456", ",299", "1,,299", "1,299,", "1.5,299"])
def test_marks_in_other_places_are_not_between_thousands(cell: str, write) -> None:
    with pytest.raises(ValueError, match=f"line 3, column 'x': '{cell}' is no number"):
        load_csv(write(f'x,k\n"1,299",a\n"{cell}",b\n'), "k", thousands=",")


@pytest.mark.parametrize(
    ("cell", "readings"),
    [
        ("1,299", "with decimal=',' it is 1.299, or with thousands=',' it is 1299"),
        ("1,299,000", "with thousands=',' it is 1299000"),
        ("1,299.5", "with thousands=',' it is 1299.5"),
        ("1.299,5", "with decimal=',', thousands='.' it is 1299.5"),
        ("1.299.000", "with decimal=',', thousands='.' it is 1299000"),
        ("1 299", "with thousands=' ' it is 1299"),
        ("1'299", 'with thousands="\'" it is 1299'),
        ("1\u202f299,5", "with decimal=',', thousands='\\\\u202f' it is 1299.5"),
        ("2,5", "with decimal=',' it is 2.5"),
    ],
)
def test_what_a_number_with_other_marks_can_be_is_said(cell: str, readings: str, write) -> None:
    with pytest.raises(ValueError, match=f"is no number, but {readings}$"):
        load_csv(write(f"x;k\n{cell};a\n1;b\n"), "k")
    with pytest.raises(ValueError, match=f"is text, but {readings}; if it is a class, say"):
        load_csv(write(f"x;k\n1;{cell}\n2;{cell}0\n"), "k")


MISSING = ["", "?", "-", ".", "NA", "n/a", "#N/A", "NaN", "NULL", "None", "missing"]


@pytest.mark.parametrize("word", MISSING)
def test_what_says_that_a_value_is_missing_is_refused_in_every_column(word: str, write) -> None:
    said = f"{word!r} says that it is missing" if word else "the cell is empty"
    for text, column in ((f"x,k\n1,a\n{word},b\n", "x"), (f"x,k\n1,a\n2,{word}\n", "k")):
        for regression in (None, False):
            message = re.escape(f"line 3, column '{column}': {said}: fill it in, or delete")
            with pytest.raises(ValueError, match=message):
                load_csv(write(text), "k", regression=regression)


def test_what_says_that_a_value_is_missing_can_be_changed(write) -> None:
    path = write("x,k\n1,NA\n2,EU\n-999,EU\n")
    with pytest.raises(ValueError, match="'NA' says that .*; if it is a class, list in missing="):
        load_csv(path, "k")
    assert load_csv(path, "k", missing=[]).classes == ("EU", "NA")
    with pytest.raises(ValueError, match="line 4, column 'x': '-999' says that it is missing"):
        load_csv(path, "k", missing="-999")
    with pytest.raises(ValueError, match="line 3, column 'k': the cell is empty"):
        load_csv(write("x,k\n1,a\n2,\n"), "k", missing=[])
    with pytest.raises(TypeError, match="missing is a list of texts .*, got 9 in it"):
        load_csv(path, "k", missing=[9])


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.rstrip().encode(),
        ("\n" + GOOD.replace("\n", "\n\n,,\n") + "  \n").encode(),
        GOOD.replace(",", " , ").encode(),
        GOOD.replace("x", '"x"').replace(",b", ', "b"').encode(),
    ],
    ids=["bom", "crlf", "cr", "no last newline", "empty rows", "spaces", "quotes"],
)
def test_the_ways_of_writing_a_table_are_one(content: bytes, write, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text(GOOD)
    assert load_csv(write(content), "kind") == load_csv(plain, "kind")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8", "latin-1"])
def test_an_encoding_can_be_said(encoding: str, write) -> None:
    path = write("größe,k\n1,é\n2,ü\n".encode(encoding))
    data = load_csv(path, "k", encoding=encoding)
    assert (data.features, data.classes) == (("größe",), ("é", "ü"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_a_name(encoding: str, write) -> None:
    path = write(("\ufeff" + GOOD).encode(encoding))
    assert load_csv(path, "kind", encoding=encoding).features == ("x", "y")


def test_what_is_read_can_be_split_and_scaled(write) -> None:
    rows = "".join(f"{i},{i * i},{'ab'[i % 2]}\n" for i in range(20))
    data = load_csv(write("x,y,k\n" + rows), "k")
    train, held_out = stratified_split(data, 4, rng=random.Random(0))
    assert sorted(held_out.labels) == [0, 0, 1, 1]
    assert sum(row[1] for row in standardize(train)(train).inputs) == pytest.approx(0, abs=1e-12)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # the file
        ("", "own.csv is empty: its first line should name the columns"),
        (b"\xef\xbb\xbf \n\n,,\n", "own.csv is empty"),
        ("\x1f\u2003\n", "own.csv is empty"),
        ('""\n', "own.csv is empty"),
        (b"PK\x03\x04\x14\x00", "own.csv is a workbook or another zip archive: save its sheet"),
        (gzip.compress(GOOD.encode()), "own.csv is compressed by gzip: unpack it first, with gunz"),
        (bz2.compress(GOOD.encode()), "own.csv is compressed by bzip2"),
        (lzma.compress(GOOD.encode()), "own.csv is compressed by xz"),
        (b"PAR1\x15\x04", "own.csv is a Parquet file: write it as CSV"),
        ("x,kind\n", "own.csv, line 1: there are no rows below the column names"),
        (b"x,kind\n1,a\n2,b\0\n", "own.csv, line 3: a zero byte is no text"),
        # the header
        ("x,sort\n1,a\n", "line 1: no column is called 'kind', there are 'x', 'sort'$"),
        ("x,Kinds\n1,a\n", "no column is called 'kind', .*: did you mean 'Kinds'\\?"),
        ("1,2\n3,4\n", "line 1: these are numbers, not the names of the columns"),
        ("x,y,x,kind\n1,2,3,a\n", "line 1: columns 1 and 3 are both called 'x'"),
        ("kind,x,kind\na,1,b\n", "line 1: columns 1 and 3 are both called 'kind'"),
        (",x,kind\n0,1,a\n", "line 1: column 1 has no name \\(pandas .*ignore=\\[''\\]"),
        ("kind\na\nb\n", "line 1: there is no column besides the target 'kind'"),
        # the rows
        ("x,y,kind\n1,2,a\n1,2\n", "line 3, column 'kind': the row ends before it, with 2 cells"),
        ("x,kind\n1,a\n\n1,5,b\n", "line 4, column 3: 'b' is one cell too many, 3 for 2 columns"),
        ('x,kind\n1,a\n2,"b\n3,c\n', "line 3: a quote is opened in this row and never closed"),
        ('x,kind\n1,a\n2,"b"c\n', "line 3: ',' expected after '\"'"),
        ('x,kind\n1,"a\nb"\nq,c\n', "line 4, column 'x': 'q' is no number"),
        # the cells
        ("x,kind\n1,a\nabc,b\n", "line 3, column 'x': 'abc' is no number: write one, or delete"),
        ("x,kind\n1,a\n,b\n", "line 3, column 'x': the cell is empty: fill it in, or delete"),
        ("x,kind\n1,a\nnan,b\n", "line 3, column 'x': 'nan' says that it is missing: fill"),
        ("x,kind\n1,a\n-Inf,b\n", "line 3, column 'x': '-Inf' is not finite"),
        ("x,kind\n1,a\n1e999,b\n", "line 3, column 'x': '1e999' is not finite"),
        ("x,kind\n1,a\n1_000,b\n", "'1_000' is no number, but with thousands='_' it is 1000"),
        ("x;kind\n1;a\n2,5;b\n", "'2,5' is no number, but with decimal=',' it is 2.5"),
        ("x;kind\n1,5;a\n2,5;b\n", "line 2, column 'x': '1,5' is no number, but with decimal=','"),
        (
            "id,x,y,kind\nAnn,1,p,a\nBob,2,q,b\n",
            "line 2, column 'id': 'Ann', and in no row a number \\(nor in 'y'\\): write it in "
            "numbers, or leave it out with ignore=\\['id', 'y'\\]",
        ),
        ("x,kind\nu,a\nv,b\n", "column 'x': 'u', and in no row a number: a network learns from"),
        ("x,y,kind\n,1,a\n,2,b\n", "column 'x': an empty cell, and in no row a number"),
        # the target
        ("x,kind\n1,a\n2,a\n", "column 'kind': all 2 rows have 'a': with one value only"),
        ("x,kind\n1,0\n2,0.0\n", "column 'kind': all 2 rows have '0'"),
        ("x,kind\n1,a\n2,\n", "line 3, column 'kind': the cell is empty"),
        ("x,kind\n1,a\n2,nan\n", "line 3, column 'kind': 'nan' says that it is missing"),
        ("x,kind\n1,0\n2,1\n3,O\n", "line 4, column 'kind': 'O' is text among numbers"),
        ("x,kind\n1,a\n2,b\n3,0\n", "line 4, column 'kind': '0' is a number among text"),
    ],
)
def test_what_is_wrong_is_named(content: str | bytes, message: str, write) -> None:
    with pytest.raises(ValueError, match=message):
        load_csv(write(content), "kind")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "x,kind\n1,a\n2,caf\xe9\n".encode("cp1252"),
            "line 3, column 'kind': the byte 0xe9 is not UTF-8; in cp1252 \\(Windows\\) it is 'é': "
            "say encoding='cp1252'",
        ),
        ("x;y;kind\r\n1;2;a\r\n3;\xfc;b\r\n".encode("cp1252"), "line 3, column 'y': the byte 0xfc"),
        ("x,gr\xf6\xdfe,kind\n".encode("cp1252"), "line 1, column 2: the byte 0xf6 is not UTF-8"),
        (b"x,kind\n1,\x81\n", "byte 0x81 is not UTF-8; say how the file is written"),
        (GOOD.encode("utf-16"), "line 1: it begins as UTF-16 does: encoding='utf-16'"),
        (GOOD.encode("utf-16-le"), "line 1: a zero byte is no text: if it is UTF-16, say"),
    ],
)
def test_another_encoding_is_named(content: bytes, message: str, write) -> None:
    with pytest.raises(ValueError, match=message):
        load_csv(write(content), "kind")


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("ascii", "byte 0xc3 is not ascii; all of it is UTF-8: leave out encoding"),
        ("utf-99", "no text encoding is called 'utf-99'"),
        ("base64", "no text encoding is called 'base64'"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(encoding: str, message: str, write) -> None:
    with pytest.raises(ValueError, match=message):
        load_csv(write("x,kind\n1,é\n2,e\n"), "kind", encoding=encoding)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"delimiter": ";"}, "no column is called 'kind', .* with delimiter=',' there is one"),
        ({"delimiter": ""}, "a delimiter is one character, got ''"),
        ({"delimiter": "::"}, "a delimiter is one character, got '::'"),
        ({"decimal": ","}, "decimal is '.' or ',' and not the delimiter"),
        ({"decimal": "x"}, "decimal is '.' or ','"),
        ({"thousands": "x"}, "thousands is '' or one of ',', '.', .*, got 'x'"),
        ({"thousands": "."}, "and not the mark of the decimals, got '.'"),
        ({"ignore": ["z"]}, "no column is called 'z'"),
        ({"ignore": ["kind"]}, "the target 'kind' cannot be ignored"),
        ({"regression": True}, "line 2, column 'kind': 'b' is no number"),
    ],
)
def test_arguments_that_do_not_fit_the_file_are_refused(arguments, message: str, write) -> None:
    with pytest.raises(ValueError, match=message):
        load_csv(write(GOOD), "kind", **arguments)


@pytest.mark.parametrize("target", [None, 1, ["kind"]])
def test_a_target_that_is_no_name_is_refused(target, write) -> None:
    with pytest.raises(TypeError, match="target is the name of a column, got"):
        load_csv(write(GOOD), target)


def test_a_missing_file_is_pythons_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        load_csv(tmp_path / "nowhere.csv", "kind")


# ---- classes or a number to predict --------------------------------------------------------------


@pytest.mark.parametrize("values", [["0.5", "1.5"], [str(i) for i in range(21)]])
def test_a_target_that_could_be_either_is_asked_about(values: list[str], write) -> None:
    path = write("x,k\n" + "".join(f"1,{value}\n" for value in values))
    message = f"line 2, column 'k': .* {len(values)} different values, '{values[0]}' the first: "
    with pytest.raises(ValueError, match=f"{message}say regression=True .* regression=False if"):
        load_csv(path, "k")
    assert load_csv(path, "k", regression=True).labels == [float(value) for value in values]
    assert load_csv(path, "k", regression=False).classes == tuple(values)


def test_a_text_that_is_rarely_twice_the_same_is_asked_about(write) -> None:
    path = write("x,k\n" + "".join(f"1,name {chr(65 + i)}\n" for i in range(21)))
    with pytest.raises(ValueError, match="'name A' the first: say regression=False if these are"):
        load_csv(path, "k")
    assert len(load_csv(path, "k", regression=False).classes) == 21


def test_twenty_whole_numbers_are_classes(write) -> None:
    path = write("x,k\n" + "".join(f"1,{i}\n" for i in range(20)))
    assert load_csv(path, "k").labels == list(range(20))


def test_numbers_and_text_are_classes_where_that_is_said(write) -> None:
    data = load_csv(write("x,k\n1,2\n2,b\n3,10\n"), "k", regression=False)
    assert (data.labels, data.classes) == ([0, 2, 1], ("2", "10", "b"))


def test_one_number_to_predict_is_nothing_to_learn(write) -> None:
    with pytest.raises(ValueError, match="column 'y': all 2 rows have '1.5'"):
        load_csv(write("x,y\n1,1.5\n2,1.50\n"), "y", regression=True)


# ---- whatever the file ---------------------------------------------------------------------------


def test_a_file_cut_or_spoilt_anywhere_is_read_or_refused_with_its_name(write, rng) -> None:
    content = 'x,"y, z",kind\n1,2,b\n3.5,-4e1,"a"\n5,6,é\n'.encode()
    path, said = write(content), []
    for place in range(len(content)):
        wrong = bytes([rng.randrange(256)])
        for spoilt in (content[:place], content[:place] + wrong + content[place + 1 :]):
            path.write_bytes(spoilt)
            try:
                load_csv(path, "kind")
            except ValueError as error:
                said.append(str(error))
    assert len(said) > len(content) / 2
    assert [message for message in said if str(path) not in message] == []


def test_a_long_cell_and_bytes_without_sense_are_refused_with_a_name(write, rng) -> None:
    long = b"a" * 200_000
    for content in (b'"' + long, rng.randbytes(200_000), b"\xff" * 200_000, b'"' + long + b"\xff"):
        with pytest.raises(ValueError, match="own.csv"):
            load_csv(write(content), "kind")
    with pytest.raises(ValueError, match="line 2: a quote is opened in this row and never closed"):
        load_csv(write(b'x,kind\n1,"' + long), "kind")
    for content in (b'x,kind\n1,"' + long + b'"\n', b"x,kind\n1," + long + b'\n2,"b"\n'):
        with pytest.raises(ValueError, match="line 2: a cell has more than 131,072 characters"):
            load_csv(write(content), "kind")
    assert csv.field_size_limit() == 131072


def test_twenty_thousand_columns_are_read_and_a_message_names_a_few(write) -> None:
    names = [f"c{i}" for i in range(20_000)]
    numbers = ",".join(["1"] * len(names))
    path = write(f"{','.join(names)},k\n{numbers},a\n{numbers},b\n")
    assert len(load_csv(path, "k").features) == 20_000
    assert len(load_csv(path, "k", ignore=names[1:]).features) == 1
    with pytest.raises(ValueError, match=r"there are 'c0', .*, \.\.\., .*'c19999', 'k'$") as error:
        load_csv(path, "kind?")
    assert len(str(error.value)) < 500


# ---- a campaign: mutated files -------------------------------------------------------------------

TABLES = [  # a whole file, and the arguments it is read with
    (GOOD, {"target": "kind"}),
    ("size;price;sold\n1,5;2.300,5;yes\n-2;900;no\n0,25;1.000.000;yes\n",
     {"target": "sold", "decimal": ",", "thousands": "."}),
    ('"a, b"|y|"k"\n"1"|.5|0\n2|1e3|1\n3|-0.0|2\n', {"target": "k", "ignore": ["y"]}),
    ("x\tname\ty\n1\tAnn\t0.5\n2\tBob\t1.5\n3\tCid\t2.25\n",
     {"target": "y", "ignore": ["name"], "regression": True}),
    ('x,money,k\n1,"1,299",a\n2,"12,500.5",NA\n3,850,b\n',
     {"target": "k", "thousands": ",", "missing": ["?"]}),
]  # fmt: skip
CELLS = [
    "", " ", "?", "-", "NA", "nan", "None", "inf", "1e999", "1,299", "1.299,5", "1 299", "1'299",
    "0x1", "1_0", "\u0661", "+1", "-0", "1e5", "x", "kind", '"', '""', "a,b", "a;b", "a\nb", "=1+1",
    "é", "\ufeff", "\0", "9" * 400, "b" * 200_000,
]  # fmt: skip
MARKS = [b",", b";", b"\t", b"|", b"\n", b'"']
STARTS = [b"\x1f\x8b\x08", b"PK\x03\x04", b"BZh9", b"\xff\xfe", b"\xef\xbb\xbf", b"%PDF-1.7"]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A file with one to three faults: bytes, cells or lines that are wrong, gone or doubled."""
    for _ in range(rng.randint(1, 3)):
        i, j = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        lines = content.splitlines(keepends=True) or [b""]
        cell = rng.choice(CELLS).encode()
        match rng.randrange(10):
            case 0:
                content = content[:i]
            case 1:
                content = content[:i] + content[j:]
            case 2:
                content = content[:i] + rng.randbytes(rng.randint(1, 3)) + content[i + 1 :]
            case 3:
                content = content[:i] + cell + content[i:]
            case 4:
                content = content[:i] + rng.choice(MARKS) + content[i:]
            case 5 | 6:
                cells = re.split(rb"([,;|\t\n])", content)
                cells[2 * rng.randrange(len(cells) // 2 + 1)] = cell
                content = b"".join(cells)
            case 7:
                content = b"".join([*lines[:1], *rng.choices(lines, k=len(lines))])
            case 8:
                content = content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n"]))
            case 9:
                content = rng.choice(STARTS) + content
    return content


def read_plainly(content: bytes, arguments: dict) -> tuple[list[list[float]], list[str]]:
    """The inputs and the cells of the target as a few lines of Python read them."""
    text = content.decode("utf-8-sig").removeprefix("\ufeff")
    for delimiter in ",;\t|":
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter,
                           skipinitialspace=delimiter != "\t")  # fmt: skip
        rows = [[cell.strip() for cell in row] for row in lines]
        names, *rows = [row for row in rows if any(row)]
        if arguments["target"] in names:
            break
    marks = arguments.get("thousands", ""), arguments.get("decimal", ".")
    ignored = arguments.get("ignore", [])
    at = names.index(arguments["target"])
    columns = [c for c, name in enumerate(names) if c != at and name not in ignored]
    number = {c: [float(row[c].replace(marks[0] or " ", "").replace(marks[1], "."))
                  for row in rows] for c in columns}  # fmt: skip
    return [list(row) for row in zip(*number.values())], [row[at] for row in rows]


@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_mutated_file_is_read_rightly_or_refused_in_one_clear_line(
    count: int, write, rng, capsys
) -> None:
    read = refused = 0
    for _ in range(count):
        text, arguments = rng.choice(TABLES)
        content = mutated(text.encode(), rng)
        path = write(content)
        try:
            data = load_csv(path, **arguments)
        except ValueError as error:
            message = str(error)
            assert message.startswith(str(path)), content
            assert 10 < len(message) - len(str(path)) < 600, content
            assert message.isprintable(), content
            refused += 1
            continue
        inputs, cells = read_plainly(content, arguments)
        assert data.inputs == inputs, content
        if data.classes:
            same = zip((data.classes[k] for k in data.labels), cells)
            assert all(a == b or float(a) == float(b) for a, b in same), content
        else:
            assert data.labels == [float(cell) for cell in cells], content
        read += 1
    assert min(read, refused) > count / 10
    if count > 200:
        with capsys.disabled():
            print(f"\n{count:,} mutated CSV files: {read:,} read rightly, {refused:,} refused")
