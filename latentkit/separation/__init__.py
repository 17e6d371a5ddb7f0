"""Do the classes separate? Statistics that may be believed, and a verdict in words."""

from latentkit.separation.judge import judge
from latentkit.separation.options import Options
from latentkit.separation.report import Report, to_json
from latentkit.separation.text import to_text
from latentkit.separation.thresholds import Thresholds

__all__ = ["Options", "Report", "Thresholds", "judge", "to_json", "to_text"]
