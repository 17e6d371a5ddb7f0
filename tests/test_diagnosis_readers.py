"""Logs written for programs: CSV, JSON, Lightning, TensorBoard. No input crashes a reader."""

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
from latentkit.diagnosis.readers import READERS, read_path, read_stream, tensorboard
from latentkit.diagnosis.readers.columns import interpret
from latentkit.diagnosis.readers.reader import Document
from latentkit.errors import DiagnosisError, FormatError, LatentkitError


def read(data: str | bytes):
    return read_stream(BytesIO(data.encode() if isinstance(data, str) else data), "log")


def losses(facts, side="train", name="loss"):
    return [value for _, value in facts.series(side, name)]


# CSV and JSON ------------------------------------------------------------------------------------


def test_a_keras_csv():
    facts = read("epoch,kl_loss,loss,val_loss\n0,1.5,30.25,29.0\n1,2.5,20.5,21.0\n")
    assert facts.source == "log: a Keras CSVLogger file, 2 epochs"
    assert losses(facts) == [30.25, 20.5] and losses(facts, name="kl") == [1.5, 2.5]


def test_a_lightning_csv_has_the_two_sides_on_separate_lines():
    csv = "epoch,step,train_loss_epoch,train_loss_step,val_loss\n0,9,,31.0,\n0,19,,,28.5\n0,19,30.0,,\n1,39,,,18.5\n1,39,20.0,,\n"
    facts = read(csv)
    assert facts.source.startswith("log: a Lightning CSV, 2 epochs")
    assert losses(facts) == [30.0, 20.0] and losses(facts, "validation") == [28.5, 18.5]
    assert facts.unread == ("ignored columns: train_loss_step",)


def test_any_other_csv_lists_how_its_columns_were_read_and_which_were_ignored():
    facts = read("Iteration;Recon Error;KLD;temperature\n1;12,0;3;1\n2;10.5;4;1\n")
    assert dict(facts.columns) == {"Recon Error": "training reconstruction", "KLD": "training KL"}
    assert any("temperature" in note for note in facts.unread)
    assert losses(facts, name="reconstruction") == [10.5]


def test_a_negative_kl_is_negated_with_a_note():
    facts = read("epoch,loss,KLD\n0,5,-1.5\n1,4,-2\n")
    assert losses(facts, name="kl") == [1.5, 2.0]
    assert any("opposite sign" in note for note in facts.unread)


def test_an_elbo_is_a_negative_loss():
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
    facts = read(text)
    assert losses(facts) == [3.5, 2.5]
    assert losses(facts, "validation")[0] == 4.5 and np.isnan(losses(facts, "validation")[1])


def test_a_latentkit_history_is_read_without_its_findings():
    lines = [
        {"epoch": 1, "step": 9, "beta": 1.0, "train": {"loss": 3.5, "kl": 1.0}, "validation": {"loss": 4.5}},
        {"step": 9, "finding": {"id": "P8", "loss": 1.0}},
    ]
    facts = read("\n".join(map(json.dumps, lines)))
    assert len(facts.rows) == 1 and facts.rows[0].beta == 1.0


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
def test_column_names(name, expected):
    column = interpret(name)
    assert column is not None and (column.quantity, column.side) == expected


@pytest.mark.parametrize("name", ["lossy", "temperature", "accelerometer", "blackness", ""])
def test_column_names_that_are_not_understood(name):
    assert interpret(name) is None


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
    """Encode an event as the published .proto files define it: Event, Summary.Value, TensorProto."""
    value_field = varint(2 << 3 | 5) + struct.pack("<f", value)
    if tensor:
        value_field = block(
            8, varint(1 << 3) + varint(1) + block(2, b"") + block(4, struct.pack("<f", value))
        )
    summary = block(1, block(1, tag.encode()) + value_field)
    return b"\x09" + struct.pack("<d", 1.7e9) + varint(2 << 3) + varint(step) + block(5, summary)


def crc32c(data: bytes) -> int:
    """Compute CRC-32C bit by bit, without the table that the reader uses."""
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


def test_the_checksum_equals_the_published_value():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, appendix B.4, and every catalog of CRCs


@pytest.mark.parametrize("tensor", [False, True])
def test_scalars_of_an_event_file(tensor):
    assert losses(read(events(tensor))) == [8.0, 7.0, 6.0]


def test_keras_folders_are_the_two_sides(tmp_path):
    for side in ("train", "validation"):
        (tmp_path / "logs" / side).mkdir(parents=True)
        (tmp_path / "logs" / side / f"events.out.tfevents.1.{side}").write_bytes(events())
    facts = read_path(str(tmp_path / "logs"))
    assert losses(facts) == losses(facts, "validation") == [8.0, 7.0, 6.0]


def test_a_truncated_file_is_read_up_to_the_fault_with_a_note():
    facts = read(events()[:-5])
    assert losses(facts) == [8.0, 7.0]
    assert "truncated or corrupt after 3 records" in facts.unread[0]


def test_a_flipped_bit_is_noticed():
    data = bytearray(events())
    data[-8] ^= 1
    assert losses(read(bytes(data))) == [8.0, 7.0]


def test_a_record_with_an_image_is_skipped():
    image = record(block(5, block(1, block(1, b"image") + block(4, bytes(2**17)))))
    assert losses(read(events() + image + record(event(9, "epoch_loss", 5.0, tensor=False)))) == [
        8.0,
        7.0,
        6.0,
        5.0,
    ]


@pytest.mark.slow
def test_event_files_written_by_tensorflow(tmp_path):
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
    assert losses(read_path(str(tmp_path / "validation")), "validation") == []
    assert losses(read_path(str(tmp_path)), "validation") == [0.0, 2.5, 5.0, 7.5]
    assert losses(read_path(str(tmp_path / "old.tfevents"))) == [0.0, 1.5, 3.0, 4.5]


# Anything ----------------------------------------------------------------------------------------

fragments = st.sampled_from(
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


@given(st.lists(fragments, max_size=40).map("".join))
@example("loss,val_loss\n1e999,nan\n-inf,3\n")
@example("epoch,loss\n" + "9" * 400 + ",1\n1e308,1e308\n")
@example('{"loss": [1, [2], {"a": 1}, true, null, "nan"], "kl": [[[[]]]]}')
@example("[" * 5000)
@example('{"a":' * 500 + "1" + "}" * 500)
def test_no_text_crashes_the_readers_or_the_rules(text):
    try:
        facts = read(text)
    except LatentkitError as error:
        assert "log" in str(error) and "\n" not in str(error)
    else:
        judge(facts)


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
        read_path(str(tmp_path))


def test_a_csv_of_latents_is_read_as_latents():
    rows = np.random.default_rng(0).normal(size=(70, 3))
    csv = "id,z0,z1,z2\n" + "".join(f"a{at},{','.join(map(str, row))}\n" for at, row in enumerate(rows))
    assert read(csv).source == "log: latents of 70 images, 3 dimensions"


# The table of readers ----------------------------------------------------------------------------


def test_every_reader_has_a_name_and_ignores_a_text_without_numbers():
    assert len({reader.name for reader in READERS}) == len(READERS)
    document = Document("log", BytesIO(b"hello world\n"))
    assert [reader.evidence(document) for reader in READERS] == [None] * len(READERS)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"epoch,loss\n0,3.5\n", "CSV log", "a Keras CSVLogger file with loss"),
        (b'{"loss": [3.5], "kl": [1.0]}', "JSON log", "a Keras history with loss, kl"),
        (b"epoch 1 loss: 3.5 kl: 1.5\n", "printed log", "lines of names and numbers with loss, kl"),
        (events(), "TensorBoard events", "a TensorBoard event file"),
        (
            b"z0,z1\n0.5,1.5\n1.5,2.5\n2.5,3.5\n",
            "latents (CSV)",
            "a CSV of 2 numeric columns, none of them a metric",
        ),
    ],
)
def test_the_reader_of_a_document_is_chosen_by_its_evidence(data, name, reason):
    document = Document("log", BytesIO(data))
    understood = [
        (reader.name, evidence.reason)
        for reader in READERS
        if (evidence := reader.evidence(document)) is not None and evidence.understood
    ]
    assert understood[0] == (name, reason)


def test_commas_do_not_make_a_csv_if_no_column_is_a_metric():
    facts = read("Epoch 1, Loss: 512, KL: 3\nEpoch 2, Loss: 400, KL: 4\n")
    assert losses(facts) == [512.0, 400.0] and losses(facts, name="kl") == [3.0, 4.0]


def test_a_csv_without_metrics_is_refused_with_its_columns():
    with pytest.raises(DiagnosisError, match=r"log has no loss, reconstruction or KL \(it has speed, heat\)"):
        read("name,speed,heat\na,1,x\nb,2,3\n")


def test_a_large_latents_file_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("latentkit.diagnosis.readers.reader.LARGEST", 100)
    np.savez(tmp_path / "z.npz", mu=np.zeros((50, 3), np.float32))
    assert read_path(str(tmp_path / "z.npz")).source.endswith("latents of 50 images, 3 dimensions")
