"""Judge latents: `judge` makes a report, `to_text` and `to_json` print it.

judge      every figure of the report
record     the report as a value, and its JSON schema
benefit    whether the VAE does better than PCA of the pixels
health     how much of the latent space is used, and how much it says about an image
verdict    the rules of the two verdicts
sentences  the verdicts in words
view_sentences  which pictures and clusterings show the classes, in words
advice     what to do next
summary    the verdict in a few lines, and one small table
caveats    what the reader must know before believing the report
tables     rows of text that the terminal and the page share
text       the report on one screen
require    conditions of `--require`
"""

from latentkit.separation.report.judge import judge
from latentkit.separation.report.record import Report, to_json
from latentkit.separation.report.summary import to_summary
from latentkit.separation.report.text import to_text

__all__ = ["Report", "judge", "to_json", "to_summary", "to_text"]
