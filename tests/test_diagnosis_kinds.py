"""Logs as people have them: the sides, names, runs and NaNs of each kind are read, or it is said what is not understood."""

import json
import time
from io import BytesIO
from pathlib import Path

import pytest
from log_shapes import event_file

from latentkit.diagnosis import Diagnosis, Facts, judge, to_json, to_text
from latentkit.diagnosis.readers import read_path, read_stream
from latentkit.diagnosis.readers.columns import interpret
from latentkit.diagnosis.readers.lines import parse
from latentkit.errors import DiagnosisError

TRAIN, VALIDATION = [0.912, 0.44], [48.2, 47.9]


def read(text: str, name: str = "log") -> Facts:
    return read_stream(BytesIO(text.encode()), name)


def diagnosed(text: str) -> Diagnosis:
    return judge(read(text))


def losses(facts: Facts, side="train", name="loss") -> list[float]:
    return [value for _, value in facts.series(side, name)]


def ids(text: str) -> set[str]:
    """Return the ids of errors and warnings."""
    return {finding.id for finding in diagnosed(text).findings if finding.severity != "note"}


def plain(text: str) -> str:
    return " ".join(text.split())


# Two sides ---------------------------------------------------------------------------------------

TWO_SIDES = [
    "Epoch 1\nTrain: loss {0} kl 3.1\nVal: loss {1} kl 3.0\nEpoch 2\nTrain: loss {2} kl 3.3\nVal: loss {3} kl 3.1\n",
    "=== Epoch 1 ===\nTraining...\n  loss: {0}\nValidating...\n  loss: {1}\n=== Epoch 2 ===\nTraining...\n  loss: {2}\nValidating...\n  loss: {3}\n",
    "train loss: {0}\neval loss: {1}\n-----\ntrain loss: {2}\neval loss: {3}\n",
    "Epoch 1\n-------\nloss: {0}  [   64/60000]\nTest Error: \n Avg loss: {1} \n\nEpoch 2\n-------\nloss: {2}  [   64/60000]\nTest Error: \n Avg loss: {3} \n",
    "Train Epoch: 1 [0/60000 (0%)]\tLoss: {0}\n\nTest set: Average loss: {1}\n\nTrain Epoch: 2 [0/60000 (0%)]\tLoss: {2}\n\nTest set: Average loss: {3}\n",
    "Epoch 1/2 | train: {0} | val: {1}\nEpoch 2/2 | train: {2} | val: {3}\n",
    "Epoch 1/2 | Loss: train={0} val={1}\nEpoch 2/2 | Loss: train={2} val={3}\n",
    "step 0: train loss {0}, val loss {1}\nstep 250: train loss {2}, val loss {3}\n",
    "iter 100: train loss: {0}\niter 100: dev loss: {1}\niter 200: train loss: {2}\niter 200: dev loss: {3}\n",
    "Epoch: 01 took 0m 12s\n\tTrain Loss: {0} | Train PPL: 2.5\n\t Val. Loss: {1} | Val. PPL: 3.0\nEpoch: 02 took 0m 12s\n\tTrain Loss: {2}\n\t Val. Loss: {3}\n",
    "Epoch 1/2\n----------\ntrain Loss: {0} KL: 3.1\nval Loss: {1} KL: 3.0\n\nEpoch 2/2\n----------\ntrain Loss: {2} KL: 3.2\nval Loss: {3} KL: 3.0\n\nTraining complete in 2m 3s\nBest val Loss: 0.001\n",
    "EPOCH 1:\n  batch 1000 loss: 1.6\nLOSS train {0} valid {1}\nEPOCH 2:\n  batch 1000 loss: 1.6\nLOSS train {2} valid {3}\n",
    "Epoch 1 finished. Average training loss = {0}\nEvaluation: average loss = {1}\nEpoch 2 finished. Average training loss = {2}\nEvaluation: average loss = {3}\n",
    "Epoch 1 [Train]: 100%|██| 9/9 [00:12<00:00, loss={0}]\nEpoch 1 [Val]: 100%|██| 9/9 [00:12<00:00, loss={1}]\nEpoch 2 [Train]: 100%|██| 9/9 [00:12<00:00, loss={2}]\nEpoch 2 [Val]: 100%|██| 9/9 [00:12<00:00, loss={3}]\n",
    "{{'epoch': 1, 'train': {{'loss': {0}}}, 'val': {{'loss': {1}}}}}\n{{'epoch': 2, 'train': {{'loss': {2}}}, 'val': {{'loss': {3}}}}}\n",
    "epoch | train loss | val loss\n------+------------+---------\n1 | {0} | {1}\n2 | {2} | {3}\n",
    "2026/01/01 10:00:00 - mmengine - INFO - Epoch(train)   [1][100/100]  lr: 1.0000e-03  eta: 0:10:00  time: 0.1  loss: {0}\n2026/01/01 10:00:00 - mmengine - INFO - Epoch(val)   [1][10/10]  loss: {1}\n2026/01/01 10:00:00 - mmengine - INFO - Epoch(train)   [2][100/100]  loss: {2}\n2026/01/01 10:00:00 - mmengine - INFO - Epoch(val)   [2][10/10]  loss: {3}\n",
    "Epoch 1: {{'train_loss': np.float64({0}), 'val_loss': np.float64({1})}}\nEpoch 2: {{'train_loss': np.float64({2}), 'val_loss': np.float64({3})}}\n",
    "Epoch: 1\nTrain loss: tensor({0}, grad_fn=<MeanBackward0>)\nVal loss: tensor({1})\nEpoch: 2\nTrain loss: tensor({2})\nVal loss: tensor({3})\n",
    "[2026-01-01 10:00:00,123][trainer.py:88][INFO] - epoch=1 | loss/train={0} | loss/val={1}\n[2026-01-01 10:00:00,123][trainer.py:88][INFO] - epoch=2 | loss/train={2} | loss/val={3}\n",
]


TWO_SIDES += [
    "iter 0: loss 5.5, time 12ms, mfu 3.5%\nstep 250: train loss {0}, val loss {1}\niter 250: loss 0.8, time 12ms\nstep 500: train loss {2}, val loss {3}\niter 500: loss 0.4\n",
    "| epoch 001 | loss {0} | ppl 1.5 | wps 1200\n| epoch 001 | valid on 'valid' subset | loss {1}\n| epoch 002 | loss {2}\n| epoch 002 | valid on 'valid' subset | loss {3}\n",
    '{{"mode": "train", "epoch": 1, "iter": 10, "loss": {0}}}\n{{"mode": "val", "epoch": 1, "loss": {1}}}\n{{"mode": "train", "epoch": 2, "loss": {2}}}\n{{"mode": "val", "epoch": 2, "loss": {3}}}\n',
    "epoch,phase,loss\n1,train,{0}\n1,val,{1}\n2,train,{2}\n2,val,{3}\n",
    "Epoch 1 took 12.5s\n  training loss (in-iteration): \t{0}\n  validation loss: \t\t{1}\nEpoch 2 took 12.5s\n  training loss (in-iteration): \t{2}\n  validation loss: \t\t{3}\n",
    "epoch=1; train: loss={0}; val: loss={1}\nepoch=2; train: loss={2}; val: loss={3}\n",
    "[Train] Epoch 1 Loss {0}\n[Eval] Epoch 1 Loss {1}\n[Train] Epoch 2 Loss {2}\n[Eval] Epoch 2 Loss {3}\n",
    "Training epoch 1: loss={0}\nValidating epoch 1: loss={1}\nTraining epoch 2: loss={2}\nValidating epoch 2: loss={3}\n",
    "Train loss at epoch 1: {0}\nVal loss at epoch 1: {1}\nTrain loss at epoch 2: {2}\nVal loss at epoch 2: {3}\n",
    "Validation loss: {1}\nTraining loss: {0}\nValidation loss: {3}\nTraining loss: {2}\n",
    "loss (train) {0} loss (val) {1}\nloss (train) {2} loss (val) {3}\n",
    "1: train {0}, val {1}\n2: train {2}, val {3}\n",
    "epoch,train_loss,val_loss\n1,{0},{1}\nepoch,train_loss,val_loss\n2,{2},{3}\n",
    "train_loss = 0\nval_loss = 0.0\nfor epoch in range(2):\nEpoch 1: train={0}, val={1}, time=3.2s\nEpoch 2: train={2}, val={3}, time=3.2s\n",
    '{{"train_losses": [{0}, {2}], "val_losses": [{1}, {3}]}}',
    '{{"train": {{"loss": [{0}, {2}]}}, "val": {{"loss": [{1}, {3}]}}}}',
]


@pytest.mark.parametrize("template", TWO_SIDES)
def test_training_and_validation_are_told_apart_and_paired(template):
    text = template.format(TRAIN[0], VALIDATION[0], TRAIN[1], VALIDATION[1])
    facts = read(text)
    assert losses(facts) == TRAIN and losses(facts, "validation") == VALIDATION
    assert ids(text) == {"P3", "P4"}


def test_a_heading_ends_with_the_next_epoch():
    text = "Epoch 1\nloss: 0.9\nValidation:\nloss: 1.1\nEpoch 2\nloss: 0.8\nValidation:\nloss: 1.0\n"
    assert losses(read(text)) == [0.9, 0.8]


def test_metrics_before_a_side_in_a_line_are_not_of_that_side():
    facts = read("Epoch 1 loss 0.9 kl 3.5 val loss 1.1\n")
    assert losses(facts, name="kl") == [3.5] and losses(facts, "validation") == [1.1]


def test_a_metric_without_a_side_after_both_sides_is_of_training():
    facts = read("Epoch 1 loss 0.9 | val loss 1.1 | kl 3.5\n")
    assert losses(facts, name="kl") == [3.5] and losses(facts, "validation", "kl") == []


def test_validation_and_test_are_not_mixed():
    facts = read("epoch,loss,val_loss,test_loss\n1,0.9,1.1,500\n2,0.8,1.0,500\n")
    assert losses(facts, "validation") == [1.1, 1.0]


def test_epochs_are_counted_if_none_is_printed():
    facts = read("Train loss: 31.5\nEval loss: 2977.5\n---\nTrain loss: 27.5\nEval loss: 2951.5\n")
    assert [row.place for row in facts.rows] == ["epoch 1", "epoch 2"]
    assert any("no epoch is printed" in note for note in facts.unread)


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "quantity", "side"),
    [
        ("trainLoss", "loss", "train"),
        ("valKLLoss", "kl", "validation"),
        ("vae_kl_loss", "kl", "train"),
        ("val_vae_r_loss", "reconstruction", "validation"),
        ("loss_kl", "kl", "train"),
        ("kl_local_train", "kl", "train"),
        ("elbo_validation", "elbo", "validation"),
        ("loss_recon", "reconstruction", "train"),
        ("recon_mse", "reconstruction", "train"),
        ("nll_loss", "reconstruction", "train"),
        ("val/rec_loss", "reconstruction", "validation"),
        ("val/aeloss", "loss", "validation"),
        ("test_lower_bound", "elbo", "validation"),
        ("LB", "elbo", "train"),
        ("train_neg_elbo", "loss", "train"),
        ("heldout_mse_loss", "reconstruction", "validation"),
        ("dev.totalLoss", "loss", "validation"),
        ("my_model_kl", "kl", "train"),
        ("epoch_val_losses", "loss", "validation"),
        ("Dec_VAE_Output_loss", "output", "train"),
        ("val_disc_loss", "output", "validation"),
        ("eval_runtime", "seconds", None),
        ("trainer/global_step", "step", None),
    ],
)
def test_names_are_understood_by_rule(name, quantity, side):
    meaning = interpret(name)
    assert meaning is not None and (meaning.quantity, meaning.side) == (quantity, side)


@pytest.mark.parametrize(
    "name",
    ["best_val_loss", "kl_threshold", "recon_psnr", "recall", "clock", "loss_ratio", "std_dev", "final_loss"],
)
def test_names_that_only_resemble_a_metric_are_not_taken_for_one(name):
    assert interpret(name) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((-120.5, -100.5), [120.5, 100.5]),
        ((812.5, 402.5), [812.5, 402.5]),
        ((100.5, 240.5), [-100.5, -240.5]),
        ((-5.5, 7.5), [5.5, -7.5]),
        ((-100.5, -140.5), [100.5, 140.5]),
    ],
)
def test_the_sign_of_an_elbo_follows_from_its_values(values, expected):
    facts = read(f"Epoch: 1 Train ELBO: {values[0]}\nEpoch: 2 Train ELBO: {values[1]}\n")
    assert losses(facts) == expected
    assert (values[0] > 0) == any("elbo is positive" in note for note in facts.unread)


def test_the_loss_of_a_whole_run_does_not_replace_the_series():
    facts = read(
        "{'loss': 0.9, 'epoch': 1}\n{'loss': 0.4, 'epoch': 2}\n{'train_loss': 0.6, 'train_runtime': 9.5, 'epoch': 2}\n"
    )
    assert losses(facts) == [0.9, 0.4]


def test_what_a_column_was_taken_for_is_listed():
    text = to_text(diagnosed("epoch,trainLoss,valLoss,speed\n1,0.9,1.1,5\n2,0.8,1.0,5\n"))
    assert "read as: trainLoss = training loss; valLoss = validation loss" in text
    assert "ignored columns: speed" in text


# Downloads of trackers ---------------------------------------------------------------------------


def test_a_weights_and_biases_download_loses_the_run_and_the_extremes():
    text = '"Step","sun-12 - train/loss","sun-12 - train/loss__MIN","sun-12 - train/loss__MAX","sun-12 - val/loss","sun-12 - val/loss__MIN","sun-12 - val/loss__MAX"\n'
    text += '"0","0.912","0.1","9","","",""\n"10","0.44","0.1","9","48.2","1","99"\n'
    facts = read(text)
    assert losses(facts) == TRAIN and losses(facts, "validation") == [48.2]
    assert [row.place for row in facts.rows] == ["step 0", "step 10"]
    assert facts.unread == ()


@pytest.mark.parametrize(
    "text",
    [
        '"Step","a-1 - val_loss","a-1 - val_loss__MIN","b-2 - val_loss","b-2 - val_loss__MIN"\n1,0.5,0.5,48,48\n2,0.4,0.4,47,47\n',
        '"epoch","a-1 - loss","b-2 - loss"\n1,0.5,48\n2,0.4,47\n',
        "run_id,key,value,step\na-1,loss,0.5,1\na-1,loss,0.4,2\nb-2,loss,48,1\nb-2,loss,47,2\n",
        "Name,Run ID,train_loss,val_loss\nx,a-1,0.5,0.6\ny,b-2,48,49\n",
    ],
)
def test_a_download_of_two_runs_is_refused_by_name(text):
    with pytest.raises(DiagnosisError, match=r"log has 2 runs \(a-1, b-2\)"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "seed,epoch,loss\n0,1,0.5\n0,2,0.4\n1,1,48\n1,2,47\n",
        '{"seed": 0, "epoch": 1, "loss": 0.5}\n{"seed": 1, "epoch": 1, "loss": 48}\n',
    ],
)
def test_several_seeds_in_a_table_are_refused_by_name(text):
    with pytest.raises(DiagnosisError, match=r"log has 2 runs \((seed )?0, (seed )?1\)"):
        read(text)


def test_a_file_of_mlflow_is_named_after_its_metric():
    facts = read("1700000000000 0.9 0\n1700000001000 0.8 1\n", "mlruns/0/abc/metrics/val_loss")
    assert losses(facts, "validation") == [0.9, 0.8]


def test_a_table_with_a_row_for_each_value_is_turned():
    facts = read(
        "run_id,key,value,step\na,loss,0.912,1\na,loss,0.44,2\na,val_loss,48.2,1\na,val_loss,47.9,2\n"
    )
    assert losses(facts) == TRAIN and losses(facts, "validation") == VALIDATION
    assert facts.pairs("loss") == [("step 1", 0.912, 48.2), ("step 2", 0.44, 47.9)]


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("run-exp1-tag-val_loss.csv", "validation"),
        ("run-exp_validation-tag-epoch_loss.csv", "validation"),
        ("run-exp_train-tag-epoch_loss.csv", "train"),
        ("exp1-tag-Loss_test.csv", "validation"),
        ("val_loss.csv", "validation"),
    ],
)
def test_the_tag_of_a_tensorboard_download_is_in_its_name(name, side):
    facts = read("Wall time,Step,Value\n1700000000.5,1,0.9\n1700000009.5,2,0.8\n", f"/logs/{name}")
    assert losses(facts, side) == [0.9, 0.8]


# TensorBoard -------------------------------------------------------------------------------------

EVENTS = "events.out.tfevents.1.vm.7.0"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("train", "val"),
        ("train", "dev"),
        ("exp_train", "exp_test"),
        ("a/training", "a/valid"),
        ("loss_train", "loss_val"),
    ],
)
def test_folders_of_two_sides_are_one_run(tmp_path, first, second):
    event_file(tmp_path / first / EVENTS, {"loss": TRAIN})
    event_file(tmp_path / second / EVENTS, {"loss": VALIDATION})
    facts = read_path(str(tmp_path))
    assert losses(facts) == TRAIN and losses(facts, "validation") == VALIDATION
    assert facts.framework == "pytorch"


@pytest.mark.parametrize(
    "folders",
    [
        ("version_9", "version_10"),
        ("seed0", "seed1"),
        ("a/train", "b/train"),
        ("x_train", "y_train"),
        (".", "other"),
    ],
)
def test_several_runs_are_named_and_never_merged(tmp_path, folders):
    for number, folder in enumerate(folders):
        event_file(tmp_path / folder / EVENTS, {"loss": [number + 0.5, number + 0.25]})
    with pytest.raises(DiagnosisError, match="2 runs, which are not merged") as error:
        read_path(str(tmp_path))
    assert all(folder.split("/")[0] in str(error.value) for folder in folders)
    facts = read_path(str(tmp_path / folders[1]))
    assert losses(facts) == [1.5, 1.25]


def test_a_file_that_begins_anew_is_another_run_and_one_that_continues_is_not(tmp_path):
    event_file(tmp_path / "events.out.tfevents.1.vm.7.0", {"loss": [0.9, 0.8]})
    event_file(tmp_path / "events.out.tfevents.2.vm.7.0", {"loss": [0.7, 0.6]}, first=3)
    assert losses(read_path(str(tmp_path))) == [0.9, 0.8, 0.7, 0.6]
    event_file(tmp_path / "events.out.tfevents.3.vm.7.0", {"loss": [5.5, 4.5]})
    with pytest.raises(DiagnosisError, match="2 runs in one folder"):
        read_path(str(tmp_path))


def test_lines_of_add_scalars_may_be_metrics(tmp_path):
    event_file(tmp_path / "losses_recon" / EVENTS, {"losses": [5.5]})
    event_file(tmp_path / "losses_kl" / EVENTS, {"losses": [1.5]})
    facts = read_path(str(tmp_path))
    assert losses(facts, name="kl") == [1.5] and losses(facts, name="reconstruction") == [5.5]


def test_hyperparameters_are_no_run(tmp_path):
    event_file(tmp_path / EVENTS, {"loss": [0.9, 0.8]})
    event_file(tmp_path / "1700000000.123" / EVENTS, {"loss": [0.8]})
    assert losses(read_path(str(tmp_path))) == [0.9, 0.8]


def test_sides_at_different_steps_are_compared_with_the_training_before(tmp_path):
    event_file(tmp_path / "train" / EVENTS, {"loss": [0.9, 0.8, 0.7, 0.6]})
    event_file(tmp_path / "val" / EVENTS, {"loss": [48.5]}, first=9)
    assert read_path(str(tmp_path)).pairs("loss") == [("step 9", 0.6, 48.5)]


def test_the_latest_of_several_logs_is_judged_and_the_others_are_named(tmp_path):
    for version in (1, 9, 10):
        folder = tmp_path / f"version_{version}"
        folder.mkdir()
        (folder / "metrics.csv").write_text(f"epoch,step,train_loss\n0,1,{version}.5\n1,2,{version}.25\n")
    facts = read_path(str(tmp_path))
    assert losses(facts) == [10.5, 10.25]
    assert (
        "3 logs; only version_10/metrics.csv is judged, not the others: version_1, version_9"
        in facts.unread[0]
    )


# NaN ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss,val_loss\n0,231.5,nan\n1,176.5,nan\n2,164.5,nan\n",
        "epoch,kl_loss,loss,val_kl_loss,val_loss\n0,4.5,231.5,nan,nan\n1,5.5,176.5,nan,nan\n",
        '{"loss": [231.5, 176.5], "val_loss": [NaN, NaN]}',
        '{"epoch": 1, "loss": 231.5, "val_loss": NaN}\n{"epoch": 2, "loss": 176.5, "val_loss": NaN}\n',
        "epoch,step,train_loss_step,train_loss_epoch,val_loss\n0,49,90.5,NaN,NaN\n0,99,81.5,NaN,NaN\n0,99,NaN,85.5,NaN\n",
        "epoch;train_loss;valid_loss\n0;231.5;NaN\n1;176.5;NaN\n",
    ],
)
def test_a_validation_that_was_never_a_number_was_not_run(text):
    result = diagnosed(text)
    assert [(finding.id, finding.severity) for finding in result.findings] == [("P4", "note")]
    assert (
        "no validation was run" in result.findings[0].evidence and "CSVLogger" in result.findings[0].evidence
    )
    assert result.sound and result.healthy == (len(result.facts.rows) >= 3)


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss,val_loss\n0,5.5,nan\n1,4.5,nan\n2,4.4,4.7\n3,4.3,nan\n4,4.2,nan\n",
        "epoch,loss,val_loss\n0,5.5,nan\n1,4.5,4.7\n2,4.4,nan\n",
        "epoch,loss,val_loss\n0,5.5,5.7\n1,4.5,nan\n2,4.4,4.6\n3,4.3,nan\n",
        '{"loss": [5.5, 4.5, 4.4, 4.3], "val_loss": [NaN, 4.7, NaN, 4.5]}',
        "epoch,lr,beta,loss,val_loss\n0,nan,nan,5.5,5.6\n1,nan,nan,4.5,4.6\n",
        "epoch,loss,val_loss\n0,5.5,\n1,4.5,4.7\n2,4.4,\n3,4.3,\n",
    ],
)
def test_gaps_are_no_finding(text):
    assert diagnosed(text).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss,val_loss\n0,5.5,5.6\n1,4.5,4.7\n2,4.4,nan\n3,4.3,nan\n",
        "epoch,loss,val_loss\n0,nan,nan\n1,nan,nan\n",
        "epoch,loss,val_loss\n0,5.5,nan\n1,nan,nan\n",
        "epoch,loss,val_loss,val_kl\n0,5.5,5.6,nan\n1,4.5,4.6,nan\n",
        "epoch,loss,val_loss\n0,5.5,\n1,4.5,4.6\n2,4.4,nan\n",
        "{'eval_loss': nan, 'epoch': 1}\n{'loss': 0.9, 'epoch': 1}\n{'eval_loss': nan, 'epoch': 2}\n{'loss': 0.8, 'epoch': 2}\n",
        "Epoch 1/2\n9/9 [===] - 1s 9ms/step - loss: 5.5 - val_loss: nan\nEpoch 2/2\n9/9 [===] - 1s 9ms/step - loss: 4.5 - val_loss: nan\n",
    ],
)
def test_numbers_and_then_nan_are_a_divergence(text):
    assert "P7" in ids(text)


@pytest.mark.parametrize(
    "broken", ["gt_output_loss", "vae_output_loss", "seg_loss", "decoder_head_loss", "Out2Loss"]
)
def test_the_output_that_is_nan_is_named(broken):
    other = "first_output_loss"
    text = f"epoch,loss,{other},{broken}\n1,1.5,-0.5,2.0\n2,nan,-0.25,nan\n"
    evidence = next(finding.evidence for finding in diagnosed(text).findings if finding.id == "P7")
    assert f"loss, {broken} are not finite; {other} -0.25 still is" in evidence
    assert f"look at {broken} first" in evidence


def test_a_negative_output_is_not_called_a_gaussian_likelihood():
    for text in (
        "epoch,loss,mask_loss,vae_out_loss\n1,-0.03,-0.06,0.03\n2,-0.04,-0.07,0.03\n",
        "epoch,dice_loss\n1,-0.5\n2,-0.6\n",
        "9/9 [===] - 1s 9ms/step - dice_coef: 0.5 - loss: -0.5 - val_loss: -0.4\n",
    ):
        evidence = next(finding.evidence for finding in diagnosed(text).findings if finding.id == "P20")
        assert "normal for a Gaussian likelihood" not in evidence and "dice" in evidence.lower()


def test_a_zero_beside_a_gradient_that_is_nan_is_explained():
    text = "{'loss': 0.9, 'grad_norm': 1.5, 'epoch': 1}\n{'loss': 0.0, 'grad_norm': nan, 'epoch': 2}\n"
    assert {"P2", "P7"} <= ids(text)
    assert "the gradient norm there is nan" in next(
        f.evidence for f in diagnosed(text).findings if f.id == "P2"
    )


# Frameworks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "steps", "kind"),
    [
        ("48000/48000 [====] - 17s 361us/sample - loss: 60.5\n", None, "48000 samples per epoch"),
        (
            "Train on 48000 samples\nEpoch 1/1\n48000/48000 [====] - 17s - loss: 60.5\n",
            None,
            "48000 samples per epoch",
        ),
        ("60000/60000 [====] - 5s 86us/step - loss: 60.5\n", None, "60000 samples per epoch"),
        ("469/469 [====] - 5s 10ms/step - loss: 60.5\n", 469, "469 steps per epoch"),
        ("469/469 - 5s - loss: 60.5\n", 469, "469 steps per epoch"),
        ("Epoch 3/24\ntrain Loss: 60.5\n", None, "lines of names and numbers"),
        (
            "  0%|          | 0/1875 [00:00<?, ?it/s]\n{'loss': 60.5, 'epoch': 1}\n",
            None,
            "lines of names and numbers",
        ),
    ],
)
def test_keras_is_recognized_and_old_keras_counts_samples(text, steps, kind):
    facts = read(text)
    assert facts.steps == steps and kind in facts.source
    assert (facts.framework == "keras") == ("Keras" in facts.source)


PAIRED = "{0}Epoch 1{1}loss: 0.9 val_loss: 4800.5\nEpoch 2{1}loss: 0.2 val_loss: 4790.5\n"


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        (PAIRED.format("", " 9/9 [===] - 1s 9ms/step - "), "keras"),
        (PAIRED.format("GPU available: True, torch 2.4\n", " "), "pytorch"),
        (PAIRED.format("", ": 100%|██| 9/9 [00:01<00:00, v_num=1] "), "pytorch"),
        (PAIRED.format("Saved to model.pt\n", " "), "pytorch"),
        (PAIRED.format("", " "), None),
    ],
)
def test_advice_is_for_the_framework_that_wrote_the_log(text, framework):
    result = diagnosed(text)
    assert to_json(result)["framework"] == framework
    assert {"P3", "P4"} <= {finding.id for finding in result.findings}
    printed = plain(to_text(result))
    assert ("next(X_val)" in printed) == (framework != "pytorch")
    assert ("  Keras  " in to_text(result)) == (framework != "pytorch")
    assert ("  PyTorch  " in to_text(result)) == (framework != "keras")


# What is not understood --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "epoch,speed\n1,5\n2,6\n3,7\n",
        "step,z0,z1\n1,0.5,1\n2,0.4,1\n3,0.5,2\n",
        "Wall time,Step,Value\n1.5,1,2\n2.5,2,3\n",
        "iteration;a\n1;2\n2;3\n3;4\n",
    ],
)
def test_a_table_with_a_position_is_never_latents(text):
    with pytest.raises(DiagnosisError, match="log has no loss, reconstruction or KL"):
        read(text)


def test_a_refusal_says_what_was_seen_and_what_is_understood():
    with pytest.raises(DiagnosisError) as error:
        read("name;speed;heat\na;1;x\nb;2;3\n")
    message = str(error.value)
    assert "(it has speed, heat)" in message and "its first line is 'name;speed;heat'" in message
    assert "epoch 1 loss: 3.5 val_loss: 3.6" in message
    with pytest.raises(DiagnosisError, match=r"loss 0\.0000 is ignored: it is rounded"):
        read("Epoch 1 loss: 0.0000\n")


@pytest.mark.parametrize(
    "line",
    [
        "Best val loss: 0.001 at epoch 1",
        "Epoch 00002: val_loss improved from 5.5 to 4.5, saving model",
        "W0902 11:20:31.771013 139000000000000 callbacks.py:243] Method is slow",
        "Loaded checkpoint with loss 0.001",
        "Finished in 12 epochs",
        "Restoring model weights from the end of the best epoch: 1.",
    ],
)
def test_prose_in_a_log_changes_nothing(line):
    text = "Epoch 1 loss: 5.5 val_loss: 5.6\nEpoch 2 loss: 4.5 val_loss: 4.6\n"
    assert read(text + line + "\n").rows == read(text).rows


def test_nothing_checked_is_not_healthy():
    result = judge(Facts("a log"))
    assert result.checked == () and not result.healthy
    assert "Nothing could be checked" in to_text(result)


# Hostile text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "escape",
    [
        "\x1b]0;title\x1b\\",
        "\x1b]0;title\x07",
        "\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\",
        "\x1bP1q\x1b\\",
        "\x1b]0;never ended",
    ],
)
def test_a_terminal_sequence_does_not_swallow_the_rest(escape):
    text = f"Epoch 1/2\n9/9 - 1s - loss: 1.5 - val_loss: 1.6\n{escape}\nEpoch 2/2\n9/9 - 1s - loss: 0.0 - val_loss: 90.5\n"
    assert losses(read(text)) == [1.5, 0.0]
    assert "P2" in ids(text)


@pytest.mark.parametrize(
    "piece",
    [
        "=",
        "-",
        "9",
        "1/",
        "loss ",
        "loss=",
        "a.",
        "\x1b]",
        "\x1b[1",
        " ",
        "'a',",
        "epoch ",
        "1,111",
        "1:1",
        "1 epochs ",
        "nan ",
        "tensor(",
        "<tf.Tensor: ",
        "train ",
    ],
)
def test_a_long_line_takes_time_in_proportion(piece):
    start = time.perf_counter()
    parse("epoch 1 loss: 3.5 " + piece * (24_000 // len(piece)))
    assert time.perf_counter() - start < 2  # minutes if it were quadratic; 0.1 s on a quiet machine


def test_the_json_of_a_diagnosis_can_be_read_with_nan_in_the_log():
    result = to_json(diagnosed("epoch,loss,val_loss\n0,5.5,nan\n1,nan,nan\n"))
    assert json.loads(json.dumps(result, allow_nan=False))["healthy"] is False


def test_a_file_of_values_and_a_folder_without_logs_are_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello\n")
    with pytest.raises(DiagnosisError, match="neither TensorBoard events"):
        read_path(str(tmp_path))
