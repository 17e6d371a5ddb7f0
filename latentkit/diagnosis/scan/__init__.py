"""Look at the files before training: what is there, what is broken, what is double, what gives the classes away."""

from latentkit.diagnosis.scan.suggest import arguments
from latentkit.diagnosis.scan.survey import Request, Survey, scan
from latentkit.diagnosis.scan.text import to_json, to_text

__all__ = ["Request", "Survey", "arguments", "scan", "to_json", "to_text"]
