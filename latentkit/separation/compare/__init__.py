"""Compare latent spaces of the same images: which tells the classes apart better, and how alike are they?

judge      every figure of the comparison
record     the comparison as a value, and its JSON schema
sentences  the result in words, and caveats
text       the comparison on one screen
"""

from latentkit.separation.compare.judge import compare
from latentkit.separation.compare.record import Comparison, to_json
from latentkit.separation.compare.text import to_text

__all__ = ["Comparison", "compare", "to_json", "to_text"]
