"""Examine images before training: contents, unreadable files, duplicates, and features that give the class away."""

from latentkit.diagnosis.scan.suggest import train_command
from latentkit.diagnosis.scan.survey import Request, Survey, scan
from latentkit.diagnosis.scan.text import to_json, to_text

__all__ = ["Request", "Survey", "scan", "to_json", "to_text", "train_command"]
