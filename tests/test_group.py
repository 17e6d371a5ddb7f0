"""Communication between the processes of a group."""

import numpy as np
import pytest
from gathering import together

from latentkit.errors import TrainingError
from latentkit.group import any_rank, collect, first_reads, gather, join, share, size_of
from latentkit.images import Transform
from latentkit.training.agreement import require_agreement
from latentkit.training.data import divide
from latentkit.training.loop import Position
from latentkit.training.options import resolve


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 6, 64])
def test_shares_are_disjoint_complete_ordered_and_even(size, count):
    shares = together(size, lambda group: list(range(count))[share(count, group)])
    assert [thing for each in shares for thing in each] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_process_alone_has_the_whole_share():
    assert list(range(5))[share(5, None)] == list(range(5))
    assert size_of(None) == 1
    assert any_rank(None, True) and not any_rank(None, False)


def test_gather_returns_the_data_of_all_to_all():
    given = [b"first", b"", b"\x00\xff third"]
    assert together(3, lambda group: gather(group, given[group.rank])) == [given] * 3


def test_gather_accepts_empty_data():
    assert together(2, lambda group: gather(group, b"")) == [[b"", b""]] * 2


def test_any_rank_is_true_in_all_processes_if_true_in_one():
    assert together(3, lambda group: any_rank(group, group.rank == 2)) == [True] * 3
    assert together(3, lambda group: any_rank(group, False)) == [False] * 3


def test_process_0_collects_the_parts_of_all_in_order():
    parts = [[b"a", b"bb"], [], [b"c", b"", b"d"]]

    def job(group):
        mine = parts[group.rank]
        return list(collect(group, len(mine), iter(mine)))

    assert together(3, job) == [[b"a", b"bb", b"c", b"", b"d"], [], []]


@pytest.mark.parametrize("cached", [True, False])
def test_the_first_process_of_a_machine_reads_before_the_others(cached):
    order = []

    def job(group):
        with first_reads(group, cached=cached):
            order.append(group.rank)
        return group.sums

    assert together(3, job) == [int(cached)] * 3
    assert sorted(order) == [0, 1, 2]
    assert not cached or order[0] == 0


def test_a_process_without_a_launcher_has_no_group(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with join(None, "auto") as group:
        assert group is None


def agree(image_set, **differing):
    """Start two processes, the second with other options."""

    def job(group):
        more = differing if group.rank == 1 else {}
        options = resolve({"epochs": more.get("epochs", 3)})
        data = divide(image_set(20, seed=more.get("images", 0)), 0.25, 0)
        position = Position.beginning(options, 10)
        position.step = more.get("step", 0)
        require_agreement(group, options, Transform(8, "rgb", more.get("fit", "crop")), data, position)
        return "agreed"

    return together(2, job)


def test_processes_with_the_same_options_agree(image_set):
    assert agree(image_set) == ["agreed"] * 2


@pytest.mark.parametrize(
    ("differing", "words"),
    [
        (
            {"epochs": 4},
            r"--epochs is 4 in process 1 and 3 in process 0; start all processes with the same command",
        ),
        ({"fit": "pad"}, r"--fit is pad in process 1 and crop in process 0"),
        ({"images": 1}, r"process 1 sees other images than process 0; give all"),
        ({"step": 5}, r"the run is at step 5 in process 1 and at step 0 in process 0; put its folder"),
    ],
)
def test_a_process_with_other_options_is_named(image_set, differing, words):
    with pytest.raises(TrainingError, match=words):
        agree(image_set, **differing)


def test_every_process_has_the_sum_over_all():
    found = together(3, lambda group: group.sum(np.array([group.rank, 1.0])))
    assert [each.tolist() for each in found] == [[3.0, 3.0]] * 3
