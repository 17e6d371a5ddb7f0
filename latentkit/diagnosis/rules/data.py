"""Rules about the images themselves."""

import math
from collections.abc import Sequence

from latentkit.diagnosis.quantities import Data, Quantities
from latentkit.diagnosis.rule import Answer, Needs, Severity, Sign, figure, rule
from latentkit.diagnosis.size import GREY, would_need

__all__ = ["faults", "pixel_range"]

UNIT = 1.5
"""A pixel above this is not one in 0..1 that rounding or augmentation moved."""
FIRST_LOSS = 1e4
LARGE_LOSS = 5e5
"""What images of about 512 x 512 RGB cost at grey."""
OF_CONTENT = ("brightness", "file size")
"""What the picture itself decides too: how bright it is, how well it compresses."""
NATS = 50.0
"""What a number in 0..1 costs at grey with a fixed sigma of 0.05; it is 0.69 for cross-entropy and about 1 with sigma 1."""


@rule(
    "P5",
    "Pixels are not within 0..1",
    "error",
    why="A decoder that ends in a sigmoid cannot reach 255, and a loss made for 0..1 becomes 10^4 to 10^7: its gradients drive the weights "
    "into saturation or to NaN. If only one side (training or validation) is scaled, the two cannot be compared.",
    keras="keras.layers.Rescaling(1 / 255) as the first layer, or x.astype('float32') / 255, for training, validation and prediction alike",
    pytorch="transforms.ToTensor() divides uint8 by 255; x = x.float() / 255 where it is not used; assert x.max() <= 1",
    latentkit="latentkit scan IMAGES; latentkit train IMAGES -o RUN   # pixels are always 0..1, stored with the run",
    source="issues tensorflow/models#23, atomai#85, pytorch/pytorch#36647",
)
def pixel_range(q: Quantities) -> Answer:
    """Images with a maximum above 1.5. In a log, suspicions: a mean squared error above 1; a negative binary
    cross-entropy; a first reconstruction (or loss) above 50 nats for each number of an image or, where its size is
    unknown, above 5e5 (a note from 1e4, a warning if it is that of validation alone), or any that no image up to
    1024 x 1024 RGB gives."""
    if q.unit_range:
        return []
    if q.pictures is not None:
        told = f"{q.pictures.images} images range from {figure(q.pictures.low)} to {figure(q.pictures.high)}"
        return [Sign(told)] if q.pictures.high > UNIT else []
    if not any(row.train or row.validation for row in q.rows):
        return Needs("a log, or images beside their reconstructions in the latents file")
    signs = [sign for sign in (_mse(q), _cross_entropy(q), _size(q)) if sign is not None]
    return signs[:1] or (
        []
        if q.pixels is not None
        else Needs("--pixels (height * width * channels), to know what a loss may be")
    )


def _mse(q: Quantities) -> Sign | None:
    values = [(place, value) for side in ("train", "validation") for place, value in q.series(side, "mse")]
    above = [(place, value) for place, value in values if 1 < value < math.inf]
    if not above:
        return None
    place, value = above[0]
    return Sign(
        f"{place}: mean squared error {figure(value)}; of pixels in 0..1 it cannot exceed 1",
        severity="warning",
        confirm="print(x.min(), x.max()) for a batch of training and of validation, and see whether the error is a mean over pixels",
    )


def _cross_entropy(q: Quantities) -> Sign | None:
    if not q.bernoulli_columns:
        return None
    below = [(row.place, value) for row in q.rows for value in row.train.values() if value < 0]
    if not below:
        return None
    return Sign(
        f"{below[0][0]}: a figure of {figure(below[0][1])} beside {', '.join(q.bernoulli_columns)}, which cannot be negative for targets in 0..1",
        severity="warning",
        confirm="print(x.min(), x.max()) for a batch",
    )


def _size(q: Quantities) -> Sign | None:
    """The suspicion that a loss is too large for any image in 0..1."""
    confirm = (
        "print(x.min(), x.max(), x.dtype) for a batch of training AND of validation: both must be within 0..1"
    )
    name = (
        "reconstruction"
        if q.series("train", "reconstruction") or q.series("validation", "reconstruction")
        else "loss"
    )
    first = {
        side: finite[0]
        for side in ("train", "validation")
        if (finite := [value for _, value in q.series(side, name) if math.isfinite(value)])
    }
    if not first:
        return None
    side, loss = max(first.items(), key=lambda item: item[1])
    told = f"the first {'validation' if side == 'validation' else 'training'} {name} is {figure(loss)}"
    one_sided = len(first) == 2 and side == "validation" and loss > 10 * first["train"] > 0
    if one_sided:
        told += f" and that of training {figure(first['train'])}: it may be the validation images alone that are 0..255"
    if q.pixels is not None:
        each = loss / q.pixels
        return (
            Sign(
                f"{told}, {figure(each)} nats for each of {q.pixels} numbers",
                severity="warning",
                confirm=confirm,
            )
            if each > NATS
            else None
        )
    if (needed := would_need(loss, None)) is not None:
        return Sign(f"{told}; {needed}", severity="warning", confirm=confirm)
    if loss < FIRST_LOSS:
        return None
    side_length = math.isqrt(int(loss / GREY / 3))
    return Sign(
        f"{told}: possible with pixels in 0..1 only for images of about {side_length} x {side_length} RGB or larger",
        severity="warning" if one_sided or loss >= LARGE_LOSS else "note",
        confirm=f"{confirm}; if your images are that large, say so with --pixels",
    )


@rule(
    "P21",
    "There are faults in the folder",
    "warning",
    why="A file that cannot be read stops a training or is silently left out; duplicates on both sides of a split make validation too good; "
    "constant images pull the mean. If file size, format, camera or brightness alone gives the class away, whatever separates later "
    "may be that and not what is in the picture.",
    keras="remove or repair the files listed by `latentkit scan IMAGES --json`; bring all classes to one size, mode and format",
    pytorch="remove or repair the files listed by `latentkit scan IMAGES --json`; bring all classes to one size, mode and format",
    latentkit="latentkit scan IMAGES --json   # train skips unreadable files and says so, and keeps identical files on one side",
    source="issues pytorch/vision#660, pythae#102; Zech et al. 2018 (X-ray sets told apart by their hospital)",
)
def faults(q: Quantities) -> Answer:
    """Files unreadable, empty, truncated or constant; identical or nearly identical files; a feature of the files alone that predicts the class, lower bound of
    its cross-validated balanced accuracy a third of the way from chance to 1; fewer training images than latent dimensions; mixed modes (a note)."""
    signs = []
    if q.split is not None and q.latent is not None and q.split.train < q.latent:
        told = f"{q.split.train} training images for {q.latent} latent dimensions"
        signs.append(Sign(told, title="Fewer images than latent dimensions"))
    if q.data is None:
        return signs or Needs("the images: latentkit scan IMAGES")
    return [*signs, *_faults(q.data)]


def _faults(data: Data) -> list[Sign]:
    signs = []
    for feature, value, low, chance in data.confounds:
        told = f"balanced accuracy {value:.3f} (at least {low:.3f}; one constant answer: {chance:.3f})"
        severity: Severity = "note" if feature in OF_CONTENT else "warning"
        signs.append(Sign(told, severity, title=f"{feature.capitalize()} alone predicts the class"))
    for kind, paths in data.faults.items():
        told = f"{len(paths)} of {data.images}: {_few(paths)}"
        signs.append(Sign(told, title=f"{kind.capitalize()} files"))
    if data.duplicates:
        told = f"{_spare(data.duplicates)} of {data.images} files repeat another: {_few([' = '.join(group) for group in data.duplicates])}"
        signs.append(Sign(told, title="Identical files"))
    if data.near_duplicates:
        told = f"in {len(data.near_duplicates)} groups: {_few([' ~ '.join(group) for group in data.near_duplicates])}"
        signs.append(Sign(told, severity="note", title="Nearly identical images"))
    counts = list(data.classes.values())
    if len(counts) > 1 and max(counts) >= 10 * min(counts):
        least, most = (
            min(data.classes, key=data.classes.__getitem__),
            max(data.classes, key=data.classes.__getitem__),
        )
        told = f"{most} has {data.classes[most]} images and {least} {data.classes[least]}"
        signs.append(Sign(told, severity="note", title="Classes of very different size"))
    if len(data.modes) > 1:
        told = ", ".join(f"{mode} {count}" for mode, count in data.modes.items())
        signs.append(Sign(told, severity="note", title="Several colour modes"))
    return signs


def _spare(groups: Sequence[Sequence[str]]) -> int:
    return sum(len(group) - 1 for group in groups)


def _few(names: Sequence[str]) -> str:
    shown = list(names)[:3]
    rest = len(names) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")
