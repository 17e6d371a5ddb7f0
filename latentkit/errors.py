"""The errors that latentkit raises on purpose.

    LatentkitError
    ├── ImagesError          images that cannot be found, read or split
    ├── ArchitectureError    a network that cannot be built
    ├── FormatError          a file or stream that does not have the expected format
    ├── BackendError         a backend that is unknown, missing or breaks the contract
    ├── TrainingError        a run that cannot start, resume or continue
    ├── ProjectionError      latents that cannot be projected as requested
    ├── SeparationError      latents that cannot be scored as requested
    ├── DiagnosisError       a log with nothing to diagnose
    ├── GroupError           a failed group of processes; has no message if another process reports the reason
    ├── PictureError         a figure that cannot be drawn as requested
    ├── ExportError          latents that cannot be exported as requested
    └── DecodingError        latents that cannot be decoded as requested

A message is one line for a person, printed unchanged: what happened, with the value and the file, then what to do.
It is not escaped: `latentkit.shell` does that once, when it prints. Any other exception is a bug and keeps its traceback.
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
    """Base class of the errors that are reported without a traceback."""


class ImagesError(LatentkitError):
    """Images that cannot be found, read or split."""


class ArchitectureError(LatentkitError):
    """A network that cannot be built."""


class FormatError(LatentkitError):
    """A file or stream that does not have the expected format."""


class BackendError(LatentkitError):
    """A backend that is unknown, missing or breaks the contract."""


class TrainingError(LatentkitError):
    """A run that cannot start, resume or continue."""


class ProjectionError(LatentkitError):
    """Latents that cannot be projected as requested."""


class SeparationError(LatentkitError):
    """Latents that cannot be scored as requested."""


class DiagnosisError(LatentkitError):
    """A log with nothing to diagnose."""


class GroupError(LatentkitError):
    """A group of processes that failed; has no message if another process reports the reason."""


class PictureError(LatentkitError):
    """A figure that cannot be drawn as requested."""


class ExportError(LatentkitError):
    """Latents that cannot be exported as requested."""


class DecodingError(LatentkitError):
    """Latents that cannot be decoded as requested."""
