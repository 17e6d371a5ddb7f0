"""Interpret the names of columns in a log. These are guesses, so every diagnosis lists them."""

import re
from functools import lru_cache
from typing import NamedTuple

from latentkit.diagnosis.facts import Side

__all__ = ["ColumnMeaning", "describe", "interpret"]


class ColumnMeaning(NamedTuple):
    """The meaning of a column."""

    quantity: str
    """A key of `_QUANTITIES`."""
    side: Side | None
    """None for what belongs to neither side: epoch, step, beta, lr."""
    rank: int = 0
    """The column with the lowest rank is used if several are for the same metric."""


_VALIDATION = r"(?:val|valid|validation|test|testing|eval|evaluation|dev|held_?out)"
_TRAINING = r"(?:train|training|tr)"
_QUANTITIES = {
    "loss": r"loss|total_?loss|average_loss|avg_loss|mean_loss|vae_loss|nelbo|neg_?elbo|negative_elbo|elbo_loss|objective|cost",
    "elbo": r"elbo",
    "reconstruction": r"reconstructions?(?:_?(?:loss|error|term))?|reconst?(?:_?(?:loss|error))?|recons?(?:truct)?(?:_?(?:loss|error))?"
    r"|rec(?:_?(?:loss|error))?|nll|neg_log_likelihood|bce(?:_loss)?|binary_?cross_?entropy(?:_loss)?|likelihood_loss",
    "kl": r"kl(?:_?(?:loss|div|divergence|term))?|kld(?:_?(?:loss|div))?|kl_?d|dkl|d_kl|kullback_leibler(?:_divergence)?|latent_loss|regularization_loss",
    "mse": r"mse|mean_?squared_?error|mse_px|mse_per_pixel|mse_metric",
    "r2": r"r2|r_squared|r2_score",
    "active_units": r"active_units|au",
    "gradient": r"(?:total_)?grad(?:ient)?_?norm",
    "logvar": r"(?:max_?)?log_?var(?:iance)?(?:_?max)?|z_log_var(?:_max)?",
    "accuracy": r"acc|accuracy|(?:binary|categorical|sparse_categorical|top_?k(?:_categorical)?|pixel|\w+)_acc(?:uracy)?|acc(?:uracy)?_\w+",
    "silhouette": r"silhouette(?:_(?:score|coefficient|avg))?",
    "beta": r"beta|kl_?weight|kld_?weight|kl_?coeff?|kl_?beta|annealing(?:_factor)?|kl_anneal\w*|warm_?up_beta",
    "lr": r"lr|learning_?rate|lr_\w+",
    "epoch": r"epoch|epochs|ep",
    "step": r"step|steps|global_step|iter|iters|iteration|iterations|batch|it",
    "seconds": r"time|seconds|elapsed|wall_?time|walltime|duration|timestamp|s_it|it_s|images_per_second|index|unnamed_0",
}
_NEITHER = ("beta", "lr", "epoch", "step", "seconds")
_TITLES = {
    "elbo": "evidence lower bound, the negative of the loss",
    "kl": "KL",
    "mse": "mean squared error",
    "r2": "R2",
    "logvar": "log variance",
    "lr": "learning rate",
    "active_units": "active units",
    "gradient": "gradient norm",
}


@lru_cache(4096)
def interpret(name: str) -> ColumnMeaning | None:
    """Interpret the name of a column; None if it is not understood."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")[:80]
    rank = 0
    for suffix, worse in (("_epoch", 0), ("_step", 2), ("_batch", 2)):
        if plain.endswith(suffix) and plain != suffix:
            plain, rank = plain.removesuffix(suffix), worse
    side: Side | None = None
    if match := re.fullmatch(rf"(?:{_VALIDATION}(?:_set)?_(.+)|(.+)_{_VALIDATION})", plain):
        plain, side = match[1] or match[2], "validation"
    elif match := re.fullmatch(rf"(?:{_TRAINING}(?:_set)?_(.+)|(.+)_{_TRAINING})", plain):
        plain, side = match[1] or match[2], "train"
    plain = plain.removeprefix("epoch_") or plain  # Keras adds it in TensorBoard
    for quantity, pattern in _QUANTITIES.items():
        if re.fullmatch(pattern, plain):
            return ColumnMeaning(
                quantity, None if quantity in _NEITHER else side or "train", rank + (side is None)
            )
    return None


def describe(column: ColumnMeaning) -> str:
    """Describe a column to a person: "validation KL"."""
    title = _TITLES.get(column.quantity, column.quantity)
    if column.side is None:
        return title
    return f"{'training' if column.side == 'train' else 'validation'} {title}"
