"""Files of weights: whatever holds them, they end in the network as they were; what holds none says what it is instead."""

import logging

import pytest
import torch
from safetensors.torch import save_file

from overinterp.models import registry
from overinterp.models.weights import fit, outputs_in, read_weights
from tests.unit.test_sources import Tiny

CLASSES = 5


@pytest.fixture
def state():
    torch.manual_seed(4)
    return registry.build("small_cnn", 3, CLASSES).state_dict()


def under(before, state):
    return {before + name: value for name, value in state.items()}


def other_head(state):
    return {name.replace("linear.", "linear.1."): value for name, value in state.items()}


def build(classes):
    return registry.build("small_cnn", 3, classes)


def taken(path, trust=False):
    """What a network holds after it was given the file's weights, the number of outputs learnt from them."""
    weights = read_weights(path, trust)
    return fit(build(outputs_in(weights, build, 10, path)), weights, path).state_dict()


OPTIMISER = {"state": {0: {"step": torch.ones(1), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}
HOLDERS = {
    "alone": lambda state: state,
    "data parallel and compiled": lambda state: under("module._orig_mod.", state),
    "beside a counter": lambda state: under("module.", state) | {"n_averaged": torch.tensor(3)},
    "beside an optimiser": lambda state: {"epoch": 3, "optimizer": OPTIMISER, "model": {"state_dict": state}},
    "beside a description": lambda state: {"model": {"arch": "small_cnn", "depth": 3}, "weights": state},
    "under a key of their own": lambda state: {"epoch": 3, "optimizer": OPTIMISER, "weights_of_epoch": state},
    "of Lightning": lambda state: {
        "pytorch-lightning_version": "2.5.0",
        "state_dict": {**under("model.", state), "loss.weight": torch.ones(3)},
        "hyper_parameters": {"lr": 0.1},
        "optimizer_states": [OPTIMISER],
    },
    "deep inside": lambda state: under("system.backbone.", state) | under("system.momentum.", {"fc.weight": torch.ones(2)}),
}


@pytest.mark.parametrize("how", HOLDERS)
def test_the_same_weights_come_out_of_whatever_holds_them(tmp_path, state, how):
    torch.save(HOLDERS[how](state), tmp_path / "w.ckpt")
    found = taken(tmp_path / "w.ckpt")
    assert found.keys() == state.keys()
    assert all(found[name].equal(value) for name, value in state.items())


@pytest.mark.parametrize("name", ["w.safetensors", "pytorch_model.bin"])
def test_safetensors_are_told_by_what_is_in_them(tmp_path, state, name):
    save_file(state, tmp_path / name)
    assert all(value.equal(state[name]) for name, value in taken(tmp_path / name).items())


def test_a_whole_network_under_a_key_is_read_when_it_is_trusted(tmp_path):
    whole = Tiny()
    torch.save({"epoch": 1, "model": whole}, tmp_path / "w.pt")
    assert read_weights(tmp_path / "w.pt", trust=True)["fc.weight"].equal(whole.fc.weight)


def test_of_several_state_dicts_the_usual_key_is_taken_with_a_warning(tmp_path, state, caplog):
    torch.save({"model": state, "model_ema": {name: 0 * value for name, value in state.items()}}, tmp_path / "w.pt")
    assert taken(tmp_path / "w.pt")["linear.bias"].equal(state["linear.bias"])
    assert "weights under model are taken, those under model_ema are left" in caplog.text


def test_counters_of_batches_are_not_asked_for(tmp_path, state):
    old = {name: value for name, value in under("model.", state).items() if not name.endswith("num_batches_tracked")}
    torch.save(old | {"loss.weight": torch.ones(2)}, tmp_path / "w.pt")
    assert taken(tmp_path / "w.pt")["linear.bias"].equal(state["linear.bias"])


def test_weights_that_are_left_are_counted(tmp_path, state, caplog):
    torch.save(HOLDERS["of Lightning"](state), tmp_path / "w.ckpt")
    with caplog.at_level(logging.INFO):
        taken(tmp_path / "w.ckpt")
    assert f"{len(state)} of {len(state) + 1} weights are this network's" in caplog.text
    caplog.clear()
    torch.save(state, tmp_path / "w.ckpt")
    taken(tmp_path / "w.ckpt")
    assert not caplog.text


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (
            lambda state: {"state_dict": under("model.", state) | under("ema.", state)},
            r"2 such networks \(ema., model.\), expected one",
        ),
        (lambda state: {"raw": state, "ema": state}, "found weights under raw and ema, expected one state dict"),
        (lambda state: {"epoch": 3, "optimizer": OPTIMISER}, "found keys epoch, optimizer, expected one state dict"),
        (lambda state: {}, "found keys none, expected one state dict"),
        (lambda state: [state], "found list, expected a state dict"),
        (lambda state: {1: torch.ones(2)}, "found 1 as a name, expected text"),
        (
            lambda state: state | {"linear.bias": torch.ones(CLASSES).to(torch.float8_e4m3fn)},
            "found float8_e4m3fn, strided in linear.bias",
        ),
        (lambda state: state | {"linear.bias": torch.ones(CLASSES).to_sparse()}, "found float32, sparse_coo in linear.bias"),
        (lambda state: state | {"linear.bias": torch.ones(CLASSES) * 1j}, "found complex64, strided in linear.bias"),
        (lambda state: state | {"linear._extra_state": None}, "found NoneType as linear._extra_state, .*not quantised"),
        (other_head, r"last layer's weights \(linear.weight, linear.bias\) but linear.1.weight, linear.1.bias, .*another head"),
        (lambda state: under("conv.", {"weight": torch.ones(2)}), "a state dict of the network named; found conv.weight"),
    ],
)
def test_files_without_one_networks_weights_say_what_they_hold(tmp_path, state, held, words):
    torch.save(held(state), tmp_path / "w.pt")
    with pytest.raises(ValueError, match=f"w.pt: .*{words}"):
        taken(tmp_path / "w.pt")


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("first", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:(){}[]")
def test_any_text_is_told_to_be_no_weights(tmp_path, first, trust):
    """Pickle takes letters for its commands."""
    (tmp_path / "w.pt").write_text(f"{first}d,label\n1,cat\n")
    with pytest.raises(ValueError, match=r"w\.pt: (found|expected|cannot be unpickled)"):
        read_weights(tmp_path / "w.pt", trust)


def test_a_folder_is_no_file_of_weights(tmp_path):
    with pytest.raises(ValueError, match="found a folder, expected a file of weights"):
        read_weights(tmp_path, trust=False)
    with pytest.raises(ValueError, match=r"w\.pt: found no such file"):
        read_weights(tmp_path / "w.pt", trust=False)


def test_names_that_begin_as_data_parallels_do_are_left_where_they_are_the_networks_own(tmp_path):
    class Holder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = torch.nn.Linear(3, 2)

    network = Holder()
    for state in (network.state_dict(), under("module.", network.state_dict())):
        torch.save(state, tmp_path / "w.pt")
        assert fit(Holder(), read_weights(tmp_path / "w.pt", trust=False), "w.pt").module.weight.equal(network.module.weight)


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a pointer of git LFS, .*git lfs pull"),
        ("\n<!DOCTYPE html>\n<html>Not found</html>", "a page of HTML"),
        ("\ufeff<!-- saved --><html></html>", "a page of HTML"),
    ],
)
def test_files_that_stand_for_others_are_named_so(tmp_path, name, content, words):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"{name}: found {words}"):
        read_weights(tmp_path / name, trust=False)


def test_weights_of_an_early_pytorch_fit():
    """Before 0.4.1 batch norm did not count batches; the same network comes back."""
    torch.manual_seed(0)
    old, new = Tiny(), Tiny()
    old.norm.running_mean += 1
    weights = {name: value for name, value in old.state_dict().items() if "num_batches" not in name}
    images = torch.rand(2, 3, 32, 32)
    assert fit(new, weights, "old.pt").eval()(images).equal(old.eval()(images))
