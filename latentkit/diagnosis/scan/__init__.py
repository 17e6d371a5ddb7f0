"""Look at the files before training."""
