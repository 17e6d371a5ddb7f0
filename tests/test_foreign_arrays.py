"""Arrays of latents and labels in the forms that others save, read or refused with the line that makes them right."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from latentkit.errors import FormatError
from latentkit.formats.latents import Latents, read_latents
from latentkit.formats.table import Reading

ROWS = 12
MU = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
Y = np.arange(ROWS) % 3
CLASSES = [str(label) for label in Y]


def npz(**arrays) -> io.BytesIO:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    stream.seek(0)
    return stream


def npy(array) -> io.BytesIO:
    stream = io.BytesIO()
    np.save(stream, array)
    stream.seek(0)
    return stream


def read(stream, **reading) -> Latents:
    return read_latents(stream, name="z.npz", reading=Reading(**reading))


def refusal(stream, **reading) -> str:
    with pytest.raises(FormatError) as caught:
        read(stream, **reading)
    return str(caught.value)


@pytest.mark.parametrize("shape", [(ROWS, 1, 4), (ROWS, 1, 1, 4), (ROWS, 4, 1, 1), (ROWS, 4, 1)])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_axes_of_length_one_are_dropped_and_that_is_said(shape, dtype):
    found = read(npy(MU.astype(dtype).reshape(shape)))
    np.testing.assert_array_equal(found.mu, MU.astype(dtype).astype(np.float32))
    assert found.notes == (f"z.npz: the array is {shape}: read as (12, 4)",)


def test_mu_in_an_archive_may_have_axes_of_length_one():
    np.testing.assert_array_equal(read(npz(mu=MU[:, None, None], labels=Y)).mu, MU)


@pytest.mark.parametrize(
    ("mean", "variance"),
    [("z_mean", "z_log_var"), ("mu", "log_var"), ("mean", "logvar"), ("z_mu", "z_logvar")],
)
def test_names_of_keras_and_pytorch_are_mu_and_logvar(mean, variance):
    found = read(npz(**{mean: MU, variance: MU - 2, "z": MU + 1}))
    np.testing.assert_array_equal(found.mu, MU)
    np.testing.assert_array_equal(found.logvar, MU - 2)
    if mean != "mu":
        assert f"z.npz: {mean} is taken for the latents" in found.notes


def test_three_outputs_of_an_encoder_in_one_array_are_refused_with_the_line_that_names_them():
    assert refusal(npy(np.stack([MU, MU, MU]))) == (
        "z.npz: the array is (3, 12, 4), which looks like [mu, logvar, z], as an encoder in Keras returns it: "
        "z = np.load('z.npz'); np.savez('z-latents.npz', mu=z[0], logvar=z[1])"
    )
    assert "which looks like [mu, logvar], as" in refusal(npy(np.stack([MU, MU])))
    assert "z = np.load('z.npz')['z']; np.savez(" in refusal(npz(z=np.stack([MU, MU, MU])))


def test_three_outputs_without_names_are_refused_with_the_line_that_names_them():
    message = refusal(npz(arr_0=MU, arr_1=MU, arr_2=MU))
    assert "np.savez('z-latents.npz', mu=z['arr_0'], logvar=z['arr_1'])" in message
    np.testing.assert_array_equal(read(npz(arr_0=MU, arr_1=MU, arr_2=MU), latents="arr_0").mu, MU)


@pytest.mark.parametrize(
    ("shape", "axes"), [((12, 2, 2, 4), "(1, 2)"), ((12, 4, 8, 8), "(2, 3)"), ((12, 5, 4), "1")]
)
def test_latents_of_several_places_are_refused_with_both_ways_out(shape, axes):
    message = refusal(npy(np.zeros(shape)))
    assert f"the array is {shape}, not two-dimensional, but latents of several places" in message
    assert f"z.reshape(len(z), -1)), or their mean, z.mean(axis={axes})" in message


def test_a_list_of_one_array_is_refused_with_the_line_that_takes_it():
    assert "np.save('z-latents.npy', z[0])" in refusal(npy(MU[None]))


@pytest.mark.parametrize("key", ["labels", "y", "y_train", "target", "label", "class_names"])
@pytest.mark.parametrize(
    "labels",
    [Y, Y.astype(float), Y.astype("f2"), Y[:, None], np.eye(3)[Y], np.eye(3, dtype=bool)[Y]],
    ids=["int", "float", "half", "column", "one-hot", "one-hot bool"],
)
def test_labels_in_any_form_are_classes(key, labels):
    found = read(npz(ae_out=MU, **{key: labels}))
    np.testing.assert_array_equal(found.mu, MU)
    assert found.labels.tolist() == CLASSES
    assert (f"z.npz: {key} is taken for the labels" in found.notes) == (key != "labels")


def test_labels_of_booleans_are_classes():
    assert set(read(npz(mu=MU, labels=Y > 0)).labels) == {"True", "False"}


def test_labels_of_fractions_are_refused():
    assert refusal(npz(mu=MU, labels=Y + 0.5)) == "z.npz: labels is float64; it must be str"
    assert "y (12,) float64 holds no labels" in refusal(npz(mu=MU, y=Y + 0.5), label_column="y")


def test_arrays_of_other_lengths_and_of_fractions_are_not_taken_for_labels():
    found = read(npz(mu=MU, y_test=Y[:5], target=Y + 0.5))
    assert found.labels is None
    assert found.notes == ()


def test_an_array_of_labels_alone_is_no_latents():
    assert refusal(npy(Y)) == (
        "z.npz holds 12 single values, not latents: if they are labels, add --labels z.npz to the latents"
    )


def test_an_option_that_names_no_array_is_refused():
    assert refusal(npz(mu=MU), latents="x") == "z.npz has no array 'x' for --latents, only mu"
    assert refusal(npz(mu=MU), label_column="x") == "z.npz has no array 'x' for --label-column, only mu"


def test_rows_that_are_not_finite_are_left_out_of_every_array():
    mu = MU.copy()
    mu[[3, 7], 1] = np.nan
    assert refusal(npz(mu=mu, labels=Y)) == (
        "z.npz: mu of row 3 ('000003') is not finite (the first of 2 such rows, of 12); --drop-nan leaves such rows out"
    )
    found = read(npz(mu=mu, labels=Y, other=np.arange(ROWS)), drop_nan=True)
    assert found.arrays["other"].tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]
    assert len(found) == len(found.labels) == 10
    assert found.notes == ("z.npz: 2 of 12 rows are not finite and left out, the first '000003' in row 3",)


def test_latents_of_which_no_row_is_finite_are_refused():
    assert refusal(npz(mu=MU * np.nan), drop_nan=True).startswith("z.npz: none of the 12 rows is finite")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_never_loaded(protocol, tmp_path):
    class Harmful:
        def __reduce__(self):
            return open, (str(tmp_path / "opened"), "w")

    message = refusal(io.BytesIO(pickle.dumps(Harmful(), protocol)))
    assert message.startswith(
        "z.npz is a pickle, which is not read. If you trust it, convert it in Python: import pickle"
    )
    assert not (tmp_path / "opened").exists()


def test_a_pytorch_file_is_never_loaded():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mu/data.pkl", b"\x80\x02.")
    assert "is a PyTorch file (a pickle), which is not read" in refusal(io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "scipy.io.loadmat('z.npz')"),
        (b"PAR1\x15\x04", "pandas.read_parquet('z.npz')"),
    ],
)
def test_files_of_other_programs_are_refused_with_the_line_that_converts_them(head, line):
    assert line in refusal(io.BytesIO(head + bytes(200)))


# AnnData


@pytest.fixture
def annotated(tmp_path):
    """Write an .h5ad with these arrays in obsm and columns in obs."""
    anndata = pytest.importorskip("anndata")
    pandas = pytest.importorskip("pandas")

    def write(obsm, obs=None):
        frame = pandas.DataFrame(obs or {}, index=[f"cell {row}" for row in range(ROWS)])
        for column in frame.select_dtypes(exclude="number"):
            frame[column] = frame[column].astype("category")
        anndata.AnnData(np.zeros((ROWS, 2), np.float32), obs=frame, obsm=obsm).write_h5ad(tmp_path / "z.h5ad")
        return tmp_path / "z.h5ad"

    return write


def read_file(path, **reading) -> Latents:
    return read_latents(path, name="z.h5ad", reading=Reading(**reading))


@pytest.mark.parametrize("column", ["cell_type", "leiden", "louvain"])
def test_the_only_latents_of_an_annotated_file_are_read(annotated, column):
    path = annotated(
        {"X_scVI": MU, "X_umap": MU[:, :2], "X_pca": MU}, {column: CLASSES, "size": np.arange(ROWS) / 7}
    )
    found = read_file(path)
    np.testing.assert_array_equal(found.mu, MU)
    assert found.ids[0] == "cell 0"
    assert found.labels.tolist() == CLASSES
    assert found.notes == (
        "z.h5ad: obsm X_scVI is taken for the latents",
        f"z.h5ad: labels are the column {column} of obs",
    )


def test_latents_and_labels_of_an_annotated_file_can_be_named(annotated):
    path = annotated({"X_scVI": MU, "X_vae": MU + 1}, {"cell_type": ["a"] * ROWS, "batch": CLASSES})
    with pytest.raises(
        FormatError, match=r"obsm has X_scVI .*; name the one that holds the latents, as in --latents X_scVI"
    ):
        read_file(path)
    found = read_file(path, latents="X_vae", label_column="batch")
    np.testing.assert_array_equal(found.mu, MU + 1)
    assert found.labels.tolist() == CLASSES
    with pytest.raises(
        FormatError, match="has no column 'x' in obs for --label-column, only cell_type, batch"
    ):
        read_file(path, latents="X_vae", label_column="x")


def test_the_annotated_file_that_export_writes_is_read_again(tmp_path, sh):
    pytest.importorskip("anndata")
    (tmp_path / "z.npz").write_bytes(npz(mu=MU, labels=Y).getvalue())
    done = sh("latentkit export z.npz --to anndata -o z.h5ad && latentkit export z.h5ad --to csv -o b.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b.csv").read_text().splitlines()[1].startswith("000000,0,")


def test_another_hdf5_file_is_refused_with_the_line_that_converts_it(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "mu.h5", "w") as file:
        file["codes"] = MU
    with pytest.raises(
        FormatError, match=r"is an HDF5 file, but not AnnData. .*h5py.File\('z.h5ad'\)\['codes'\]"
    ):
        read_file(tmp_path / "mu.h5")
