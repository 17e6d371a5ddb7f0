"""Train a variational auto-encoder on unlabeled images and find out whether the classes separate."""

__version__ = "0.1.0"
