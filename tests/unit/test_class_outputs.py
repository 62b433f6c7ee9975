"""Which output of a classifier is which class."""

import json

import pytest

from overinterp.models import class_outputs

CLASSES = ["cat", "dog", "frog"]


def info(names=None, ids=None, classes=None):
    return {"class_names": names, "class_ids": ids, "classes": classes or len(names or ids)}


def test_classes_are_found_by_equal_names_whatever_their_order():
    names = ["Frog", "horse", "tabby_cat", "DOG", "cat"]
    assert class_outputs.outputs_of(CLASSES, info(names), None) == ([4, 3, 0], [])
    assert class_outputs.permutation([4, 3, 0], 5) == [4, 3, 0, 1, 2]


@pytest.mark.parametrize(
    ("classes", "names", "found"),
    [
        (["犬", "猫"], ["猫", "犬"], [1, 0]),
        (["C", "C++"], ["C++", "C", "C#"], [1, 0]),
        (["Öl", "ol"], ["ol", "öl"], [1, 0]),
        (["+", "-"], ["-", "+", "*"], [1, 0]),
    ],
)
def test_names_in_any_script_and_of_signs_are_told_apart(classes, names, found):
    assert class_outputs.outputs_of(classes, info(names), None) == (found, [])


def test_folders_of_wordnet_ids_are_imagenets():
    ids = [f"n{number:08d}" for number in range(1000)]
    folders = ["n00000007_springer", "n00000002", "n00000999_x"]
    assert class_outputs.outputs_of(folders, info(None, ids), None)[0] == [7, 2, 999]
    real = class_outputs.outputs_of(["n01440764_tench", "n03888257_parachute"], info(None, None, 1000), None)
    assert real[0] == [0, 701] and "taken to be ImageNet's" in real[1][0]


def test_outputs_with_names_and_no_ids_are_found_by_what_follows_the_id():
    folders = ["n01440764_tench", "n03028079_church", "n03888257 parachute"]
    assert class_outputs.outputs_of(folders, info(["Church", "tench", "parachute"]), None) == ([1, 0, 2], [])
    whole = info(["church", "n01440764_tench"])
    assert class_outputs.outputs_of(folders[:2], whole, None) == ([1, 0], [])
    with pytest.raises(ValueError, match="no output for 2 of 2 classes"):  # an id alone tells no name
        class_outputs.outputs_of(["n01440764", "n03028079"], info(["church", "tench"]), None)


@pytest.mark.parametrize("names", [None, ["0", "1", "2"], ["LABEL_0", "LABEL_1", "LABEL_2"]])
def test_as_many_outputs_without_names_are_taken_to_be_in_order_and_noted(names):
    found, notes = class_outputs.outputs_of(CLASSES, info(names, classes=3), None)
    assert found == [0, 1, 2] and notes[0].endswith("same order, cat, dog, frog")


def test_outputs_with_other_names_are_not_guessed_at():
    with pytest.raises(ValueError, match=r"no output for 3 of 3 classes \(cat, dog, frog\) among 3 outputs \(0: dog.*class_map"):
        class_outputs.outputs_of(CLASSES, info(["0: dog", "1: frog", "2: cat"]), None)


def test_a_map_names_outputs_by_number_or_by_name(tmp_path):
    for separator in ",;\t":  # a spreadsheet's, in some countries
        (tmp_path / "map.csv").write_text("class,output\ncat,2\ndog,hund\nfrog,0\n".replace(",", separator))
        assert class_outputs.outputs_of(CLASSES, info(["frosch", "hund", "katze"]), tmp_path / "map.csv")[0] == [2, 1, 0]
    (tmp_path / "map.json").write_text(json.dumps({"cat": 4, "dog": "hund", "frog": 0, "more": 1}))
    assert class_outputs.outputs_of(CLASSES, info(["a", "hund", "c", "d", "e"]), tmp_path / "map.json")[0] == [4, 1, 0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"cat": 1, "dog": 2}, "found no entry for class 'frog', expected one for each of 3 classes"),
        ({"cat": 1, "dog": 2, "frog": 5}, "found output 5 for class 'frog', expected a number below 5"),
        ({"cat": 1, "dog": 2, "frog": "toad"}, "found output 'toad' for class 'frog', expected a number below 5 or"),
        ({"cat": 1, "dog": 2, "frog": "tree frogs"}, "for class 'frog', did you mean 'tree frog'[?] expected a number"),
        ({"cat": 1, "dog": 1, "frog": 0}, "found output 1 for both 'cat' and 'dog'"),
        ({"cat": 1, "dog": 2, "frog": -4}, "found output -4 for class 'frog', .*expected a number below 5"),
        ({"cat": 1, "dog": 2, "frog": "²"}, "found output '²' for class 'frog', .*expected a number below 5"),
        ([1, 2], "expected a class map"),
    ],
)
def test_a_map_that_cannot_be_is_one_sentence(tmp_path, content, words):
    (tmp_path / "m.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=words):
        class_outputs.outputs_of(CLASSES, info([*"ab", "4", "²²", "tree frog"]), tmp_path / "m.json")


@pytest.mark.parametrize(
    ("name", "content"), [("m.json", '{"cat": 1, "dog": 2, "cat": 0, "frog": 1}'), ("m.csv", "a,b\ncat,1\ncat,0\n")]
)
def test_a_map_that_names_a_class_twice_is_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=f"{name}: found 2 entries for class 'cat', expected one"):
        class_outputs.outputs_of(CLASSES, info(classes=3), tmp_path / name)


def test_classes_without_an_output_are_listed_with_the_form_of_a_map():
    with pytest.raises(
        ValueError, match=r"found no output for 2 of 3 classes \(dog, frog\) among 4 outputs .*class_map: a JSON file"
    ):
        class_outputs.outputs_of(CLASSES, info(["cat", "x", "y", "z"]), None)


def test_fewer_outputs_than_classes_are_one_sentence():
    with pytest.raises(ValueError, match="found 2 outputs, expected at least 3, one for each class of the study"):
        class_outputs.outputs_of(CLASSES, info(classes=2), None)


def test_outputs_are_compared_by_what_they_are():
    """One source calls ImageNet's classes by name, another by none: both are its 1,000."""
    ids = class_outputs.identities(["n01440764_tench", "n02102040"], info(None, None, 1000))
    assert ids[0] == "n01440764" and len(ids) == 1000
    assert class_outputs.identities(["n01440764_tench", "n02102040"], info([f"name {n}" for n in range(1000)], ids)) == ids
    assert class_outputs.identities(CLASSES, info(None, None, 4)) == ["output 0", "output 1", "output 2", "output 3"]
    assert class_outputs.identities(CLASSES, info(["a", "b", "c"])) == ["a", "b", "c"]


def test_two_outputs_of_one_name_are_none():
    """As ImageNet's two cranes."""
    with pytest.raises(ValueError, match=r"found no output for 1 of 2 classes \(crane\)"):
        class_outputs.outputs_of(["crane", "dog"], info(["crane", "dog", "crane", "x"]), None)
