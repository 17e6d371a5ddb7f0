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
    assert read_labels(IDS, table(text)).tolist() == ["cat", "dog", ""]


def test_a_header_is_not_mistaken_for_an_image_called_id(table):
    with pytest.raises(FormatError, match="no label for 1 of 2 images, the first 'id'"):
        read_labels(["a", "id"], table("id,label\na,x\n"))


def test_a_byte_order_mark_is_not_part_of_an_id(table):
    assert read_labels(["a"], table("a,x\n", "utf-8-sig")).tolist() == ["x"]


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


def test_images_without_a_line_are_counted_and_the_first_is_named(table):
    assert refusal(table("b.png,dog\n")) == (
        "labels.csv has no label for 2 of 3 images, the first 'cat/1.png': "
        "give each image a line with its id (the first line has 'b.png'); its label may be empty"
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
        assert read_labels(["a", "b"], str(path)).tolist() == ["cat", "dog"]


def test_a_comma_comes_before_a_semicolon(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("a;1,cat\nb;2,dog\n")
    assert read_labels(["a;1", "b;2"], str(path)).tolist() == ["cat", "dog"]


def test_rows_of_an_array_match_plain_numbers(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(",label\n1,dog\n0,cat\n")
    assert read_labels(["000000", "000001"], str(path)).tolist() == ["cat", "dog"]


def test_a_missing_id_is_named_together_with_one_of_the_file(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("a.png,cat\n")
    with pytest.raises(FormatError, match=r"the first 'a.jpg': .* \(the first line has 'a.png'\)"):
        read_labels(["a.jpg"], str(path))
