"""What went wrong? One catalogue of rules for data, logs, runs and latents; each says what it saw, why it matters and what to do."""

from latentkit.diagnosis.catalogue import RULES, by_id
from latentkit.diagnosis.diagnose import Request, diagnose
from latentkit.diagnosis.judge import Diagnosis, judge, to_json, watch
from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.text import catalogue, explain, to_text

__all__ = [
    "RULES",
    "Diagnosis",
    "Quantities",
    "Request",
    "by_id",
    "catalogue",
    "diagnose",
    "explain",
    "judge",
    "to_json",
    "to_text",
    "watch",
]
