"""Classifiers brought along: from each place, rebuilt to the bit, and what is wrong with them said in one sentence."""

import hashlib
import sys
import textwrap

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from overinterp import classifier
from overinterp.artifacts.classifiers import digest, load_info, save_ensemble, save_taken
from overinterp.artifacts.files import write_json
from overinterp.models import registry
from overinterp.models.imported import take
from overinterp.models.sources.python import rebuild
from overinterp.plan.lists import SOURCES, find

COLOURS = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}
SMALL = {"resize": 32, "crop": 32}


class Tiny(nn.Module):
    """A small convolutional network of 3x32x32 images."""

    def __init__(self, classes=5):
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


def entry(**changed):
    return {"name": "mine", "trust": False, **changed}


def weights_of(module, path):
    torch.save(module.state_dict(), path)
    return {"file": str(path)}


def torchvision_entry(tmp_path, **changed):
    from torchvision.models import squeezenet1_1

    torch.manual_seed(0)
    file = weights_of(squeezenet1_1(weights=None, num_classes=7), tmp_path / "s.pt")
    return entry(
        **{"from": "torchvision", "model": "squeezenet1_1", "weights": file, "preprocessing": {"resize": 64, "crop": 64}}
        | changed
    )


def timm_entry(tmp_path, **changed):
    import timm

    torch.manual_seed(0)
    model = timm.create_model("vit_tiny_patch16_224", num_classes=6)
    return entry(**{"from": "timm", "model": "vit_tiny_patch16_224", "weights": weights_of(model, tmp_path / "v.pt")} | changed)


def huggingface_entry(tmp_path, **changed):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "image_size": 32,
        "patch_size": 8,
    }
    config = transformers.ViTConfig(**sizes, num_labels=4, id2label={n: f"kind {n}" for n in range(4)})
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path / "hf")
    processor = transformers.ViTImageProcessor(
        size={"height": 32, "width": 32}, image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.2, 0.2]
    )
    processor.save_pretrained(tmp_path / "hf")
    return entry(**{"from": "huggingface", "model": str(tmp_path / "hf")} | changed)


def python_entry(tmp_path, **changed):
    (tmp_path / "mine.py").write_text(
        textwrap.dedent("""
        from tests.unit.test_sources import Tiny

        def build():
            network = Tiny()
            network.preprocessing = {"resize": 32, "crop": 32, "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}
            network.class_names = ["a", "b", "c", "d", "e"]
            return network
        """)
    )
    torch.manual_seed(0)
    file = weights_of(Tiny(), tmp_path / "t.pt")
    return entry(**{"from": "python", "model": f"{tmp_path}/mine.py:build", "weights": file, "trust": True} | changed)


def exported_entry(tmp_path, dynamic=True, **changed):
    torch.manual_seed(0)
    shapes = {"x": {0: torch.export.Dim("n", min=2)}} if dynamic else None
    program = torch.export.export(Tiny().eval(), (torch.rand(2, 3, 32, 32),), dynamic_shapes=shapes)
    torch.export.save(program, tmp_path / "p.pt2")
    return entry(
        **{"from": "exported", "model": str(tmp_path / "p.pt2"), "trust": True, "preprocessing": {**COLOURS, **SMALL}} | changed
    )


def trained_entry(tmp_path, **changed):
    torch.manual_seed(0)
    file = weights_of(registry.build("small_cnn", 3, 5), tmp_path / "c.pt")
    return entry(**{"from": "trained", "model": "small_cnn", "weights": file, "preprocessing": COLOURS} | changed)


ENTRIES = [torchvision_entry, timm_entry, huggingface_entry, python_entry, exported_entry, trained_entry]


def taken_in(made, folder, outputs=None):
    taken, info = take(made)
    save_taken(folder, taken.module.state_dict(), info)
    if outputs is not None:
        write_json(folder / "outputs.json", {"outputs": outputs, "identities": [str(n) for n in outputs]})
    return taken, load_info(folder)


@pytest.mark.parametrize("made", ENTRIES, ids=lambda made: made.__name__.removesuffix("_entry"))
def test_a_classifier_is_taken_in_and_comes_back_as_it_was(tmp_path, made):
    """Its logits of images in pixel space, gradients included, are those of its module behind its normalisation."""
    taken, info = taken_in(made(tmp_path), tmp_path / "m")
    height, width = info["preprocessing"]["size"] or (32, 32)
    images = torch.rand(3, 3, height, width, requires_grad=True)
    loaded = classifier.load_unmapped(tmp_path / "m")
    mean, std = (torch.tensor(info["preprocessing"][key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    own = taken.module((images - mean) / std)
    assert own.shape == (3, info["classes"])
    torch.testing.assert_close(loaded(images), own, atol=1e-4, rtol=1e-4)
    slopes = [torch.autograd.grad(value[:, 0].sum(), images)[0] for value in (loaded(images), own)]
    torch.testing.assert_close(*slopes, atol=1e-4, rtol=1e-3)
    assert slopes[0].abs().max() > 0
    assert not any(p.requires_grad for p in loaded.parameters())


FLAT = """
import torch
from torch import nn

class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4 * 6 * 6, 5)
        self.shift = {shift}

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return {out}

def build():
    network = Flat(){kind}
    network.preprocessing = {{"crop": 8, "mean": [0.5] * 3, "std": [0.25] * 3}}
    return network
"""


def flat_entry(tmp_path, out="self.fc(x.view(len(x), -1)) + self.shift", shift="0", kind=""):
    (tmp_path / "flat.py").write_text(FLAT.format(out=out, shift=shift, kind=kind))
    return entry(**{"from": "python", "model": f"{tmp_path}/flat.py:build", "trust": True})


@pytest.mark.parametrize("out", ["self.fc(x.view(len(x), -1))", "self.fc(x.flatten(1)).bfloat16()"])
def test_networks_that_ask_for_a_layout_or_answer_in_low_precision_are_searched_like_others(tmp_path, out):
    """`view` refuses images whose channels lie side by side; NumPy knows no bfloat16."""
    taken, _ = taken_in(flat_entry(tmp_path, out), tmp_path / "m")
    images = torch.rand(3, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    found = classifier.load_unmapped(tmp_path / "m")(images)
    own = taken.module((images.contiguous() - 0.5) / 0.25)
    assert found.dtype == torch.float32 and torch.allclose(found, own.float(), atol=1e-2)


def test_a_network_that_is_drawn_anew_whenever_it_is_built_is_found_out(tmp_path):
    taken_in(flat_entry(tmp_path), tmp_path / "same")
    classifier.load_unmapped(tmp_path / "same")
    taken_in(flat_entry(tmp_path, shift="3 * torch.randn(5)"), tmp_path / "other")
    with pytest.raises(ValueError, match="found other logits than when it was taken in"):
        classifier.load_unmapped(tmp_path / "other")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("network.preprocessing = nn.Identity()", "found a Identity as the network's attribute preprocessing, expected a dict"),
        ("network.preprocessing = {'size': 8}", "found keys size as .* expected a dict of resize, crop"),
        ("network.preprocessing |= {'mean': [127.5] * 3}", r"preprocessing's mean, expected values for pixels in 0 to 1"),
        ("network.class_names = {'b': 1, 'a': 0}", "found a dict as the network's attribute class_names, expected a list"),
        ("network.double()", "its weights are float64, images float32"),
    ],
)
def test_what_a_network_says_of_itself_is_looked_at(tmp_path, said, words):
    made = flat_entry(tmp_path)
    file = tmp_path / "flat.py"
    file.write_text(file.read_text().replace("    return network", f"    {said}\n    return network"))
    with pytest.raises(ValueError, match=words):
        take(made)


def test_means_and_names_may_be_of_any_kind_of_list(tmp_path):
    made = flat_entry(tmp_path)
    file = tmp_path / "flat.py"
    said = "network.preprocessing['mean'] = torch.tensor([0.5, 0.25, 0.5])\n    network.class_names = range(5)"
    file.write_text(file.read_text().replace("    return network", f"    {said}\n    return network"))
    _, info = take(made)
    assert info["preprocessing"]["mean"] == [0.5, 0.25, 0.5] and info["class_names"] == list("01234")


def test_every_source_is_tried():
    assert {made.__name__.removesuffix("_entry") for made in ENTRIES} == set(SOURCES)
    assert all(find(reference).take and find(reference).rebuild for reference in SOURCES.values())


def test_outputs_stand_in_the_studys_numbering(tmp_path):
    """Of five outputs the study has three classes, in another order; the rest follows."""
    taken, _ = taken_in(python_entry(tmp_path), tmp_path / "m", outputs=[3, 0, 4, 1, 2])
    images = torch.rand(4, 3, 32, 32)
    plain, mapped = classifier.load_unmapped(tmp_path / "m")(images), classifier.load(tmp_path / "m")(images)
    assert mapped.equal(plain[:, [3, 0, 4, 1, 2]])
    before = digest(tmp_path / "m")
    write_json(tmp_path / "m/outputs.json", {"outputs": [0, 1, 2, 3, 4], "identities": list("abcde")})
    assert digest(tmp_path / "m") != before  # searches with another numbering are other searches
    save_ensemble(tmp_path / "e", [tmp_path / "m"], "logits")
    assert digest(tmp_path / "e") == f"logits+{digest(tmp_path / 'm')}"
    (tmp_path / "m/outputs.json").unlink()
    with pytest.raises(ValueError, match=r"found no outputs.json"):
        classifier.load(tmp_path / "m")
    assert taken.class_names == list("abcde")


def test_ensembles_of_brought_classifiers_are_of_the_same_classes(tmp_path):
    for name, outputs in (("a", [1, 0, 2, 3, 4]), ("b", [1, 0, 2, 3, 4]), ("c", [0, 1, 2, 3, 4])):
        taken_in(python_entry(tmp_path), tmp_path / name, outputs)
    images = torch.rand(2, 3, 32, 32)
    save_ensemble(tmp_path / "ab", [tmp_path / "a", tmp_path / "b"], "probabilities")
    torch.testing.assert_close(
        classifier.load(tmp_path / "ab")(images).softmax(1), classifier.load(tmp_path / "a")(images).softmax(1)
    )
    save_ensemble(tmp_path / "ac", [tmp_path / "a", tmp_path / "c"], "logits")
    with pytest.raises(ValueError, match="found members with different outputs"):
        classifier.load(tmp_path / "ac")
    write_json(tmp_path / "b/model.json", {**load_info(tmp_path / "b"), "classes": 3})
    with pytest.raises(ValueError, match=r"ensembles.ab.members: found {'a': 5, 'b': 3} outputs, expected as many of each"):
        save_ensemble(tmp_path / "ab", [tmp_path / "a", tmp_path / "b"], "logits")


def test_loading_turns_tf32_off(tmp_path):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    taken_in(trained_entry(tmp_path), tmp_path / "m")
    classifier.load_unmapped(tmp_path / "m")
    assert not torch.backends.cuda.matmul.allow_tf32 and not torch.backends.cudnn.allow_tf32


def test_preprocessing_comes_with_the_source_and_is_overridden_key_by_key(tmp_path):
    assert take(timm_entry(tmp_path))[1]["preprocessing"] == {
        "resize": 248, "crop": [224, 224], "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3, "size": [224, 224],
    }  # fmt: skip
    found = take(timm_entry(tmp_path, preprocessing={"resize": 300, "mean": [0.1, 0.2, 0.3]}))[1]["preprocessing"]
    assert (found["resize"], found["crop"], found["mean"], found["std"]) == (300, [224, 224], [0.1, 0.2, 0.3], [0.5] * 3)
    assert take(torchvision_entry(tmp_path, preprocessing={}))[1]["preprocessing"]["size"] == [224, 224]
    info = take(huggingface_entry(tmp_path))[1]
    assert info["preprocessing"]["mean"] == [0.5, 0.4, 0.3] and info["preprocessing"]["resize"] == [32, 32]
    assert info["class_names"][2] == "kind 2" and "ViTImageProcessor" in info["spec"]["processor"]


def test_torchvisions_own_file_is_known_by_its_digest(tmp_path, monkeypatch):
    """Inception's official weights want its input transformed; a file of one's own does not."""
    from overinterp.models.sources import torchvision as source

    options = source._options("inception_v3", {"AuxLogits.fc.weight": 0}, official=True)
    assert options == {"transform_input": True, "aux_logits": True, "init_weights": False}
    assert not source._options("inception_v3", {}, official=False)["transform_input"]
    assert source._options("resnet50", {}, official=True) == {}
    made = torchvision_entry(tmp_path)
    assert "not one of torchvision's files" in take(made)[1]["notes"][0]


def other_network(tmp_path):
    return {"weights": weights_of(registry.build("small_resnet", 3, 5), tmp_path / "o.pt")}


def not_finite(tmp_path):
    state = Tiny().state_dict()
    state["fc.bias"][1] = float("nan")
    torch.save(state, tmp_path / "n.pt")
    return {"weights": {"file": str(tmp_path / "n.pt")}}


def pickled(tmp_path):
    torch.save(Tiny(), tmp_path / "p.pt")
    return {"weights": {"file": str(tmp_path / "p.pt")}, "from": "trained", "model": "small_cnn", "trust": False}


def scripted(tmp_path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "j.pt")
    return {"weights": {"file": str(tmp_path / "j.pt")}, "from": "trained", "model": "small_cnn", "trust": False}


def damaged(name):
    def make(tmp_path):
        (tmp_path / name).write_bytes(b"no weights")
        return {"weights": {"file": str(tmp_path / name)}}

    return make


def function(body):
    def make(tmp_path):
        (tmp_path / "f.py").write_text(f"import torch\nfrom torch import nn\nfrom tests.unit.test_sources import Tiny\n{body}\n")
        return {"model": f"{tmp_path}/f.py:build", "weights": None, "preprocessing": {**COLOURS, **SMALL}}

    return make


WRAPPED = """
class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Tiny()
def build():
    return Wrapped()
"""
FORWARD = "class N(nn.Module):\n    def forward(self, x):\n        return {}\ndef build():\n    return N()"


@pytest.mark.parametrize(
    ("made", "harm", "words"),
    [
        (python_entry, other_network, r"o.pt: does not fit Tiny, 9 weights: found no conv.weight, .*; unknown .* and \d+ more"),
        (trained_entry, other_network, r"o.pt: (does not fit|found none of the last layer)"),
        (python_entry, not_finite, "found values that are not finite in fc.bias"),
        (python_entry, pickled, "p.pt: found more than tensors, expected a state dict; .*trust: true"),
        (python_entry, scripted, "found TorchScript|found more than tensors"),
        (python_entry, damaged("d.pt"), "d.pt: cannot be unpickled"),
        (python_entry, damaged("d.safetensors"), "d.safetensors: expected safetensors, found damage"),
        (python_entry, lambda t: {"weights": {"file": str(t / "t.pt"), "sha256": "0" * 64}}, "t.pt: found sha256 [0-9a-f]{64}, expected 0000"),
        (python_entry, lambda t: {"weights": weights_of(Tiny(6), t / "six.pt")}, r"six.pt: does not fit Tiny.*of another shape fc.weight \(6, 4\) for \(5, 4\)"),
        (python_entry, lambda t: {"model": f"{t}/nowhere.py:build"}, "nowhere.py:build: cannot be found"),
        (python_entry, lambda t: {"model": f"{t}/mine.py:make"}, "mine.py:make: cannot be found"),
        (python_entry, lambda t: {"model": "no_such_package:build"}, "no_such_package:build: cannot be found"),
        (python_entry, function("import no_such_library"), "f.py:build: cannot be imported: ModuleNotFoundError: No module named 'no_such_library', line 4"),
        (python_entry, function("raise SystemExit(2)"), "f.py:build: cannot be imported: SystemExit: 2, line 4"),
        (python_entry, function("def build():\n    raise SystemExit(0)"), "f.py:build raised SystemExit: 0, line 5"),
        (python_entry, function(FORWARD.format("exit()")), "found an error for 2 images"),
        (python_entry, lambda t: function(WRAPPED)(t) | {"weights": weights_of(Tiny(), t / "in.pt")}, "in.pt: does not fit Wrapped, .*; names lack 'inner.': they are of the network inside"),
        (python_entry, function("def build(path):\n    pass"), "f.py:build raised TypeError: .*argument: 'path'; it is called without arguments"),
        (python_entry, function("def build():\n    return 1 / 0"), "f.py:build raised ZeroDivisionError: division by zero, line 5"),
        (python_entry, function("def build():\n    return 3"), "found int, expected a torch.nn.Module"),
        (python_entry, function(FORWARD.format("{'logits': x.mean((2, 3))}")), "found a dict with keys logits from its forward pass"),
        (python_entry, function(FORWARD.format("(x.mean((2, 3)), x)")), "found a tuple of 2 from its forward pass"),
        (python_entry, function(FORWARD.format("x")), r"found logits of shape \(2, 3, 32, 32\) for 2 images, expected \(2, K\)"),
        (python_entry, function(FORWARD.format("x.mean((2, 3))[:, :1]")), r"found one number an image, shape \(2, 1\), expected logits \(2, K\), K >= 2; of one logit z.*cat\(\[torch.zeros_like\(z\), z\], 1\)"),
        (python_entry, function(FORWARD.format("x.mean((1, 2, 3)).sigmoid()")), r"shape \(2,\), .*of a sigmoid take its logit\(eps=1e-6\)"),
        (python_entry, function(FORWARD.format("x.mean((2, 3)) / 0")), "logits that are not finite"),
        (python_entry, lambda t: {"preprocessing": {"resize": 8, "crop": 2}}, "found an error for 2 images of 3x2x2"),
        (python_entry, function("class N(nn.Module):\n    def forward(self, x):\n        assert x.shape[2] == 44\ndef build():\n    return N()"), r"3x32x32 \(AssertionError\); check"),
        (python_entry, lambda t: {"preprocessing": {"std": [1.0]}}, "found 3 means and 1 stds"),
        (trained_entry, lambda t: {"preprocessing": {}}, "preprocessing.mean: found none, expected one value a channel: trained does not know it"),
        (trained_entry, lambda t: {"weights": None}, "mine.weights: found no file"),
        (exported_entry, lambda t: {"model": str(t / "p.pt2"), **(damaged("p.pt2")(t) and {"weights": None})}, "expected a program written by torch.export.save"),
        (torchvision_entry, lambda t: {"model": "resnet5"}, "found 'resnet5', expected a classification model of torchvision"),
        (torchvision_entry, lambda t: {"weights": "IMAGENET"}, "found 'IMAGENET', expected one of IMAGENET1K_V1, or a file"),
        (torchvision_entry, lambda t: {"weights": "DEFAULT"}, "found 'DEFAULT', expected one of"),
        (timm_entry, lambda t: {"model": "vit_tiny_patch61"}, "found 'vit_tiny_patch61', expected a model of timm"),
        (timm_entry, lambda t: {"weights": None}, "expected a name with its tag, such as vit_tiny_patch16_224.augreg_in21k"),
        (timm_entry, lambda t: {"weights": None, "model": "resnet18.a1_in1k"}, "revision: found none, expected the commit"),
        (huggingface_entry, lambda t: {"model": "google/vit"}, "revision: found none and no folder google/vit"),
        (huggingface_entry, lambda t: {"model": str(t)}, "cannot be read as a model of transformers"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_classifier_is_one_sentence(tmp_path, made, harm, words):
    good = made(tmp_path)
    bad = {**good, **harm(tmp_path)}
    with pytest.raises(ValueError, match=words):
        take({key: value for key, value in bad.items() if value is not None})


def test_a_file_imports_what_lies_beside_it(tmp_path, monkeypatch):
    """At once, and later, when the network is shown images; dataclasses find the module that they are of."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "beside_it.py").write_text("from tests.unit.test_sources import Tiny\n")
    (tmp_path / "later_it.py").write_text("factor = 2\n")
    body = """
        from __future__ import annotations
        from dataclasses import dataclass
        from beside_it import Tiny

        @dataclass
        class Options:
            classes: int = 5

        class Late(Tiny):
            def forward(self, x):
                from later_it import factor
                return factor * super().forward(x)

        def build():
            return Late(Options().classes)
        """
    (tmp_path / "repository.py").write_text(textwrap.dedent(body))
    made = entry(**{"from": "python", "model": f"{tmp_path}/repository.py:build", "trust": True})
    assert take(made | {"preprocessing": {**COLOURS, **SMALL}})[1]["classes"] == 5


@pytest.mark.parametrize("changed", ["own.py", "beside_it.py", "below_it/deep.py", "below_it/late.py"])
def test_other_code_is_another_classifier(tmp_path, monkeypatch, changed):
    """Taken in again it is told by its info, which all that follows goes by; loaded without that it is refused."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below_it").mkdir()
    (tmp_path / "below_it/deep.py").write_text("CLASSES = 5\n\ndef later():\n    from . import late\n")
    (tmp_path / "below_it/late.py").write_text("")
    (tmp_path / "beside_it.py").write_text("from below_it.deep import CLASSES\n")
    (tmp_path / "unused.py").write_text("")
    (tmp_path / "own.py").write_text(
        "import torch\nfrom tests.unit.test_sources import Tiny\nfrom beside_it import CLASSES\n"
        "\ndef build():\n    torch.manual_seed(0)\n    return Tiny(CLASSES)\n"
    )
    made = entry(**{"from": "python", "model": "own.py:build", "trust": True, "preprocessing": {**COLOURS, **SMALL}})
    spec = take(made)[1]["spec"]
    assert set(spec["code"]) == {"own.py", "beside_it.py", "below_it/deep.py", "below_it/late.py"}
    (tmp_path / "unused.py").write_text("1")
    rebuild(spec)
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "\n# another\n")
    with pytest.raises(ValueError, match=rf"own.py:build: found other code in {changed} .* --forcerun import_classifier"):
        rebuild(spec)
    for name in "mn":
        taken_in(made, tmp_path / name)
    assert load_info(tmp_path / "m")["spec"] != spec
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "\n# a third\n")
    taken_in(made, tmp_path / "o")
    assert digest(tmp_path / "m") == digest(tmp_path / "n") != digest(tmp_path / "o")  # the weights are the same


@pytest.mark.parametrize("line", ["from helpers_of_it.sizes import CLASSES", "from helpers_of_it import sizes"])
@pytest.mark.parametrize("package", [False, True])
def test_classifiers_of_two_folders_each_import_their_own_module_of_one_name(tmp_path, monkeypatch, package, line):
    """As an ensemble of two repositories, each with a ``utils``, a package or a bare folder; built again in turn, too."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    places = {}
    for classes in (3, 5):
        (tmp_path / f"net_{classes}" / "helpers_of_it").mkdir(parents=True)
        (tmp_path / f"net_{classes}" / "helpers_of_it" / "sizes.py").write_text(f"CLASSES = {classes}\n")
        if package:
            (tmp_path / f"net_{classes}" / "helpers_of_it" / "__init__.py").touch()
        body = f"{line}\nfrom tests.unit.test_sources import Tiny\n"
        size = "sizes.CLASSES" if line.endswith("sizes") else "CLASSES"
        (tmp_path / f"net_{classes}" / "net.py").write_text(f"{body}def build():\n    return Tiny({size})\n")
        places[classes] = {"model": f"{tmp_path}/net_{classes}/net.py:build"}
    for classes in (3, 5, 3, 3, 5):
        assert rebuild(places[classes]).fc.out_features == classes


def test_a_pickle_is_read_when_it_is_trusted(tmp_path):
    torch.manual_seed(3)
    whole = Tiny()
    torch.save(whole, tmp_path / "whole.pt")
    taken, _ = take(python_entry(tmp_path, weights={"file": str(tmp_path / "whole.pt")}))
    assert taken.module.fc.weight.equal(whole.fc.weight)


def test_torchscript_comes_by_a_function_that_loads_it(tmp_path):
    """Its logits and slopes are the network's own, after it was taken in, written and rebuilt."""
    torch.manual_seed(5)
    network = Tiny().eval()
    torch.jit.save(torch.jit.script(network), tmp_path / "s.pt")
    (tmp_path / "s.py").write_text(f"import torch\ndef build():\n    return torch.jit.load({str(tmp_path / 's.pt')!r})\n")
    made = entry(**{"from": "python", "model": f"{tmp_path}/s.py:build", "trust": True, "preprocessing": {**COLOURS, **SMALL}})
    taken_in(made, tmp_path / "m")
    loaded = classifier.load_unmapped(tmp_path / "m")
    images = torch.rand(3, 3, 32, 32, requires_grad=True)
    own = network((images - torch.tensor(COLOURS["mean"]).reshape(1, 3, 1, 1)) / torch.tensor(COLOURS["std"]).reshape(1, 3, 1, 1))
    for _ in range(3):  # TorchScript looks at the first passes and rewrites itself for the next
        torch.testing.assert_close(loaded(images), own)
        slopes = [torch.autograd.grad(value[:, 0].sum(), images, retain_graph=True)[0] for value in (loaded(images), own)]
        torch.testing.assert_close(*slopes)
    assert not any(weight.requires_grad for weight in loaded.parameters())
    with pytest.raises(ValueError, match=r"s.pt: found TorchScript, .*load it with torch.jit.load in a function of yours"):
        take(python_entry(tmp_path, weights={"file": str(tmp_path / "s.pt")}, trust=False))


def test_weights_with_the_digest_that_is_asked_for_are_read(tmp_path):
    torch.manual_seed(4)
    state = Tiny().state_dict()
    save_file(state, tmp_path / "w.safetensors")
    content = (tmp_path / "w.safetensors").read_bytes()
    weights = {"file": str(tmp_path / "w.safetensors"), "sha256": hashlib.sha256(content).hexdigest()}
    assert take(python_entry(tmp_path, weights=weights))[0].module.fc.weight.equal(state["fc.weight"])


def test_a_program_for_one_batch_size_is_refused_and_a_changed_file_is_found(tmp_path):
    with pytest.raises(ValueError, match="export with a batch of any size"):
        take(exported_entry(tmp_path, dynamic=False))
    taken_in(exported_entry(tmp_path), tmp_path / "m")
    (tmp_path / "p.pt2").write_bytes((tmp_path / "p.pt2").read_bytes() + b"x")
    with pytest.raises(ValueError, match=r"p.pt2: found another file"):
        classifier.load_unmapped(tmp_path / "m")


FIXED = "def build():\n    return nn.Sequential(nn.Conv2d(3, 2, 4), nn.Flatten(), nn.Linear(3362, 2))"  # of 44x44


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"3x32x32 .*tried at 32x32 because preprocessing names no size .*set crop: 224 or resize: \[224, 224\]"),
        ({"resize": 44}, r"3x32x32 .*resize: 224 is the shorter side alone.*set crop: 44 or resize: \[44, 44\]"),
        ({"resize": [40, 40]}, "3x40x40 .*check preprocessing: its size"),
    ],
)
def test_a_network_of_one_size_is_told_which_key_names_it(tmp_path, given, words):
    made = python_entry(tmp_path) | function(FIXED)(tmp_path) | {"preprocessing": {**COLOURS, **given}}
    with pytest.raises(ValueError, match=words) as told:
        take({key: value for key, value in made.items() if value is not None})
    assert "export" not in str(told.value)
    assert take({**made, "preprocessing": {**COLOURS, "crop": 44}})[1]["classes"] == 2
    with pytest.raises(ValueError, match="export with a batch of any size"):
        take(exported_entry(tmp_path, dynamic=False))


@pytest.mark.parametrize("kind", ["timm", "huggingface"])
def test_a_hub_that_cannot_be_reached_is_one_sentence(tmp_path, monkeypatch, kind):
    """Whatever its client raises."""

    def offline(*arguments, **options):
        raise OSError("We couldn't connect to the hub\nand a second line")

    if kind == "timm":
        monkeypatch.setattr("timm.create_model", offline)
        made = entry(**{"from": "timm", "model": "resnet18.a1_in1k", "revision": "abc"})
    else:
        transformers = pytest.importorskip("transformers", reason="transformers is not installed")
        monkeypatch.setattr(transformers.AutoModelForImageClassification, "from_pretrained", offline)
        made = entry(**{"from": "huggingface", "model": "google/vit-base-patch16-224", "revision": "abc"})
    with pytest.raises(
        ValueError, match=r"@abc: cannot be fetched \(OSError: We couldn't connect to the hub\); expected the network, or weights"
    ):
        take(made)


def test_without_transformers_one_sentence_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-huggingface\.txt"):
        take(entry(**{"from": "huggingface", "model": "x/y", "revision": "abc"}))


def test_names_of_ones_own(tmp_path):
    (tmp_path / "names.txt").write_text("one\ntwo\nthree\nfour\nfive\n")
    assert take(python_entry(tmp_path, class_names=str(tmp_path / "names.txt")))[1]["class_names"][1] == "two"
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    with pytest.raises(ValueError, match="class_names: found 2, expected 5, one an output"):
        take(python_entry(tmp_path, class_names=str(tmp_path / "names.txt")))


def test_logits_of_a_transformer_rank_its_pixels(tmp_path):
    """Vision transformers are searched like any network."""
    from overinterp.data.source import ArraySource
    from overinterp.search.images import search_images

    taken_in(huggingface_entry(tmp_path), tmp_path / "m", outputs=[0, 1, 2, 3])
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    settings = {"method": "gradient", "pixels_per_step": 200, "objective": "log_odds", "target": "predicted"}
    found = search_images(
        classifier.load(tmp_path / "m"), ArraySource(pictures, np.zeros(2, np.int64)), range(2), [0.5] * 3, settings
    )
    assert np.isfinite(found.log_odds).all() and np.ptp(found.log_odds) > 0
