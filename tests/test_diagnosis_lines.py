"""Printed logs: Keras progress bars pasted from a terminal, and lines of names and numbers."""

from io import BytesIO

import pytest

from latentkit.diagnosis.readers import read_stream
from latentkit.errors import DiagnosisError

FOUNDING = """Epoch 1/2
2164/2164 [==============================] - 872s 403ms/step - loss: 6668.9662 - accuracy: 0.7253 - val_loss: 3785921.0000 - val_accuracy: 0.9982
Epoch 2/2
2164/2164 [==============================] - 869s 401ms/step - loss: 0.0000e+00 - accuracy: 1.0000 - val_loss: 3857374.2500 - val_accuracy: 0.9983
"""


def read(text: str | bytes):
    return read_stream(BytesIO(text.encode() if isinstance(text, str) else text), "log")


def test_the_founding_log():
    facts = read(FOUNDING)
    assert facts.source == "log: a Keras progress log with 2164 steps per epoch, 2 epochs"
    assert facts.series("train", "loss") == [("epoch 1", 6668.9662), ("epoch 2", 0.0)]
    assert facts.series("validation", "loss") == [("epoch 1", 3785921.0), ("epoch 2", 3857374.25)]
    assert facts.accuracies == {"accuracy": 1.0, "val_accuracy": 0.9983}
    assert facts.steps == 2164
    assert facts.unread == ()


def test_keras_3_with_colors_backspaces_and_updates_in_place():
    log = (
        "Epoch 1/2\n\r\x1b[1m 1/20\x1b[0m \x1b[32m━\x1b[0m\x1b[37m━━━\x1b[0m \x1b[1m43s\x1b[0m 2s/step - accuracy: 0.0 - loss: 9.3195"
        + "\x08" * 74
        + "\r\x1b[1m20/20\x1b[0m \x1b[32m━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m4s\x1b[0m 90ms/step - accuracy: 0.2500 - kl_loss: 1.5e-05"
        " - loss: 0.4783 - val_loss: 3.437e+02\nEpoch 2/2\n\r20/20 - 1s - 18ms/step - loss: 0.25 - val_loss: nan\n"
    )
    facts = read(log)
    assert facts.steps == 20
    assert facts.series("train", "loss") == [("epoch 1", 0.4783), ("epoch 2", 0.25)]
    assert facts.series("train", "kl") == [("epoch 1", 1.5e-05)]
    first, second = facts.series("validation", "loss")
    assert first == ("epoch 1", 343.7) and str(second) == "('epoch 2', nan)"


def test_the_last_values_of_an_epoch_count():
    log = "Epoch 1/1\n 5/50 [>....] - ETA: 1:02 - loss: 90.5\r25/50 [=>...] - ETA: 3s - loss: 50.5\r50/50 [====] - 3s 9ms/step - loss: 20.5 - val_loss: 19\n"
    facts = read(log)
    assert facts.series("train", "loss") == [("epoch 1", 20.5)] and facts.steps == 50


def test_a_second_fit_starts_a_new_history():
    log = "Epoch 1/2\n9/9 [=] - loss: 3.0\nEpoch 2/2\n9/9 [=] - loss: 2.0\nEpoch 1/2\n9/9 [=] - loss: 1.5\n"
    assert [value for _, value in read(log).series("train", "loss")] == [3.0, 2.0, 1.5]


def test_code_pasted_with_a_log_is_read_for_its_validation_arguments():
    facts = read(
        "vae.fit(X, validation_data=next( X_val ),\n   validation_steps=5, validation_split=0.2)\n" + FOUNDING
    )
    assert facts.code is not None
    assert facts.code.next_batch == "validation_data=next( X_val )"
    assert facts.code.validation_steps == 5
    assert facts.code.validation_split == 0.2


def test_lines_in_the_style_of_the_pytorch_example():
    log = (
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 550.513\nTrain Epoch: 1 [59520/60000 (99%)]\tLoss: 130.2\n"
        "====> Epoch: 1 Average loss: 164.46\n====> Test set loss: 127.85\n====> Epoch: 2 Average loss: 121.5\n====> Test set loss: 115.6\n"
    )
    facts = read(log)
    assert facts.series("train", "loss") == [("epoch 1", 164.46), ("epoch 2", 121.5)]
    assert facts.series("validation", "loss") == [("epoch 1", 127.85), ("epoch 2", 115.6)]


def test_lines_of_equal_signs_and_bars():
    facts = read("[epoch 3/10] train_loss=12.5 | recon=10.0 | kld=2.5 | val loss: 13.25 | lr=1e-3\n")
    assert facts.rows[0].train == {"loss": 12.5, "reconstruction": 10.0, "kl": 2.5}
    assert facts.rows[0].validation == {"loss": 13.25}


def test_a_zero_with_few_digits_is_ignored_with_a_note():
    facts = read("epoch 1 loss: 0.00 kl: 1.5\n")
    assert facts.series("train", "loss") == []
    assert "loss 0.00 is ignored: it is rounded" in facts.unread[0]


@pytest.mark.parametrize(
    "text",
    ["", "   \n\n", "hello world", "accurate: yes\n", "\x00\x01\x02" * 50, "{", "[]", "epoch 1\nepoch 2"],
)
def test_text_without_metrics_is_refused_by_name(text):
    with pytest.raises(DiagnosisError, match="log"):
        read(text)


def test_utf_16_as_powershell_writes_it():
    facts = read("Epoch 1/1\n9/9 [=] - loss: 3.5\n".encode("utf-16"))
    assert facts.series("train", "loss") == [("epoch 1", 3.5)]
