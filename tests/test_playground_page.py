"""The playground in a browser: it trains, opens its neurons, and shows what was prepared."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from screens import SIZE, Screen

from chainrule.playgrounds import RECIPE, first_playground
from nn import (
    MLP,
    SGD,
    Activation,
    Layer,
    Linear,
    Sequential,
    binary_cross_entropy,
    fit,
    hinge,
    load_into,
    moons,
    stratified_split,
    xor,
)
from viz import Playground, playground

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1366, "height": 768}
CSV = "size,weight,kind\n" + "\n".join(f"{i},{(7 * i) % 11},{'ab'[i % 2]}" for i in range(20))
BOXES = """(selector) => [...document.querySelectorAll(selector)].map((each) => {
  const { left, top, right, bottom } = each.getBoundingClientRect();
  return [left, top, right, bottom];
})"""


@pytest.fixture(scope="module")
def first() -> Playground:
    return first_playground()


@pytest.fixture
def playing(chromium: Any, tmp_path: Path, first) -> Iterator[Callable[..., Screen]]:
    """Opens a playground, by default the first; it must ask for nothing and complain of nothing."""
    screens: list[tuple[Screen, str]] = []
    contexts = []

    def open_page(page: Playground = first, address: str = "", **context: Any) -> Screen:
        path = page.save(tmp_path / f"page{len(screens)}.html")
        contexts.append(chromium.new_context(**{"viewport": SIZE, **context}))
        screen = Screen(contexts[-1].new_page())
        screens.append((screen, path.as_uri() + address))
        screen.page.goto(path.as_uri() + address)
        return screen

    yield open_page
    for screen, uri in screens:
        assert screen.requests == [uri.partition("#")[0]]
        assert screen.complaints == []
    for context in contexts:
        context.close()


def loss(screen: Screen) -> float:
    return float(screen.text("train-loss"))


def until(screen: Screen, condition: str) -> None:
    """Wait for what the page comes to; its policy forbids Playwright's own way."""
    for _ in range(200):
        if screen.run(condition):
            return
        screen.page.wait_for_timeout(20)
    pytest.fail(f"never came true: {condition}")


# ---- training ------------------------------------------------------------------------------------


def test_running_lowers_the_loss_until_it_is_stopped(playing) -> None:
    screen = playing()
    before = loss(screen)
    screen.page.select_option("#speed", "fast")
    screen.click("run")
    until(screen, "training.epoch >= 30")
    screen.click("run")
    assert loss(screen) < before / 2
    stopped = screen.text("clock")
    screen.page.wait_for_timeout(100)
    assert screen.text("clock") == stopped
    screen.click("reset")
    assert loss(screen) == before
    assert screen.text("clock") == "epoch 0, step 0"


def test_in_the_browser_too_the_numbers_are_those_of_fit(playing) -> None:
    data = moons(60, rng=random.Random(0))
    model = MLP(2, [4, 1], "tanh", rng=random.Random(1))
    screen = playing(playground(model, data, loss=binary_cross_entropy, learning_rate=0.3))
    numbers = screen.run(
        """() => {
          while (training.epoch < 5) training.step();
          return network.parameters.map((p) => network.program.values[p]);
        }"""
    )
    train, _ = stratified_split(data, 12, rng=random.Random(0))
    optimizer = SGD(model.parameters(), 0.3)
    fit(
        model,
        train,
        loss=binary_cross_entropy,
        optimizer=optimizer,
        epochs=5,
        batch_size=10,
        rng=random.Random(0),
        engine="eager",
        progress=False,
    )
    assert numbers == pytest.approx([p.data for p in model.parameters()], rel=1e-12, abs=1e-12)


def test_a_step_is_one_batch_by_button_and_by_key(playing) -> None:
    screen = playing()
    screen.click("step")
    assert screen.text("clock") == "epoch 0, step 1"
    screen.press("ArrowRight")
    assert screen.text("clock") == "epoch 0, step 2"
    screen.press("Home")
    assert screen.text("clock") == "epoch 0, step 0"


def test_a_rate_that_is_too_large_is_said_and_ends_the_run(playing) -> None:
    screen = playing(address="#set=circles&layers=3relu&loss=squared+error&rate=1000000")
    screen.page.select_option("#speed", "fast")
    screen.click("run")
    until(screen, "!shows.running")
    assert "a smaller learning rate may help" in screen.text("trouble")


def test_another_rate_goes_on_with_the_weights(playing) -> None:
    screen = playing()
    screen.click("step")
    before = loss(screen)
    screen.page.fill("#rate", "0.01")
    screen.press("Tab")
    assert (loss(screen), screen.text("clock")) == (before, "epoch 0, step 1")
    screen.page.fill("#rate", "fast")
    screen.press("Tab")
    assert screen.page.input_value("#rate") == "0.01"


# ---- the network ---------------------------------------------------------------------------------


def sizes(screen: Screen) -> list[int]:
    return list(screen.run("network.layers.map((layer) => layer.length)"))


def test_layers_and_neurons_are_added_and_taken_away(playing) -> None:
    screen = playing()
    button = screen.page.get_by_role
    button("button", name="A neuron more in layer 1").click()
    assert sizes(screen) == [5, 4, 1]
    button("button", name="A neuron less in layer 2").click()
    assert sizes(screen) == [5, 3, 1]
    button("button", name="A layer before the output").click()
    assert sizes(screen) == [5, 3, 3, 1]
    button("button", name="Without layer 1").click()
    assert sizes(screen) == [3, 3, 1]
    screen.page.get_by_label("Activation of layer 2").select_option("gelu")
    assert screen.run("network.shapes[1].activation") == "gelu"


def test_a_button_that_is_pressed_by_key_keeps_the_focus(playing) -> None:
    screen = playing()
    more = screen.page.get_by_role("button", name="A neuron more in layer 1")
    more.focus()
    screen.press("Enter", "Enter")
    assert sizes(screen) == [6, 4, 1]


def test_a_neuron_opens_to_its_scalars(playing) -> None:
    screen = playing()
    screen.page.locator('[data-at="1-2"]').click()
    assert screen.content("opened-title") == "z1,2 layer 2, tanh"
    found = screen.run(
        """() => {
          const { values, gradients } = network.program;
          const { weights, inputs, bias, a, z } = network.layers[1][2];
          return [values[a], values[z], gradients[a], gradients[weights[3]],
            weights.reduce((sum, w, i) => sum + values[w] * values[inputs[i]], values[bias])];
        }"""
    )
    a, z, of_a, of_w, total = found
    assert total == pytest.approx(a)
    numbers = screen.content("numbers").replace("−", "-")
    for x in (a, z, of_a, of_w):
        assert f"{x:.4g}" in numbers
    assert "∂L/∂a1,2 = ∂L/∂z1,2 * ∂z1,2/∂a1,2" in numbers


def test_an_example_is_chosen_where_it_stands(playing) -> None:
    screen = playing()
    x, y = screen.run(
        """() => {
          const canvas = $("ground");
          const spot = spots(canvas.width).find(({ i }) => i === 17);
          const scale = canvas.width / canvas.clientWidth;
          return [spot.x / scale, spot.y / scale];
        }"""
    )
    screen.page.click("#ground", position={"x": x, "y": y})
    assert screen.text("example").startswith("example 18 of 200")
    screen.click("after")
    assert screen.text("example").startswith("example 19 of 200")


def test_one_example_is_stepped_on_the_page_of_explore(playing) -> None:
    screen = playing()
    expected = screen.run("() => { showNeuron(); return network.program.values[network.loss]; }")
    screen.click("explore")
    frame = screen.page.frame_locator("iframe")
    frame.locator("#graph .node").first.wait_for()
    inside = screen.page.frames[1]
    assert inside.evaluate("values[root]") == pytest.approx(expected)
    assert inside.evaluate("(forward(), backward(), failure)") is None
    assert inside.evaluate("values[root]") == pytest.approx(expected)
    until(screen, "document.activeElement.tagName === 'IFRAME'")
    screen.press("ArrowRight")
    frame.locator("#caption", has_text="Forward 1 of 19").wait_for()
    screen.click("close")
    until(screen, "document.querySelector('iframe') === null")


def test_esc_within_the_frame_leads_back_where_nothing_else_is_left(playing) -> None:
    screen = playing()
    screen.click("explore")
    frame = screen.page.frame_locator("iframe")
    frame.locator("#graph .node").first.wait_for()
    until(screen, "document.activeElement.tagName === 'IFRAME'")
    inside = screen.page.frames[1]
    screen.press("2")
    assert inside.evaluate("state.mode") == "paths"
    screen.press("Escape")
    assert inside.evaluate("state.mode") == "steps"
    assert screen.run("$('explorer').open")
    screen.run("window.postMessage('leave', '*')")  # not from the frame
    screen.page.wait_for_timeout(50)
    assert screen.run("$('explorer').open")
    screen.press("Escape")
    until(screen, "!$('explorer').open && document.querySelector('iframe') === null")


# ---- data ----------------------------------------------------------------------------------------


def test_each_data_set_brings_a_network_that_fits(playing) -> None:
    screen = playing()
    for name, inputs, outputs in (("iris", 4, 3), ("spirals", 2, 1), ("xor", 2, 1)):
        screen.page.select_option("#set", name)
        assert screen.run("[network.inputs.length, network.outputs.length]") == [inputs, outputs]
        screen.click("step")
    assert screen.page.locator("#across").is_hidden()


def test_a_data_set_is_trained_by_a_loss_that_takes_its_labels(playing) -> None:
    signs = ([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]] * 2, [-1, 1] * 4)
    page = playground(
        MLP(2, [1]),
        xor(),
        loss=binary_cross_entropy,
        losses={"cross-entropy": binary_cross_entropy, "hinge": hinge},
        datasets={"signs": signs},
    )
    screen = playing(page)
    assert screen.run("lossesFor(currentSet()).map(({ name }) => name)") == ["cross-entropy"]
    screen.page.select_option("#set", "signs")
    assert screen.page.input_value("#loss") == "hinge"
    assert screen.run("lossesFor(currentSet()).map(({ name }) => name)") == ["hinge"]


def test_a_file_of_ones_own_is_learned(playing) -> None:
    screen = playing()
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    screen.page.set_input_files("#file", file)
    until(screen, "currentSet().name === 'own.csv'")
    assert screen.content("legend").startswith("ab")
    assert screen.page.input_value("#target") == "kind"
    screen.page.select_option("#target", "weight")
    assert screen.run("currentSet().answers.length") == 0
    screen.click("step")


def test_a_file_that_is_called_as_a_data_set_is_written_down_by_its_own_name(playing) -> None:
    screen = playing()
    file = {"name": "moons", "mimeType": "text/csv", "buffer": CSV.encode()}
    screen.page.set_input_files("#file", file)
    until(screen, "currentSet().name === 'moons (a file)'")
    screen.click("python")
    assert 'data = load_csv("moons", target="kind")' in screen.text("code")


def test_the_program_reads_a_file_as_the_page_did(playing, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = CSV.replace(",", ";").replace("3;", "3,5;")
    (tmp_path / "own.csv").write_text(text)
    screen = playing()
    screen.page.set_input_files("#file", tmp_path / "own.csv")
    until(screen, "currentSet().name === 'own.csv'")
    screen.click("step", "python")
    assert 'load_csv("own.csv", target="kind", decimal=",")' in screen.text("code")
    found: dict[str, Any] = {}
    exec(screen.text("code"), found)
    assert found["data"].inputs == screen.run("currentSet().inputs")
    screen.click("done")
    bare = {"name": "bare.csv", "mimeType": "text/csv", "buffer": b"1,2,0\n3,4,1\n5,6,0\n7,8,1\n"}
    screen.page.set_input_files("#file", bare)
    until(screen, "currentSet().name === 'bare.csv'")
    assert screen.page.locator("#python").is_hidden()  # load_csv goes by names of columns


def test_a_file_that_is_wrong_is_refused_with_line_and_column(playing) -> None:
    screen = playing()
    wrong = CSV.replace("\n5,", "\nfive,")
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": wrong.encode()}
    screen.page.set_input_files("#file", file)
    screen.page.locator("#trouble").wait_for()
    assert screen.text("trouble") == "own.csv, line 7, column size: “five” is no number"


def test_a_file_that_is_refused_leaves_the_one_before_as_it_was(playing) -> None:
    screen = playing()
    for name, text in (("own.csv", CSV), ("other.csv", "u,v\n" + "a,b\na,c\n" * 5)):
        file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        screen.page.set_input_files("#file", file)
        until(screen, "currentSet().name === 'own.csv'")
    until(screen, "!$('trouble').hidden")
    assert screen.text("trouble") == "other.csv has no column of numbers besides v"
    screen.page.select_option("#target", "weight")
    assert screen.run("currentSet().features") == ["size"]


# ---- links and files -----------------------------------------------------------------------------


def test_a_link_opens_what_was_prepared(playing) -> None:
    screen = playing()
    screen.page.select_option("#set", "circles")
    screen.page.get_by_role("button", name="Without layer 1").click()
    screen.page.get_by_label("Activation of layer 1").select_option("relu")
    screen.page.fill("#seed", "7")
    screen.press("Tab")
    screen.page.select_option("#optimizer", "Adam")
    address = screen.run("location.hash")
    chosen = screen.run("chosen")
    other = playing(address=address)
    assert other.run("chosen") == chosen
    assert loss(other) == loss(screen)


def test_a_link_made_with_a_file_asks_for_the_file(playing, tmp_path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(CSV)
    screen = playing()
    screen.page.set_input_files("#file", file)
    until(screen, "currentSet().name === 'own.csv'")
    screen.page.select_option("#target", "weight")
    screen.page.get_by_role("button", name="Without layer 1").click()
    screen.page.select_option("#optimizer", "Adam")
    screen.click("link")
    until(screen, "!$('trouble').hidden")
    assert screen.text("trouble").startswith("own.csv does not travel with the link")
    address = screen.run("location.hash")

    other = playing(address=address)
    assert other.text("trouble") == "This link was made with own.csv: drop that file here"
    assert other.run("[chosen.set, chosen.hidden.length]") == ["moons", 2]
    other.click("step", "reset")
    assert other.run("location.hash") == address
    other.page.set_input_files("#file", file)
    until(other, "currentSet().name === 'own.csv'")
    assert other.run("chosen") == screen.run("chosen")
    assert other.page.input_value("#target") == "weight"
    assert (loss(other), other.run("location.hash")) == (loss(screen), address)

    other.page.select_option("#set", "moons")
    other.run("(hash) => { location.hash = hash; }", address.replace("learn=weight", "learn=kind"))
    until(other, "target === 'kind'")
    assert other.run("currentSet().classes") == ["a", "b"]

    third = playing(address=address, viewport=PHONE)
    (box,) = third.run(BOXES, "#trouble")
    assert 0 <= box[1] < box[3] < PHONE["height"] + 1
    third.page.select_option("#set", "xor")
    assert third.run("location.hash").startswith("#set=xor")


def test_what_an_address_says_wrongly_is_passed_over(playing) -> None:
    as_given = playing().run("chosen")
    wrong = "#set=moon&noise=7&layers=99tanh&rate=-1&batch=x&seed=1.5&axes=0-9&optimizer=&loss=1"
    assert playing(address=wrong).run("chosen") == as_given


def test_a_seed_that_python_would_read_otherwise_is_not_taken(playing) -> None:
    screen = playing()
    for seed, taken in ((2**50, 2**50), (2**50 + 1, 2**50), (1e300, 2**50), (7, 7), ("", None)):
        screen.page.fill("#seed", str(seed))
        screen.press("Tab")
        assert screen.run("chosen.seed") == taken
    screen.page.fill("#data-seed", str(2**64))
    screen.press("Tab")
    assert screen.run("chosen.dataSeed") == 0


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("rate", "0", "the rate is a finite number above 0, not 0"),
        ("rate", "1e400", "the rate is a finite number above 0, not 1e400"),
        ("rate", "abc", "the rate is a finite number above 0, not abc"),
        ("batch", "0", "the batch is a whole number from 1 to 2000, not 0"),
        ("batch", "5000", "the batch is a whole number from 1 to 2000, not 5000"),
        ("seed", "-1", f"the seed is a whole number from 0 to {2**50}, not -1"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_words(playing, field, wrong, says) -> None:
    screen = playing()
    before = screen.page.input_value(f"#{field}")
    screen.page.fill(f"#{field}", wrong)
    screen.press("Tab")
    assert screen.text("trouble") == says
    assert screen.page.input_value(f"#{field}") == before
    screen.page.fill(f"#{field}", "7")
    screen.press("Tab")
    assert screen.page.locator("#trouble").is_hidden()


def test_a_link_takes_the_numbers_that_a_field_takes(playing) -> None:
    screen = playing(address="#rate=5000000&held=15&batch=5000&noise=0.7&seed=0.5")
    chosen = screen.run("chosen")
    given = screen.run("given")
    assert (chosen["rate"], chosen["seed"]) == (5e6, None)
    assert (chosen["held"], chosen["batch"], chosen["noise"]) == (20, given["batch"], 0.1)
    assert screen.page.input_value("#held") == "20"


@pytest.mark.parametrize(
    "address",
    [
        "#set=moons&layers=4relu&rate=0.1",
        "#set=iris&layers=3tanh-4gelu&optimizer=Adam&batch=20&seed=5",
        "#set=xor&held=0&optimizer=Momentum&loss=hinge&noise=0.2&dataSeed=3",
    ],
)
def test_the_program_that_it_writes_ends_with_its_losses(playing, address, capsys) -> None:
    screen = playing(address=address)
    screen.run("() => { while (training.epoch < 6) training.step(); }")
    now = screen.run("training.history.at(-1)")
    screen.click("python")
    found: dict[str, Any] = {}
    exec(screen.text("code"), found)
    last = found["history"].rows[-1]
    assert last.loss == pytest.approx(now["loss"], rel=1e-6)  # the data have nine decimals
    assert last.held_out_loss == (now["held"] and pytest.approx(now["held"], rel=1e-6))
    assert "epoch" in capsys.readouterr().out


def test_saved_weights_go_back_into_the_model(playing, tmp_path) -> None:
    model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
    screen = playing(playground(model, xor(), loss=binary_cross_entropy))
    screen.click("step")
    with screen.page.expect_download() as download:
        screen.click("save")
    download.value.save_as(tmp_path / "model.json")
    load_into(model, tmp_path / "model.json")
    assert [p.data for p in model.parameters()] == screen.run(
        "network.parameters.map((p) => network.program.values[p])"
    )
    assert json.loads((tmp_path / "model.json").read_text())["architecture"]["kind"] == "MLP"


def test_an_activation_of_ones_own_is_neither_saved_nor_written_down(playing) -> None:
    model = Sequential(Layer(2, 3, lambda a: a * a), Layer(3, 1, None))
    sets = {"moons": moons(20)}
    recipe = {**RECIPE, "names": []}
    loss = {"cross-entropy": binary_cross_entropy}
    screen = playing(
        playground(
            model,
            sets["moons"],
            loss=binary_cross_entropy,
            losses=loss,
            datasets=sets,
            recipe=recipe,
        )
    )
    assert screen.page.locator("#python").is_hidden()
    screen.click("save")
    assert "the activation function is no row of the table" in screen.text("trouble")
    screen.page.get_by_label("Activation of layer 1").select_option("relu")
    assert screen.page.locator("#python").is_visible()
    assert screen.page.locator("#trouble").is_hidden()


def test_layers_without_bias_are_written_down_as_calls_of_nn(playing) -> None:
    calls = playing().run(
        """inCalls(architecture(2, [
          { size: 3, activation: "tanh", bias: false },
          { size: 2, activation: "relu", bias: true },
          { size: 1, activation: "linear", bias: false },
        ]))"""
    )
    names = {"Sequential": Sequential, "Linear": Linear, "Activation": Activation, "Layer": Layer}
    made = eval(calls, {**names, "rng": random.Random(0)})
    assert len(made.parameters()) == 6 + 8 + 2


# ---- for everybody -------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_serious_is_found_and_nothing_is_cut(playing, serious, size, scheme) -> None:
    screen = playing(viewport=size, color_scheme=scheme)
    for address in ("#set=moons", "#set=iris&layers=6relu-6relu"):
        screen.run("(hash) => { location.hash = hash; }", address)
        screen.frame()
        assert serious(screen) == []
        assert screen.run("document.documentElement.scrollWidth") == size["width"]


def test_nothing_of_a_large_network_covers_another(playing) -> None:
    names = [f"f{k}" for k in range(12)]
    rows = [[str((k * i) % 7) for k in range(1, 13)] + ["abc"[i % 3]] for i in range(30)]
    text = "\n".join(map(",".join, [[*names, "kind"], *rows]))
    screen = playing(viewport=DESK)
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": text.encode()}
    screen.page.set_input_files("#file", file)
    until(screen, "currentSet().name === 'own.csv'")
    for _ in range(4):
        screen.page.get_by_role("button", name="A layer before the output").click()
    tiles, labels = screen.run(BOXES, ".tile"), screen.run(BOXES, ".tile .below")
    groups = sorted(screen.run(BOXES, ".small-buttons"))
    assert (len(labels), len(groups)) == (15, 7)
    for left, top, right, bottom in labels:
        for tile in tiles:
            below = tile[1] > (top + bottom) / 2 and tile[0] < right and left < tile[2]
            assert not below or tile[1] >= bottom - 1
    for group, following in pairwise(groups):
        assert following[0] - group[2] >= 6


def test_a_large_loss_is_written_within_its_axis(playing) -> None:
    screen = playing(address="#set=circles&layers=3relu&loss=squared+error&rate=1e4")
    screen.run(
        "() => { training.history = [{ epoch: 1, loss: 1.234e217, held: null }]; showCurve(); }"
    )
    (svg,) = screen.run(BOXES, "#curve svg")
    for label in screen.run(BOXES, "#curve text"):
        assert svg[0] <= label[0]


def test_in_a_frame_of_a_notebook_it_runs_too(chromium, tmp_path, first) -> None:
    html = first._repr_mimebundle_()["text/html"]
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><body>{html}", encoding="utf-8")
    screen = Screen(chromium.new_page())
    screen.page.goto((tmp_path / "notebook.html").as_uri())
    frame = screen.page.frame_locator("iframe")
    frame.locator("#step").click()
    assert frame.locator("#clock").inner_text() == "epoch 0, step 1"
    assert screen.complaints == []
    screen.page.close()
