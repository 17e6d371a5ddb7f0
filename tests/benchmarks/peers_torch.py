"""What a careful PyTorch user writes: the same network and objective, channels-last, fused Adam, data in memory."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from latentkit.objective import ADAM_DECAY, EPSILON, SIGMA2_FLOOR

WIDTHS = (16, 32, 64, 128)
HIDDEN = 512
Step = Callable[..., None]


class Plain(NamedTuple):
    """How a loop computes: as it comes, or with what may make it faster."""

    compile: bool = False
    device: str = "cpu"
    low_precision: bool = False


AS_IT_COMES = Plain()


def step_of(arch: str, image: tuple[int, int, int], latent: int, how: Plain = AS_IT_COMES) -> Step:
    """One update on a float batch (N, C, H, W) in 0..1: of the default convolutions, or of 512 hidden units."""
    import torch
    from torch.nn import functional

    encoder, decoder = (_conv if arch == "conv" else _mlp)(image, latent)
    for half in (encoder, decoder):
        half.to(how.device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(
        [*encoder.parameters(), *decoder.parameters()], 1e-3, ADAM_DECAY, EPSILON, fused=True
    )
    pixels = math.prod(image)

    def loss_of(x):
        mu, logvar = encoder(x).float().chunk(2, 1)
        mean = torch.sigmoid(decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu)).float())
        error = functional.mse_loss(mean, x, reduction="none").flatten(1).sum(1)
        sigma2 = (error.detach().mean() / pixels).clamp(min=SIGMA2_FLOOR)
        kl = (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean() / 2
        return (error / (2 * sigma2)).mean() + pixels / 2 * torch.log(2 * math.pi * sigma2) + kl

    if how.compile:
        mode = "default" if how.device == "cpu" else "reduce-overhead"
        loss_of = torch.compile(loss_of, dynamic=False, mode=mode)

    def step(x):
        with torch.autocast(how.device.partition(":")[0], torch.bfloat16, enabled=how.low_precision):
            loss = loss_of(x)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def _conv(image, latent):
    from torch import nn

    side, channels = image[0] // 2 ** len(WIDTHS), image[2]
    down = []
    for width in WIDTHS:
        down += [nn.Conv2d(channels, width, 4, 2, 1), nn.GroupNorm(8, width), nn.SiLU()]
        channels = width
    encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(channels * side * side, 2 * latent))
    up = [nn.Linear(latent, channels * side * side), nn.Unflatten(1, (channels, side, side))]
    up += [nn.GroupNorm(8, channels), nn.SiLU()]
    for width in reversed(WIDTHS[:-1]):
        up += [nn.Upsample(scale_factor=2), nn.Conv2d(channels, width, 3, 1, 1)]
        up += [nn.GroupNorm(8, width), nn.SiLU()]
        channels = width
    return encoder, nn.Sequential(*up, nn.Upsample(scale_factor=2), nn.Conv2d(channels, image[2], 3, 1, 1))


def _mlp(image, latent):
    from torch import nn

    height, width, channels = image
    pixels = math.prod(image)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, 2 * latent))
    decoder = nn.Sequential(nn.Linear(latent, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, pixels))
    decoder.append(nn.Unflatten(1, (channels, height, width)))
    return encoder, decoder


def in_memory(
    arch: str, images: np.ndarray, latent: int, batch: int, how: Plain = AS_IT_COMES
) -> Callable[[], None]:
    """An epoch over images that are floats on the device already, in another order each time."""
    import torch

    step = step_of(arch, images.shape[1:], latent, how)
    data = torch.from_numpy(images).to(how.device).permute(0, 3, 1, 2).float().div_(255)
    data = data.contiguous(memory_format=torch.channels_last)

    def epoch() -> None:
        for chosen in torch.randperm(len(data), device=how.device).split(batch):
            step(data[chosen])
        if how.device != "cpu":
            torch.cuda.synchronize()

    return epoch


def from_folder(folder: Path, size: int, latent: int, batch: int, workers: int) -> Callable[[], None]:
    """An epoch over JPEGs: Pillow in the workers of a DataLoader, decoded whole, center-cropped and resized."""
    import torch
    from PIL import Image, ImageOps
    from torch.utils.data import DataLoader, Dataset

    class Photos(Dataset):
        def __init__(self) -> None:
            self.paths = sorted(folder.rglob("*.jpg"))

        def __len__(self) -> int:
            return len(self.paths)

        def __getitem__(self, index: int):
            with Image.open(self.paths[index]) as image:
                square = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BICUBIC)
            return torch.from_numpy(np.array(square))

    step = step_of("conv", (size, size, 3), latent)
    loader = DataLoader(Photos(), batch, shuffle=True, num_workers=workers)

    def epoch() -> None:
        for pixels in loader:
            step(pixels.permute(0, 3, 1, 2).float().div_(255))

    return epoch


def pythae(images: np.ndarray, latent: int, batch: int, folder: Path) -> Callable[[], None]:
    """An epoch of pythae's trainer over its default MLP, without its progress bar and without saving."""
    import logging

    import torch

    logging.disable(logging.INFO)  # it greets
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    flat = torch.from_numpy(images.reshape(len(images), -1)).float().div_(255)
    model = VAE(VAEConfig(input_dim=(flat.shape[1],), latent_dim=latent))
    how = BaseTrainerConfig(
        output_dir=str(folder), per_device_train_batch_size=batch, learning_rate=1e-3, no_cuda=True
    )
    trainer = BaseTrainer(model, BaseDataset(flat, torch.zeros(len(flat))), training_config=how)
    trainer.prepare_training()
    trainer.callback_handler.callbacks.clear()
    return lambda: trainer.train_step(1)
