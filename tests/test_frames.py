"""Arrays and data frames as data: columns become features, texts become classes."""

import random
from importlib import import_module
from typing import Any

import pytest

from nn import MLP, SGD, Data, fit, softmax_cross_entropy, standardize, stratified_split

numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

SQUARE = {"long": [1, 3], "wide": [2, 4]}  # whose rows and columns are as many


class Column(list[Any]):
    """A column as pandas and polars have it."""

    to_list = list.copy


class Frame:
    """A data frame as pandas and polars have it."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.columns = list(columns)
        self.shape = len(next(iter(columns.values()))), len(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> Column:
        return Column(self._columns[name])

    def __iter__(self) -> Any:
        return iter(self._columns)


class Repeated(Frame):
    """pandas allows two columns of one name."""

    def __init__(self) -> None:
        super().__init__(SQUARE)
        self.columns = ["long", "long"]


MAKERS = [
    Frame,
    *[
        pytest.param((module, maker), marks=pytest.mark.peers, id=module)
        for module, maker in (
            ("pandas", "DataFrame"),
            ("polars", "DataFrame"),
            ("pyarrow", "table"),
        )
    ],
]


@pytest.fixture(params=MAKERS)
def frame(request) -> Any:
    if request.param is Frame:
        return Frame
    module, maker = request.param
    return getattr(import_module(module), maker)


def test_a_square_frame_is_read_by_rows(frame) -> None:
    data = Data(frame(SQUARE), [0, 1])
    assert data.inputs == [[1.0, 2.0], [3.0, 4.0]]
    assert data.features == ("long", "wide")


def test_the_target_may_be_a_column_of_the_frame(frame) -> None:
    data = Data.of(frame({**SQUARE, "kind": ["oak", "ash"]}), "kind")
    assert data == ([[1.0, 2.0], [3.0, 4.0]], [1, 0], ("long", "wide"), ("ash", "oak"))


def test_a_column_of_texts_is_a_column_of_classes(frame) -> None:
    kinds = frame({"kind": ["oak", "ash"]})
    for labels in (kinds, kinds["kind"], ["oak", "ash"]):
        data = Data.of(frame(SQUARE), labels, classes=["oak", "ash"])
        assert (data.labels, data.classes) == ([0, 1], ("oak", "ash"))


def test_several_columns_of_labels_are_a_list_for_each_row(frame) -> None:
    assert Data(frame(SQUARE), frame(SQUARE)).labels == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["oak", "ash"], "row 0 has the text 'oak' in the column 'kind': write it in numbers"),
        ([1.0, None], r"row 1 has no number in the column 'kind'|must be a finite number, got nan"),
    ],
)
def test_a_cell_without_a_number_is_told_by_row_and_column(frame, column, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(Data(frame({"kind": column, "wide": [2.0, 4.0]}), [0, 1]))


def train(data: Data) -> Any:
    model = MLP(len(data.inputs[0]), [2], rng=random.Random(0))
    optimizer = SGD(model.parameters(), 0.1)
    return fit(
        model, data, loss=softmax_cross_entropy, optimizer=optimizer, epochs=2, progress=False
    ).losses


def test_arrays_train_as_lists_do() -> None:
    rows, labels = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], [0, 1, 1]
    expected = train(Data(rows, labels))
    for kind in (float, "float32"):
        assert train(Data(numpy.array(rows, kind), numpy.array(labels))) == expected
    assert train(Data(numpy.array(rows), numpy.array(labels).reshape(-1, 1))) == expected
    assert train(Data(rows, [numpy.bool_(y) for y in labels])) == expected


def test_frames_are_split_and_standardized(frame) -> None:
    data = Data.of(frame({"x": [1, 2, 3, 4], "y": [0, 0, 1, 1]}), ["a", "a", "b", "b"])
    rest, held_out = stratified_split(data, 2, rng=random.Random(0))
    assert sorted(held_out.labels) == sorted(rest.labels) == [0, 1]
    assert standardize(data).means == (2.5, 0.5)


def test_what_replace_makes_is_read_too() -> None:
    data = Data([[1.0]], [0])._replace(inputs=numpy.array([[2.0]]))
    assert data.inputs == [[2.0]]
    assert type(data) is Data


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Data(numpy.zeros(3), [0, 1, 1]), r"the shape \(3,\): .reshape\(-1, 1\) makes one"),
        (lambda: Data(numpy.zeros((3, 2, 2)), [0, 1, 1]), r"reshape\(len\(X\), -1\)"),
        (lambda: Data(Repeated(), [0, 1]), "two columns of the frame are called 'long'"),
        (lambda: Data.of(Frame(SQUARE), "kind"), "'kind', there are long, wide"),
        (lambda: Data.of([[1.0], [2.0]], ["a", 2]), "the label of row 1 is 2, and others are tex"),
        (lambda: Data.of([[1.0]], ["c"], classes=["a", "b"]), "'c', is none of the classes"),
        (lambda: Data.of([[1.0]], [1, 2]), "1 rows of inputs need as many labels, got 2"),
        (
            lambda: Data.of([[1.0]], [1], features=["x", "y"]),
            "1 columns of inputs have as many nam",
        ),
    ],
)
def test_what_is_no_data_is_told(make, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
