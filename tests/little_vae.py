"""A VAE in plain torch on scikit-learn's digits, with an option for every common mistake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
import torch
from sklearn.datasets import load_digits

PIXELS = 64


@dataclass(frozen=True)
class Trained:
    """The log of a training, and the latents and reconstructions of its images."""

    log: list[dict[str, float]]
    mu: np.ndarray
    logvar: np.ndarray
    z: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    images: np.ndarray
    reconstructions: np.ndarray
    reconstructions_train: np.ndarray

    def csv(self) -> bytes:
        """Return the log as Keras's CSVLogger writes it."""
        lines = [
            ",".join(self.log[0]),
            *(",".join(repr(value) for value in line.values()) for line in self.log),
        ]
        return "\n".join(lines).encode()

    def npz(self, **more: np.ndarray) -> bytes:
        """Return latents in an .npz without a schema."""
        stream = BytesIO()
        np.savez(stream, **{"mu": self.mu, "logvar": self.logvar, **more})
        return stream.getvalue()


def keras_log(log: Sequence[Mapping[str, float]], steps: int = 4) -> str:
    """Format a log as Keras 2 prints it, with its updates in place."""
    lines = []
    for at, line in enumerate(log, 1):
        values = [
            (name, f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}") for name, value in line.items()
        ]
        metrics = " - ".join(f"{name}: {text}" for name, text in values if name != "epoch")
        lines.append(f"Epoch {at}/{len(log)}\n 1/{steps} [>...] - ETA: 3s - loss: {values[1][1]}\r")
        lines.append(f"{steps}/{steps} [====] - 1s 40ms/step - {metrics}\n")
    return "".join(lines)


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(n_class=3, return_X_y=True)
    return (x / 16).astype(np.float32), y


class _Net(torch.nn.Module):
    def __init__(self, latent: int, batch_norm: bool, width: int = 64) -> None:
        super().__init__()
        norm = (lambda: torch.nn.BatchNorm1d(width, momentum=1e-4)) if batch_norm else torch.nn.Identity
        layers = torch.nn.Linear, torch.nn.SiLU
        self.encoder = torch.nn.Sequential(
            layers[0](PIXELS, width), norm(), layers[1](), layers[0](width, 2 * latent)
        )
        self.decoder = torch.nn.Sequential(
            layers[0](latent, width), norm(), layers[1](), layers[0](width, PIXELS)
        )


@cache
def train(
    *,
    likelihood: str = "bce",
    sigma: float = 1.0,
    scale: float = 1.0,
    shift: float = 0.0,
    validation_scale: float | None = None,
    beta: float = 1.0,
    warm_up: int = 0,
    kl: str = "sum",
    reconstruction: str = "sum",
    validation_reconstruction: str | None = None,
    own_target: bool = False,
    dead_decoder: bool = False,
    batch_norm: bool = False,
    noise_images: bool = False,
    in_order: bool = False,
    images: int = 400,
    latent: int = 8,
    epochs: int = 30,
    lr: float = 1e-2,
    clamp: bool = True,
    momentum: bool = True,
    seed: int = 0,
) -> Trained:
    """Train on `images` digits (0, 1, 2), a tenth held out. The likelihood is "bce", or "mse": squared error / (2 sigma^2)."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on layers this small, more only wait for each other
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x, y = _digits()
    order = rng.permutation(len(x))[:images]
    order = order[np.argsort(y[order], kind="stable")] if in_order else order
    x, y = x[order], y[order]
    if noise_images:
        x = rng.random(x.shape, np.float32)
    held_out = np.arange(len(x)) >= 0.9 * len(x)
    data = torch.tensor(x) * scale + shift
    validation = torch.tensor(x[held_out]) * (scale if validation_scale is None else validation_scale) + shift
    training = data[torch.tensor(~held_out)]
    net = _Net(latent, batch_norm)
    if dead_decoder:
        torch.nn.init.zeros_(net.decoder[0].weight)
        net.decoder[0].weight.requires_grad = False
    optimizer = torch.optim.Adam(net.parameters(), lr) if momentum else torch.optim.SGD(net.parameters(), lr)

    def losses(batch: torch.Tensor, weight: float, how: str) -> dict[str, torch.Tensor]:
        mu, logvar = net.encoder(batch).chunk(2, dim=1)
        logvar = logvar.clamp(-30, 20) if clamp else logvar
        out = torch.sigmoid(net.decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu)))
        target = out.detach() if own_target else batch
        if likelihood == "bce":
            each = -(target * torch.log(out + 1e-7) + (1 - target) * torch.log(1 - out + 1e-7))
        else:
            each = (target - out) ** 2 / (2 * sigma**2)
        nll = each.sum(dim=1).mean() if how == "sum" else each.mean()
        divergence = (mu**2 + logvar.exp() - 1 - logvar) / 2
        total_kl = divergence.sum(dim=1).mean() if kl == "sum" else divergence.mean()
        return {"loss": nll + weight * total_kl, "reconstruction_loss": nll, "kl_loss": total_kl}

    log = []
    for epoch in range(epochs):
        weight = beta * min(1.0, (epoch + 1) / warm_up) if warm_up else beta
        net.train()
        sums: dict[str, float] = {}
        batches = torch.randperm(len(training)).split(90)
        for rows in batches:
            terms = losses(training[rows], weight, reconstruction)
            optimizer.zero_grad()
            terms["loss"].backward()
            optimizer.step()
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value.item() / len(batches)
        net.eval()
        with torch.no_grad():
            val_terms = losses(validation, weight, validation_reconstruction or reconstruction)
        line = {
            "epoch": float(epoch),
            **sums,
            **{f"val_{name}": value.item() for name, value in val_terms.items()},
        }
        log.append(line | ({"beta": weight} if warm_up else {}))
    result = _result(net, log, data, y, held_out)
    torch.set_num_threads(threads)
    return result


def _result(
    net: _Net, log: list[dict[str, float]], data: torch.Tensor, y: np.ndarray, held_out: np.ndarray
) -> Trained:
    with torch.no_grad():
        net.eval()
        mu, logvar = net.encoder(data).chunk(2, dim=1)
        out = torch.sigmoid(net.decoder(mu))
        net.train()
        out_train = torch.sigmoid(net.decoder(net.encoder(data).chunk(2, dim=1)[0]))
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    square = [array.numpy().reshape(-1, 8, 8) for array in (data, out, out_train)]
    return Trained(
        log,
        mu.numpy(),
        logvar.numpy(),
        z.numpy(),
        np.array([str(label) for label in y]),
        np.where(held_out, "validation", "train"),
        *square,
    )
