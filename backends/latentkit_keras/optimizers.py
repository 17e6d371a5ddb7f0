"""Adam and RMSprop by the formulas of the contract; Keras's own add epsilon elsewhere."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from latentkit import objective as objectives
from latentkit.objective import Objective

__all__ = ["ContractOptimizer", "make"]

Variable = Any


class ContractOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras ships no types
    """An optimizer with slots under their canonical names, one variable per weight."""

    def __init__(self, objective: Objective) -> None:
        super().__init__(learning_rate=0.0, global_clipnorm=objective.clip)
        self.slots: dict[str, Sequence[Variable]] = {}
        self._names = objectives.slots(objective.optimizer)

    def build(self, variables: Sequence[Variable]) -> None:
        super().build(variables)
        self.slots = {
            name: self.add_optimizer_variables(variables, name.replace(".", "_")) for name in self._names
        }


class Adam(ContractOptimizer):
    """Adam (Kingma and Ba 2015) by PyTorch's formula: epsilon is added after the bias correction.

    The corrections are numbers, combined with the rate and with epsilon, so that fewer arrays pass through memory.
    """

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        m, v = (self.slots[name][index] for name in self._names)
        first, second = objectives.ADAM_DECAY
        step = ops.cast(self.iterations + 1, variable.dtype)
        correction = ops.sqrt(1 - ops.power(second, step))
        rate = learning_rate * correction / (1 - ops.power(first, step))
        self.assign_add(m, (gradient - m) * (1 - first))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - second))
        self.assign_sub(variable, rate * m / (ops.sqrt(v) + objectives.EPSILON * correction))


class RMSprop(ContractOptimizer):
    """RMSprop (Tieleman and Hinton 2012) by PyTorch's formula: epsilon is outside the root."""

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        v = self.slots[self._names[0]][self._get_variable_index(variable)]
        self.assign(v, objectives.RMSPROP_DECAY * v + (1 - objectives.RMSPROP_DECAY) * ops.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(v) + objectives.EPSILON))


def make(objective: Objective) -> ContractOptimizer:
    """Return the optimizer that the objective names."""
    return {"adam": Adam, "rmsprop": RMSprop}[objective.optimizer](objective)
