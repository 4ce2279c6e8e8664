"""The page for those who do not see it, or not well: axe-core finds nothing serious in it.

In every mode, for a room and on a phone, light and dark, with all that opens open.
"""

import pytest
from graphs import network
from screens import Screen

from autograd import Value, tanh

pytestmark = pytest.mark.browser

STATES = {
    "before the first step": [],
    "the last step": ["End"],
    "paths": ["2", "End"],
    "a question": ["3"],
    "a wrong answer": ["3", "7", "Enter"],
    "a right answer": ["3", *"1 * 0.6271", "Enter"],
    "the score": ["3", *["Tab", "Tab", "Enter", "Enter"] * 5],
    "descent": ["4", "PageDown", "PageDown"],
}
PHONE, DESK = (390, 844), (1366, 768)


def neuron() -> Value:
    a = Value(-1.3, "w") * Value(0.7, "x") + Value(0.2, "b")
    y = tanh(a)
    a.label, y.label = "a", "y"
    return y


def begin(screen: Screen, keys: list[str]) -> None:
    """Press keys where nothing was answered yet."""
    screen.run("() => { set([]); setMode('steps'); }")
    screen.press(*keys)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_serious_is_found_in_any_mode(opened, serious, size, scheme: str) -> None:
    shape = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
    screen = opened(neuron(), {**shape, "reduced_motion": "reduce"}, beginning=True)
    for state, keys in STATES.items():
        begin(screen, keys)
        assert (state, serious(screen)) == (state, [])
    screen.click("help")
    assert serious(screen) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_in_a_room(opened, serious, scheme: str) -> None:
    screen = opened(neuron(), {"color_scheme": scheme, "reduced_motion": "reduce"})
    screen.press("p")
    for state, keys in STATES.items():
        begin(screen, keys)
        assert (state, serious(screen)) == (state, [])
    assert screen.page.get_by_role("heading", level=1).count() == 1


@pytest.mark.parametrize("room", [False, True], ids=["at a desk", "in a room"])
def test_nothing_serious_is_found_in_a_folded_network(opened, serious, room) -> None:
    screen = opened(network(4, 8, 8, 1), {"reduced_motion": "reduce"})
    screen.press(*["p"] * room)
    for key in ("Home", "End", "2", "3"):
        screen.press(key)
        assert serious(screen) == []


def test_what_is_serious_would_be_found(opened, serious) -> None:
    screen = opened(neuron())
    screen.run("() => $('fit').replaceChildren()")
    screen.run("() => { $('caption').style.color = '#ddd'; $('count').style.color = '#ddd'; }")
    found = " ".join(serious(screen))
    assert "button-name" in found
    assert "color-contrast" in found
