"""Columns of tables that are no latents become labels, ids or nothing, or are refused with the option that settles it."""

import io

import numpy as np
import pytest

from latentkit.errors import FormatError
from latentkit.formats.latents import Latents, read_latents
from latentkit.formats.table import Reading

ROWS = 60
NOISE = np.random.default_rng(0).normal(size=(ROWS, 4)).round(6)
KINDS = [str(row % 3) for row in range(ROWS)]
WORDS = [("cat", "dog", "eel")[row % 3] for row in range(ROWS)]


def csv(columns: dict[str, list], *, header: bool = True) -> bytes:
    lines = [",".join(columns)] if header else []
    return "\n".join(
        [*lines, *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    ).encode()


def latent_columns(template: str = "z{}", columns: int = 4) -> dict[str, list]:
    return {template.format(at): NOISE[:, at].tolist() for at in range(columns)}


def read(columns: dict[str, list], *, header: bool = True, **reading) -> Latents:
    return read_latents(io.BytesIO(csv(columns, header=header)), name="x", reading=Reading(**reading))


def refusal(columns: dict[str, list], *, header: bool = True, **reading) -> str:
    with pytest.raises(FormatError) as caught:
        read(columns, header=header, **reading)
    return str(caught.value)


def assert_only_noise(found: Latents) -> None:
    np.testing.assert_array_equal(found.mu, NOISE.astype(np.float32))


@pytest.mark.parametrize(
    "title",
    [
        "label",
        "target",
        "y",
        "class",
        "Class",
        "cluster",
        "leiden",
        "leiden_r0.5",
        "cell_type",
        "CellType",
        "y_true",
        "category",
    ],
)
@pytest.mark.parametrize(
    "values", [KINDS, WORDS, [f"{kind}.0" for kind in KINDS]], ids=["int", "text", "float"]
)
def test_a_column_with_the_name_of_labels_is_labels(title, values):
    found = read({**latent_columns(), title: values})
    assert_only_noise(found)
    assert found.labels.tolist() == (WORDS if values is WORDS else KINDS)
    assert found.notes == (f"x: 4 latents z0:z3; labels {title!r}",)


def test_one_column_of_repeated_words_is_labels_under_any_name():
    found = read({**latent_columns(), "mood": WORDS})
    assert found.labels.tolist() == WORDS
    assert found.notes == ("x: 4 latents z0:z3; labels 'mood'",)


def test_of_two_columns_of_words_none_is_guessed():
    found = read({**latent_columns(), "mood": WORDS, "place": WORDS[::-1]})
    assert found.labels is None
    assert found.notes == (
        "x: 4 latents z0:z3; 'mood' is not used (labels? --label-column takes it); "
        "'place' is not used (labels? --label-column takes it)",
    )
    assert (
        read({**latent_columns(), "mood": WORDS, "place": WORDS}, label_column="Mood").labels.tolist()
        == WORDS
    )


def test_a_column_of_text_and_numbers_is_refused_by_name():
    columns = {**latent_columns(), "mood": ["cat", "3"] * (ROWS // 2)}
    assert refusal(columns).startswith("x: column 'mood' holds text and numbers, such as 'cat' and '3'")
    assert_only_noise(read(columns, latents="z0:z3"))


def test_a_target_of_fractions_is_no_class():
    found = read({**latent_columns(), "target": NOISE[:, 0].tolist()})
    assert_only_noise(found)
    assert found.labels is None
    assert "'target' is not used (fractions are not classes)" in found.notes[0]


@pytest.mark.parametrize("title", ["Unnamed: 0", "", "index", "id", "image_id", "row", "cell_id"])
def test_a_numbered_column_is_the_id(title):
    found = read({title: list(range(1000, 1000 + ROWS)), **latent_columns()})
    assert_only_noise(found)
    assert found.ids.tolist() == [str(1000 + row) for row in range(ROWS)]


def test_a_name_is_a_better_id_than_the_index_of_pandas():
    names = [f"{row}.png" for row in range(ROWS)]
    found = read(
        {"": list(range(ROWS)), "Unnamed: 0": list(range(ROWS)), **latent_columns(), "filename": names}
    )
    assert_only_noise(found)
    assert found.ids.tolist() == names


@pytest.mark.parametrize(
    "titles",
    [
        ("umap_1", "umap_2"),
        ("UMAP1", "UMAP2"),
        ("tsne-x", "tsne-y"),
        ("PC1", "PC2"),
        ("X_umap_0", "X_umap_1"),
    ],
)
def test_coordinates_of_a_projection_are_no_latents(titles):
    found = read({**latent_columns(), **dict(zip(titles, (NOISE[:, :2] * 5).T.tolist(), strict=True))})
    assert_only_noise(found)
    assert f"{titles[0]!r} is not used (a projection)" in found.notes[0]


def test_a_table_of_a_projection_alone_is_refused_with_the_option():
    columns = latent_columns("umap_{}", 2)
    assert refusal(columns) == (
        "x holds only a projection (umap_0:umap_1), no latents: give the latents themselves, "
        "or take it for latents with --latents umap_0:umap_1"
    )
    assert read(columns, latents="umap_0:umap_1").mu.shape == (ROWS, 2)


@pytest.mark.parametrize("title", ["epoch", "step", "Iteration", "global_step", "wall_time", "Wall time"])
def test_a_table_with_a_time_is_a_log_and_never_latents(title):
    message = refusal({title: list(range(ROWS)), **latent_columns()})
    assert message.startswith(
        f"x has a column {title!r}, so it is a training log, not latents: read it with `latentkit diagnose`"
    )
    assert_only_noise(read({title: list(range(ROWS)), **latent_columns()}, latents="z0:z3"))


def test_an_epoch_that_is_the_same_in_all_rows_is_set_aside():
    found = read({**latent_columns(), "epoch": [30] * ROWS})
    assert_only_noise(found)
    assert found.notes == ("x: 4 latents z0:z3; 'epoch' is not used (the same in all rows)",)


@pytest.mark.parametrize(
    "values", [list(range(20, 20 + ROWS)), (NOISE[:, 0] * 9).tolist()], ids=["int", "float"]
)
def test_another_column_beside_numbered_ones_is_set_aside_and_said(values):
    found = read({**latent_columns(), "age": values})
    assert_only_noise(found)
    assert found.notes == ("x: 4 latents z0:z3; 'age' is not used (not one of z0:z3)",)


def test_log_variances_are_recognized():
    found = read({**latent_columns("z_mean_{}"), **latent_columns("z_log_var_{}")})
    assert_only_noise(found)
    np.testing.assert_array_equal(found.logvar, NOISE.astype(np.float32))


def test_two_families_of_columns_are_not_guessed():
    message = refusal({**latent_columns("a{}"), **latent_columns("b{}")})
    assert (
        message
        == "x: it cannot be told which of the columns a0:b3 are latents: name them, as in --latents a0:a3"
    )


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("template", ["{}", "abcd"])
def test_whole_numbers_among_fractions_are_refused_by_name(header, template):
    names = {"{}": ["0", "1", "2", "3", "4"], "abcd": ["alpha", "beta", "gamma", "delta", "what"]}[template]
    columns = {name: NOISE[:, at].tolist() for at, name in enumerate(names[:4])} | {names[4]: KINDS}
    shown = names if header else ["1", "2", "3", "4", "5"]
    assert refusal(columns, header=header) == (
        f"x: column {shown[4]!r} holds whole numbers (0 to 2) and the others fractions. "
        f"If it holds labels, add --label-column {shown[4]}; otherwise name the latents, as in --latents {shown[0]}:{shown[3]}"
    )
    found = read(columns, header=header, label_column=shown[4])
    assert_only_noise(found)
    assert found.labels.tolist() == KINDS
    assert read(columns, header=header, latents=f"{shown[0]}:{shown[4]}").mu.shape == (ROWS, 5)


@pytest.mark.parametrize("header", [True, False])
def test_a_running_number_is_the_id_under_any_name(header):
    columns = {"which": list(range(ROWS)), **{name: NOISE[:, at].tolist() for at, name in enumerate("abcd")}}
    found = read(columns, header=header)
    assert_only_noise(found)
    assert found.ids.tolist() == [str(row) for row in range(ROWS)]


def test_a_column_far_larger_than_all_others_is_refused_by_name():
    columns = {
        **{name: NOISE[:, at].tolist() for at, name in enumerate("abcd")},
        "mass": (NOISE[:, 0] + 9e5).tolist(),
    }
    assert refusal(columns).startswith(
        "x: the numbers in column 'mass' are far larger than in all others (899998 to 900002)"
    )
    assert_only_noise(read(columns, latents="a:d"))


def test_collapsed_dimensions_do_not_make_a_latent_look_large():
    columns = {f"z{at}": (NOISE[:, 0] * scale).tolist() for at, scale in enumerate([2.0, 1e-3, 1e-3, 1e-3])}
    assert read(columns).mu.shape == (ROWS, 4)


def test_a_dead_dimension_of_zeros_stays_a_latent():
    found = read({**latent_columns(), "z4": [0] * ROWS})
    assert found.mu.shape == (ROWS, 5)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"latents": "z0:w"}, "x has no column 'w' for --latents: its columns are z0, z1, z2, z3, note"),
        ({"latents": "z0,note"}, "x: column 'note' of --latents holds text, not numbers"),
        (
            {"label_column": "w"},
            "x has no column 'w' for --label-column: its columns are z0, z1, z2, z3, note",
        ),
    ],
)
def test_options_that_name_no_such_column_are_refused(reading, message):
    assert refusal({**latent_columns(), "note": WORDS}, **reading) == message


def test_rows_that_are_not_finite_are_counted_and_can_be_left_out():
    columns = latent_columns()
    columns["z1"] = [*columns["z1"][:5], "", "nan", *columns["z1"][7:]]
    assert refusal(columns) == (
        "x: mu of row 5 ('000005') is not finite (the first of 2 such rows, of 60); --drop-nan leaves such rows out"
    )
    found = read({**columns, "label": WORDS}, drop_nan=True)
    assert found.mu.shape == (58, 4)
    assert found.labels.tolist() == WORDS[:5] + WORDS[7:]
    assert found.ids.tolist()[4:6] == ["000004", "000007"]
    assert found.notes[-1] == "x: 2 of 60 rows are not finite and left out, the first '000005' in row 5"


def test_noise_with_a_column_of_labels_is_not_separated(tmp_path, sh):
    """The worst fault there was: the column told the classes apart, because it was taken for a latent dimension."""
    (tmp_path / "z.csv").write_bytes(csv({**latent_columns(), "target": KINDS}))
    done = sh("latentkit report z.csv")
    assert done.returncode == 0
    assert "z.csv: 4 latents z0:z3; labels 'target'" in done.stderr
    assert "Your classes separate" not in done.stdout
    assert "1.000" not in done.stdout.split("\n\n")[0]
