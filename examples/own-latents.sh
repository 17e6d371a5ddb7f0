#!/bin/sh
# Report on latents from another tool: an .npy file, and labels in a CSV file with one label per row.
set -eu
python -c '
import numpy as np
rng = np.random.default_rng(0)
labels = np.repeat(["cat", "dog"], 60)
np.save("own.npy", rng.normal(size=(120, 8)) + 3 * (labels == "dog")[:, None])
np.savetxt("own.csv", labels, fmt="%s")
'
latentkit report own.npy --labels own.csv
