#!/bin/sh
# Train in PyTorch and embed in both backends: the latents are the same. Usage: two-backends.sh FOLDER
set -eu
images=${1:?usage: two-backends.sh FOLDER}

run=$(latentkit train "$images" -o two-run --backend torch --size 16 --latent 4 --epochs 2)
latentkit embed "$run" "$images" --backend torch -o two-torch.npz
latentkit embed "$run" "$images" --backend keras -o two-keras.npz
python -c '
import numpy as np
torch, keras = (np.load(f"two-{name}.npz")["mu"] for name in ("torch", "keras"))
print(f"largest difference of mu: {np.abs(torch - keras).max():.1e}")
'
