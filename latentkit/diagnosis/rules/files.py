"""Rules about the images: P5 pixel range, P21 problems in the folder."""

import math
from collections.abc import Sequence

from latentkit.diagnosis.facts import Facts, ImageFiles
from latentkit.diagnosis.rule import Answer, Needs, Severity, Sign, format_number, rule

__all__ = ["faults", "implausible_for_unit_pixels", "pixel_range"]

UNIT = 1.5
"""No pixel in 0..1 exceeds this, even after interpolation or augmentation."""
FIRST_LOSS = 1e4
LARGE_LOSS = 5e5
"""Loss of predicting gray for images of about 512 x 512 RGB."""
GRAY = math.log(2)
"""Nats per value: binary cross-entropy of predicting 0.5, which no useful model exceeds."""
ORDINARY = 1024 * 1024 * 3
"""Values in the largest image that people ordinarily train a VAE on."""
NATS = 50.0
"""Nats per value of predicting gray with a fixed sigma of 0.05; it is 0.69 for cross-entropy and about 1 with sigma 1."""
OF_CONTENT = ("brightness", "file size")
"""Features that the content of the image also determines: how bright it is, how well it compresses."""


def implausible_for_unit_pixels(loss: float, pixels: int | None) -> str | None:
    """Explain why pixels in 0..1 cannot give this loss at the given size, or at any ordinary size; None if they can."""
    if loss <= GRAY * (pixels or ORDINARY):
        return None
    side = math.isqrt(int(loss / GRAY / 3))
    actual = f"yours have {pixels} values" if pixels else "images are rarely that large"
    return (
        f"predicting gray for pixels in 0..1 costs {GRAY:.3f} nats per value, so this loss "
        f"would need images of {side} x {side} RGB; {actual}, so these pixels are probably not within 0..1"
    )


@rule(
    "P5",
    "Pixels are not within 0..1",
    "error",
    why="A decoder that ends in a sigmoid cannot reach 255, and a loss made for 0..1 grows to 10^4 to 10^7: its gradients drive the weights "
    "into saturation or to NaN. If only one side (training or validation) is scaled, the two cannot be compared.",
    keras="keras.layers.Rescaling(1 / 255) as the first layer, or x.astype('float32') / 255, for training, validation and prediction alike",
    pytorch="transforms.ToTensor() divides uint8 by 255; otherwise x = x.float() / 255; assert x.max() <= 1",
    latentkit="latentkit scan IMAGES; latentkit train IMAGES -o RUN   # pixels are always scaled to 0..1",
    source="issues tensorflow/models#23, atomai#85, pytorch/pytorch#36647",
)
def pixel_range(facts: Facts) -> Answer:
    """Images with a maximum above 1.5. In a log, a suspicion: a mean squared error above 1; a negative binary
    cross-entropy; or a first reconstruction (or loss) that is too large. That is above 50 nats per pixel value or, if the
    image size is unknown, above 5e5 (a note from 1e4, a warning if only validation is that large), or more than
    predicting gray costs for 1024 x 1024 RGB."""
    if facts.unit_range:
        return []
    if facts.reconstructions is not None:
        r = facts.reconstructions
        evidence = (
            f"{r.images} images range from {format_number(r.image_low)} to {format_number(r.image_high)}"
        )
        return [Sign(evidence)] if r.image_high > UNIT else []
    if not any(row.train or row.validation for row in facts.rows):
        return Needs("a log, or images with their reconstructions in the latents file")
    signs = [sign for sign in (_mse(facts), _cross_entropy(facts), _first_loss(facts)) if sign is not None]
    if signs:
        return signs[:1]
    if facts.pixels is None:
        return Needs("--pixels (height * width * channels), to know how large a loss may be")
    return []


def _mse(facts: Facts) -> Sign | None:
    values = [item for side in ("train", "validation") for item in facts.series(side, "mse")]
    above = [(place, value) for place, value in values if 1 < value < math.inf]
    if not above:
        return None
    place, value = above[0]
    return Sign(
        f"{place}: mean squared error {format_number(value)}; for pixels in 0..1 it cannot exceed 1",
        severity="warning",
        confirm="print(x.min(), x.max()) for a batch of training and of validation, and check whether the error is a mean over pixels",
    )


def _cross_entropy(facts: Facts) -> Sign | None:
    if not facts.bernoulli_columns:
        return None
    below = [(row.place, value) for row in facts.rows for value in row.train.values() if value < 0]
    if not below:
        return None
    place, value = below[0]
    return Sign(
        f"{place}: a value of {format_number(value)} in a log of {', '.join(facts.bernoulli_columns)}, which cannot be negative for targets in 0..1",
        severity="warning",
        confirm="print(x.min(), x.max()) for a batch",
    )


def _first_loss(facts: Facts) -> Sign | None:
    """Suspect a first loss that is too large for any image in 0..1."""
    confirm = (
        "print(x.min(), x.max(), x.dtype) for a batch of training AND of validation: both must be within 0..1"
    )
    name = (
        "reconstruction"
        if facts.series("train", "reconstruction") or facts.series("validation", "reconstruction")
        else "loss"
    )
    first = {
        side: finite[0]
        for side in ("train", "validation")
        if (finite := [value for _, value in facts.series(side, name) if math.isfinite(value)])
    }
    if not first:
        return None
    side, loss = max(first.items(), key=lambda item: item[1])
    evidence = (
        f"the first {'validation' if side == 'validation' else 'training'} {name} is {format_number(loss)}"
    )
    one_sided = len(first) == 2 and side == "validation" and loss > 10 * first["train"] > 0
    if one_sided:
        evidence += f" and the first training {name} is {format_number(first['train'])}: perhaps only the validation images are in 0..255"
    if facts.pixels is not None:
        each = loss / facts.pixels
        if each <= NATS:
            return None
        evidence += f", {format_number(each)} nats for each of {facts.pixels} pixel values"
        return Sign(evidence, severity="warning", confirm=confirm)
    if (reason := implausible_for_unit_pixels(loss, None)) is not None:
        return Sign(f"{evidence}; {reason}", severity="warning", confirm=confirm)
    if loss < FIRST_LOSS:
        return None
    side_length = math.isqrt(int(loss / GRAY / 3))
    return Sign(
        f"{evidence}; with pixels in 0..1 that takes images of about {side_length} x {side_length} RGB or larger",
        severity="warning" if one_sided or loss >= LARGE_LOSS else "note",
        confirm=f"{confirm}; if your images are that large, give their size with --pixels",
    )


@rule(
    "P21",
    "The image folder has problems",
    "warning",
    why="An unreadable file stops a training or is silently skipped; duplicates on both sides of a split make validation look too good; "
    "constant images distort the mean. If file size, format, camera or brightness alone predicts the class, the model may separate the "
    "classes by it rather than by the content of the images.",
    keras="remove or repair the files listed by `latentkit scan IMAGES --json`; convert all classes to one size, mode and format",
    pytorch="remove or repair the files listed by `latentkit scan IMAGES --json`; convert all classes to one size, mode and format",
    latentkit="latentkit scan IMAGES --json   # train reports and skips unreadable files, and keeps identical files on one side",
    source="issues pytorch/vision#660, pythae#102; Zech et al. 2018 (X-ray data sets told apart by hospital)",
)
def faults(facts: Facts) -> Answer:
    """Files are unreadable, empty, truncated or constant; identical or nearly identical; a feature of the files alone predicts the class, with the lower bound
    of its cross-validated balanced accuracy a third of the way from chance to 1; there are fewer training images than latent dimensions; or, as a note, color
    modes are mixed."""
    signs = []
    if facts.split is not None and facts.latent is not None and facts.split.train < facts.latent:
        evidence = f"{facts.split.train} training images for {facts.latent} latent dimensions"
        signs.append(Sign(evidence, title="Fewer images than latent dimensions"))
    if facts.files is None:
        return signs or Needs("the images: latentkit scan IMAGES")
    return [*signs, *_file_signs(facts.files)]


def _file_signs(files: ImageFiles) -> list[Sign]:
    signs = []
    for feature, value, low, chance in files.confounds:
        evidence = (
            f"balanced accuracy {value:.3f} (at least {low:.3f}; a constant answer scores {chance:.3f})"
        )
        severity: Severity = "note" if feature in OF_CONTENT else "warning"
        signs.append(Sign(evidence, severity, title=f"{feature.capitalize()} alone predicts the class"))
    for kind, paths in files.faults.items():
        evidence = f"{len(paths)} of {files.images}: {_first_few(paths)}"
        signs.append(Sign(evidence, title=f"{kind.capitalize()} files"))
    if files.duplicates:
        copies = sum(len(group) - 1 for group in files.duplicates)
        evidence = f"{copies} of {files.images} files repeat another: {_first_few([' = '.join(group) for group in files.duplicates])}"
        signs.append(Sign(evidence, title="Identical files"))
    if files.near_duplicates:
        evidence = f"{_groups(len(files.near_duplicates))}: {_first_few([' ~ '.join(group) for group in files.near_duplicates])}"
        signs.append(Sign(evidence, severity="note", title="Nearly identical images"))
    if len(files.classes) > 1:
        smallest, largest = (choose(files.classes, key=files.classes.__getitem__) for choose in (min, max))
        if files.classes[largest] >= 10 * files.classes[smallest]:
            evidence = (
                f"{largest} has {files.classes[largest]} images and {smallest} {files.classes[smallest]}"
            )
            signs.append(Sign(evidence, severity="note", title="Classes of very different size"))
    if len(files.modes) > 1:
        evidence = ", ".join(f"{mode} {count}" for mode, count in files.modes.items())
        signs.append(Sign(evidence, severity="note", title="Several color modes"))
    return signs


def _groups(count: int) -> str:
    return "1 group" if count == 1 else f"{count} groups"


def _first_few(names: Sequence[str]) -> str:
    rest = len(names) - 3
    return "; ".join(names[:3]) + (f"; and {rest} more" if rest > 0 else "")
