"""Check that the processes of a group were started with the same options, and see the same images."""

import json

from latentkit.errors import TrainingError
from latentkit.group import gather
from latentkit.images import Transform
from latentkit.protocol import Group
from latentkit.training.data import Data, digest
from latentkit.training.loop import Position
from latentkit.training.options import Options

__all__ = ["require_agreement"]


def require_agreement(
    group: Group, options: Options, transform: Transform, data: Data, position: Position
) -> None:
    """Raise TrainingError in every process, naming the first process that differs from process 0, and the difference."""
    facts = options.to_json() | transform.to_json() | {"images": digest(data.images), "step": position.step}
    first, *others = (json.loads(each) for each in gather(group, json.dumps(facts).encode()))
    for rank, other in enumerate(others, 1):
        for name, value in first.items():
            if other.get(name) != value:
                raise TrainingError(_message(rank, name.replace("_", "-"), other.get(name), value))


def _message(rank: int, name: str, actual: object, expected: object) -> str:
    if name == "images":
        return (
            f"process {rank} sees other images than process 0; "
            "give all processes the same files, with the same names in their folder"
        )
    if name == "step":
        return (
            f"the run is at step {actual} in process {rank} and at step {expected} in process 0; "
            "put its folder where all processes see it"
        )
    return (
        f"--{name} is {actual} in process {rank} and {expected} in process 0; "
        "start all processes with the same command"
    )
