"""Examine images before training: contents, unreadable files, duplicates, and features that give the class away."""

from latentkit.diagnosis.scan.suggest import train_command
from latentkit.diagnosis.scan.survey import ScanRequest, Survey, scan
from latentkit.diagnosis.scan.text import to_json, to_text

__all__ = ["ScanRequest", "Survey", "scan", "to_json", "to_text", "train_command"]
