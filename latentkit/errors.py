"""Every error latentkit raises on purpose.

    LatentkitError
    ├── ImagesError          images that cannot be found, read or split
    ├── ArchitectureError    a network that cannot be built
    ├── FormatError          a file or a stream that is not what it should be
    ├── BackendError         a backend that is unknown, missing or not to the contract
    ├── TrainingError        a run that cannot start, resume or go on
    ├── ProjectionError      latents that cannot be projected as asked
    ├── SeparationError      latents that cannot be judged as asked
    ├── DiagnosisError       a log that holds nothing to diagnose
    ├── GroupError           a group of processes that failed; without a text where another process tells why
    ├── PictureError         a figure that cannot be drawn as asked
    ├── ExportError          latents that cannot be exported as asked
    └── DecodingError        latents that cannot be decoded as asked

The message of each is for a person and is printed as it stands: what happened, with the value and
the file, then what to do next. It is one line. Anything else that is raised is a bug of ours and
keeps its traceback.
"""

__all__ = [
    "ArchitectureError",
    "BackendError",
    "DecodingError",
    "DiagnosisError",
    "ExportError",
    "FormatError",
    "GroupError",
    "ImagesError",
    "LatentkitError",
    "PictureError",
    "ProjectionError",
    "SeparationError",
    "TrainingError",
]


class LatentkitError(Exception):
    """What every error below is."""


class ImagesError(LatentkitError):
    """Images that cannot be found, read or split."""


class ArchitectureError(LatentkitError):
    """A network that cannot be built."""


class FormatError(LatentkitError):
    """A file or a stream that is not what it should be."""


class BackendError(LatentkitError):
    """A backend that is unknown, missing or not to the contract."""


class TrainingError(LatentkitError):
    """A run that cannot start, resume or go on."""


class ProjectionError(LatentkitError):
    """Latents that cannot be projected as asked."""


class SeparationError(LatentkitError):
    """Latents that cannot be judged as asked."""


class DiagnosisError(LatentkitError):
    """A log that holds nothing to diagnose."""


class GroupError(LatentkitError):
    """A group of processes that failed; without a text where another process tells why."""


class PictureError(LatentkitError):
    """A figure that cannot be drawn as asked."""


class ExportError(LatentkitError):
    """Latents that cannot be exported as asked."""


class DecodingError(LatentkitError):
    """Latents that cannot be decoded as asked."""
