"""A training gives the same series and the same findings, in whatever shape its log is written."""

import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_shapes import FOLDERS, SHAPES, Epoch

from latentkit.diagnosis import Facts, judge
from latentkit.diagnosis.readers import read_path, read_stream

KEYS = ("loss", "reconstruction", "kl")


def same(first: float, second: float) -> bool:
    return first == second or (first != first and second != second)


def check(facts: Facts, training: list[Epoch]) -> None:
    """Check that the facts have exactly the series of the training."""
    expected = {
        ("train", "loss"): [epoch.loss for epoch in training],
        ("train", "reconstruction"): [epoch.reconstruction for epoch in training],
    }
    expected["train", "kl"] = [epoch.kl for epoch in training]
    validated = training[0].val_loss is not None
    expected["validation", "loss"] = [epoch.val_loss for epoch in training] if validated else []
    expected["validation", "kl"] = [epoch.val_kl for epoch in training] if validated else []
    for (side, name), values in expected.items():
        found = [value for _, value in facts.series(side, name)]
        assert len(found) == len(values) and all(map(same, found, values)), (side, name, found, values)
    assert len(facts.rows) == len(training)


def findings(facts: Facts) -> list[tuple[str, str]]:
    return [(finding.id, finding.severity) for finding in judge(facts).findings]


numbers = st.floats(1e-6, 1e6) | st.sampled_from([0.5, 100.25, 3785921.0, 2.4e-07, 1234.5])


@st.composite
def trainings(draw: st.DrawFn) -> list[Epoch]:
    """Draw a training of 2 to 5 epochs, which may diverge at the end."""
    count = draw(st.integers(2, 5))
    validated = draw(st.booleans())
    diverges = draw(st.booleans())
    result = []
    for at in range(count):
        values = [draw(numbers) for _ in range(5)]
        if diverges and at == count - 1:
            values = [float("nan")] * 5
        result.append(Epoch(*(values if validated else [*values[:3], None, None])))
    return result


@settings(max_examples=25, deadline=None)
@given(trainings())
def test_every_shape_of_a_log_gives_the_same_series_and_findings(training):
    first = None
    for name, render in SHAPES.items():
        text = render(training)
        facts = read_stream(BytesIO(text.encode()), "log")
        try:
            check(facts, training)
            first = first or findings(facts)
            assert findings(facts) == first
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\n{text}") from error


@settings(max_examples=10, deadline=None)
@given(trainings())
def test_every_layout_of_tensorboard_folders_gives_the_same_series_and_findings(training):
    expected = findings(read_stream(BytesIO(SHAPES["CSV"](training).encode()), "log"))
    for write in FOLDERS.values():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / "logs", training)
            facts = read_path(folder)
        check(facts, training)
        assert findings(facts) == expected


@pytest.mark.parametrize("name", SHAPES)
def test_a_diverged_validation_is_found_in_every_shape(name):
    training = [Epoch(5.5, 4.0, 1.5, 6.0, 1.25), Epoch(4.5, 3.0, 1.5, float("nan"), float("nan"))]
    facts = read_stream(BytesIO(SHAPES[name](training).encode()), "log")
    assert ("P7", "error") in findings(facts)
