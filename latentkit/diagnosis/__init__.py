"""Diagnose a VAE training. One catalog of rules serves data, logs, runs and latents.

facts, rule, rules   what is known about a training, and the questions asked of it
readers              runs, logs of any trainer, TensorBoard events and latents, converted to facts
measure              statistics of latents and reconstructions
judge, text          findings, as JSON and as text
scan                 images before training
"""

from latentkit.diagnosis.diagnose import DiagnosisRequest, diagnose
from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.judge import Diagnosis, judge, to_json, watch
from latentkit.diagnosis.rule import Finding, format_number
from latentkit.diagnosis.rules import RULES, find_rule
from latentkit.diagnosis.text import explain, list_rules, to_text, verdict

__all__ = [
    "RULES",
    "Diagnosis",
    "DiagnosisRequest",
    "Facts",
    "Finding",
    "diagnose",
    "explain",
    "find_rule",
    "format_number",
    "judge",
    "list_rules",
    "to_json",
    "to_text",
    "verdict",
    "watch",
]
