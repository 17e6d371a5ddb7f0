"""latentkit: train a variational auto-encoder on unlabelled images, then ask whether the classes separate."""

__version__ = "0.1.0"
