"""The contract's Adam and RMSprop: Keras's own put epsilon elsewhere, which the reference does not."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from latentkit import objective as meaning
from latentkit.objective import Objective

__all__ = ["ContractOptimizer", "make"]

Variable = Any


class ContractOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras ships no types
    """Slots under their canonical names, one variable per weight."""

    def __init__(self, objective: Objective) -> None:
        super().__init__(learning_rate=0.0, global_clipnorm=objective.clip)
        self.slots: dict[str, Sequence[Variable]] = {}
        self._names = meaning.slots(objective.optimizer)

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self.slots = {
            name: self.add_optimizer_variables(variables, name.replace(".", "_")) for name in self._names
        }


class Adam(ContractOptimizer):
    """Kingma and Ba 2015, as PyTorch has it: epsilon is added after the bias correction.

    The corrections are numbers, gathered into the rate and into epsilon, so that fewer arrays pass through memory.
    """

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        m, v = (self.slots[name][index] for name in self._names)
        first, second = meaning.ADAM_DECAY
        step = ops.cast(self.iterations + 1, variable.dtype)
        correction = ops.sqrt(1 - ops.power(second, step))
        rate = learning_rate * correction / (1 - ops.power(first, step))
        self.assign_add(m, (gradient - m) * (1 - first))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - second))
        self.assign_sub(variable, rate * m / (ops.sqrt(v) + meaning.EPSILON * correction))


class RMSprop(ContractOptimizer):
    """Tieleman and Hinton 2012, as PyTorch has it: epsilon is outside the root."""

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        v = self.slots[self._names[0]][self._get_variable_index(variable)]
        self.assign(v, meaning.RMSPROP_DECAY * v + (1 - meaning.RMSPROP_DECAY) * ops.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(v) + meaning.EPSILON))


def make(objective: Objective) -> ContractOptimizer:
    """The optimiser that the objective names."""
    return {"adam": Adam, "rmsprop": RMSprop}[objective.optimizer](objective)
