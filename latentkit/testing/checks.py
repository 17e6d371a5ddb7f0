"""The contract checks, ordered so that the first one that fails should be fixed first.

Each takes a backend, and raises ContractError saying how it differs from the reference.
"""

from collections.abc import Callable

from latentkit.protocol import Backend
from latentkit.testing import interface, losses, rows, updates

__all__ = ["CHECKS"]

CHECKS: tuple[Callable[[Backend], None], ...] = (
    interface.check_api,
    interface.check_version,
    interface.check_devices,
    interface.check_unknown_device,
    interface.check_join,
    interface.check_state_names,
    interface.check_weights_round_trip,
    interface.check_state_is_a_copy,
    rows.check_conv,
    rows.check_upconv,
    rows.check_dense,
    rows.check_norm,
    rows.check_silu,
    rows.check_flatten,
    rows.check_unflatten,
    rows.check_residual,
    rows.check_logvar_is_clamped,
    losses.check_gaussian_calibrated,
    losses.check_gaussian_fixed,
    losses.check_bernoulli,
    losses.check_free_bits,
    losses.check_targets,
    losses.check_evaluation,
    losses.check_evaluation_changes_nothing,
    interface.check_batch_of_one,
    updates.check_adam,
    updates.check_rmsprop,
    updates.check_clip,
    updates.check_calibrated_updates,
    updates.check_residual_updates,
    updates.check_resume,
    updates.check_precision,
    updates.check_compile,
    updates.check_stage,
)
