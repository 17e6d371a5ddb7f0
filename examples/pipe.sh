#!/bin/sh
# Go from a folder of images to a verdict and a picture. Usage: pipe.sh FOLDER
set -eu
images=${1:?usage: pipe.sh FOLDER}

run=$(latentkit train "$images" -o pipe-run --size 32 --latent 16 --epochs 10)
latentkit embed "$run" "$images" | tee pipe-latents.npz | latentkit project | tee pipe-pca.npz | latentkit report
latentkit plot pipe-pca.npz -o pipe-scatter.png
