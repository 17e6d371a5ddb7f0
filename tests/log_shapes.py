"""Render one training as the logs of about 20 habits, for the tests of their readers."""

import json
import math
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["FOLDERS", "SHAPES", "Epoch", "crc32c", "event_file"]


class Epoch(NamedTuple):
    """The metrics of one epoch; without validation, `val_loss` is None."""

    loss: float
    reconstruction: float
    kl: float
    val_loss: float | None
    val_kl: float | None


Training = Sequence[Epoch]


def _text(value: float) -> str:
    return repr(value)


def _lines(
    line: Callable[[int, Epoch], str], side: Callable[[Epoch], str] = lambda epoch: ""
) -> Callable[[Training], str]:
    def render(training: Training) -> str:
        return "".join(
            line(number, epoch) + (side(epoch) if epoch.val_loss is not None else "") + "\n"
            for number, epoch in enumerate(training, 1)
        )

    return render


def _columns(training: Training) -> dict[str, list[float]]:
    columns = {
        "loss": [epoch.loss for epoch in training],
        "recon_loss": [epoch.reconstruction for epoch in training],
        "kl_loss": [epoch.kl for epoch in training],
    }
    if training[0].val_loss is not None:
        columns |= {
            "val_loss": [epoch.val_loss for epoch in training],
            "val_kl_loss": [epoch.val_kl for epoch in training],
        }
    return columns


def _csv(training: Training, names: Sequence[str] | None = None, delimiter: str = ",") -> str:
    columns = _columns(training)
    header = delimiter.join(["epoch", *(names or list(columns))[: len(columns)]])
    rows = [
        delimiter.join([str(at + 1), *(_text(column[at]) for column in columns.values())])
        for at in range(len(training))
    ]
    return "\n".join([header, *rows]) + "\n"


def _wandb(training: Training) -> str:
    columns = _columns(training)
    names = [f'"run-1 - {name}","run-1 - {name}__MIN","run-1 - {name}__MAX"' for name in columns]
    rows = [
        ",".join([f'"{at + 1}"', *(f'"{column[at]!r}"' for column in columns.values() for _ in range(3))])
        for at in range(len(training))
    ]
    return "\n".join([",".join(['"epoch"', *names]), *rows]) + "\n"


def _lightning(training: Training) -> str:
    lines = ["epoch,step,train_loss,train_recon,train_kl,val_loss,val_kl"]
    for number, epoch in enumerate(training, 1):
        if epoch.val_loss is not None:
            lines.append(f"{number},{number * 9},,,,{epoch.val_loss!r},{epoch.val_kl!r}")
        lines.append(f"{number},{number * 9},{epoch.loss!r},{epoch.reconstruction!r},{epoch.kl!r},,")
    return "\n".join(lines) + "\n"


def _trainer(training: Training) -> str:
    log: list[dict[str, float | None]] = []
    for number, epoch in enumerate(training, 1):
        log.append(
            {"loss": epoch.loss, "recon_loss": epoch.reconstruction, "kl_loss": epoch.kl, "epoch": number}
        )
        if epoch.val_loss is not None:
            log.append(
                {
                    "eval_loss": epoch.val_loss,
                    "eval_kl_loss": epoch.val_kl,
                    "eval_runtime": 1.5,
                    "epoch": number,
                }
            )
    log.append({"train_runtime": 9.5, "train_loss": 1e6, "epoch": len(training)})
    return json.dumps({"best_metric": None, "log_history": log, "global_step": 99})


def _keras(training: Training) -> str:
    def bar(epoch: Epoch) -> str:
        text = f"9/9 [==============================] - 1s 86ms/step - kl_loss: {epoch.kl!r} - loss: {epoch.loss!r} - recon_loss: {epoch.reconstruction!r}"
        return (
            text
            if epoch.val_loss is None
            else f"{text} - val_kl_loss: {epoch.val_kl!r} - val_loss: {epoch.val_loss!r}"
        )

    return "".join(
        f"Epoch {number}/{len(training)}\n 5/9 [===>...] - ETA: 0s - loss: 7e9\r{bar(epoch)}\n"
        for number, epoch in enumerate(training, 1)
    )


def _aligned(training: Training) -> str:
    table = [line.split(",") for line in _csv(training).splitlines()]
    return "".join("  ".join(f"{cell:>24}" for cell in row) + "\n" for row in table)


def _bars(training: Training) -> str:
    table = [line.split(",") for line in _csv(training).splitlines()]
    rows = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([rows[0], "|" + "---|" * len(table[0]), *rows[1:]]) + "\n"


def _blocks(training: Training) -> str:
    text = ""
    for number, epoch in enumerate(training, 1):
        text += f"Epoch {number}\n----------\nTraining:\n  loss: {epoch.loss!r}\n  recon: {epoch.reconstruction!r}\n  kl: {epoch.kl!r}\n"
        if epoch.val_loss is not None:
            text += f"Validation:\n  loss: {epoch.val_loss!r}\n  kl: {epoch.val_kl!r}\n"
    return text


SHAPES: dict[str, Callable[[Training], str]] = {
    "Keras bars": _keras,
    "print with commas": _lines(
        lambda n, e: (
            f"Epoch {n}, train loss: {e.loss!r}, train recon: {e.reconstruction!r}, train kl: {e.kl!r}"
        ),
        lambda e: f", val loss: {e.val_loss!r}, val kl: {e.val_kl!r}",
    ),
    "print with tabs": _lines(
        lambda n, e: f"Epoch: {n}\tLoss: {e.loss!r}\tRecon: {e.reconstruction!r}\tKLD: {e.kl!r}",
        lambda e: f"\tVal loss: {e.val_loss!r}\tVal KLD: {e.val_kl!r}",
    ),
    "bars without colons": _lines(
        lambda n, e: f"| epoch {n:3d} | loss {e.loss!r} | recon {e.reconstruction!r} | kl {e.kl!r}",
        lambda e: f" | valid loss {e.val_loss!r} | valid kl {e.val_kl!r}",
    ),
    "equal signs": _lines(
        lambda n, e: f"[{n}/99] train_loss={e.loss!r} train_recon={e.reconstruction!r} train_kl={e.kl!r}",
        lambda e: f" val_loss={e.val_loss!r} val_kl={e.val_kl!r}",
    ),
    "sides on lines": _lines(
        lambda n, e: (
            f"Epoch: {n:02d} | Time: 0m 12s\n\tTrain Loss: {e.loss!r} | Train Recon: {e.reconstruction!r} | Train KL: {e.kl!r}"
        ),
        lambda e: f"\n\t Val. Loss: {e.val_loss!r} | Val. KL: {e.val_kl!r}",
    ),
    "phases": _lines(
        lambda n, e: (
            f"Epoch {n}/99\n----------\ntrain Loss: {e.loss!r} Recon: {e.reconstruction!r} KL: {e.kl!r}"
        ),
        lambda e: f"\nval Loss: {e.val_loss!r} KL: {e.val_kl!r}",
    ),
    "headings in brackets": _lines(
        lambda n, e: f"Epoch {n} [train] loss {e.loss!r} recon {e.reconstruction!r} kl {e.kl!r}",
        lambda e: f" [val] loss {e.val_loss!r} kl {e.val_kl!r}",
    ),
    "blocks": _blocks,
    "logging": _lines(
        lambda n, e: (
            f"2026-01-01 10:00:00,123 - INFO - epoch {n} - loss: {e.loss!r} - recon: {e.reconstruction!r} - kl: {e.kl!r}"
        ),
        lambda e: f" - val_loss: {e.val_loss!r} - val_kl: {e.val_kl!r}",
    ),
    "tqdm": _lines(
        lambda n, e: (
            f"Epoch {n}/99: 100%|██████| 94/94 [00:12<00:00,  7.52it/s, kl={e.kl!r}, loss={e.loss!r}, recon={e.reconstruction!r}]"
        ),
        lambda e: f"\nval: 100%|████| 9/9 [00:01<00:00,  9.5it/s, kl={e.val_kl!r}, loss={e.val_loss!r}]",
    ),
    "printed dicts": _lines(
        lambda n, e: (
            f"Epoch {n} {{'loss': {e.loss!r}, 'recons_loss': {e.reconstruction!r}, 'kl_loss': {e.kl!r}"
        ),
        lambda e: f", 'val_loss': {e.val_loss!r}, 'val_kl_loss': {e.val_kl!r}",
    ),
    "tuples": _lines(
        lambda n, e: f"('epoch', {n}, 'loss', {e.loss!r}, 'recon', {e.reconstruction!r}, 'kl', {e.kl!r}",
        lambda e: f", 'val_loss', {e.val_loss!r}, 'val_kl', {e.val_kl!r}",
    ),
    "CSV": _csv,
    "CSV in camel case": lambda training: _csv(
        training, ["trainLoss", "trainReconLoss", "trainKL", "valLoss", "valKL"]
    ),
    "CSV with semicolons": lambda training: _csv(training, delimiter=";"),
    "W&B": _wandb,
    "Lightning": _lightning,
    "aligned table": _aligned,
    "table with bars": _bars,
    "JSON lines": lambda training: "".join(
        json.dumps({"epoch": at + 1} | {name: column[at] for name, column in _columns(training).items()})
        + "\n"
        for at in range(len(training))
    ),
    "JSON of lists": lambda training: json.dumps(_columns(training)),
    "Hugging Face Trainer": _trainer,
}
"""Ways to write a log. Each writes the epochs 1, 2, ... and the exact values."""


# TensorBoard -------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _block(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def crc32c(data: bytes) -> int:
    """Compute CRC-32C bit by bit, without the table that the reader uses."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def _record(data: bytes) -> bytes:
    def masked(part: bytes) -> bytes:
        crc = crc32c(part)
        return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)

    size = struct.pack("<Q", len(data))
    return size + masked(size) + data + masked(data)


def event_file(path: Path, series: dict[str, Sequence[float]], first: int = 1) -> None:
    """Write an event file with doubles, one step per value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b""
    for tag, values in series.items():
        for step, value in enumerate(values, first):
            tensor = _varint(1 << 3) + _varint(2) + _block(4, struct.pack("<d", value))
            summary = _block(1, _block(1, tag.encode()) + _block(8, tensor))
            data += _record(
                b"\x09" + struct.pack("<d", 1.7e9) + _varint(2 << 3) + _varint(step) + _block(5, summary)
            )
    path.write_bytes(data)


def _sides(names: tuple[str, str]) -> Callable[[Path, Training], None]:
    def write(folder: Path, training: Training) -> None:
        columns = _columns(training)
        train = {name: column for name, column in columns.items() if not name.startswith("val_")}
        event_file(folder / names[0] / "events.out.tfevents.1.vm.7.0", train)
        if training[0].val_loss is not None:
            validation = {name[4:]: column for name, column in columns.items() if name.startswith("val_")}
            event_file(folder / names[1] / "events.out.tfevents.1.vm.7.1", validation)

    return write


def _one_writer(folder: Path, training: Training) -> None:
    event_file(folder / "events.out.tfevents.1.vm.7.0", _columns(training))


def _add_scalars(folder: Path, training: Training) -> None:
    event_file(folder / "events.out.tfevents.1.vm.7.0", {"learning_rate": [1e-3]})
    for name, column in _columns(training).items():
        side = "val" if name.startswith("val_") else "train"
        tag = name.removeprefix("val_")
        event_file(folder / f"{tag}_{side}" / "events.out.tfevents.1.vm.7.1", {tag: column})


FOLDERS: dict[str, Callable[[Path, Training], None]] = {
    "one writer": _one_writer,
    "train and validation": _sides(("train", "validation")),
    "train and val": _sides(("train", "val")),
    "runs with a prefix": _sides(("exp_train", "exp_eval")),
    "add_scalars": _add_scalars,
}
"""Ways to write TensorBoard events."""


def finite(training: Training) -> bool:
    """Return whether every metric is finite."""
    return all(value is None or math.isfinite(value) for epoch in training for value in epoch)
