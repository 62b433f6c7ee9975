"""Boxes around objects, and how much of the subsets lies in them, against values worked out by hand."""

import logging
from pathlib import Path

import list_boxes
import list_files
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from overinterp.artifacts.images import load_files, load_objects, read_manifest, save_boxes, save_files
from overinterp.data import boxes
from overinterp.data import geometry as shaping
from overinterp.data.listing import Listed
from overinterp.inputs import Inputs
from overinterp.search.ordering import Ordering
from overinterp.tables import object_share
from tests.unit.toys import Found, ordering

GEOMETRIES = [
    None,
    {"resize": 20, "crop": None, "interpolation": "nearest"},
    {"resize": 32, "crop": 24, "interpolation": "nearest"},
    {"resize": [40, 10], "crop": [20, 6], "interpolation": "nearest"},
    {"resize": None, "crop": 11, "interpolation": "nearest"},
]


@pytest.mark.parametrize("size", [(24, 40), (40, 24), (17, 17)])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_box_goes_where_the_picture_goes(size, geometry):
    """A picture that is white inside the boxes, resized and cropped by Pillow, is the mask."""
    drawn = [(2, 3, 11, 9), (8, 7, 15, 15)]
    picture = np.zeros(size, np.uint8)
    for x0, y0, x1, y1 in drawn:
        picture[y0 : y1 + 1, x0 : x1 + 1] = 255
    shown = Image.fromarray(picture)
    if geometry is not None:
        shown = shaping.apply(shown, geometry)
    assert np.array_equal(boxes.inside(drawn, size, geometry), np.asarray(shown) > 0)


def test_boxes_are_found_by_the_name_of_the_file(tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text("split,file,x0,y0,x1,y1\ntest,b.jpg,0,0,1,1\ntest,b.jpg,2,2,3,3\ntrain,c.jpg,0,0,3,0\n")
    drawn = boxes.read(table)
    assert drawn == {"b.jpg": [(0, 0, 1, 1), (2, 2, 3, 3)], "c.jpg": [(0, 0, 3, 0)]}
    rows = [Listed(f"pictures/{name}", 0, "", 4, 4) for name in ("c.jpg", "none.jpg", "b.jpg")]
    save_boxes(tmp_path / "boxes.csv", rows, boxes.of_pictures(drawn, rows, [row.file for row in rows]))
    objects = load_objects(tmp_path / "boxes.csv", {"geometry": None})
    assert list(objects) == [0, 2]
    assert objects[0].sum() == 4 and objects[0][0].all()
    assert objects[2].sum() == 8 and objects[2][:2, :2].all() and objects[2][2:, 2:].all()


def test_lists_of_pictures_and_of_boxes_come_back_as_they_were(tmp_path):
    rows = [Listed("a, b.jpg", 1, "f00", 300, 4000), Listed("c.jpg", 0, "", 2, 3)]
    save_files(tmp_path / "test.csv", rows)
    assert load_files(tmp_path / "test.csv") == rows
    save_boxes(tmp_path / "boxes.csv", rows, [[(1234.5678, 0.1, 3999, 299.25), (0, 0, 0, 0)], []])
    found = load_objects(tmp_path / "boxes.csv", {"geometry": None}).boxes
    assert found == {0: ([(1234.5678, 0.1, 3999, 299.25), (0, 0, 0, 0)], (300, 4000))}


def listed(folder, *names, **settings):
    """List test pictures of one class with `boxes.csv` of a folder."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(folder / name)
    (folder / "pictures.csv").write_text("file,label,split\n" + "".join(f"{name},one,test\n" for name in names))
    data = {"dataset": "files", "path": str(folder / "pictures.csv"), "seed": 0}
    data |= {"test_images": len(names), "unreadable": "error", **settings}
    list_files.main(data, "test", folder / "test.csv", folder / "skipped.csv", 1, logging.getLogger())
    list_boxes.main(folder / "test.csv", folder / "boxes.csv", data, folder / "listed.csv", logging.getLogger())
    return load_objects(folder / "listed.csv", {"geometry": None})


@pytest.mark.parametrize("images", [1, 2, 3])
def test_pictures_of_one_name_would_get_the_boxes_of_all(tmp_path, images):
    """Listed or not: a picture that is left out has its boxes in the file all the same. Names without boxes may repeat."""
    (tmp_path / "boxes.csv").write_text("file,x0,y0,x1,y1\n1.png,0,0,1,1\n1.png,2,2,3,3\n")
    with pytest.raises(ValueError, match=r"data.boxes: found boxes of 1.png, which is .*/1.png and .*/1.png"):
        listed(tmp_path, "cat/1.png", "dog/1.png", "elk/1.png", test_images=images)
    assert len(listed(tmp_path, "cat/1.png", "cat/2.png", "dog/2.png")) == 1


def test_folders_before_a_name_tell_pictures_apart(tmp_path):
    (tmp_path / "boxes.csv").write_text(
        "file,x0,y0,x1,y1\ncat/1.png,0,0,1,1\ndog/1.png,2,2,2,3\nelk/2.png,0,0,0,0\n2.png,3,3,3,3\n"
    )
    objects = listed(tmp_path, "cat/1.png", "dog/1.png", "elk/1.png", "elk/2.png")
    files = [row["file"] for row in read_manifest(tmp_path / "test.csv")]
    found = {"/".join(Path(files[number]).parts[-2:]): int(objects[number].sum()) for number in objects}
    assert found == {"cat/1.png": 4, "dog/1.png": 2, "elk/2.png": 2}


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("4,0,9,3", r"found box 4, 0, 9, 3 of .*1.png, expected one inside of its 4 columns and 4 rows"),
        ("0,0,6,3", r"found box 0, 0, 6, 3 of .*1.png, expected one inside of its 4 columns and 4 rows"),
        ("0,0,3,9", r"found box 0, 0, 3, 9 of .*1.png, expected one inside of its 4 columns and 4 rows"),
        ("0.25,0,0.5,1", "found boxes of at most 1, .* expected pixels"),
    ],
)
def test_boxes_in_other_units_are_refused(tmp_path, box, words):
    (tmp_path / "boxes.csv").write_text(f"file,x0,y0,x1,y1\n1.png,{box}\n")
    with pytest.raises(ValueError, match=words):
        listed(tmp_path, "1.png")


def test_boxes_counted_from_one_may_reach_the_last_row_and_column(tmp_path):
    (tmp_path / "boxes.csv").write_text("file,x0,y0,x1,y1\n1.png,1,1,4,4\n")
    assert listed(tmp_path, "1.png")[0].sum() == 9


def test_boxes_of_no_test_picture_are_a_mistake(tmp_path):
    (tmp_path / "boxes.csv").write_text("file,x0,y0,x1,y1\n1.jpg,0,0,1,1\n")
    with pytest.raises(ValueError, match=r"boxes.csv: found boxes of 1.jpg, of none of the 1 test pictures, .* such as 1.png"):
        listed(tmp_path, "1.png")


def annotation(name, *boxes):
    sides = ("xmin", "ymin", "xmax", "ymax")
    drawn = ("".join(f"<{side}>{value}</{side}>" for side, value in zip(sides, box, strict=True)) for box in boxes)
    objects = "".join(f"<object><name>n01</name><bndbox>{box}</bndbox></object>" for box in drawn)
    return f"<annotation><filename>{name}</filename>{objects}</annotation>"


def test_boxes_of_a_folder_of_annotations(tmp_path):
    """ImageNet's name their picture without an ending, or not at all (%s), VOC's with one; of several boxes, or none."""
    (tmp_path / "val").mkdir()
    (tmp_path / "val/ILSVRC2012_val_00000001.xml").write_text(annotation("ILSVRC2012_val_00000001", (1, 2, 30, 40), (0, 0, 5, 5)))
    (tmp_path / "n01_7.xml").write_text(annotation("%s", (3, 3, 3, 9)))
    (tmp_path / "000005.xml").write_text(annotation("000005.jpg", (2, 2, 4, 4)))
    (tmp_path / "empty.xml").write_text(annotation("empty"))
    expected = {"ILSVRC2012_val_00000001.JPEG": [(1, 2, 30, 40), (0, 0, 5, 5)], "n01_7.JPEG": [(3, 3, 3, 9)]}
    assert boxes.read(tmp_path) == {**expected, "000005.jpg": [(2, 2, 4, 4)]}
    (tmp_path / "wrong.xml").write_text(annotation("wrong", (5, 0, 1, 1)))
    with pytest.raises(ValueError, match=r"wrong.xml: found box 5, 0, 1, 1, expected 0 <= x0 <= x1"):
        boxes.read(tmp_path)
    (tmp_path / "wrong.xml").write_text("<annotation>")
    with pytest.raises(ValueError, match=r"wrong.xml: found no XML \(.*\), expected an annotation"):
        boxes.read(tmp_path)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ValueError, match="nothing: found no XML file, expected annotations"):
        boxes.read(tmp_path / "nothing")


@pytest.mark.parametrize(
    "text, words",
    [
        ("file,x0,y0,x1\na,0,0,1\n", "expected y1 among them"),
        ("file,x0,y0,x1,y1\na,0,0,1,1\nb,3,0,1,1\n", "line 3: found box 3, 0, 1, 1"),
        ("file,x0,y0,x1,y1\na,0,0,one,1\n", "line 2: found box 0, 0, one, 1"),
        ("file,x0,y0,x1,y1\na,0,0,nan,1\n", "line 2"),
    ],
)
def test_boxes_that_are_none_are_named(tmp_path, text, words):
    (tmp_path / "boxes.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        boxes.read(tmp_path / "boxes.csv")


def test_object_share_by_hand(tmp_path):
    """Three images of 2x2 pixels, half of them kept; the third has no box, the second no subset at the threshold."""
    found = ordering(
        [[3, 2, 1, 0], [0, 1, 2, 3], [1, 2, 0, 3]], [[9, 9, 9, 9, -9], [-9] * 5, [9, 9, -9, -9, -9]], 2, [0, 1, 0], [0, 0, 0]
    )
    drawn = [[(0, 0, 0, 1)], [(0, 1, 1, 1)], []]  # the left column; the lower row
    save_boxes(tmp_path / "boxes.csv", [Listed(name, 0, "", 2, 2) for name in "abc"], drawn)
    info = {"geometry": None, "class_names": ["one", "two"]}

    searched = Found({"model": "m", "group": "m", "search": "exact"}, found.take([0, 2]), found.take([1]))
    settings = {"fraction": 0.5, "threshold": 0.9}
    made = object_share.make(Inputs([searched], data=info, settings=settings, boxes=tmp_path / "boxes.csv"))
    table = made.rows
    assert made.summary[["subset", "networks", "images"]].to_numpy().tolist() == [["kept", 1, 2], ["sis", 1, 1]]
    assert made.summary.share.tolist() == pytest.approx([3 / 4, 1])
    kept = table[(table.subset == "kept") & (table.class_name == "")].iloc[0]
    # image 0 keeps 1, 0: one of two in the left column; image 1 keeps 2, 3: both in the lower row
    assert kept.images == 2
    assert kept.share == pytest.approx((1 / 2 + 1) / 2)
    assert kept.box_share == pytest.approx(0.5)
    # the others of image 0 keep 2, 3 and 0, 3: pixels 0 and 2 are 2 of 4; those of image 1 keep 0, 1 and 0, 3: 2 and 3 are 1 of 4
    assert kept.same_places_share == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert kept.above_same_places == pytest.approx(kept.share - kept.same_places_share)
    sis = table[(table.subset == "sis") & (table.class_name == "")].iloc[0]
    # image 0: the pixel removed last, 0; image 2: what is removed after the first, 2, 0, 3
    assert sis.images == 1
    assert sis.share == 1
    assert sis.same_places_share == pytest.approx(2 / 3)


def test_other_images_subsets_count_alike_whatever_their_size(tmp_path):
    """Four images of 2x2 pixels, the first with a box, the left column; the others' subsets are {0}, {0} and {1, 3, 2}."""
    found = ordering(
        [[3, 2, 1, 0], [3, 2, 1, 0], [3, 2, 1, 0], [0, 1, 2, 3]],
        [[9, 9, 9, 9, -9], [9, 9, 9, 9, -9], [9, 9, 9, 9, -9], [9, 9, -9, -9, -9]],
        2,
    )
    inside = np.array([[True, False], [True, False]])
    table = object_share.shares(lambda: [found], {0: inside}, "sis", {"threshold": 0.9})
    assert table.same_places_share.tolist() == [pytest.approx((1 + 1 + 1 / 3) / 3)]


def test_subsets_that_regard_the_object_stand_above_chance():
    """Masks on the object of a random place: their places, of all images together, tell nothing of where the object is."""
    rng = np.random.default_rng(0)
    side, n = 16, 40
    corner = rng.integers(0, side - 5, (n, 2))
    inside = np.zeros((n, side, side), bool)
    for i, (y, x) in enumerate(corner):
        inside[i, y : y + 5, x : x + 5] = True
    scores = rng.random((n, side * side)) + inside.reshape(n, -1)
    orders = scores.argsort(1).astype(np.uint16)
    zeros = np.zeros(n, np.int64)
    small = zeros.astype(np.int32)
    found = Ordering(
        orders, np.tile(np.array([0, side * side], np.int32), (n, 1)), np.zeros((n, 2), np.float32), zeros, zeros, zeros,
        np.arange(n), small, small, side, side,
    )  # fmt: skip
    objects = dict(enumerate(inside))
    images = object_share.shares(lambda: iter([found]), objects, "kept", {"fraction": 0.05})
    row = object_share.summary(images)
    assert row["share"] == 1
    assert row["above_same_places_low"] > 0.5
    blind = object_share.shares(lambda: iter([found]), dict(enumerate(inside[rng.permutation(n)])), "kept", {"fraction": 0.05})
    row = object_share.summary(blind)
    assert row["above_same_places_low"] < 0 < row["above_same_places_high"]


def test_there_is_no_other_image_to_compare_with():
    found = ordering([[3, 2, 1, 0]], [[9, 9, 9, 9, -9]], 2)
    images = object_share.shares(lambda: iter([found]), {0: np.eye(2, dtype=bool)}, "kept", {"fraction": 0.5})
    assert images.same_places_share.isna().all()
    assert object_share.summary(pd.DataFrame(images))["images"] == 1
