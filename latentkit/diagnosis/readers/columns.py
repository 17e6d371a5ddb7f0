"""Interpret the names of columns in a log. These are guesses, so every diagnosis lists them.

A name is split into words (`valKLLoss`, `kl_local_train` and `validation/kl loss` alike). Words for the side and words
without a meaning of their own are set aside, and the rest decides the quantity.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from latentkit.diagnosis.facts import Side

__all__ = ["ColumnMeaning", "describe", "interpret", "side_of", "split_words", "word_set"]


class ColumnMeaning(NamedTuple):
    """The meaning of a column."""

    quantity: str
    """A metric, a position such as "epoch", "output" for any other loss, or "unnamed" for a name that is only a side."""
    side: Side | None
    """None for what belongs to neither side: epoch, step, beta, lr."""
    rank: int = 0
    """The column with the lowest rank is used if several are for the same metric."""
    exact: bool = True
    """True if every word of the name was understood."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_TRAINING = frozenset({"train", "training", "tr", "trn"})
_VALIDATION = word_set(
    "val valid validation validate validating held test testing eval evaluation evaluate evaluating dev heldout holdout"
)
_AFTER_SIDE = frozenset({"set", "split", "data", "dataset", "loader", "dataloader", "phase", "out"})
_LOSS = frozenset({"loss", "losses", "cost", "objective", "nelbo"})
_KL = frozenset({"kl", "kld", "dkl", "kldiv", "kullback", "kls"})
_RECONSTRUCTION = frozenset({"rec", "nll", "bce", "binarycrossentropy", "xent"})
_NEUTRAL = word_set(
    "total overall avg average mean epoch full sum summed metrics losses scalar scalars log logs the all per sample image batch step iter "
    "iteration running smoothed smooth ema value"
)
_MODELS = word_set(
    "vae ae cvae vqvae beta betavae bvae autoencoder autoencoderkl model net network wae iwae tcvae dvae mlp cnn conv lightning trainer"
)
_PER_STEP = frozenset({"step", "batch", "iter", "iteration", "running", "smoothed", "smooth", "ema"})
_MEANS = frozenset({"avg", "average", "mean"})
_KL_FILLING = word_set(
    "div divergence d term error err local global z latent latents prior raw unweighted weighted gaussian leibler nats"
)
_RECONSTRUCTION_FILLING = word_set(
    "error err term mse bce l 1 2 mae nll squared neg negative log likelihood cross entropy crossentropy binary data x img images pixel "
    "pixels px output raw weighted"
)
_NOT_A_SERIES = word_set(
    "best lowest min minimum max maximum std stddev vs final previous prev target threshold improvement delta count psnr ssim fid ratio weight weights "
    "patience window initial"
)
_TIMES = word_set(
    "time times seconds secs sec elapsed runtime walltime duration timestamp eta datetime throughput second"
)
_PATTERNS = {
    "r2": r"r_?2(?:_score)?|r_squared",
    "active_units": r"(?:num_)?active_units|au",
    "gradient": r"(?:total_|global_)?grad(?:ient)?s?_?(?:l_2_|2_)?norm(?:_total)?",
    "logvar": r"(?:max_?)?(?:z_)?log_?var(?:iance)?(?:_?max)?",
    "accuracy": r"(?:\w+_)?acc(?:uracy|uracies)?(?:_\w+)?",
    "silhouette": r"silhouette(?:_(?:score|coefficient|avg))?",
    "beta": r"(?:vae_|current_)?beta(?:_kld?|_vae)?|(?:weight|lambda)_kld?|annealing(?:_factor)?|warm_?up_beta"
    r"|kld?_?(?:weight|w|coeff?|coefficient|beta|factor|scale|lambda|anneal\w*)",
    "lr": r"(?:\w+_)?(?:lr|learning_?rates?)(?:_\w+)?",
    "epoch": r"epochs?|ep|current_epoch",
    "step": r"(?:global_|trainer_global_)?(?:steps?|iters?|iterations?|it)|batch(?:es|_idx)?",
    "index": r"index|unnamed_0|idx|row|line|rank|s_it|it_s",
}
_NEITHER = ("beta", "lr", "epoch", "step", "seconds", "index")
_TITLES = {
    "elbo": "evidence lower bound, or its negative",
    "kl": "KL",
    "mse": "mean squared error",
    "r2": "R2",
    "logvar": "log variance",
    "lr": "learning rate",
    "active_units": "active units",
    "gradient": "gradient norm",
    "output": "loss of a part",
    "unnamed": "loss",
}


def split_words(name: str) -> list[str]:
    """Split a name into words in lower case, at punctuation and between the words of camelCase."""
    words: list[str] = []
    for word in (match.lower() for match in _WORD.findall(name[:80])):
        stem = word.removesuffix("losses").removesuffix("loss")
        if stem and stem != word and (_known(stem) or stem in _NEUTRAL | _MODELS):
            words += [stem, "loss"]
        else:
            words.append(word)
    return words


def _known(word: str) -> bool:
    return word in _TRAINING | _VALIDATION | _KL | _RECONSTRUCTION or word.startswith("recon")


def side_of(word: str) -> Side | None:
    """Return the side that a single word in lower case names."""
    if word in _TRAINING:
        return "train"
    return "validation" if word in _VALIDATION else None


@lru_cache(4096)
def interpret(name: str) -> ColumnMeaning | None:
    """Interpret the name of a column; None if it is not understood."""
    side: Side | None = None
    rest: list[str] = []
    words = split_words(name)
    for at, word in enumerate(words):
        if side is None and (found := side_of(word)) is not None:
            side = found
        elif not (word in _AFTER_SIDE and at and side_of(words[at - 1])):
            rest.append(word)
    if not rest:
        return None if side is None else ColumnMeaning("unnamed", side, 5)
    meaning = _quantity(rest)
    if meaning is None:
        return None
    quantity, rank, exact = meaning
    if quantity in _NEITHER:
        return ColumnMeaning(quantity, None, rank, exact)
    tested = bool({"test", "testing"}.intersection(words))  # a log may have a validation and a test set
    return ColumnMeaning(quantity, side or "train", rank + (side is None or tested), exact)


def _quantity(words: list[str]) -> tuple[str, int, bool] | None:
    """Return (quantity, rank, whether every word was understood) of a name without its side."""
    plain = "_".join(words)
    for quantity, pattern in _PATTERNS.items():
        if re.fullmatch(pattern, plain):
            return quantity, 0, True
    if _TIMES.intersection(words):
        return "seconds", 0, True
    if _NOT_A_SERIES.intersection(words):
        return None
    loss = bool(_LOSS.intersection(words))
    rank = 2 * bool(_PER_STEP.intersection(words)) or -2 * bool(_MEANS.intersection(words))
    rest = [word for word in words if word not in _LOSS and word not in _NEUTRAL]
    core = [word for word in rest if word not in _MODELS]
    last = words[-1]

    def known(
        quantity: str, filling: frozenset[str], of: frozenset[str], own: int = 0
    ) -> tuple[str, int, bool] | None:
        strange = [
            word for word in core if word not in filling and word not in of and not word.startswith("recon")
        ]
        if strange and not loss and last not in of and not last.startswith("recon"):
            return None
        return quantity, rank + own + 4 * bool(strange), not strange

    if _KL.intersection(core):
        return known("kl", _KL_FILLING, _KL, 3 * ("global" in core) + ("weighted" in core))
    if loss and core and core[-1] in ("latent", "regularization", "reg", "regularizer"):
        return ("kl", rank + 1, True) if len(core) == 1 else ("output", rank, False)
    if any(word.startswith("recon") for word in core) or "rec" in core:
        return known("reconstruction", _RECONSTRUCTION_FILLING, _RECONSTRUCTION)
    if _RECONSTRUCTION.intersection(core):
        return known("reconstruction", _RECONSTRUCTION_FILLING, _RECONSTRUCTION, 1)
    if plain.replace("_", "").endswith(
        ("binarycrossentropy", "binarycrossentropyloss", "neglikelihood", "negloglikelihood")
    ):
        return "reconstruction", rank + 1, True
    if loss and core in (["r"], ["likelihood"], ["mse"], ["pixel"], ["bernoulli"], ["log", "likelihood"]):
        return "reconstruction", rank + 2, True
    if core in (["mse"], ["mse", "px"], ["mse", "pixel"], ["mse", "metric"]) or plain in (
        "mean_squared_error",
        "meansquarederror",
    ):
        return "mse", rank, True
    bound = [word for word in core if word not in ("evidence", "variational")]
    if bound[-1:] in (["elbo"], ["lb"], ["bound"]) or bound[:1] in (["elbo"], ["nelbo"]):
        negative = loss or bool({"neg", "negative", "minus"}.intersection(words))
        strange = set(bound) - {"elbo", "lb", "lower", "bound", "neg", "negative", "minus"}
        return ("loss" if negative else "elbo", rank + 4 * bool(strange), not strange)
    if not loss:
        return None
    return ("output", rank, False) if core else ("loss", rank + bool(len(rest) > len(core)), True)


def describe(column: ColumnMeaning) -> str:
    """Describe a column to a person: "validation KL"."""
    title = _TITLES.get(column.quantity, column.quantity)
    if column.side is None:
        return title
    return f"{'training' if column.side == 'train' else 'validation'} {title}"
