import numpy as np
import pytest

from latentkit.errors import FormatError
from latentkit.formats.labels import read_labels
from latentkit.formats.latents import Latents, with_labels

IDS = ["cat/1.png", "b.png", "ü, c.png"]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write labels.csv into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, encoding: str = "utf-8") -> str:
        (tmp_path / "labels.csv").write_text(text, encoding=encoding)
        return "labels.csv"

    return write


def refusal(path: str) -> str:
    with pytest.raises(FormatError) as caught:
        read_labels(IDS, path)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'b.png,dog\n"ü, c.png",\ncat/1.png,cat\n',
        'id,label\nb.png,dog\n"ü, c.png",\ncat/1.png,cat\n',
        'Label,size,ID\r\ndog,1,b.png\r\n,2,"ü, c.png"\r\n cat ,3,cat/1.png\r\n',
        'b.png,dog\nof another set,x\n"ü, c.png",\n\ncat/1.png,cat\ncat/1.png,cat',
        'cat\ndog\n""\n',
        'label\ncat\ndog\n""\n',
    ],
)
def test_labels_find_their_rows(table, text):
    assert read_labels(IDS, table(text)).labels.tolist() == ["cat", "dog", ""]


def test_a_header_is_not_mistaken_for_an_image_called_id(table):
    found = read_labels(["a", "id"], table("id,label\na,x\n"))
    assert found.labels.tolist() == ["x", ""]


def test_a_byte_order_mark_is_not_part_of_an_id(table):
    assert read_labels(["a"], table("a,x\n", "utf-8-sig")).labels.tolist() == ["x"]


def test_latents_get_their_labels(table):
    latents = Latents({"ids": np.array(IDS), "mu": np.zeros((3, 2), np.float32)})
    assert with_labels(latents, table("x\ny\nz\n")).labels.tolist() == ["x", "y", "z"]


def test_labels_replace_earlier_ones(table):
    latents = Latents(
        {"ids": np.array(["a"]), "labels": np.array(["old"]), "mu": np.zeros((1, 2), np.float32)}
    )
    changed = with_labels(latents, table("a,new\n"))
    assert changed.labels.tolist() == ["new"]
    assert list(changed.arrays) == ["ids", "labels", "mu"]


def test_images_without_a_line_are_unlabeled_and_counted(table):
    found = read_labels(IDS, table("b.png,dog\n"))
    assert found.labels.tolist() == ["", "dog", ""]
    assert found.notes == (
        "labels.csv has labels for 1 of 3 images; the others are unlabeled, the first 'cat/1.png'",
    )


@pytest.mark.parametrize("lines", [2, 4])
def test_labels_without_ids_must_be_as_many_as_the_rows(table, lines):
    assert refusal(table("x\n" * lines)) == (
        f"labels.csv has {lines} labels for 3 images: give one per line, or lines of id,label"
    )


def test_an_empty_file_is_refused(table):
    assert (
        refusal(table("\n\n")) == "labels.csv is empty: it must have lines of id,label, or one label per row"
    )


def test_more_columns_than_two_need_names(table):
    assert refusal(table("b.png,dog,1\n")) == (
        "labels.csv has 3 columns: name two of them id and label in the first line"
    )


def test_a_line_without_a_label_is_named(table):
    assert refusal(table("b.png,dog\nc.png\n")) == (
        "labels.csv, line 2 has 1 columns; it must have an id and a label"
    )


def test_an_image_with_two_labels_is_named_with_both_lines(table):
    assert (
        refusal(table("b.png,dog\n\nb.png,cat\n"))
        == "labels.csv, lines 1 and 3 label 'b.png' both 'dog' and 'cat'"
    )


def test_what_is_not_utf_8_is_refused(table):
    assert refusal(table("ü,x\n", "latin-1")).startswith(
        "labels.csv is not a CSV file in UTF-8: 'utf-8' codec "
    )


def test_a_cell_larger_than_any_label_is_refused(table):
    assert refusal(table("x" * 200_000)).startswith(
        "labels.csv is not a CSV file in UTF-8: field larger than"
    )


def test_columns_may_be_separated_by_tabs_or_semicolons(tmp_path):
    for mark in "\t;":
        path = tmp_path / "labels.csv"
        path.write_text(f"id{mark}label\na{mark}cat\nb{mark}dog\n")
        assert read_labels(["a", "b"], str(path)).labels.tolist() == ["cat", "dog"]


def test_a_comma_comes_before_a_semicolon(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("a;1,cat\nb;2,dog\n")
    assert read_labels(["a;1", "b;2"], str(path)).labels.tolist() == ["cat", "dog"]


def test_rows_of_an_array_match_plain_numbers(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(",label\n1,dog\n0,cat\n")
    assert read_labels(["000000", "000001"], str(path)).labels.tolist() == ["cat", "dog"]


def test_ids_of_other_images_are_refused_with_one_of_each(table):
    assert refusal(table("a.png,cat\n")) == (
        "labels.csv has a label for none of 3 images, the first 'cat/1.png': "
        "give each image a line with its id (the first line has 'a.png')"
    )


# Tables as others write them


PHOTOS = [f"img_{row:03d}.png" for row in range(6)]
KINDS = ["a", "b", "c", "a", "b", "c"]


@pytest.mark.parametrize(
    ("header", "line", "how"),
    [
        ("ID,Label", "img_{0:03d},{1}", "without the extension"),
        ("image_id,diagnosis", "img_{0:03d},{1}", "without the extension"),
        ("image,class,age,sex", "img_{0:03d}.png,{1},50,F", None),
        (",filename,label", "{0},img_{0:03d}.png,{1}", None),
        ("Unnamed: 0,fname,split,species", "{0},img_{0:03d}.png,train,{1}", None),
        ("path,label", "train\\img_{0:03d}.png,{1}", "without folders"),
        ("path,label", "C:\\data\\x\\img_{0:03d}.jpg,{1}", "without folders and the extension"),
        ("path,label", "/kaggle/input/x/train/img_{0:03d}.png,{1}", "without folders"),
        ("path,label", "./img_{0:03d}.png,{1}", "as paths"),
        ("label,id", "{1},img_{0:03d}.png", None),
        ("what,which", "img_{0:03d}.png,{1}", None),
        (",0", "{0},{1}", "by the number of the row"),
        ("index,label", "{2},{1}", "by the number of the row"),
        ("id;target", "img_{0:03d}.png;{1}", None),
    ],
)
def test_a_table_of_others_is_matched_and_that_is_said(table, header, line, how):
    lines = [line.format(row, kind, row + 1) for row, kind in enumerate(KINDS)]
    found = read_labels(PHOTOS, table("\n".join([header, *lines]) + "\n"))
    assert found.labels.tolist() == KINDS
    assert len(found.notes) == (how is not None)
    assert how is None or f"ids are matched {how}: " in found.notes[0]


def test_ids_with_folders_match_a_table_without(table):
    ids = ["train/cats/1.png", "train/dogs/2.png"]
    assert read_labels(ids, table("1.png,x\n2.png,y\n")).labels.tolist() == ["x", "y"]


def test_a_folder_that_tells_images_apart_is_used(table):
    ids = ["cats/1.png", "dogs/1.png"]
    found = read_labels(ids, table("/data/dogs/1.png,y\n/data/cats/1.png,x\n"))
    assert found.labels.tolist() == ["x", "y"]


def test_a_base_name_of_two_images_is_not_guessed(table):
    with pytest.raises(FormatError, match="has a label for none of 2 images"):
        read_labels(["cats/1.png", "dogs/1.png"], table("1.png,x\n2.png,y\n"))


def test_a_base_name_of_two_lines_is_not_guessed(table):
    with pytest.raises(FormatError, match="has a label for none of 1 images"):
        read_labels(["1.png"], table("cats/1.png,x\ndogs/1.png,y\n"))


def test_one_column_a_class_is_named_by_its_header(table):
    found = read_labels(
        PHOTOS[:3], table("id,epidural,subdural\n" + "img_000,1,0\nimg_001,0,1\nimg_002,1,0\n")
    )
    assert found.labels.tolist() == ["epidural", "subdural", "epidural"]
    assert found.notes[0] == "labels.csv: classes are the columns epidural, subdural"


def test_several_columns_none_of_which_is_named_as_labels_are_refused_with_the_option(table):
    path = table("id,age,size\n" + "\n".join(f"{id},{row},9" for row, id in enumerate(PHOTOS)))
    with pytest.raises(
        FormatError, match=r"none is named as labels: add --label-column age, or another of age, size"
    ):
        read_labels(PHOTOS, path)
    assert read_labels(PHOTOS, path, "Size").labels.tolist() == ["9"] * 6
    with pytest.raises(FormatError, match=r"has no column 'x' for --label-column, only id, age, size"):
        read_labels(PHOTOS, path, "x")


@pytest.mark.parametrize("header", ["target", "Label", "what"])
def test_a_header_over_one_column_is_no_label(table, header):
    assert read_labels(PHOTOS, table("\n".join([header, *KINDS]))).labels.tolist() == KINDS


def test_whole_numbers_lose_the_point_that_numpy_writes(table):
    assert read_labels(IDS, table("0.000e+00\n1.000e+00\n2.000e+00\n")).labels.tolist() == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([0, 1, 2]), ["0", "1", "2"]),
        (np.array([0.0, 1.0, 2.0], "f2"), ["0", "1", "2"]),
        (np.array([[0], [1], [2]]), ["0", "1", "2"]),
        (np.array([True, False, True]), ["True", "False", "True"]),
        (np.eye(3), ["0", "1", "2"]),
        (np.array(["x", "y", ""]), ["x", "y", ""]),
        (np.array([b"x", b"y", b"z"]), ["x", "y", "z"]),
    ],
)
def test_labels_of_an_npy_are_read_by_row(tmp_path, array, expected):
    np.save(tmp_path / "y.npy", array)
    found = read_labels(IDS, str(tmp_path / "y.npy"))
    assert found.labels.tolist() == expected
    assert found.notes[0].endswith("y.npy: labels are matched by the number of the row")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([0.5, 1, 2]), "is (3,) float64; it must hold one class per row"),
        (np.zeros((3, 4)), "is (3, 4) float64; it must hold one class per row"),
        (np.array([1, 2]), "has 2 labels for 3 images: give one per image"),
    ],
)
def test_an_npy_that_holds_no_labels_is_refused(tmp_path, array, message):
    np.save(tmp_path / "y.npy", array)
    with pytest.raises(FormatError) as caught:
        read_labels(IDS, str(tmp_path / "y.npy"))
    assert str(caught.value).endswith(message)
