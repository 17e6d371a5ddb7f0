"""Logs written for programs: CSV, JSON, Lightning, TensorBoard. No input crashes the readers."""

import json
import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from latentkit.diagnosis import judge
from latentkit.diagnosis.logs import tensorboard
from latentkit.diagnosis.logs.columns import meaning
from latentkit.diagnosis.read import read_bytes, read_source
from latentkit.errors import DiagnosisError, FormatError, LatentkitError


def read(data: str | bytes):
    return read_bytes(BytesIO(data.encode() if isinstance(data, str) else data), "log")


def losses(found, side="train", name="loss"):
    return [value for _, value in found.series(side, name)]


# CSV and JSON ------------------------------------------------------------------------------------


def test_a_csv_of_keras():
    found = read("epoch,kl_loss,loss,val_loss\n0,1.5,30.25,29.0\n1,2.5,20.5,21.0\n")
    assert found.source == "log: a CSV as Keras's CSVLogger writes it, 2 epochs"
    assert losses(found) == [30.25, 20.5] and losses(found, name="kl") == [1.5, 2.5]


def test_a_csv_of_lightning_has_the_two_sides_on_lines_of_their_own():
    csv = "epoch,step,train_loss_epoch,train_loss_step,val_loss\n0,9,,31.0,\n0,19,,,28.5\n0,19,30.0,,\n1,39,,,18.5\n1,39,20.0,,\n"
    found = read(csv)
    assert found.source.startswith("log: a CSV as Lightning writes it, 2 epochs")
    assert losses(found) == [30.0, 20.0] and losses(found, "validation") == [28.5, 18.5]
    assert found.unread == ("not used: train_loss_step",)


def test_a_foreign_csv_says_how_its_columns_were_read_and_what_was_not():
    found = read("Iteration;Recon Error;KLD;temperature\n1;12,0;3;1\n2;10.5;4;1\n")
    assert dict(found.columns) == {"Recon Error": "training reconstruction", "KLD": "training KL"}
    assert any("temperature" in note for note in found.unread)
    assert losses(found, name="reconstruction") == [10.5]


def test_a_kl_logged_with_its_sign_turned_is_turned_back_and_that_is_said():
    found = read("epoch,loss,KLD\n0,5,-1.5\n1,4,-2\n")
    assert losses(found, name="kl") == [1.5, 2.0]
    assert any("sign turned" in note for note in found.unread)


def test_an_elbo_is_a_loss_with_its_sign_turned():
    assert losses(read("epoch,elbo\n0,-120.5\n1,-100.5\n")) == [120.5, 100.5]


@pytest.mark.parametrize(
    "text",
    [
        '{"loss": [3.5, 2.5], "val_loss": [4.5, NaN]}',
        "{'loss': [3.5, 2.5], 'val_loss': [4.5, nan]}",
        '{"history": {"loss": [3.5, 2.5], "val_loss": [4.5, NaN]}, "params": {"epochs": 2}}',
        '[{"loss": 3.5, "val_loss": 4.5}, {"loss": 2.5, "val_loss": NaN}]',
        '{"train": {"loss": 3.5}, "validation": {"loss": 4.5}}\n{"train": {"loss": 2.5}, "validation": {"loss": NaN}}\n',
    ],
)
def test_histories_in_json(text):
    found = read(text)
    assert losses(found) == [3.5, 2.5]
    assert losses(found, "validation")[0] == 4.5 and np.isnan(losses(found, "validation")[1])


def test_our_own_history_is_read_and_its_findings_passed_over():
    lines = [
        {"epoch": 1, "step": 9, "beta": 1.0, "train": {"loss": 3.5, "kl": 1.0}, "validation": {"loss": 4.5}},
        {"step": 9, "finding": {"id": "P8", "loss": 1.0}},
    ]
    found = read("\n".join(map(json.dumps, lines)))
    assert len(found.rows) == 1 and found.rows[0].beta == 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loss", ("loss", "train")),
        ("val_loss", ("loss", "validation")),
        ("Validation/KL", ("kl", "validation")),
        ("epoch_loss", ("loss", "train")),
        ("reconstruction_loss", ("reconstruction", "train")),
        ("test_recon_error", ("reconstruction", "validation")),
        ("val_binary_accuracy", ("accuracy", "validation")),
        ("acc", ("accuracy", "train")),
        ("kl_weight", ("beta", None)),
        ("lr-Adam", ("lr", None)),
    ],
)
def test_names_of_columns(name, expected):
    column = meaning(name)
    assert column is not None and (column.quantity, column.side) == expected


@pytest.mark.parametrize("name", ["lossy", "temperature", "accelerometer", "blackness", ""])
def test_names_that_are_not_understood(name):
    assert meaning(name) is None


# TensorBoard -------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def block(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(step: int, tag: str, value: float, *, tensor: bool) -> bytes:
    """By the published .proto files: Event, Summary.Value, TensorProto."""
    told = varint(2 << 3 | 5) + struct.pack("<f", value)
    if tensor:
        told = block(8, varint(1 << 3) + varint(1) + block(2, b"") + block(4, struct.pack("<f", value)))
    summary = block(1, block(1, tag.encode()) + told)
    return b"\x09" + struct.pack("<d", 1.7e9) + varint(2 << 3) + varint(step) + block(5, summary)


def crc32c(data: bytes) -> int:
    """Bit by bit, unlike the reader's table."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def record(data: bytes) -> bytes:
    def masked(part: bytes) -> bytes:
        crc = crc32c(part)
        return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)

    size = struct.pack("<Q", len(data))
    return size + masked(size) + data + masked(data)


def events(tensor: bool = False, tag: str = "epoch_loss") -> bytes:
    head = record(b"\x09" + struct.pack("<d", 1.7e9) + block(3, b"brain.Event:2"))
    return head + b"".join(record(event(step, tag, 8.0 - step, tensor=tensor)) for step in range(3))


def test_the_checksum_is_that_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, appendix B.4, and every CRC catalogue


@pytest.mark.parametrize("tensor", [False, True])
def test_scalars_of_an_event_file(tensor):
    assert losses(read(events(tensor))) == [8.0, 7.0, 6.0]


def test_the_folders_of_keras_are_the_two_sides(tmp_path):
    for side in ("train", "validation"):
        (tmp_path / "logs" / side).mkdir(parents=True)
        (tmp_path / "logs" / side / f"events.out.tfevents.1.{side}").write_bytes(events())
    found = read_source(str(tmp_path / "logs"))
    assert losses(found) == losses(found, "validation") == [8.0, 7.0, 6.0]


def test_a_file_cut_off_is_read_up_to_there_and_that_is_said():
    found = read(events()[:-5])
    assert losses(found) == [8.0, 7.0]
    assert "cut off after 3 records" in found.unread[0]


def test_a_bit_turned_over_in_the_data_is_noticed():
    data = bytearray(events())
    data[-8] ^= 1
    assert losses(read(bytes(data))) == [8.0, 7.0]


def test_a_record_of_a_picture_is_passed_over():
    picture = record(block(5, block(1, block(1, b"image") + block(4, bytes(2**17)))))
    assert losses(read(events() + picture + record(event(9, "epoch_loss", 5.0, tensor=False)))) == [
        8.0,
        7.0,
        6.0,
        5.0,
    ]


@pytest.mark.slow
def test_event_files_that_tensorflow_writes(tmp_path):
    script = f"""
import tensorflow as tf
writer = tf.summary.create_file_writer({str(tmp_path / "validation")!r})
with writer.as_default():
    for step in range(4):
        metadata = tf.compat.v1.SummaryMetadata(plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"))
        tf.summary.write("epoch_loss", tf.constant(2.5 * step), step, metadata=metadata)
writer.close()
with tf.io.TFRecordWriter({str(tmp_path / "old.tfevents")!r}) as records:
    for step in range(4):
        value = tf.compat.v1.Summary.Value(tag="loss", simple_value=1.5 * step)
        records.write(tf.compat.v1.Event(step=step, summary=tf.compat.v1.Summary(value=[value])).SerializeToString())
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert losses(read_source(str(tmp_path / "validation")), "validation") == []
    assert losses(read_source(str(tmp_path)), "validation") == [0.0, 2.5, 5.0, 7.5]
    assert losses(read_source(str(tmp_path / "old.tfevents"))) == [0.0, 1.5, 3.0, 4.5]


# Anything ----------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        "Epoch 1/2",
        "loss",
        ":",
        "=",
        " - ",
        "val_loss: 1e5",
        "nan",
        "kl: -3",
        "\r",
        "\n",
        "\x1b[1m",
        ",",
        "{",
        "}",
        '"loss": ',
        "[1,",
        "]",
        "0.00",
        "1e999",
        "beta=0.1",
        "20/20 [==]",
        "validation_data=next(",
        "accuracy: 1",
    ]
)


@given(st.lists(words, max_size=40).map("".join))
@example("loss,val_loss\n1e999,nan\n-inf,3\n")
@example("epoch,loss\n" + "9" * 400 + ",1\n1e308,1e308\n")
@example('{"loss": [1, [2], {"a": 1}, true, null, "nan"], "kl": [[[[]]]]}')
@example("[" * 5000)
@example('{"a":' * 500 + "1" + "}" * 500)
def test_no_text_crashes_the_readers_or_the_rules(text):
    try:
        found = read(text)
    except LatentkitError as error:
        assert "log" in str(error) and "\n" not in str(error)
    else:
        judge(found)


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\x93NUMPY", b"\xff\xfe", b"{", b"epoch,loss\n", events()[:60], events()]
    ),
)
def test_no_bytes_crash_the_readers(noise, start):
    try:
        judge(read(start + noise))
    except (DiagnosisError, FormatError) as error:
        assert "log" in str(error)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader_of_events(data):
    assert all(isinstance(scalar.value, float) for scalar in tensorboard.scalars(data))


def test_a_folder_that_holds_no_log_is_refused_by_name(tmp_path: Path):
    with pytest.raises(DiagnosisError, match=r"neither TensorBoard events nor metrics\.csv"):
        read_source(str(tmp_path))


def test_a_csv_of_latents_is_taken_for_latents():
    rows = np.random.default_rng(0).normal(size=(70, 3))
    csv = "id,z0,z1,z2\n" + "".join(f"a{at},{','.join(map(str, row))}\n" for at, row in enumerate(rows))
    assert read(csv).source == "log: latents of 70 images, 3 dimensions"
