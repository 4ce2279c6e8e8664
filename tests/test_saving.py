"""Models one can keep: what comes back, what is refused, and a save that is interrupted."""

import builtins
import copy
import json
import math
import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import OPERATIONS, Operation, Value, __version__
from nn.files.saving import ModelFileError, load, load_into, save
from nn.modules import MLP, Activation, Layer, Linear, Module, Neuron, Sequential

FIELDS = ["format", "format_version", "chainrule", "architecture", "parameters"]
OTHERS = [None, True, 7, -1, 0.5, "text", [], [1], {}, {"kind": "MLP"}]  # every type of JSON


@pytest.fixture
def model(rng) -> MLP:
    return MLP(2, [3, 1], "tanh", rng=rng)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


def numbers(model: Module) -> dict[str, float]:
    return {name: p.data for name, p in model.named_parameters().items()}


def folder(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def edited(model: Module, path: Path, edit) -> None:
    """A model file with one edit: `edit(document)` changes it, or returns another document."""
    save(model, path)
    document = json.loads(path.read_text())
    changed = edit(document)
    path.write_text(json.dumps(document if changed is None else changed))


def refused(model: Module, path: Path, match: str = ".") -> None:
    """Both ways to load say no, name the file, and leave the model and `random` alone."""
    before, state = numbers(model), random.getstate()
    with pytest.raises(ModelFileError, match=match) as error:
        load(path)
    assert str(error.value).startswith(str(path))
    with pytest.raises(ModelFileError, match=match):
        load_into(model, path)
    assert (numbers(model), random.getstate()) == (before, state)


# ---- what comes back -----------------------------------------------------------------------------


def test_a_loaded_model_computes_the_same_to_the_last_bit(model, path) -> None:
    save(model, path)
    again = load(path)
    assert repr(again) == repr(model)
    assert numbers(again) == numbers(model)
    assert again([0.1, -0.7]).data == model([0.1, -0.7]).data


def test_every_finite_float_comes_back(model, path) -> None:
    values = [0.1, -0.0, 5e-324, sys.float_info.max, 1 / 3, -(2.0**-1022), 1e22, 123456789.0]
    for p, x in zip(model.parameters(), values):
        p.data = x
    save(model, path)
    assert [repr(p.data) for p in load(path).parameters()[:8]] == [repr(x) for x in values]


def test_numbers_of_any_real_type_are_kept_as_floats(model, path) -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    for p, x in zip(model.parameters(), [numpy.float32(0.5), 3, True]):
        p.data = x
    save(model, path)
    assert [p.data for p in load(path).parameters()[:3]] == [0.5, 3.0, 1.0]


def test_load_into_gives_the_numbers_and_leaves_the_gradients(model, path) -> None:
    save(model, path)
    other = MLP(2, [3, 1], "tanh", rng=random.Random(1))
    nodes = other.parameters()
    other([1.0, 2.0]).backward()
    gradients = [p.grad for p in nodes]
    load_into(other, path)
    assert numbers(other) == numbers(model)
    assert all(p is q for p, q in zip(other.parameters(), nodes))
    assert [p.grad for p in nodes] == gradients


def test_a_file_is_readable_and_says_who_wrote_it(model, path) -> None:
    save(model, path)
    document = json.loads(path.read_text(encoding="ascii"))
    assert list(document) == FIELDS
    assert document["format"] == "chainrule model"
    assert (document["format_version"], document["chainrule"]) == (1, __version__)
    assert document["architecture"] == model.architecture()
    assert document["parameters"] == numbers(model)
    w = model.parameters()[0].data
    assert f'"layers[0].neurons[0].w[0]": {w!r},' in path.read_text()


def test_a_model_is_saved_to_and_loaded_from_a_path_written_as_text(model, path) -> None:
    save(model, str(path))
    assert numbers(load(str(path))) == numbers(model)


def test_the_order_in_a_file_does_not_matter_and_a_whole_number_may_lack_its_point(
    model, path
) -> None:
    def shuffle(document):
        document["parameters"] = dict(reversed(document["parameters"].items()))
        document["parameters"]["layers[1].neurons[0].b"] = 2
        return dict(reversed(document.items()))

    edited(model, path, shuffle)
    model.layers[1].neurons[0].b.data = 2.0
    assert numbers(load(path)) == numbers(model)
    assert type(load(path).layers[1].neurons[0].b.data) is float


def test_an_editor_that_puts_a_mark_in_front_does_no_harm(model, path) -> None:
    save(model, path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert numbers(load(path)) == numbers(model)


def test_saving_and_loading_draw_no_random_number(model, path) -> None:
    state = random.getstate()
    save(model, path)
    load(path)
    load_into(model, path)
    assert random.getstate() == state


def test_an_activation_of_ones_own_is_found_in_the_table(rng, path) -> None:
    cube = Operation("cube", lambda x: x**3, lambda x, z: 3 * x * x)
    try:
        model = MLP(2, [2, 1], cube, rng=rng)
        save(model, path)
        assert load(path)([1.0, 2.0]).data == model([1.0, 2.0]).data
    finally:
        del OPERATIONS["cube"]
    with pytest.raises(ModelFileError, match=f"cube.*written by chainrule '{__version__}'"):
        load(path)


# ---- files that are refused ----------------------------------------------------------------------


def test_a_file_truncated_at_any_byte_is_refused(model, path) -> None:
    save(model, path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        refused(model, path, "cut short|no chainrule model")


def test_a_file_of_which_one_byte_is_no_text_is_refused(model, path) -> None:
    save(model, path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        refused(model, path, f"byte {place} is not UTF-8")


@pytest.mark.parametrize("field", FIELDS)
def test_a_file_without_one_of_its_fields_is_refused(model, path, field) -> None:
    edited(model, path, lambda document: document.__delitem__(field))
    refused(model, path, f"lacks.*{field}")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_type_is_refused(model, path, field) -> None:
    for other in OTHERS:
        if (field, type(other)) != ("chainrule", str):  # any text may name a version
            edited(model, path, lambda document, o=other: document.update({field: o}))
            refused(model, path)


@pytest.mark.parametrize("other", [None, True, "0.5", [], {}, 10**400, 10**5000], ids=type)
def test_a_parameter_that_is_no_number_is_refused(model, path, other) -> None:
    name = "layers[0].neurons[1].w[0]"
    if other == 10**5000:  # more digits than Python turns into an int
        edited(model, path, lambda document: document["parameters"].update({name: "X"}))
        path.write_text(path.read_text().replace('"X"', "1" + 5000 * "0"))
        return refused(model, path, "edited")
    edited(model, path, lambda document: document["parameters"].update({name: other}))
    return refused(model, path, "'layers\\[0\\].neurons\\[1\\].w\\[0\\]'")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "0x10", "1_0", "01"])
def test_a_number_that_is_not_finite_or_not_json_is_refused(model, path, text) -> None:
    save(model, path)
    w = model.parameters()[0].data
    path.write_text(path.read_text().replace(repr(w), text))
    refused(model, path, "no number that JSON knows" if text[-1] in "Ny" else ".")


def test_a_parameter_that_is_missing_renamed_or_added_is_refused(model, path) -> None:
    name = "layers[0].neurons[1].w[0]"
    for parameter in numbers(model):
        edited(model, path, lambda document, p=parameter: document["parameters"].__delitem__(p))
        refused(model, path, "lacks the parameter .* 13 parameters, the file 12")
    edited(model, path, lambda document: document["parameters"].update(c=1.0))
    refused(model, path, "has the parameter 'c'")
    edited(model, path, lambda document: document["parameters"].update(c=1.0, pop=2.0))
    refused(model, path, "has the parameter 'c' and 1 more")
    save(model, path)
    path.write_text(path.read_text().replace(f'"{name}": ', '"layers[0].neurons[0].w[0]": '))
    refused(model, path, "stands there twice")


def test_every_edit_of_the_architecture_is_refused(model, path) -> None:
    for key in model.architecture():
        edited(model, path, lambda document, k=key: document["architecture"].__delitem__(k))
        refused(model, path, "architecture")
        for other in OTHERS:
            if (key, other) != ("activation", None):  # a linear network, which is another one
                edited(model, path, lambda d, k=key, o=other: d["architecture"].update({k: o}))
                refused(model, path, "architecture|nouts|nin")
    edited(model, path, lambda document: document["architecture"].update(unknown=1))
    refused(model, path, "unknown")


def test_an_architecture_that_is_silently_read_as_another_is_refused(
    model, path, monkeypatch
) -> None:
    edited(model, path, lambda document: document["architecture"].update(nouts=[3, 1.0]))
    monkeypatch.setattr("nn.files.saving.parameter_count", lambda _: 13)
    monkeypatch.setattr("nn.files.saving.build", lambda *_, **__: model)
    refused(model, path, "nouts\\[1\\] 1.0 where a model of chainrule .* nouts\\[1\\] 1")


@pytest.mark.parametrize("nouts", [[3], [3, 2], [3, 3, 1], [4, 1], [3.0, 1], ["3", 1], [True, 1]])
def test_other_sizes_than_the_parameters_have_are_refused(model, path, nouts) -> None:
    edited(model, path, lambda document: document["architecture"].update(nouts=nouts))
    refused(model, path)


def test_a_size_that_no_memory_holds_is_refused_before_anything_is_built(model, path) -> None:
    edited(model, path, lambda document: document["architecture"].update(nouts=[10**12, 1]))
    refused(model, path, "has 4,000,000,000,001 parameters, the file 13$")
    edited(model, path, lambda document: document["architecture"].update(nouts=[9**4000, 1]))
    refused(model, path, "has about 2..12681 parameters, the file 13$")


def test_the_parameters_of_an_architecture_are_counted_before_it_is_built(
    model, path, monkeypatch
) -> None:
    edited(model, path, lambda document: document["architecture"].update(nouts=[400] * 400))
    monkeypatch.setattr("nn.files.saving.build", None)
    refused(model, path, "has 64,000,800 parameters, the file 13$")


def test_a_file_of_more_sequentials_inside_one_another_than_anyone_writes_is_refused(path) -> None:
    def nested(depth: int) -> Module:
        return Sequential(nested(depth - 1)) if depth else Neuron(1)

    save(nested(50), path)
    assert len(load(path).parameters()) == 2
    with pytest.raises(ValueError, match="more than 50 Sequentials inside one another"):
        save(nested(51), path)


def test_a_field_that_the_format_does_not_have_is_refused(model, path) -> None:
    edited(model, path, lambda document: document.update(paramters={}))
    refused(model, path, "format 1 has no field 'paramters'")


def test_a_newer_format_says_to_install_a_newer_version(model, path) -> None:
    edited(model, path, lambda document: document.update(format_version=2, chainrule="7.1"))
    refused(model, path, "format 2, written by chainrule '7.1'.*install a newer one")
    path.write_text('{"format": "chainrule model", "format_version": 3, "anything": "else"}')
    refused(model, path, "format 3")


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[]", "3", '{"format": "safetensors"}', "x,y\n1,2\n", "import os"]
)
def test_a_file_of_another_kind_is_refused(model, path, text) -> None:
    path.write_text(text)
    refused(model, path, "no chainrule model|not a whole model file")


def test_a_file_nested_without_end_is_refused(model, path) -> None:
    for depth in (500, 5000, 100_000):
        path.write_text("[" * depth + "]" * depth)
        refused(model, path)
        nest = '{"kind": "Sequential", "layers": ['
        save(model, path)
        text = path.read_text()
        start, end = text.index('"architecture"'), text.index('"parameters"')
        deep = f'"architecture": {nest * depth}{"]}" * depth},'
        path.write_text(text[:start] + deep + text[end:])
        refused(model, path)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch owned')",
        "os.system",
        "builtins.exec",
        "nn.modules.MLP",
        "relu.__init__",
        "lambda a: a",
        "__class__",
    ],
)
def test_nothing_in_a_file_is_executed(model, path, text, monkeypatch) -> None:
    monkeypatch.chdir(path.parent)
    for key in ("kind", "activation"):
        edited(model, path, lambda document, k=key: document["architecture"].update({k: text}))
        refused(model, path, "architecture")
    assert folder(path) == ["model.json"]


def test_a_file_of_another_architecture_says_where_it_differs(model, path) -> None:
    save(model, path)
    for other, place in [
        (MLP(2, [4, 1], "tanh"), "nouts\\[0\\] 3 where this one has nouts\\[0\\] 4"),
        (MLP(2, [3, 1], "relu"), 'activation "tanh" where .* activation "relu"'),
        (MLP(2, [3, 1, 1], "tanh"), "nouts\\[2\\] not there where .* nouts\\[2\\] 1"),
        (Sequential(model), 'kind "MLP" where this one has kind "Sequential"'),
    ]:
        before = numbers(other)
        with pytest.raises(ModelFileError, match=f"another architecture .*{place}"):
            load_into(other, path)
        assert numbers(other) == before


def test_no_file_and_a_folder_are_errors_of_the_system(model, path) -> None:
    with pytest.raises(FileNotFoundError, match="model.json"):
        load(path)
    with pytest.raises(OSError, match="directory|denied"):
        load_into(model, path.parent)


# ---- models that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_a_parameter_that_is_not_finite_is_not_saved(model, path, x) -> None:
    save(model, path)
    before = path.read_bytes()
    model.layers[0].neurons[1].b.data = x
    with pytest.raises(ValueError, match=f"'layers\\[0\\].neurons\\[1\\].b' is {x}"):
        save(model, path)
    assert path.read_bytes() == before


def test_what_is_no_model_is_neither_saved_nor_filled(model, path) -> None:
    for slip in (lambda: save(str(path), model), lambda: save(model.parameters(), path)):
        with pytest.raises(TypeError, match="save.model, path. takes a module of nn, got"):
            slip()
    assert not path.exists()
    save(model, path)
    with pytest.raises(TypeError, match="takes a module of nn, got a function"):
        load_into(lambda x: x, path)


def test_a_model_of_ones_own_is_neither_saved_nor_filled(model, path) -> None:
    class Own(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

    save(model, path)
    before, own = path.read_bytes(), Own()
    for slip in (lambda: save(own, path), lambda: load_into(own, path)):
        with pytest.raises(ValueError, match="Own has no architecture: .* Rebuild a model"):
            slip()
    assert (path.read_bytes(), own.w.data) == (before, 1.0)


def test_a_parameter_that_holds_no_number_is_named(model, path) -> None:
    model.layers[0].neurons[1].b.data = "x"
    with pytest.raises(TypeError, match="'layers\\[0\\].neurons\\[1\\].b' must be a real number"):
        save(model, path)


def test_a_model_that_its_architecture_does_not_tell_is_not_saved(model, path) -> None:
    model.extra = Value(1.0)
    model.parameters = lambda: [*MLP.parameters(model), model.extra]
    with pytest.raises(ValueError, match="MLP could not be loaded again, so nothing was saved"):
        save(model, path)
    with pytest.raises(ValueError, match="the activation f is no row"):
        save(MLP(2, [2, 1], lambda a: a * a), path)
    assert folder(path) == []


# ---- a save that is interrupted ------------------------------------------------------------------


@pytest.fixture
def old(model, path) -> dict[str, float]:
    """The numbers in the file, while the model has others."""
    save(model, path)
    before = numbers(model)
    for p in model.parameters():
        p.data += 1.0
    return before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_that_fails_in_a_call_leaves_the_old_file(
    model, path, old, monkeypatch, call, error
) -> None:
    def fail(*_):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)):
        save(model, path)
    assert numbers(load(path)) == old
    assert folder(path) == ["model.json"]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_disk_that_is_full_in_the_middle_leaves_the_old_file(
    model, path, old, monkeypatch, share
) -> None:
    class Full:
        def __init__(self, *arguments):
            self.file = opened(*arguments)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[: int(share * len(data))])
            raise OSError(28, "No space left on device")

    opened = builtins.open
    monkeypatch.setattr(builtins, "open", Full)
    with pytest.raises(OSError, match="No space left"):
        save(model, path)
    monkeypatch.undo()
    assert numbers(load(path)) == old
    assert folder(path) == ["model.json"]


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of a file that was just opened, or just about to be closed
def test_a_save_interrupted_at_any_line_leaves_a_whole_file(model, path, old) -> None:
    """KeyboardInterrupt at the first line that runs, then at the second, ... to the last."""
    new, outcomes = numbers(model), []
    for moment in range(1, 10**6):
        left = moment

        def interrupt(frame, event, _):
            nonlocal left
            if frame.f_code.co_filename.endswith(("saving.py", "pathlib.py")):
                left -= event == "line"
                if left == 0:
                    left = -1
                    raise KeyboardInterrupt
            return interrupt

        tracer = sys.gettrace()
        sys.settrace(interrupt)
        try:
            save(model, path)
            done = True
        except KeyboardInterrupt:
            done = False
        finally:
            sys.settrace(tracer)
        outcomes.append(numbers(load(path)))
        assert outcomes[-1] in (old, new)
        for leftover in path.parent.glob(".chainrule-*.tmp"):
            leftover.unlink()  # an interrupt inside the cleaning up
        if done:
            break
        if outcomes[-1] == new:
            path.write_text(json.dumps(json.loads(path.read_text()) | {"parameters": old}))
    assert outcomes[0] == old
    assert outcomes[-1] == outcomes[-2] == new
    assert outcomes.count(old) > 100


KILLED = """
import os, signal, sys
from nn.modules import MLP
from nn.files.saving import save
path, limit = sys.argv[1], 0
model = MLP(2, [3, 1], "tanh")
for p in model.parameters():
    p.data = 7.0

def kill(frame, event, _):
    global limit
    if frame.f_code.co_name in ("_write", "unlink", "copymode"):
        limit -= event == "line"
        if limit == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return kill

moments = 0
while True:  # a child for every line, killed there
    moments += 1
    child = os.fork()
    if child == 0:
        limit = moments
        sys.settrace(kill)
        save(model, path)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    with open(path) as file:
        print(file.read().replace("\\n", ""), flush=True)
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children made by fork")
def test_a_process_killed_at_any_line_of_the_writing_leaves_a_whole_file(path, old) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line)["parameters"] for line in done.stdout.splitlines()]
    new = dict.fromkeys(old, 7.0)
    switch = found.index(new)
    assert found == [old] * switch + [new] * (len(found) - switch)
    assert switch >= 8  # that many lines stand before the file takes its place
    left = set(folder(path)) - {"model.json"}
    assert all(name.startswith(".chainrule-") and name.endswith(".tmp") for name in left)


LOOP = """
import sys
from nn.modules import MLP
from nn.files.saving import save
models = [MLP(2, [3, 1], "tanh") for _ in range(2)]
for i, model in enumerate(models):
    for p in model.parameters():
        p.data = float(i)
print("ready", flush=True)
while True:
    for model in models:
        save(model, sys.argv[1])
"""


def test_a_process_killed_while_it_saves_over_and_over_leaves_a_whole_file(path, rng) -> None:
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(path)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=0.05 + rng.uniform(0, 0.05))
            except subprocess.TimeoutExpired:
                process.kill()
        assert set(numbers(load(path)).values()) in ({0.0}, {1.0})


LIMITED = """
import resource, sys
from nn.modules import MLP
from nn.files.saving import save
model = MLP(2, [3, 1], "tanh")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
save(model, sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="limits the size of files")
def test_a_system_that_takes_only_the_first_bytes_leaves_the_old_file(path, old) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1, "OSError: [Errno 27] File too large",
    )  # fmt: skip
    assert numbers(load(path)) == old
    assert folder(path) == ["model.json"]


# ---- the file system -----------------------------------------------------------------------------


def test_a_save_leaves_nothing_but_the_model(model, path, old) -> None:
    save(model, path)
    assert folder(path) == ["model.json"]
    assert numbers(load(path)) == numbers(model) != old


def test_the_folder_that_cannot_be_synchronized_does_no_harm(model, path, monkeypatch) -> None:
    def fail(*_):
        raise PermissionError(13, "this system opens no folders")

    monkeypatch.setattr(os, "open", fail)
    save(model, path)
    monkeypatch.undo()
    assert numbers(load(path)) == numbers(model)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(model, path) -> None:
    umask = os.umask(0o027)
    try:
        save(model, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        save(model, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(umask)


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_stays_a_link(model, path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    path.symlink_to(tmp_path / "folder" / "real.json")
    save(model, path)
    assert path.is_symlink()
    assert numbers(load(tmp_path / "folder" / "real.json")) == numbers(model)


def test_a_place_where_no_file_can_be_is_refused(model, path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        save(model, path.parent / "nowhere" / "model.json")
    for place in (path.parent, Path(os.devnull)):
        with pytest.raises(OSError, match="a model is saved to a file"):
            save(model, place)
    assert folder(path) == []


def test_a_name_as_long_as_the_system_takes_is_fine(model, path) -> None:
    long = path.parent / ("m" * 250 + ".json")
    save(model, long)
    assert numbers(load(long)) == numbers(model)


# ---- every architecture, other versions ----------------------------------------------------------


def test_every_kind_of_module_comes_back(rng, path) -> None:
    for model in [
        Neuron(3, "sigmoid", rng=rng),
        Layer(3, 2, None, rng=rng),
        MLP(3, [2], rng=rng),
        Linear(3, 2, bias=False, rng=rng),
        Sequential(Linear(3, 2, rng=rng), Activation("tanh"), Sequential(Linear(2, 1, rng=rng))),
    ]:
        save(model, path)
        again = load(path)
        assert (type(again), repr(again)) == (type(model), repr(model))
        assert again.architecture() == model.architecture()
        assert numbers(again) == numbers(model)
        assert [p.label for p in again.parameters()] == [p.label for p in model.parameters()]
        x = [0.3, -0.2, 0.9]
        assert repr(again(x)) == repr(model(x))


def test_an_activation_alone_has_no_parameters_and_comes_back(path) -> None:
    save(Activation("tanh"), path)
    assert load(path)(0.5).data == math.tanh(0.5)


FIRST = """{
 "format": "chainrule model",
 "format_version": 1,
 "chainrule": "0.1.0",
 "architecture": {"kind": "MLP", "nin": 2, "nouts": [1, 1], "activation": "tanh"},
 "parameters": {
  "layers[0].neurons[0].w[0]": 0.5,
  "layers[0].neurons[0].w[1]": -1.25,
  "layers[0].neurons[0].b": 2.0,
  "layers[1].neurons[0].w[0]": 4.0,
  "layers[1].neurons[0].b": -3.0
 }
}"""


def test_a_file_of_the_first_version_can_be_read_forever(path) -> None:
    path.write_text(FIRST)
    assert load(path)([1.0, 2.0]).data == pytest.approx(4 * math.tanh(0.5 - 2.5 + 2.0) - 3)
    assert [p.data for p in load(path).parameters()] == [0.5, -1.25, 2.0, 4.0, -3.0]


# ---- a campaign: mutated files -------------------------------------------------------------------


def models(rng: random.Random) -> list[Module]:
    return [
        MLP(2, [3, 1], "tanh", rng=rng), Neuron(3, rng=rng), Layer(2, 2, "sigmoid", rng=rng),
        Sequential(Linear(2, 2, bias=False, rng=rng), Activation("relu"), MLP(2, [1], rng=rng)),
    ]  # fmt: skip


def places(x, found=()) -> list:
    """Every container of a document with each of its keys or places."""
    if isinstance(x, dict | list):
        for key in x if isinstance(x, dict) else range(len(x)):
            found = places(x[key], [*found, (x, key)])
    return list(found)


SIZES = [0, 1, 2, 3, 400, 10**6, 10**30, 9**4000, -1, 1.0, 1e300, "1"]


def with_faults(document: dict, rng: random.Random) -> str:
    """The text of a document with one to three faults in its fields, or in the text itself."""
    for _ in range(rng.randint(1, 3)):
        container, key = rng.choice(places(document) or [(document, "format")])
        other = copy.deepcopy(rng.choice([*OTHERS, *SIZES, [3] * 400, "x" * 5000]))
        match rng.choice("change size delete double rename add".split()):
            case "change":
                container[key] = other
            case "size":
                container[key] = rng.choice([rng.choice(SIZES), [rng.choice(SIZES)] * 400])
            case "delete":
                del container[key]
            case "double" if isinstance(container, list):
                container.insert(key, container[key])
            case "rename" if isinstance(container, dict):
                container[rng.choice(["", "kind", "w", "b" * 5000])] = container.pop(key)
            case "add" if isinstance(container, dict):
                container[rng.choice(["nin", "bias", "layers", "c"])] = other
    text = json.dumps(document)
    if rng.random() < 0.3:
        i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        word = rng.choice(
            ["", text[i:j], '"', "]", "}", "NaN", "1e999", "0x1", "\0", "é", "[" * 2000]
        )
        text = text[:i] + word + text[j if rng.random() < 0.3 else i :]
    return text


@pytest.mark.parametrize("count", [200, pytest.param(7_000, marks=pytest.mark.slow)])
def test_a_mutated_file_is_loaded_as_it_reads_or_refused_in_one_clear_line(
    count: int, rng, path, capsys
) -> None:
    texts = []
    for model in models(rng):
        save(model, path)
        texts.append(path.read_text())
    loaded = 0
    for _ in range(count):
        text = with_faults(json.loads(rng.choice(texts)), rng)
        path.write_text(text, encoding="utf-8")
        try:
            model = load(path)
        except ModelFileError as error:
            message = str(error)
            assert message.startswith(str(path)), text
            assert 10 < len(message) - len(str(path)) < 600, text
            assert message.isprintable(), text
            continue
        document = json.loads(text)
        assert numbers(model) == {k: float(x) for k, x in document["parameters"].items()}, text
        assert model.architecture() == document["architecture"], text
        loaded += 1
    assert loaded > count / 200
    if count > 200:
        with capsys.disabled():
            print(f"\n{count:,} mutated model files: {loaded:,} loaded as they read, "
                  f"{count - loaded:,} refused")  # fmt: skip
