"""Derivatives of functions: what goes in comes out, both modes agree, and nothing is confused.

Letters: a function f, arguments x, y or a point p, a direction v, weights u, a captured variable w.
"""

import copy
import math
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import factorial
from multiprocessing.pool import MaybeEncodingError
from multiprocessing.reduction import ForkingPickler
from operator import mul
from random import Random
from typing import Any, NamedTuple

import pytest
from programs import Program, Truth, draw_program, run

from autograd import (
    OPERATIONS,
    Operation,
    Value,
    assert_gradcheck,
    constant,
    cos,
    derivatives,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    sin,
    softmax,
    sumprod,
    tanh,
    topological_order,
    total,
    value_and_grad,
    vjp,
)

both_modes = pytest.mark.parametrize("mode", ["forward", "reverse", None])


def cube(x: Any) -> Any:
    return x**3


def area(p: Any) -> Any:
    return p[0] * p[1]


def volume(p: Any) -> Any:
    return p[0] ** 2 * p[1]


def polar(p: Any) -> list[Any]:
    return [p[0] * cos(p[1]), p[0] * sin(p[1])]


def rosenbrock(p: Any) -> Any:
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def derivative(f: Callable[..., Any], order: int) -> Callable[..., Any]:
    """f differentiated so many times by its first argument."""
    for _ in range(order):
        f = grad(f)
    return f


def numbers(x: Any) -> Any:
    """A nested list of numbers, whatever holds them."""
    if isinstance(x, (list, tuple)):
        return [numbers(item) for item in x]
    return x.data if isinstance(x, Value) else x


def flat(x: Any) -> list[Any]:
    """The numbers of a nested sequence, one after the other."""
    return [n for item in x for n in flat(item)] if isinstance(x, (list, tuple)) else [x]


def kinds(x: Any) -> set[type]:
    """The types of the numbers in a nested sequence."""
    return set(map(type, flat(x)))


# ---- by hand -------------------------------------------------------------------------------------


def test_the_gradient_of_a_cube_is_3_x_squared() -> None:
    assert grad(cube)(2.0) == 12.0


def test_value_and_gradient_come_as_a_pair() -> None:
    assert value_and_grad(cube)(2.0) == (8.0, 12.0)
    assert value_and_grad(area)([3.0, 5.0]) == (15.0, [5.0, 3.0])


def test_grad_of_grad_is_the_second_derivative() -> None:
    assert [derivative(cube, n)(2.0) for n in (1, 2, 3, 4)] == [12.0, 12.0, 6.0, 0.0]


def test_the_taylor_coefficients_of_exp_are_1_over_n_factorial() -> None:
    found = [derivative(exp, n)(0.0) / factorial(n) for n in range(1, 6)]
    assert found == [1 / factorial(n) for n in range(1, 6)]


def test_the_taylor_coefficients_of_tanh_are_those_of_x_minus_x3_over_3_plus_2_x5_over_15() -> None:
    assert [derivative(tanh, n)(0.0) for n in range(1, 6)] == [1.0, 0.0, -2.0, 0.0, 16.0]


def test_the_hessian_of_rosenbrocks_function() -> None:
    # [[2 - 400 y + 1200 x**2, -400 x], [-400 x, 200]]
    assert hessian(rosenbrock)([-1.0, 2.0]) == [[402.0, 400.0], [400.0, 200.0]]
    assert hessian(rosenbrock)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]
    assert grad(rosenbrock)([1.0, 1.0]) == [0.0, 0.0]


@both_modes
def test_the_jacobian_has_a_row_for_each_result_and_a_column_for_each_argument(mode: Any) -> None:
    found = jacobian(lambda p: [p[0] * p[1], p[0] + p[1] ** 2, 7 * p[0]], mode=mode)([3.0, 5.0])
    assert found == [[5.0, 3.0], [1.0, 10.0], [7.0, 0.0]]


def test_jvp_is_the_jacobian_times_v_and_vjp_is_u_times_the_jacobian() -> None:
    p, v, u = [2.0, 0.5], [3.0, -1.0], [1.0, 4.0]
    (a, b), (c, d) = jacobian(polar)(p)
    value, moved = jvp(polar, p, v)
    assert value == [2 * math.cos(0.5), 2 * math.sin(0.5)]
    assert moved == pytest.approx([3 * a - b, 3 * c - d], rel=1e-15)
    value, pulled = vjp(polar, p, u)
    assert value == [2 * math.cos(0.5), 2 * math.sin(0.5)]
    assert pulled == pytest.approx([a + 4 * c, b + 4 * d], rel=1e-15)


def test_hvp_is_the_hessian_times_v() -> None:
    assert hvp(rosenbrock, [-1.0, 2.0], [1.0, 10.0]) == [402.0 + 4000.0, 400.0 + 2000.0]
    assert hvp(cube, 2.0, 10.0) == 120.0


def test_a_linear_function_has_a_hessian_of_0() -> None:
    assert hessian(lambda p: 3 * p[0] - p[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda p: 3 * p[0] - p[1], [1.0, 2.0], [1.0, 1.0]) == [0.0, 0.0]


# ---- shapes --------------------------------------------------------------------------------------


@both_modes
def test_a_scalar_gives_and_takes_no_brackets(mode: Any) -> None:
    assert jacobian(cube, mode=mode)(2.0) == 12.0
    assert jacobian(lambda x: [x, x * x], mode=mode)(3.0) == [1.0, 6.0]
    assert jacobian(area, mode=mode)([3.0, 5.0]) == [5.0, 3.0]


@both_modes
def test_a_matrix_goes_in_and_its_shape_comes_out(mode: Any) -> None:
    def product(a: Any) -> list[Any]:
        return [row[0] * 5 + row[1] * 7 for row in a]

    found = jacobian(product, mode=mode)([[1.0, 2.0], [3.0, 4.0]])
    assert found == [[[5.0, 7.0], [0.0, 0.0]], [[0.0, 0.0], [5.0, 7.0]]]


@both_modes
def test_results_are_nested_as_the_function_nests_them(mode: Any) -> None:
    found = jacobian(lambda p: ([p[0] * p[1]], p[1]), mode=mode)([3.0, 5.0])
    assert found == ([[5.0, 3.0]], [0.0, 1.0])


@both_modes
def test_a_jacobian_of_tuples_is_of_tuples(mode: Any) -> None:
    assert jacobian(lambda p: (p[0], 2 * p[1]), mode=mode)((3.0, 5.0)) == ((1.0, 0.0), (0.0, 2.0))


def test_tuples_stay_tuples() -> None:
    assert grad(lambda p: p[0] * p[1][0])((3.0, [5.0])) == (5.0, [3.0])
    assert grad(area)((3.0, 5.0)) == (5.0, 3.0)
    assert vjp(lambda p: p, (3.0, 5.0), [1.0, 2.0]) == ((3.0, 5.0), (1.0, 2.0))
    assert jvp(lambda p: [p[0], p[1]], (3.0, 5.0), (1.0, 2.0)) == ([3.0, 5.0], [1.0, 2.0])
    assert hvp(area, (3.0, 5.0), [1.0, 0.0]) == (0.0, 1.0)


def test_the_function_itself_is_given_tuples_for_tuples() -> None:
    seen = []
    grad(lambda p: seen.append(p) or p[0])((3.0, [5.0, 6.0]))
    assert type(seen[0]) is tuple
    assert type(seen[0][1]) is list


def test_a_hessian_is_nested_as_the_argument_twice() -> None:
    found = hessian(lambda p: p[0] ** 2 * p[1][0] + p[1][1] ** 3)((1.0, [2.0, 3.0]))
    assert found == ((4.0, [2.0, 0.0]), [(2.0, [0.0, 0.0]), (0.0, [0.0, 18.0])])


def test_the_weights_of_no_results_move_nothing() -> None:
    assert vjp(lambda p: [], [3.0, 5.0], []) == ([], [0.0, 0.0])


@both_modes
def test_no_numbers_have_an_empty_jacobian(mode: Any) -> None:
    assert jacobian(lambda p: [], mode=mode)([]) == []
    assert jacobian(lambda p: [], mode=mode)([1.0]) == []
    assert jacobian(lambda p: [constant(1.0)], mode=mode)([]) == [[]]


def test_arrays_go_in_and_arrays_of_floats_come_out() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    p = numpy.array([-1.0, 2.0])

    def is_array(found: Any, expected: Any) -> bool:
        same = found.tolist() == expected
        return same and type(found) is numpy.ndarray and found.dtype == float

    assert is_array(p - 0.5 * grad(rosenbrock)(p), [-1.0 - 198.0, 2.0 - 100.0])
    assert is_array(hessian(rosenbrock)(p), [[402.0, 400.0], [400.0, 200.0]])
    assert is_array(hvp(rosenbrock, p, numpy.array([1.0, 10.0])), [4402.0, 2400.0])
    for mode in ("forward", "reverse"):
        assert is_array(jacobian(lambda a: a * 2, mode=mode)(p), [[2.0, 0.0], [0.0, 2.0]])
    value, moved = jvp(lambda a: a * a, p, [1.0, 1.0])
    assert is_array(value, [1.0, 4.0])
    assert is_array(moved, [-2.0, 4.0])
    assert is_array(vjp(lambda a: a * a, p, p)[1], [2.0, 8.0])
    assert is_array(grad(lambda a: (a @ a).sum())(numpy.array([[3.0]])), [[6.0]])
    assert type(grad(cube)(numpy.float64(2.0))) is float
    assert type(grad(cube)(numpy.array(2.0))) is float


def test_a_list_stays_one_whatever_the_function_makes_of_it() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    assert jacobian(lambda p: numpy.array(p) * 2)([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]
    assert grad(lambda p: numpy.array(p).prod())((3.0, 5.0)) == (5.0, 3.0)


def test_an_array_of_values_gives_one() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    found = grad(rosenbrock)(numpy.array([Value(1.0), Value(1.0)]))
    assert (found.dtype, found.shape, kinds(found.tolist())) == (object, (2,), {Value})


def test_scipy_takes_our_derivatives() -> None:
    optimize = pytest.importorskip("scipy.optimize", reason="needs SciPy")
    numpy = pytest.importorskip("numpy")
    for method in ("trust-ncg", "trust-exact", "Newton-CG", "BFGS"):
        second = {
            "trust-ncg": {"hessp": lambda p, v: hvp(rosenbrock, p, v)}, "BFGS": {},
        }.get(method, {"hess": hessian(rosenbrock)})  # fmt: skip
        found = optimize.minimize(
            rosenbrock, numpy.array([-1.2, 1.0]), jac=grad(rosenbrock), method=method, **second
        )
        assert found.x == pytest.approx([1.0, 1.0], abs=1e-4)


def test_a_dict_goes_by_name() -> None:
    def plane(p: Any) -> Any:
        return p["w"][0] * p["w"][1] + p["b"] ** 2

    at = {"w": [2.0, 3.0], "b": 5.0}
    assert grad(plane)(at) == {"w": [3.0, 2.0], "b": 10.0}
    assert hvp(plane, at, {"b": 1.0, "w": [0.0, 10.0]}) == {"w": [10.0, 0.0], "b": 2.0}
    assert hessian(lambda p: p["x"] * p["y"])({"x": 2.0, "y": 3.0}) == {
        "x": {"x": 0.0, "y": 1.0}, "y": {"x": 1.0, "y": 0.0},
    }  # fmt: skip
    assert jacobian(lambda x: {"double": 2 * x, "square": x * x})(3.0) == {
        "double": 2.0, "square": 6.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match="a dict with the names 'w', 'b' is needed, got"):
        jvp(plane, at, {"w": [1.0, 1.0], "c": 0.0})


def test_a_named_tuple_stays_one() -> None:
    class Point(NamedTuple):
        x: Any
        y: Any

    assert grad(lambda p: p.x * p.y)(Point(3.0, 5.0)) == Point(x=5.0, y=3.0)
    assert type(grad(lambda p: p.x * p.y)(Point(3.0, 5.0))) is Point


# ---- which argument ------------------------------------------------------------------------------


def weighted(x: Any, y: Any, z: Any = 1.0) -> Any:
    return x * y**2 * z


@pytest.mark.parametrize(("argnum", "slope"), [(0, 16.0), (1, 24.0), (-1, 24.0), (-2, 16.0)])
def test_argnum_counts_arguments_from_either_end(argnum: int, slope: float) -> None:
    assert grad(weighted, argnum)(3.0, 4.0) == slope
    assert value_and_grad(weighted, argnum)(3.0, 4.0) == (48.0, slope)
    assert jacobian(weighted, argnum)(3.0, 4.0) == slope


def test_a_hessian_is_by_one_argument() -> None:
    assert hessian(weighted, 1)(3.0, 4.0) == 6.0
    assert hessian(weighted, -1)(3.0, 4.0, 2.0) == 0.0


def test_other_arguments_reach_the_function_as_they_are() -> None:
    assert grad(lambda x, power, name: x**power)(3.0, 2, "anything") == 6.0
    assert grad(lambda options, x: options["scale"] * x, 1)({"scale": 5.0}, 3.0) == 5.0


@pytest.mark.parametrize("argnum", [2, -3])
@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_an_argument_that_is_not_there_is_an_error(transform: Any, argnum: int) -> None:
    with pytest.raises(TypeError, match=f"there is no argument {argnum}: .*weighted.* was given 2"):
        transform(weighted, argnum)(3.0, 4.0)


def test_several_arguments_give_a_tuple() -> None:
    assert grad(weighted, (0, 1))(3.0, 4.0) == (16.0, 24.0)
    assert value_and_grad(weighted, (1, -2))(3.0, 4.0) == (48.0, (24.0, 16.0))
    assert jacobian(weighted, (0,))(3.0, 4.0) == (16.0,)
    assert hessian(lambda x, y: x * y, (0, 1))(3.0, 4.0) == ((0.0, 1.0), (1.0, 0.0))
    assert grad(lambda p, q: p[0] * q["k"], (0, 1))([3.0], {"k": 4.0}) == ([4.0], {"k": 3.0})


@pytest.mark.parametrize("argnum", [(), "x", 0.0, [0, 1], (0, "y"), None])
def test_an_argument_is_named_by_its_number(argnum: Any) -> None:
    with pytest.raises(TypeError, match="argnum is the number of an argument, or a tuple of"):
        grad(weighted, argnum)(3.0, 4.0)


def test_an_argument_is_named_once() -> None:
    with pytest.raises(ValueError, match=r"names an argument twice: \(1, -1\)"):
        grad(weighted, (1, -1))(3.0, 4.0)


def test_arguments_by_name_reach_the_function() -> None:
    assert grad(weighted)(3.0, y=4.0, z=2.0) == 32.0
    assert isinstance(grad(weighted)(3.0, 4.0, z=Value(2.0)), Value)


def test_a_call_without_arguments_is_an_error() -> None:
    with pytest.raises(TypeError, match="there is no argument 0: cube was given 0"):
        grad(cube)()


# ---- floats in, floats out; Values in, Values out ------------------------------------------------

EVERY = [  # a transform of `volume`, at a point and in a direction
    lambda p, v: grad(volume)(p),
    lambda p, v: value_and_grad(volume)(p),
    lambda p, v: jacobian(volume)(p),
    lambda p, v: jacobian(volume, mode="forward")(p),
    lambda p, v: hessian(volume)(p),
    lambda p, v: jvp(volume, p, v),
    lambda p, v: vjp(volume, p, v[0]),
    lambda p, v: hvp(volume, p, v),
]
every_transform = pytest.mark.parametrize("transform", EVERY)


@every_transform
def test_floats_in_floats_out(transform: Any) -> None:
    assert kinds(transform([3.0, 5.0], [1.0, 2.0])) == {float}
    assert kinds(transform([3, True], (1, 2))) == {float}


@every_transform
def test_values_in_values_out(transform: Any) -> None:
    expected = transform([3.0, 5.0], [1.0, 2.0])
    found = transform([Value(3.0), Value(5.0)], [1.0, 2.0])
    assert kinds(found) == {Value}
    assert numbers(found) == numbers(expected)


@every_transform
def test_one_value_among_the_numbers_is_enough(transform: Any) -> None:
    assert kinds(transform([3.0, Value(5.0)], [1.0, 2.0])) == {Value}


def test_a_value_as_direction_or_weight_is_enough() -> None:
    v = Value(2.0)
    _, moved = jvp(cube, 3.0, v)
    _, pulled = vjp(cube, 3.0, v)
    for d in (moved, pulled, hvp(cube, 3.0, v)):
        assert isinstance(d, Value)
    assert derivatives(moved, v).data == derivatives(pulled, v).data == 27.0
    assert derivatives(hvp(cube, 3.0, v), v).data == 18.0


def test_a_value_as_another_argument_is_enough() -> None:
    y = Value(4.0)
    d = grad(weighted)(3.0, y)
    assert d.data == 16.0
    assert derivatives(d, y).data == 8.0


def test_what_comes_out_can_be_differentiated_again() -> None:
    x = Value(2.0)
    d = grad(cube)(x)
    assert derivatives(d, x).data == 12.0
    d.backward()
    assert x.grad == 12.0


@every_transform
def test_every_transform_can_be_differentiated_again(transform: Any) -> None:
    x, y = Value(3.0), Value(5.0)
    found = list(flat(transform([x, y], [1.0, 2.0])))
    h = 2.0**-20
    for node, (up, down) in [(x, ((3 + h, 5.0), (3 - h, 5.0))), (y, ((3.0, 5 + h), (3.0, 5 - h)))]:
        rises = zip(*(flat(transform(list(p), [1.0, 2.0])) for p in (up, down)))
        slopes = [(a - b) / (2 * h) for a, b in rises]  # exact: nothing is more than quadratic
        assert [derivatives(d, node).data for d in found] == slopes


def test_a_gradient_of_a_constant_value_is_asked_all_the_same() -> None:
    assert grad(cube)(constant(2.0)).data == 12.0


def test_the_same_value_twice_counts_as_two_arguments() -> None:
    x = Value(3.0)
    assert numbers(grad(lambda p: p[0] ** 2 * p[1])([x, x])) == [18.0, 9.0]


def test_no_gradient_is_touched() -> None:
    x, w = Value(3.0), Value(2.0)
    for transform in (grad, value_and_grad, jacobian, hessian):
        transform(lambda x: w * x * x)(x)
        transform(lambda x: w * x * x)(3.0)
    hvp(lambda x: w * x * x, x, 1.0)
    assert x.grad == w.grad == 0.0


def test_a_label_goes_along() -> None:
    with pytest.raises(ValueError, match="got -1 \\(label 'p'\\)"):
        grad(log)(Value(-1.0, "p"))


# ---- what f takes from outside -------------------------------------------------------------------


def test_a_derivative_that_depends_on_a_captured_variable_is_a_value() -> None:
    w = Value(2.0)
    d = grad(lambda x: w * x * x)(3.0)
    assert d.data == 12.0
    assert derivatives(d, w).data == 6.0


def test_all_results_are_values_where_f_uses_one_though_some_depend_on_nothing() -> None:
    w = Value(2.0)
    value, slope = value_and_grad(lambda x: w + x)(3.0)
    assert (value.is_constant, slope.is_constant, slope.data) == (False, True, 1.0)
    assert kinds(grad(lambda p: w * p[0] + p[1])([3.0, 5.0])) == {Value}


def test_an_inner_derivative_that_the_outer_variable_does_not_move_nests_too() -> None:
    assert grad(lambda x: grad(lambda y: x**2 + y**2)(1.0))(2.0) == 0.0


@pytest.mark.parametrize(
    ("transform", "slope"),
    [
        (lambda f: jacobian(f)(3.0), 6.0),
        (lambda f: jacobian(f, mode="forward")(3.0), 6.0),
        (lambda f: hessian(f)(3.0), 2.0),
        (lambda f: jvp(f, 3.0, 5.0)[1], 30.0),
        (lambda f: vjp(f, 3.0, 5.0)[1], 30.0),
        (lambda f: hvp(f, 3.0, 5.0), 10.0),
    ],
)
def test_no_transform_drops_a_captured_variable(transform: Any, slope: float) -> None:
    w = Value(2.0)
    d = transform(lambda x: w * x * x)
    assert isinstance(d, Value)
    assert d.data == w.data * slope
    assert derivatives(d, w).data == slope


def test_a_captured_result_counts_as_what_it_was_made_from() -> None:
    w = Value(2.0)
    a = exp(w)
    d = grad(lambda x: a * x)(3.0)
    assert derivatives(d, w).data == math.exp(2.0)


def test_a_captured_constant_changes_nothing() -> None:
    c = constant(2.0)
    assert type(grad(lambda x: c * x)(3.0)) is float


def test_a_variable_that_is_captured_and_given_is_two_things() -> None:
    x = Value(3.0)
    d = grad(lambda a: a * x)(x)  # x, not 2 x
    assert d.data == 3.0
    assert derivatives(d, x).data == 1.0


# ---- nesting -------------------------------------------------------------------------------------


def test_an_inner_derivative_does_not_take_the_outer_variable_for_its_own() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0)[1])(1.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), 1.0, 1.0) == (1.0, 1.0)
    assert jvp(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0)[1], 1.0, 1.0) == (1.0, 1.0)


def test_not_even_where_they_are_the_same_value() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: x * jvp(lambda y: x * y, x, 1.0)[1])(3.0) == 6.0  # x * x
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0


def test_an_inner_derivative_may_depend_on_the_outer_variable_alone() -> None:
    assert grad(lambda x: grad(lambda y: x * y)(1.0))(2.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(5.0))(2.0) == 10.0


def test_forward_and_reverse_nest_in_each_other() -> None:
    assert jvp(grad(cube), 2.0, 1.0) == (12.0, 12.0)
    assert grad(lambda x: jvp(cube, x, 1.0)[1])(2.0) == 12.0
    assert grad(lambda x: vjp(cube, x, 1.0)[1])(2.0) == 12.0
    assert jvp(lambda x: jvp(cube, x, 1.0)[1], 2.0, 1.0) == (12.0, 12.0)
    assert vjp(lambda x: vjp(cube, x, 1.0)[1], 2.0, 1.0) == (12.0, 12.0)
    assert hvp(lambda x: jvp(cube, x, 1.0)[1], 2.0, 1.0) == 6.0
    assert jacobian(jacobian(cube, mode="forward"), mode="forward")(2.0) == 12.0


def test_three_levels_nest() -> None:
    # d/dx d/dy d/dz of x**2 y**2 z**2 is 8 x y z
    def by_z(x: Any, y: Any) -> Any:
        return grad(lambda z: x**2 * y**2 * z**2)(5.0)

    assert grad(lambda x: grad(lambda y: by_z(x, y))(3.0))(2.0) == 240.0
    assert grad(lambda x: jvp(lambda y: by_z(x, y), 3.0, 1.0)[1])(2.0) == 240.0
    assert jvp(lambda x: grad(lambda y: by_z(x, y))(3.0), 2.0, 1.0)[1] == 240.0


@pytest.mark.parametrize(
    "inner",
    [
        lambda f, y: grad(f)(y),
        lambda f, y: value_and_grad(f)(y)[1],
        lambda f, y: jacobian(f)(y),
        lambda f, y: jacobian(f, mode="forward")(y),
        lambda f, y: hessian(lambda y: f(y) * y)(y),
        lambda f, y: jvp(f, y, 1.0)[1],
        lambda f, y: vjp(f, y, 1.0)[1],
        lambda f, y: hvp(lambda y: f(y) * y, y, 1.0),
    ],
)
def test_floats_in_floats_out_though_calls_nest(inner: Any) -> None:
    def outer(x: Any) -> Any:
        return inner(lambda y: sin(x * y), 2.0)

    at = Value(1.0)
    slope = derivatives(outer(at), at).data
    assert slope != 0.0
    for found in (
        grad(outer)(1.0), jacobian(outer)(1.0), jvp(outer, 1.0, 1.0)[1], vjp(outer, 1.0, 1.0)[1],
    ):  # fmt: skip
        assert type(found) is float
        assert found == pytest.approx(slope, rel=1e-15)


def test_a_gradient_step_can_be_differentiated_by_its_step_size() -> None:
    def after_a_step(step: Any) -> Any:
        x = 3.0 - step * grad(lambda x: x * x)(3.0)
        return x * x

    assert grad(after_a_step)(0.25) == 2 * 1.5 * -6.0


def test_a_hessian_can_be_differentiated() -> None:
    found = jacobian(hessian(lambda p: p[0] ** 2 * p[1]))([3.0, 5.0])
    assert found == [[[0.0, 2.0], [2.0, 0.0]], [[2.0, 0.0], [0.0, 0.0]]]


# ---- random programs -----------------------------------------------------------------------------


def as_function(program: Program) -> Callable[[Any], Value]:
    return lambda p: run(program, p)


def test_the_gradients_of_random_programs_are_right_in_both_modes() -> None:
    rng, moving = Random(0), 0
    for _ in range(100):
        program = draw_program(rng)
        truth = Truth(program, rng)
        f = as_function(program)
        reverse = grad(f)(program.variables)
        assert truth.wrong(reverse) == []
        assert truth.wrong(jacobian(f, mode="forward")(program.variables)) == []
        assert jacobian(f, mode="reverse")(program.variables) == reverse
        moving += any(reverse)
    assert moving >= 80


def test_forward_mode_on_values_gives_the_numbers_of_forward_mode_on_floats() -> None:
    rng, moving = Random(1), 0
    for _ in range(100):
        program = draw_program(rng)
        v = [rng.gauss(0, 1) for _ in program.variables]
        f = as_function(program)
        on_floats = jvp(f, program.variables, v)
        on_values = jvp(f, [Value(x) for x in program.variables], v)
        assert numbers(on_values) == list(on_floats)
        moving += on_floats[1] != 0
    assert moving >= 80


def network_loss(p: Any) -> Any:
    """The squared error of a network with two hidden tanh neurons at one example; 7 parameters."""
    x = [0.3, -1.2]
    hidden = [tanh(sumprod(p[:2], x)), tanh(sumprod(p[2:4], x, p[4]))]
    return (sumprod(p[5:7], hidden) - 0.7) ** 2


def test_hvp_is_the_hessian_times_v_on_a_small_network(rng: Random) -> None:
    for _ in range(20):
        p, v = ([rng.gauss(0, 1) for _ in range(7)] for _ in range(2))
        for row, d in zip(hessian(network_loss)(p), hvp(network_loss, p, v), strict=True):
            terms = list(map(mul, row, v))
            assert d == pytest.approx(math.fsum(terms), abs=1e-13 * max(map(abs, terms)), rel=0)
            assert d != 0


def test_jvp_and_vjp_agree_with_the_jacobian_on_softmax() -> None:
    p, v, u = [0.1, -0.7, 1.3], [1.0, -2.0, 0.5], [0.3, 0.0, -1.5]
    rows = jacobian(softmax)(p)
    _, moved = jvp(softmax, p, v)
    _, pulled = vjp(softmax, p, u)
    assert moved == pytest.approx([math.fsum(map(mul, row, v)) for row in rows], rel=1e-14)
    assert pulled == pytest.approx([math.fsum(map(mul, u, col)) for col in zip(*rows)], rel=1e-14)
    assert math.fsum(moved) == pytest.approx(0.0, abs=1e-16)  # probabilities still add up to 1


# ---- copies --------------------------------------------------------------------------------------


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Box:
    content: Any


def round_trip(x: Any) -> Any:
    return pickle.loads(pickle.dumps(x))


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": round_trip,
    "asdict": lambda x: asdict(Box(x))["content"],
    "replace": lambda x: copy.deepcopy(replace(Box(x))).content,
    "twice": lambda x: copy.deepcopy(round_trip(x)),
    "among others": lambda x: copy.deepcopy(Pair(x, [x])).second[0],
    "a result": lambda x: round_trip(copy.deepcopy(x * 1.0)),
}
every_copy = pytest.mark.parametrize("way", COPIES.values(), ids=COPIES.keys())


@every_copy
def test_a_copy_of_the_argument_counts_as_the_argument(way: Any) -> None:
    assert grad(lambda x: way(x) ** 2)(3.0) == 6.0
    assert jacobian(lambda p: [way(p[0]) * p[1]], mode="forward")([3.0, 5.0]) == [[5.0, 3.0]]
    assert hvp(lambda x: way(x) ** 3, 3.0, 1.0) == 18.0
    assert derivative(lambda x: way(x) ** 3, 2)(3.0) == 18.0


@every_copy
def test_a_copy_counts_where_the_argument_is_a_value_and_where_calls_nest(way: Any) -> None:
    x = Value(3.0)
    d = grad(lambda x: way(x) ** 3)(x)
    assert (d.data, derivatives(d, x).data) == (27.0, 18.0)
    assert grad(lambda x: grad(lambda y: way(x * y) * way(x))(2.0))(3.0) == 6.0  # x * x


@every_copy
def test_a_copy_is_a_thing_of_its_own_when_the_function_has_returned(way: Any) -> None:
    seen: list[Any] = []
    grad(lambda x: seen.append(x) or x * x)(3.0)
    assert all(v is not seen[0] for v in topological_order(way(seen[0])))
    x = Value(3.0)
    assert copy.deepcopy(x).parents == round_trip(x).parents == copy.copy(x).parents == ()


@every_copy
def test_a_check_sees_through_copies_too(way: Any) -> None:
    assert_gradcheck(lambda x: way(x) ** 2, [3.0])


def test_a_model_that_is_copied_while_differentiating_is_a_model_of_its_own() -> None:
    w = Value(2.0)

    def f(x: Any) -> Any:
        twin = copy.deepcopy(w)
        twin.data = 7.0
        return twin.data * x

    assert grad(f)(3.0) == 7.0
    assert w.data == 2.0


def test_what_depends_on_a_variable_made_on_the_way_alone_is_refused() -> None:
    for f in (lambda x: Value(x.data) ** 2, lambda x: [Value(x.data)], lambda x: Value(x.data)):
        with pytest.raises(ValueError, match="made on the way, and not on its argument: was that"):
            jacobian(f)(3.0)


def test_what_depends_on_variables_that_somebody_has_is_not() -> None:
    w = Value(2.0)
    for f in (lambda x: w * w, lambda x: w, lambda x: [w, w * 2]):
        assert set(flat(numbers(jacobian(f)(3.0)))) <= {0.0}
    assert grad(lambda x, y: y * y)(3.0, Value(2.0)).data == 0.0


def test_a_graph_is_not_sent_home_from_another_process(monkeypatch: Any) -> None:
    y = Value(3.0) ** 2
    assert ForkingPickler.loads(ForkingPickler.dumps(y)) == 9.0
    monkeypatch.setattr(multiprocessing.process, "_parent_process", "another")
    with pytest.raises(TypeError, match=r"was made in another process.*Call backward\(\) there"):
        ForkingPickler.dumps([y])
    assert round_trip(y) == 9.0  # into a file, say
    assert ForkingPickler.loads(ForkingPickler.dumps(Value(3.0))) == 3.0


def squared(w: Any) -> Any:
    return w * w


@pytest.mark.slow
def test_a_model_that_is_run_in_another_process_says_so() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(copy.copy, [Value(3.0)]) == [3.0]
        with pytest.raises(MaybeEncodingError, match=r"Call backward\(\) there, and return v.data"):
            pool.map(squared, [Value(3.0)])


# ---- no_grad, errors, threads --------------------------------------------------------------------


def is_recording() -> bool:
    return not (Value(1.0) * 2).is_constant


@every_transform
def test_in_a_no_grad_block_derivatives_are_the_same_numbers(transform: Any) -> None:
    expected = transform([3.0, 5.0], [1.0, 2.0])
    with no_grad():
        found = transform([3.0, 5.0], [1.0, 2.0])
        as_values = transform([Value(3.0), Value(5.0)], [1.0, 2.0])
        assert not is_recording()
    assert found == expected
    assert numbers(as_values) == numbers(expected)
    assert all(d.is_constant for d in flat(as_values))


def test_in_a_no_grad_block_a_captured_variable_is_a_number() -> None:
    w = Value(2.0)
    with no_grad():
        assert grad(lambda x: w * x)(3.0) == 2.0
        assert type(grad(lambda x: w * x)(3.0)) is float


def test_no_grad_inside_the_function_cuts_its_graph() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            a = x * x
        return a * x

    assert value_and_grad(f)(3.0) == (27.0, 9.0)


def test_no_grad_around_the_whole_function_leaves_nothing() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            return x * x

    assert value_and_grad(f)(3.0) == (9.0, 0.0)


def test_a_function_that_raises_leaves_recording_as_it_was() -> None:
    def fails(x: Any) -> Any:
        raise LookupError("oops")

    for f in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(LookupError, match="oops"):
            f(fails)(1.0)
    for f in (jvp, vjp, hvp):
        with pytest.raises(LookupError, match="oops"):
            f(fails, 1.0, 1.0)
    assert is_recording()
    with no_grad():
        with pytest.raises(LookupError, match="oops"):
            grad(fails)(1.0)
        assert not is_recording()
    assert is_recording()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (3.0, "the number 3.0, which remembers nothing of its argument"),
        (3, "the number 3, which remembers nothing"),
        (None, "None, which remembers nothing"),
        ("text", "the text 'text'"),
        (set(), "a set, which remembers nothing"),
    ],
)
def test_a_function_that_returns_no_value_is_told_so(result: Any, said: str) -> None:
    def f(x: Any) -> Any:
        return result

    for call in (
        lambda: grad(f)(1.0),
        lambda: jacobian(f)(1.0),
        lambda: jacobian(lambda x: [x, result])(1.0),
        lambda: jvp(f, 1.0, 1.0),
        lambda: vjp(f, 1.0, 1.0),
        lambda: hvp(f, 1.0, 1.0),
    ):
        with pytest.raises(TypeError, match=f"returned {said}"):
            call()


@pytest.mark.parametrize("result", [[1, 2], (1, 2)])
def test_a_gradient_is_of_one_number(result: Any) -> None:
    def several(x: Any) -> Any:
        return type(result)(x * n for n in result)

    for call in (grad(several), value_and_grad(several), hessian(several)):
        with pytest.raises(TypeError, match="several returned 2 numbers.*take jacobian, or return"):
            call(1.0)
    with pytest.raises(TypeError, match="several returned 2 numbers"):
        hvp(several, 1.0, 1.0)


@pytest.mark.parametrize("x", [None, "2", [1.0, "2"], 1j])
def test_an_argument_that_is_no_number_is_refused(x: Any) -> None:
    with pytest.raises(TypeError, match="an argument must be a real number, got"):
        grad(lambda x: x)(x)


def test_a_direction_has_the_length_of_the_argument_and_weights_that_of_the_result() -> None:
    for v in ([1.0], [1.0, 2.0, 3.0], 1.0):
        got = len(v) if isinstance(v, list) else 1
        with pytest.raises(ValueError, match=f"v has one number for each of x: got {got} for 2"):
            jvp(area, [3.0, 5.0], v)
        with pytest.raises(ValueError, match=f"v has one number for each of x: got {got} for 2"):
            hvp(area, [3.0, 5.0], v)
        with pytest.raises(ValueError, match=f"u has .* of the result: got {got} for 2"):
            vjp(polar, [3.0, 5.0], v)


def test_a_direction_is_made_of_numbers() -> None:
    with pytest.raises(TypeError, match="an element of v must be a real number, got None"):
        jvp(cube, 2.0, None)
    with pytest.raises(TypeError, match="an element of u must be a real number, got the text 'a'"):
        vjp(cube, 2.0, "a")


@pytest.mark.parametrize("mode", ["backward", "", 1])
def test_a_mode_that_does_not_exist_is_refused_at_once(mode: Any) -> None:
    with pytest.raises(ValueError, match=f"mode is 'forward', 'reverse' or None, got {mode!r}"):
        jacobian(cube, mode=mode)


def test_a_transform_is_called_by_the_function_it_is_of() -> None:
    assert grad(cube).__name__ == grad(cube).__qualname__ == "grad(cube)"
    assert value_and_grad(cube).__name__ == "value_and_grad(cube)"
    assert jacobian(tanh).__name__ == "jacobian(tanh)"
    assert hessian(lambda x: x).__name__ == "hessian(f)"
    assert grad(grad(cube)).__name__ == "grad(grad(cube))"


def test_the_first_derivative_of_an_opaque_row_needs_no_formula() -> None:
    opaque = Operation("opaque", lambda x: math.exp(x), lambda x, z: math.exp(x))
    try:
        assert grad(opaque)(0.5) == jvp(opaque, 0.5, 1.0)[1] == math.exp(0.5)
        with pytest.raises(TypeError, match="'opaque' has no formula"):
            hessian(opaque)(0.5)
    finally:
        del OPERATIONS["opaque"]


def test_two_threads_differentiate_at_once() -> None:
    meet, found = threading.Barrier(2, timeout=30), {}

    def f(x: Any) -> Any:
        meet.wait()  # both threads are inside of f
        y = grad(lambda z: tanh(x * z))(0.5)
        meet.wait()
        return y * x

    def differentiate(x: float, recording: bool) -> None:
        if recording:
            found[x] = (grad(f)(x), is_recording())
        else:
            with no_grad():
                found[x] = (grad(f)(x), is_recording())

    threads = [
        threading.Thread(target=differentiate, args=args) for args in [(0.3, True), (0.7, False)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = {x: grad(lambda x: grad(lambda z: tanh(x * z))(0.5) * x)(x) for x in (0.3, 0.7)}
    assert found == {0.3: (alone[0.3], True), 0.7: (alone[0.7], False)}


# ---- a second opinion ----------------------------------------------------------------------------


@pytest.mark.peers
@pytest.mark.filterwarnings("default")
def test_second_derivatives_of_a_network_agree_with_pytorch() -> None:
    torch = pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')
    functional = torch.autograd.functional
    x = [0.3, -1.2]

    def ours(p: Any) -> list[Any]:
        hidden = [tanh(sumprod(p[3 * i : 3 * i + 2], x, p[3 * i + 2])) for i in range(3)]
        return [sumprod(p[9:12], hidden), total([exp(h) for h in hidden])]

    def theirs(p: Any) -> Any:
        weights = p[:9].reshape(3, 3)
        hidden = torch.tanh(weights[:, :2] @ torch.tensor(x, dtype=p.dtype) + weights[:, 2])
        return torch.stack([p[9:12] @ hidden, hidden.exp().sum()])

    def near(tensor: Any) -> Any:
        return pytest.approx(tensor.flatten().tolist(), rel=1e-11, abs=1e-14)

    rng = Random(0)
    for _ in range(5):
        p, v = ([rng.gauss(0, 1) for _ in range(12)] for _ in range(2))
        tensor, direction = (torch.tensor(n, dtype=torch.float64) for n in (p, v))
        assert flat(jacobian(ours)(p)) == near(functional.jacobian(theirs, tensor))
        for i in range(2):
            one, its_peer = (lambda p, i=i: ours(p)[i]), (lambda p, i=i: theirs(p)[i])
            assert flat(hessian(one)(p)) == near(functional.hessian(its_peer, tensor))
            assert hvp(one, p, v) == near(functional.hvp(its_peer, tensor, direction)[1])
