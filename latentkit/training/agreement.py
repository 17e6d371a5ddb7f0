"""Processes that train one model must have been asked for the same, and see the same images."""

import json

from latentkit.errors import TrainingError
from latentkit.group import gather
from latentkit.images import Transform
from latentkit.protocol import Group
from latentkit.training.data import Data, digest
from latentkit.training.loop import Position
from latentkit.training.options import Options

__all__ = ["refuse_difference"]


def refuse_difference(
    group: Group, options: Options, transform: Transform, data: Data, position: Position
) -> None:
    """Raise TrainingError, in every process, naming the first that differs from process 0 and in what."""
    facts = options.to_json() | transform.to_json() | {"images": digest(data.images), "step": position.step}
    first, *others = (json.loads(each) for each in gather(group, json.dumps(facts).encode()))
    for rank, other in enumerate(others, 1):
        for name, value in first.items():
            if other.get(name) != value:
                raise TrainingError(_words(rank, name.replace("_", "-"), other.get(name), value))


def _words(rank: int, name: str, there: object, here: object) -> str:
    if name == "images":
        return (
            f"process {rank} does not see the images that process 0 sees; "
            "give all of them the same files, by the same names in their folder"
        )
    if name == "step":
        return (
            f"the run stands at step {there} in process {rank} and at {here} in process 0; "
            "put its folder where all of them see it"
        )
    return f"--{name} is {there} in process {rank} and {here} in process 0; start all of them by the same command"
