"""Data sets: points in the plane, the same from the same seed; splits; scaling."""

import math
import random

import pytest

from nn.data.datasets import (
    Data,
    circles,
    iris,
    moons,
    spirals,
    standardize,
    stratified_split,
    xor,
)

PLANE = [xor, circles, moons, spirals]


def labelled(*labels: int) -> Data:
    return Data([[float(i)] for i in range(len(labels))], list(labels), ("x",), ("a", "b", "c"))


# ---- points in the plane -------------------------------------------------------------------------


def test_xor_is_the_truth_table() -> None:
    data = xor()
    assert data.inputs == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    assert data.labels == [0, 1, 1, 0]


def test_circles_have_the_radius_one_and_the_one_given() -> None:
    data = circles(41, radius=0.25, noise=0)
    for inputs, label in zip(data.inputs, data.labels):
        assert math.hypot(*inputs) == pytest.approx((1.0, 0.25)[label])
    assert [data.labels.count(k) for k in range(2)] == [21, 20]
    assert len({tuple(row) for row in data.inputs}) == 41  # no circle ends where it began


def test_an_arm_of_a_spiral_is_the_first_one_turned() -> None:
    data = spirals(20, arms=4, turns=1.5, noise=0)
    assert data.classes == ("arm 0", "arm 1", "arm 2", "arm 3")
    for (x, y), turned in zip(data.inputs[:5], data.inputs[5:10]):
        assert turned == pytest.approx([-y, x])  # a quarter of a turn
    assert data.inputs[0] == [0.1, 0.0]
    assert data.inputs[4] == [-1.0, 0.0]  # half a turn after a whole one


def test_points_that_do_not_divide_go_to_the_first_classes() -> None:
    labels = spirals(11, arms=3).labels
    assert [labels.count(k) for k in range(3)] == [4, 4, 3]


@pytest.mark.parametrize(
    ("make", "first"),
    [
        (xor, [-0.025588029, 0.051143151]),
        (circles, [0.974411971, 0.051143151]),
        (moons, [0.974411971, 0.051143151]),
        (spirals, [0.074411971, 0.051143151]),
    ],
)
def test_a_seed_gives_the_same_numbers_on_every_python(make, first: list[float]) -> None:
    assert make(12, noise=0.1, rng=random.Random(7)).inputs[0] == first


def test_the_noise_is_pythons_own_gauss() -> None:
    rng = random.Random(3)
    expected = [rng.gauss(0, 0.2) for _ in range(2 * 50)]
    clean, noisy = moons(50, noise=0), moons(50, noise=0.2, rng=random.Random(3))
    pairs = zip(clean.inputs, noisy.inputs)
    assert [y - x for p, q in pairs for x, y in zip(p, q)] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("make", PLANE)
def test_without_an_rng_the_noise_is_pythons_own(make) -> None:
    random.seed(5)
    data = make(10, noise=0.1)
    assert data == make(10, noise=0.1, rng=random.Random(5))
    assert data != make(10, noise=0.1, rng=random.Random(6))


@pytest.mark.parametrize("make", PLANE)
def test_a_set_has_no_minus_zero(make) -> None:
    zeros = [x for row in make(100, noise=0).inputs for x in row if x == 0]
    assert all(math.copysign(1, x) == 1 for x in zeros)


@pytest.mark.parametrize("make", PLANE)
@pytest.mark.parametrize("n", [0, 1, -3, 10.0, "10"])
def test_too_few_points_are_refused(make, n) -> None:
    with pytest.raises(ValueError, match=f"{make.__name__} needs at least .* points, .* got {n!r}"):
        make(n)


@pytest.mark.parametrize("make", PLANE)
@pytest.mark.parametrize("noise", [-0.1, math.nan, math.inf])
def test_noise_that_is_no_deviation_is_refused(make, noise: float) -> None:
    with pytest.raises(ValueError, match=f"noise is a standard deviation, 0 or more, got {noise}"):
        make(8, noise=noise)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: circles(radius=1), "between 0 and 1, got 1"),
        (lambda: circles(radius=0), "between 0 and 1, got 0"),
        (lambda: spirals(arms=1), "at least two arms, a whole number, got 1"),
        (lambda: spirals(arms=2.5), "at least two arms, a whole number, got 2.5"),
        (lambda: spirals(4, arms=5), "spirals needs at least 5 points"),
        (lambda: spirals(turns=math.inf), "turns is finite, got inf"),
    ],
)
def test_a_shape_that_is_none_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# ---- splits --------------------------------------------------------------------------------------


def test_a_split_is_the_same_on_every_python() -> None:
    _, held_out = stratified_split(iris(), 4, rng=random.Random(0))
    assert [flower[0] for flower in held_out.inputs] == [4.8, 5.3, 6.8, 7.1]
    assert held_out.labels == [0, 0, 1, 2]


def test_a_split_parts_the_examples_in_two() -> None:
    train, held_out = stratified_split(iris(), 37, rng=random.Random(1))
    assert (len(train.labels), len(held_out.labels)) == (113, 37)
    rows = sorted(zip(train.inputs + held_out.inputs, train.labels + held_out.labels))
    assert rows == sorted(zip(iris().inputs, iris().labels))


@pytest.mark.parametrize(
    ("sizes", "held_out", "expected"),
    [
        ((50, 50, 50), 30, (10, 10, 10)),
        ((50, 50, 50), 31, (11, 10, 10)),  # of equal remainders the first class gives
        ((81, 15, 4), 10, (8, 2, 0)),  # 8.1, 1.5, 0.4
        ((97, 2, 1), 97, (96, 1, 0)),  # 94.09, 1.94, 0.97: each class keeps an example
        ((2, 2, 2), 3, (1, 1, 1)),
        ((5, 1, 1), 4, (4, 0, 0)),
    ],
)
def test_each_class_is_held_out_in_proportion_and_keeps_an_example(
    sizes, held_out: int, expected
) -> None:
    labels = [k for k, size in enumerate(sizes) for _ in range(size)]
    _, chosen = stratified_split(labelled(*labels), held_out, rng=random.Random(0))
    assert tuple(chosen.labels.count(k) for k in range(3)) == expected


def test_a_split_that_leaves_a_class_without_training_is_refused() -> None:
    with pytest.raises(ValueError, match="of 5 examples at most 2 can be held out, got 3"):
        stratified_split(labelled(0, 0, 0, 1, 2), 3)


@pytest.mark.parametrize("held_out", [0, -1, 150, 10.0])
def test_a_split_of_everything_or_nothing_is_refused(held_out) -> None:
    with pytest.raises(ValueError, match=f"on both sides of 150, got {held_out}$"):
        stratified_split(iris(), held_out)


def test_a_share_is_answered_with_the_number_of_examples() -> None:
    with pytest.raises(ValueError, match="got 0.2: 0.2 of them is held_out=30"):
        stratified_split(iris(), 0.2)


def test_numbers_to_predict_are_split_as_one_class() -> None:
    data = Data([[float(i)] for i in range(10)], [i / 2 for i in range(10)], ("x",), ())
    train, held_out = stratified_split(data, 9, rng=random.Random(0))
    assert (len(train.labels), len(held_out.labels)) == (1, 9)
    assert all(label == x / 2 for (x,), label in zip(held_out.inputs, held_out.labels))


def test_without_an_rng_a_split_is_pythons_own() -> None:
    random.seed(5)
    first = stratified_split(iris(), 30)
    assert first == stratified_split(iris(), 30, rng=random.Random(5))
    assert first != stratified_split(iris(), 30, rng=random.Random(6))


# ---- scaling -------------------------------------------------------------------------------------


def features(*columns: list[float]) -> Data:
    rows = [list(row) for row in zip(*columns)]
    return Data(rows, [0] * len(rows), tuple("pqr"[: len(columns)]), ("a", "b"))


def test_a_scaling_shifts_by_the_mean_and_divides_by_the_deviation() -> None:
    scaling = standardize(features([1.0, 3.0], [10.0, 50.0]))
    assert scaling == ((2.0, 30.0), (1.0, 20.0))
    assert scaling(features([4.0], [0.0])).inputs == [[2.0, -1.5]]


def test_arrays_are_split_and_scaled_as_lists_are() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    data = moons(20, rng=random.Random(0))
    arrays = data._replace(inputs=np.array(data.inputs), labels=np.array(data.labels))
    one, other = (stratified_split(d, np.int64(6), rng=random.Random(1)) for d in (data, arrays))
    assert [d.labels for d in one] == [d.labels for d in other]
    assert standardize(one[0])(one[1]).inputs == standardize(other[0])(other[1]).inputs


def test_examples_are_taken_by_place_whatever_their_index_says() -> None:
    class Indexed(list):
        def __getitem__(self, name):
            return super().__getitem__(-1 - name)

    data = Data(Indexed([[0.0], [1.0]]), Indexed([0, 1]))
    assert data.take([1]) == Data([[1.0]], [1])


def test_labels_of_several_numbers_are_classes_too() -> None:
    data = Data([[float(i)] for i in range(10)], [[1, 0], [0, 1]] * 5, classes=("a", "b"))
    _, held_out = stratified_split(data, 4, rng=random.Random(0))
    assert sorted(held_out.labels) == [[0, 1], [0, 1], [1, 0], [1, 0]]


def test_data_made_by_hand_needs_no_names() -> None:
    assert Data([[1.0]], [2.0]) == Data([[1.0]], [2.0], (), ())


@pytest.mark.parametrize("make", PLANE)
@pytest.mark.parametrize("rng", [0, "seed"])
def test_a_seed_in_the_place_of_an_rng_is_refused(make, rng) -> None:
    with pytest.raises(TypeError, match=f"got {rng!r}: write rng=random.Random"):
        make(10, rng=rng)
    with pytest.raises(TypeError, match="rng must be a random.Random"):
        stratified_split(moons(10), 3, rng=rng)


@pytest.mark.parametrize("x", [0.0, 0.1, 1e300, -7.7])
def test_a_feature_that_is_the_same_everywhere_becomes_zero(x: float) -> None:
    data = features([x] * 7)
    assert standardize(data)(data).inputs == [[0.0]] * 7


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (features([]), "the data has no examples"),
        (features([1.0, math.nan]), "example 1 has nan for the feature 'p'"),
        (features([1.0], [-math.inf]), "example 0 has -inf for the feature 'q'"),
        (features([1e200, -1e200]), "the feature 'p' is too large to be squared"),
        (
            Data([[1.0, 2.0], [1.0]], [0, 1], ("p", "q"), ()),
            "example 1 has 1 inputs, the first has 2",
        ),
    ],
)
def test_what_cannot_be_scaled_is_refused(data: Data, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        standardize(data)


def test_a_spread_too_small_to_be_squared_is_left_as_it_is() -> None:
    assert standardize(features([0.0, 1e-200])).deviations == (1.0,)


def test_a_row_of_another_length_is_not_scaled() -> None:
    with pytest.raises(ValueError, match="this scaling has 4 features, got 2 inputs"):
        standardize(iris()).row([1.0, 2.0])
