"""Image files as people have them: turned, grey, CMYK, 16 bits, truncated, too large, missing."""

import functools
import io
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import InterpolationMode, v2

from overinterp.artifacts import images
from overinterp.data import describe, files, folder, geometry, listing, pictures
from overinterp.data.source import ArraySource, FileSource, file_shape

RNG = np.random.default_rng(0)
RED_LEFT = np.zeros((4, 6, 3), np.uint8)
RED_LEFT[:, :3, 0] = 200


def write(path, array, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array, mode).save(path, **options) if mode is None else Image.fromarray(array).convert(mode).save(
        path, **options
    )
    return path


def noise(height=8, width=9):
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "LA"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    path = write(tmp_path / f"a.{suffix}", RED_LEFT, mode)
    found = pictures.read(path, None)
    assert found.shape == (4, 6, 3) and found.dtype == np.uint8
    assert (found == np.asarray(Image.open(path).convert("RGB"))).all()
    assert found[0, 0].mean() > found[0, 5].mean()


def test_a_turned_photograph_is_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned to the right: the first row is the picture's right side
    path = tmp_path / "a.jpg"
    Image.fromarray(RED_LEFT).save(path, exif=exif, quality=95)
    found = pictures.read(path, None)
    assert found.shape == (6, 4, 3)
    assert found[:3, :, 0].mean() > 150 > 50 > found[3:, :, 0].mean()  # red is on top


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path):
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert pictures.read(tmp_path / "a.png", None)[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(("largest", "said"), [(3900, True), (60000, False)])
def test_twelve_bits_in_sixteen_are_said(tmp_path, caplog, largest, said):
    for name, most in (("a", 200), ("b", largest)):
        Image.fromarray(np.linspace(0, most, 72).astype(np.uint16).reshape(8, 9)).save(tmp_path / f"{name}.png")
    listing.readable([(str(tmp_path / "a.png"), 0), (str(tmp_path / "b.png"), 1)], 2, "error")
    assert ("found 16-bit pictures whose largest value is 3900 (" in caplog.text) == said


def test_a_picture_of_thirty_megapixels_is_read(tmp_path):
    write(tmp_path / "a.jpg", np.full((5000, 6000, 3), 77, np.uint8), quality=50)
    found = pictures.read(tmp_path / "a.jpg", {"resize": 32, "crop": 32, "interpolation": "bilinear"})
    assert found.shape == (32, 32, 3) and abs(int(found[5, 5, 0]) - 77) <= 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found something else, or an empty file"),
        (b"no picture at all", "found something else"),
        ("truncated", "truncated|cannot be read"),
        ("bomb", "too many pixels"),
        ("float", "found pixels of mode F"),
        (None, "found no such file"),
    ],
)
def test_what_is_no_picture_is_named_in_one_sentence(tmp_path, monkeypatch, content, words):
    path = tmp_path / "a.jpg"
    if content == "float":
        path = tmp_path / "a.tif"
        Image.fromarray(np.zeros((4, 4), np.float32)).save(path)
    elif content in ("truncated", "bomb"):
        write(path, noise(64, 64))
        if content == "truncated":
            path.write_bytes(path.read_bytes()[:-400])
        else:
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as error:
        pictures.read(path, None)
    assert path.name in str(error.value) and "\n" not in str(error.value)


@given(
    st.integers(5, 60),
    st.integers(5, 60),
    st.integers(5, 40),
    st.integers(1, 40),
    st.sampled_from(["bilinear", "bicubic", "nearest"]),
)
@settings(max_examples=60, deadline=None)
def test_resizing_and_cropping_are_torchvisions(height, width, resize, crop, interpolation):
    """The same bytes as the transforms that classifiers are trained with, odd sizes and all."""
    picture = Image.fromarray(np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8))
    crop = min(crop, resize)
    theirs = v2.Compose([v2.Resize(resize, interpolation=InterpolationMode(interpolation)), v2.CenterCrop(crop)])(picture)
    ours = geometry.apply(picture, {"resize": resize, "crop": crop, "interpolation": interpolation})
    assert (np.asarray(ours) == np.asarray(theirs)).all()
    squashed = geometry.apply(picture, {"resize": [crop, resize], "crop": None, "interpolation": interpolation})
    assert (np.asarray(squashed) == np.asarray(v2.Resize((crop, resize), InterpolationMode(interpolation))(picture))).all()


def test_a_crop_that_is_too_large_is_refused(tmp_path):
    path = write(tmp_path / "a.png", noise(20, 30))
    with pytest.raises(ValueError, match=r"a.png: found 20x30 pixels, expected at least the crop's 32x32; set .* a smaller crop"):
        pictures.read(path, {"resize": None, "crop": 32, "interpolation": "bilinear"})


def photographs(root, layout=("train", "test"), count=6):
    """Pictures of two classes whose top left pixel tells the class."""
    for split in layout:
        for name in ("cat", "dog"):
            for number in range(count):
                picture = noise()
                picture[0, 0] = (name == "dog") * 200
                write(root / split / name / f"{number}.png", picture)
    return {"path": str(root), "seed": 0, "test_images": 8, **({"train_images": 8} if "train" in layout else {})}


def listed(given, split="test", unreadable="error"):
    rows, bad = listing.readable(folder.files(given, split), given[f"{split}_images"], unreadable, threads=2)
    return FileSource([row[0] for row in rows], np.array([row[1] for row in rows]), None, (8, 9, 3)), rows, bad


def test_folders_are_read_by_number_with_their_labels(tmp_path):
    given = photographs(tmp_path)
    assert folder.about(given) == (["cat", "dog"], tmp_path.name)
    source, rows, _ = listed(given)
    numbers = [7, 0, 3]
    assert ((source.read(numbers)[:, 0, 0, 0] == 200) == source.labels[numbers]).all()
    assert set(source.labels) == {0, 1}  # a random sample, not the first class alone
    images.save_files(tmp_path / "test.csv", rows)
    info = {"geometry": None, "shape": list(file_shape([rows[0][0]], None))}
    again = images.open_split(tmp_path / "test.csv", info)
    assert (again.read(range(8)) == source.read(range(8))).all() and (again.labels == source.labels).all()


@pytest.mark.parametrize("layout", [("val",), ("",)])
def test_test_images_alone_may_lie_in_val_or_in_the_root(tmp_path, layout):
    given = photographs(tmp_path, layout)
    assert len(listed(given)[0]) == 8 and folder.about(given)[0] == ["cat", "dog"]


def test_a_manifest_of_ones_own(tmp_path):
    photographs(tmp_path / "p", ("a",))
    lines = ["file,label,split"] + [
        f"p/a/{n}/{i}.png,{n}s,{'train' if i < 4 else 'test'}" for n in ("cat", "dog") for i in range(6)
    ]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    given = {"path": str(tmp_path / "list.csv"), "seed": 0, "train_images": 8, "test_images": 4}
    assert files.about(given) == (["cats", "dogs"], "list.csv")
    assert len(files.files(given, "train")) == 8 and {label for _, label in files.files(given, "test")} == {0, 1}
    (tmp_path / "list.csv").write_text("\n".join([*lines, "p/a/cat/9.png,foxes,test"]))
    with pytest.raises(ValueError, match=r"list.csv: found no training picture of foxes"):
        files.about(given)
    (tmp_path / "list.csv").write_text("\n".join(lines).replace("5.png,dogs", "5.png,"))
    with pytest.raises(ValueError, match=r"list.csv, line 13: found no file or no label"):
        files.files(given, "test")
    (tmp_path / "list.csv").write_text("\n".join([*lines, "p/a/cat/0.png,dogs,test"]))
    with pytest.raises(
        ValueError, match=r"list.csv, line 14: found p/a/cat/0.png as 'dogs', in line 2 as 'cats', expected one label"
    ):
        files.files(given, "test")
    (tmp_path / "list.csv").write_text("picture,label\na,b\n")
    with pytest.raises(ValueError, match="found columns picture, label, expected file among them"):
        files.files(given, "test")
    (tmp_path / "list.csv").write_text("file,label,split\np/a/cat/0.png, cats,test\n")
    with pytest.raises(ValueError, match=r"list.csv, line 2: found label ' cats', expected no blanks around it"):
        files.files(given, "test")
    (tmp_path / "list.csv").write_bytes("file,label,split\np/a/cat/0.png,Bär,test\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"list.csv: expected CSV in UTF-8, found damage"):
        files.files(given, "test")


@pytest.mark.parametrize(("names", "order"), [(range(12), range(12)), (["10", "9", "b"], ["10", "9", "b"])])
def test_classes_of_numbers_are_in_the_order_of_numbers(tmp_path, names, order):
    """Of a folder each and of labels in a list: output 2 is class 2, and not 10."""
    for name in names:
        write(tmp_path / "p" / str(name) / "1.png", noise())
    (tmp_path / "list.csv").write_text("file,label\n" + "".join(f"p/{name}/1.png,{name}\n" for name in reversed(names)))
    for module, place in ((folder, "p"), (files, "list.csv")):
        given = {"path": str(tmp_path / place), "seed": 0, "test_images": len(names)}
        assert module.about(given)[0] == [str(name) for name in order]
        labels = {path.split("/")[-2]: label for path, label in module.files(given, "test")}
        assert labels == {str(name): number for number, name in enumerate(order)}


def test_a_truncated_file_is_an_error_or_skipped_and_counted(tmp_path):
    given = photographs(tmp_path)
    (tmp_path / "test/dog/3.png").write_bytes((tmp_path / "test/dog/3.png").read_bytes()[:60])
    (tmp_path / "test/cat/1.png").write_bytes(b"")
    given["test_images"] = 12
    with pytest.raises(ValueError, match=r"found 2 files that cannot be read: .*(3|1).png.*set data.unreadable: skip"):
        listed(given)
    with pytest.raises(ValueError, match=r"found 10 pictures and 2 that cannot be read, expected the config's 12"):
        listed(given, unreadable="skip")
    given["test_images"] = 10
    source, rows, bad = listed(given, unreadable="skip")
    assert len(source) == 10 and len(bad) == 2 and {name.rsplit("/", 1)[1] for name, _ in bad} == {"3.png", "1.png"}
    assert len({row.digest for row in rows}) == 10
    source.read(range(10))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda root: {"path": str(root / "nowhere")}, "nowhere: found no such folder"),
        (lambda root: [p.unlink() for p in (root / "test/dog").iterdir()] and {}, "dog: found no picture"),
        (
            lambda root: [p.rename(p.with_suffix(".HEIC")) for p in (root / "test/dog").iterdir()] and {},
            r"dog: found no picture .*there are files ending in .heic \(6\)",
        ),
        (lambda root: write(root / "test/cow/1.png", noise()) and {}, "found class 'cow', expected one of train's: cat, dog"),
        (lambda root: {"test_images": 13}, "found 12 pictures, expected the config's 13"),
        (lambda root: (root / "test").rename(root / "tests") and {}, "found no folder test, expected test/<class>/<pictures>"),
    ],
)
def test_folders_that_are_not_as_expected_are_one_sentence(tmp_path, harm, words):
    given = photographs(tmp_path)
    given |= harm(tmp_path)
    with pytest.raises(ValueError, match=words):
        listed(given)


def test_pictures_behind_links_are_pictures(tmp_path):
    given = photographs(tmp_path)
    found = len(listed(given | {"test_images": 12})[1])
    write(tmp_path / "elsewhere" / "more.png", noise())
    write(tmp_path / "test/dog/.hidden/no.png", noise())
    (tmp_path / "test/dog/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "test/dog/linked/back").symlink_to(tmp_path / "test/dog")
    assert len(listed(given | {"test_images": found + 1})[1]) == found + 1
    with pytest.raises(ValueError, match=f"found {found + 1} pictures"):
        listed(given | {"test_images": found + 2})


def test_files_with_other_endings_are_counted(tmp_path, caplog):
    given = photographs(tmp_path)
    listed(given)
    assert "endings" not in caplog.text
    for name in ("cat/a.HEIC", "dog/b.heic", "dog/notes"):
        (tmp_path / "test" / name).touch()
    _, rows, bad = listed(given)
    assert len(rows) == given["test_images"] and not bad
    assert "3 files with other endings are passed over: .heic (2), none (1)" in caplog.text


@pytest.mark.parametrize("names", [("train", "valid"), ("Training", "Testing")])
def test_splits_of_other_names_are_no_classes(tmp_path, names):
    """Each is a data set of its own. One alone is a class: trains beside cars."""
    photographs(tmp_path, names)
    with pytest.raises(ValueError, match=rf"found split folders .*{names[0]}.* where classes are, expected test/<class>"):
        listed({"path": str(tmp_path), "seed": 0, "test_images": 8})
    for name in ("cow", names[0]):
        write(tmp_path / "other" / name / "1.png", noise())
    assert folder.about({"path": str(tmp_path / "other"), "test_images": 2})[0] == sorted(["cow", names[0]])
    assert folder.about({"path": str(tmp_path / names[0]), "test_images": 8})[0] == ["cat", "dog"]


def test_a_single_class_is_no_question(tmp_path):
    write(tmp_path / "cat" / "1.png", noise())
    with pytest.raises(ValueError, match=r"found 1 class folders \(cat\), expected at least 2"):
        folder.about({"path": str(tmp_path), "test_images": 1})


def test_hidden_files_and_other_files_are_no_pictures(tmp_path):
    given = photographs(tmp_path)
    (tmp_path / "test/cat/.hidden.png").write_bytes(b"x")
    (tmp_path / "test/cat/notes.txt").write_text("x")
    (tmp_path / "test/.cache").mkdir()
    write(tmp_path / "test/cat/deeper/1.png", noise())  # a folder in a class folder counts
    assert len(folder.files(given, "test")) == 13


def test_a_picture_of_another_size_is_named_and_a_geometry_mends_it(tmp_path):
    given = photographs(tmp_path)
    write(tmp_path / "test/dog/3.png", noise(20, 31))
    given["test_images"] = 12
    source, _, _ = listed(given)
    with pytest.raises(ValueError, match=r"3.png: found 20x31 pixels, expected 8x9 as the others have; set data.preprocessing"):
        source.read(range(12))
    shaping = {"resize": 8, "crop": 8, "interpolation": "bilinear"}
    mended = FileSource(source.files, source.labels, shaping, file_shape(source.files, shaping))
    assert mended.read(range(12)).shape == (12, 8, 8, 3)
    with pytest.raises(ValueError, match=r"set data\.preprocessing"):  # the shorter side alone leaves the other free
        FileSource(source.files, source.labels, {**shaping, "crop": None}, (8, 9, 3)).read(range(12))


def test_stored_images_are_resized_as_files_are(tmp_path):
    array, shaping = RNG.integers(0, 256, (3, 20, 30, 3), dtype=np.uint8), {"resize": 10, "crop": 8, "interpolation": "bicubic"}
    source = ArraySource(array, np.zeros(3), shaping)
    paths = [write(tmp_path / f"{n}.png", picture) for n, picture in enumerate(array)]
    assert source.shape == (8, 8, 3)
    assert (source.read([2, 0]) == FileSource(paths, np.zeros(3), shaping, (8, 8, 3)).read([2, 0])).all()


@pytest.mark.parametrize(
    ("own", "pattern", "is_files", "found"),
    [
        (None, None, True, None),
        (None, {"resize": 256, "crop": 224, "interpolation": "bicubic"}, True, (256, 224, "bicubic")),
        ({"resize": 232}, {"resize": 256, "crop": 224, "interpolation": "bicubic"}, True, (232, 224, "bicubic")),
        (None, {"resize": 256, "crop": 224, "interpolation": "bicubic"}, False, None),  # stored images keep their size
        ({"crop": 64}, None, True, (None, 64, "bilinear")),
    ],
)
def test_the_geometry_is_the_configs_else_the_classifiers(own, pattern, is_files, found):
    settings = {} if own is None else {"preprocessing": own}
    shaping = describe.geometry_of(settings, pattern, is_files)
    assert shaping == (found and dict(zip(("resize", "crop", "interpolation"), found, strict=True)))


def peak(work):
    tracemalloc.start()
    work()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """Storing and describing ten times the images takes no more memory."""
    found = []
    for count in (6000, 30000):  # the larger is 92 MB
        path = tmp_path / f"{count}.csv"
        parts = (np.zeros((500, 32, 32, 3), np.uint8) for _ in range(count // 500))
        stored = peak(functools.partial(images.save_array, path, parts, count, np.zeros(count, np.int64)))
        found.append((stored, peak(functools.partial(describe.colours, images.open_split(path)))))
    labels = 30000 * 250  # labels are held, at some bytes an image
    assert found[1][0] < found[0][0] + labels
    assert found[1][1] < found[0][1] + labels and found[1][1] < 80 * 2**20


def test_a_batch_of_files_is_all_that_is_held(tmp_path):
    paths = [write(tmp_path / f"{n}.png", noise(64, 64)) for n in range(40)]
    source = FileSource(paths, np.zeros(40), None, (64, 64, 3))

    def one_by_one():
        for number in range(40):
            source.read([number])

    assert peak(one_by_one) < 12 * 64 * 64 * 3
    buffer = io.BytesIO(paths[0].read_bytes())
    assert np.asarray(pictures.decode(buffer, "x")).shape == (64, 64, 3)
    assert torch.from_numpy(source.read([1])).shape == (1, 64, 64, 3)
