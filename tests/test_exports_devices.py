"""A tape over many devices, in subprocesses: one with four devices, and two processes."""

import json
import os
import pickle
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Value, tanh, trace

pytestmark = pytest.mark.peers
ROOT = Path(__file__).parent.parent
w = Value(0.7, "w")

TRAINING = """
import json, os, random, sys
import jax

index, processes, devices, port, folder, dies = sys.argv[1:]
jax.config.update("jax_enable_x64", True)
if processes != "1":
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        f"127.0.0.1:{port}", int(processes), int(index), heartbeat_timeout_seconds=3
    )
import nn

model = nn.MLP(2, [8, 1], "tanh", rng=random.Random(0))
start = os.path.join(folder, "start.json")
if os.path.exists(start):
    nn.load_into(model, start)

def saved(history):
    if index == "0":
        nn.save(model, os.path.join(folder, "model.json"))
    if dies == index and len(history.rows) == 3:
        os.kill(os.getpid(), 9)

history = nn.fit(
    model, nn.moons(101, rng=random.Random(0)), loss=nn.binary_cross_entropy, epochs=8,
    optimizer=nn.Adam(model.parameters(), 0.01), batch_size=30, rng=random.Random(1),
    engine="jax", devices=int(devices) or None, progress=False, callbacks=[saved],
)
print(json.dumps({"engine": history.engine, "losses": history.losses}))
"""


@pytest.fixture(autouse=True)
def jax() -> Iterator[Any]:
    """JAX in float64."""
    jax = pytest.importorskip("jax", reason='needs pip install -e ".[jax]"')
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


def started(folder: Path, processes: int, devices: int, dies: str = "nobody") -> list[Any]:
    """Processes that train together, four devices each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "PYTHONPATH": str(ROOT)}
    words = [str(processes), str(devices), str(port), str(folder), dies]
    return [
        subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(index), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **flags},
        )
        for index in range(processes)
    ]  # fmt: skip


def losses(folder: Path, processes: int, devices: int) -> list[list[float]]:
    """The loss curve of each process."""
    found = []
    for process in started(folder, processes, devices):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        told = json.loads(out.splitlines()[-1])
        assert told["engine"] == "jax"
        found.append(told["losses"])
    return found


def on_numpy(folder: Path) -> list[float]:
    """The same training on one core, without JAX."""
    model = nn.MLP(2, [8, 1], "tanh", rng=random.Random(0))
    if (folder / "start.json").exists():
        nn.load_into(model, folder / "start.json")
    data = nn.moons(101, rng=random.Random(0))
    optimizer = nn.Adam(model.parameters(), 0.01)
    history = nn.fit(
        model, data, loss=nn.binary_cross_entropy, optimizer=optimizer, epochs=8, batch_size=30,
        rng=random.Random(1), engine="numpy", progress=False,
    )  # fmt: skip
    return history.losses


def test_four_devices_find_the_curve_of_one_and_do_not_divide_its_batches(tmp_path) -> None:
    assert losses(tmp_path, 1, 4) == [pytest.approx(on_numpy(tmp_path), rel=1e-12)]


def test_two_processes_find_it_too_from_a_checkpoint_that_one_wrote(tmp_path) -> None:
    nn.save(nn.MLP(2, [8, 1], "tanh", rng=random.Random(7)), tmp_path / "start.json")
    mine, others = losses(tmp_path, 2, 0)
    assert mine == others
    assert mine == pytest.approx(on_numpy(tmp_path), rel=1e-12)


def test_devices_that_are_not_there_are_told(jax) -> None:
    tape = trace(lambda x: w * x, 1.0)
    count = len(jax.devices())
    with pytest.raises(ValueError, match=f"JAX has {count} devices here, got devices=99"):
        tape.data_parallel(99)
    model = nn.MLP(2, [1], rng=random.Random(0))
    with pytest.raises(ValueError, match=f"JAX has {count} devices here, got devices=99"):
        nn.fit(
            model, nn.moons(9, rng=random.Random(0)), loss=nn.binary_cross_entropy, epochs=1,
            optimizer=nn.SGD(model.parameters(), 0.1), engine="jax", devices=99,
        )  # fmt: skip


def test_a_tape_on_devices_is_like_any_other(jax) -> None:
    tape = trace(lambda x, y: (tanh(w * x) - y) ** 2 + 0.1 * w * w, 1.0, 0.0)
    shared, batch = tape.data_parallel(), ([0.5, -1.0, 2.0], [1.0, 0.0, 1.0])
    assert shared.engine == "jax"
    assert "tanh(" in shared.source
    assert list(shared.forward(*batch)) == pytest.approx(list(tape.forward(*batch)), rel=1e-14)
    for weights in (None, [1.0, 2.0, 5.0]):
        value, gradient = shared.value_and_grad([0.7], *batch, weights=weights)
        expected, slopes = tape.value_and_grad([0.7], *batch, weights=weights)
        assert [value, *gradient] == pytest.approx([expected, *slopes], rel=1e-14)
    assert pickle.loads(pickle.dumps(shared)).engine == "numpy"


@pytest.mark.parametrize("dies", ["0", "1"])
def test_where_a_process_dies_the_others_end_and_say_so(dies, tmp_path) -> None:
    processes = started(tmp_path, 2, 0, dies)
    victim, other = processes if dies == "0" else processes[::-1]
    victim.communicate(timeout=120)
    _, err = other.communicate(timeout=30)
    assert other.returncode != 0
    assert "another task died" in err or "Connection reset" in err or "Gloo" in err
    assert nn.load(tmp_path / "model.json")  # the last checkpoint is whole
