"""The schema of latents, and reading, writing and streaming them."""

import io
import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from latentkit.errors import FormatError, ProjectionError
from latentkit.formats import spool
from latentkit.formats.latents import Latents, LatentsWriter, Projection, read_latents, write_latents
from latentkit.formats.npz import write_npz
from latentkit.formats.spool import TextSpool

META = {"schema": "latentkit.latents/1", "run": "runs/easy", "nested": {"seed": 0}}
INFO = {"latest": "pca", "methods": {"pca": {"seed": 0}}}


def arrays(n: int = 3) -> dict[str, np.ndarray]:
    """Every array that the schema knows, and one that it does not."""
    return {
        "ids": np.array([f"cat/{row}.png" for row in range(n)]),
        "mu": np.arange(2 * n, dtype=np.float32).reshape(n, 2),
        "logvar": -np.ones((n, 2), np.float32),
        "mse": np.full(n, 0.25, np.float32),
        "split": np.array(["train", "validation", "unseen"] * n)[:n],
        "labels": np.array(["cat", "dög", ""] * n)[:n],
        "digest": np.array([f"{row:064x}" for row in range(n)]),
        "baseline": np.ones((n, 5), np.float32),
        "thumbnails": np.arange(12 * n, dtype=np.uint8).reshape(n, 2, 2, 3),
        "projection_pca": np.zeros((n, 2), np.float32),
        "projection_info": np.array(json.dumps(INFO)),
        "clusters": np.zeros(n, np.int32),
        "cluster_confidence": np.ones(n, np.float32),
        "of_another_tool": np.arange(4),
    }


def written(latents: Latents) -> bytes:
    stream = io.BytesIO()
    write_latents(latents, stream)
    return stream.getvalue()


def stored(meta=META, **changes) -> bytes:
    """Latents as anyone may have written them: unchecked; None leaves an array out."""
    held = {key: array for key, array in {**arrays(), **changes}.items() if array is not None}
    stream = io.BytesIO()
    write_npz(stream, {"schema": np.array(meta if isinstance(meta, str) else json.dumps(meta)), **held})
    return stream.getvalue()


def refusal(**changes) -> str:
    with pytest.raises(FormatError) as caught:
        read_latents(io.BytesIO(stored(**changes)), name="z.npz")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def streamed(held: dict[str, np.ndarray], batch: int) -> bytes:
    stream = io.BytesIO()
    with LatentsWriter(stream, META) as writer:
        for start in range(0, len(held["ids"]), batch):
            writer.append(**{key: array[start : start + batch] for key, array in held.items()})
    return stream.getvalue()


# The value


def test_arrays_survive_a_round_trip_in_order():
    found = read_latents(io.BytesIO(written(Latents(arrays(), META))), name="z.npz")
    assert list(found.arrays) == list(arrays())
    assert found.meta == META
    assert len(found) == 3
    for key, array in arrays().items():
        np.testing.assert_array_equal(found.arrays[key], array)
        assert found.arrays[key].dtype == array.dtype


def test_the_properties_are_the_arrays():
    latents = Latents(arrays(), META)
    for key in ("ids", "mu", "logvar", "mse", "split", "labels", "digest", "baseline", "thumbnails"):
        assert getattr(latents, key) is latents.arrays[key]


def test_absent_arrays_are_none():
    latents = Latents({key: arrays()[key] for key in ("ids", "mu")})
    for key in ("logvar", "mse", "split", "labels", "digest", "baseline", "thumbnails"):
        assert getattr(latents, key) is None


def test_reading_and_writing_changes_no_byte():
    data = written(Latents(arrays(), META))
    assert written(read_latents(io.BytesIO(data), name="z.npz")) == data


def test_arrays_are_added_at_the_end_and_replaced_in_place():
    latents = Latents(arrays(), META)
    changed = latents.with_arrays(mu=np.ones((3, 2), np.float32), extra=np.arange(3))
    assert list(changed.arrays) == [*latents.arrays, "extra"]
    assert changed.mu.sum() == 6
    assert latents.mu.sum() == 15
    assert changed.meta == META


def test_a_newer_minor_version_is_read():
    data = stored(meta={"schema": "latentkit.latents/1.7", "news": 1})
    assert read_latents(io.BytesIO(data), name="z.npz").meta == {"schema": "latentkit.latents/1.7", "news": 1}


def test_the_order_of_the_rows_is_kept():
    found = read_latents(io.BytesIO(stored(ids=np.array(["b", "c", "a"]))), name="z.npz")
    assert found.ids.tolist() == ["b", "c", "a"]


# Refusals


def test_a_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(FormatError, match=r"easy is a folder, not latents: make latents from a run"):
        (tmp_path / "easy").mkdir()
        read_latents(tmp_path / "easy", name="easy")


def test_an_empty_stream_is_refused():
    with pytest.raises(FormatError, match=r"^- is empty: "):
        read_latents(io.BytesIO(), name="-")


@pytest.mark.parametrize(
    "meta", ["", "no JSON", "[1]", '"x"', "{}", '{"schema": 1}', '{"schema": "x"}', "[" * 9999]
)
def test_an_invalid_schema_is_refused(meta):
    assert refusal(meta=meta) == f"z.npz: schema is not that of latents: {meta[:60]!r}"


def test_another_schema_is_refused_by_name():
    message = refusal(meta={"schema": "latentkit.images/1"})
    assert message == "z.npz is latentkit.images/1, not latents: make latents with `latentkit embed`"


def test_a_newer_major_version_is_refused_by_name():
    assert refusal(meta={"schema": "latentkit.latents/2.1"}) == (
        "z.npz is latentkit.latents/2.1, written by a newer latentkit: upgrade this one, which reads latentkit.latents/1"
    )


@pytest.mark.parametrize("key", ["ids", "mu"])
def test_a_missing_required_array_is_named(key):
    message = refusal(**{key: None})
    assert message.startswith(f"z.npz has no '{key}', only ")
    assert "of_another_tool" in message


@pytest.mark.parametrize(
    ("key", "array", "message"),
    [
        ("mu", np.zeros((3, 2)), "mu is float64; it must be float32"),
        ("ids", np.arange(3), "ids is int64; it must be str"),
        ("labels", np.array([b"a"] * 3), "labels is |S1; it must be str"),
        ("thumbnails", np.zeros((3, 2, 2, 3), np.float32), "thumbnails is float32; it must be uint8"),
        ("clusters", np.zeros(3, np.int64), "clusters is int64; it must be int32"),
        ("projection_umap", np.zeros((3, 2)), "projection_umap is float64; it must be float32"),
        ("mu", np.zeros(3, np.float32), "mu is (3,); it must be 2-dimensional"),
        ("mu", np.array(1, np.float32), "mu is (); it must be 2-dimensional"),
        ("ids", np.array([["a"]]), "ids is (1, 1); it must be 1-dimensional"),
        ("mu", np.zeros((3, 0), np.float32), "mu is (3, 0), which is empty"),
        ("mu", np.zeros((0, 3), np.float32), "mu is (0, 3), which is empty"),
        ("labels", np.array(["a", "b"]), "labels has 2 rows but mu has 3: they must agree"),
        ("ids", np.array(["a", "b"]), "ids has 2 rows but mu has 3: they must agree"),
        ("thumbnails", np.zeros((3, 2, 2, 4), np.uint8), "thumbnails is (3, 2, 2, 4); axis 3 must be 1 or 3"),
        ("projection_pca", np.zeros((3, 4), np.float32), "projection_pca is (3, 4); axis 1 must be 2 or 3"),
        ("logvar", np.zeros((3, 5), np.float32), "logvar is (3, 5), but mu is (3, 2): they must agree"),
        (
            "split",
            np.array(["train", "test", "unseen"]),
            "split of row 1 ('cat/1.png') is 'test', not one of train, validation, unseen",
        ),
        ("ids", np.array(["a", "b", "a"]), "rows 0 and 2 have the same id 'a': ids must be unique"),
    ],
)
def test_an_array_that_violates_the_schema_is_named(key, array, message):
    assert refusal(**{key: array}) == f"z.npz: {message}"


@pytest.mark.parametrize("key", ["mu", "logvar", "mse", "baseline", "projection_pca", "cluster_confidence"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_by_row_and_id(key, value):
    array = arrays()[key].copy()
    array[1:] = value
    assert refusal(**{key: array}) == (
        f"z.npz: {key} of row 1 ('cat/1.png') is not finite (the first of 2 such rows, of 3)"
    )


def test_a_value_that_is_not_finite_is_found_at_the_end_of_a_large_array():
    mu = np.zeros((20_000, 100), np.float32)
    mu[17_321, 99] = np.nan
    stream = io.BytesIO()
    ids = np.array([f"{row}" for row in range(len(mu))])
    write_npz(stream, {"schema": np.array(json.dumps(META)), "ids": ids, "mu": mu})
    with pytest.raises(FormatError, match=r"^z: mu of row 17321 \('17321'\) is not finite$"):
        read_latents(io.BytesIO(stream.getvalue()), name="z")


@pytest.mark.parametrize(
    "info", ["", "[]", "{}", '{"latest": "pca"}', '{"latest": "x", "methods": {}}', "[" * 9999]
)
def test_invalid_projection_info_is_refused(info):
    message = 'z.npz: projection_info is not JSON {"latest": method, "methods": {method: ...}}'
    assert refusal(projection_info=np.array(info)) == message


def test_projection_info_of_several_values_is_refused():
    assert refusal(projection_info=np.array(["a", "b"])).startswith("z.npz: projection_info is not JSON ")


def test_projection_info_without_its_projection_is_refused():
    message = "z.npz: projection_info describes 'pca', but there is no projection_pca"
    assert refusal(projection_pca=None) == message


def test_errors_are_raised_before_the_first_byte_is_written():
    stream = io.BytesIO()
    for wrong in ({"mse": np.full(3, np.nan, np.float32)}, {"of_another_tool": np.array([None])}):
        with pytest.raises(FormatError):
            write_latents(Latents({**arrays(), **wrong}, META), stream)
    assert stream.getvalue() == b""


# Streaming


ROWS = [key for key in arrays() if key not in ("projection_info", "of_another_tool")]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=[]), max_size=9),
        min_size=1,
        unique=True,
    ),
    st.integers(1, 7),
)
@example(["latin-\udcfc.png", "a\ud800"], 1)
def test_streamed_latents_have_the_same_bytes_as_those_written_at_once(ids, batch):
    held = {**{key: arrays(len(ids))[key] for key in ROWS if key != "projection_pca"}, "ids": np.array(ids)}
    assert streamed(held, batch) == written(Latents(held, META))


@given(
    st.lists(st.text(st.sampled_from("ab\ud800é"), max_size=2), min_size=1, max_size=12), st.integers(0, 2)
)
def test_the_first_duplicate_string_is_found_even_if_hashes_collide(texts, bits):
    """Against all pairs; with hashes of a few bits most of them are shared by texts that differ."""
    column = TextSpool()
    column.append(np.array(texts), "texts")
    with pytest.MonkeyPatch.context() as patch:
        if bits:
            patch.setattr(spool, "hash", lambda text: hash(text) % bits, raising=False)
        found = column.duplicate()
    column.close()
    pairs = [(texts.index(text), row, text) for row, text in enumerate(texts) if text in texts[:row]]
    assert found == (pairs[0] if pairs else None)


def test_lists_of_strings_are_accepted():
    stream = io.BytesIO()
    with LatentsWriter(stream, META) as writer:
        writer.append(ids=["a", "b"], mu=np.zeros((2, 2), np.float32), labels=["x", ""])
    stream.seek(0)
    assert read_latents(stream, name="z").labels.tolist() == ["x", ""]


def test_meta_given_to_the_writer_is_read_back():
    assert (
        read_latents(
            io.BytesIO(streamed({"ids": np.array(["a"]), "mu": np.ones((1, 1), np.float32)}, 1)), name="z"
        ).meta
        == META
    )


def test_streaming_holds_one_batch_in_memory():
    mu = np.ones((250, 1024), np.float32)  # a megabyte
    with Path(os.devnull).open("wb") as stream:
        tracemalloc.start()
        with LatentsWriter(stream, META) as writer:
            for batch in range(64):
                writer.append(ids=[f"{batch}/{row}" for row in range(len(mu))], mu=mu)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10 << 20  # of 64 MB of mu


def test_an_exception_writes_nothing():
    stream = io.BytesIO()
    with pytest.raises(KeyboardInterrupt), LatentsWriter(stream, META) as writer:
        writer.append(ids=["a"], mu=np.zeros((1, 2), np.float32))
        raise KeyboardInterrupt
    assert stream.getvalue() == b""


def test_latents_without_rows_are_refused():
    with (
        pytest.raises(FormatError, match=r"^the latents: there are no rows to write$"),
        LatentsWriter(io.BytesIO(), META),
    ):
        pass


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"ids": ["c", "a"]}, "rows 0 and 3 have the same id 'a': ids must be unique"),
        ({"ids": ["c", "c"]}, "rows 0 and 1 have the same id 'c': ids must be unique"),
        (
            {"mu": np.full((2, 2), np.nan, np.float32)},
            "mu of row 0 ('c') is not finite (the first of 2 such rows, of 2)",
        ),
        ({"mu": np.zeros((2, 3), np.float32)}, "mu has rows of (3,) float32; the first had (2,) float32"),
        ({"extra": np.zeros(2, np.int64)}, "extra has rows of () int64; the first had () float64"),
        ({"extra": np.zeros(3)}, "extra is (3,) for 2 rows"),
        ({"extra": np.array(1.0)}, "extra is () for 2 rows"),
        ({"words": np.zeros(2)}, "words has rows of () float64; the first were text"),
        (
            {"extra": np.array([None, None])},
            "extra has dtype object; only numbers, booleans and text can be stored",
        ),
        (
            {"more": np.zeros(2)},
            "a batch has ids, mu, extra, words, more, but the first had ids, mu, extra, words",
        ),
    ],
)
def test_a_batch_unlike_the_first_is_refused(second, message):
    first = {"ids": ["a", "b"], "mu": np.zeros((2, 2), np.float32), "extra": np.zeros(2), "words": ["x", "y"]}
    stream = io.BytesIO()
    with pytest.raises(FormatError) as caught, LatentsWriter(stream, META, name="the embedding") as writer:
        writer.append(**first)
        writer.append(**{**first, "ids": ["c", "d"], **second})
    assert str(caught.value).removeprefix("the embedding: ") == message
    assert stream.getvalue() == b""


def test_projections_are_found_in_file_order_and_the_latest_is_the_one_that_info_names():
    info = {"latest": "umap", "methods": {"umap": {"seed": 3}, "pca": "nothing known"}}
    added = {"projection_umap": np.ones((3, 3), np.float32), "projection_info": np.array(json.dumps(info))}
    latents = Latents({**arrays(), **added})
    assert list(latents.projections()) == ["pca", "umap"]
    assert latents.projection().method == "umap"
    assert latents.projection().info == {"seed": 3}
    assert latents.projection("pca").info == {}
    np.testing.assert_array_equal(latents.projection("pca").points, latents.arrays["projection_pca"])


def test_without_info_the_last_projection_is_the_latest():
    latents = Latents(
        {
            **{key: arrays()[key] for key in ("ids", "mu")},
            "projection_tsne": np.zeros((3, 2)),
            "projection_pca": np.zeros((3, 2)),
        }
    )
    assert latents.projection().method == "pca"


def test_a_missing_projection_is_refused_by_name():
    with pytest.raises(ProjectionError, match=r"hold no projection: pipe them .* --method umap"):
        Latents({key: arrays()[key] for key in ("ids", "mu")}).projection("umap")
    with pytest.raises(ProjectionError, match="no projection by 'umap', only by pca"):
        Latents(arrays()).projection("umap")


def test_an_added_projection_is_the_latest_and_the_others_stay():
    added = Latents(arrays()).with_projection(Projection("tsne", np.ones((3, 2), np.float32), {"seed": 1}))
    assert list(added.arrays) == [*arrays(), "projection_tsne"]
    assert json.loads(str(added.arrays["projection_info"])) == {
        "latest": "tsne",
        "methods": {**INFO["methods"], "tsne": {"seed": 1}},
    }
    again = added.with_projection(Projection("pca", np.ones((3, 3), np.float32), {}))
    assert list(again.arrays) == list(added.arrays)
    assert again.projection().points.shape == (3, 3)
