"""Plots in characters for a terminal, such as one reached over ssh.

    canvas      characters, finer dots within them (Braille), and the colors of a terminal
    scatter     a projection
    curves      the curves of training runs

Text from files is escaped first: the only escape sequences are those of our own colors.
"""

from latentkit.pictures.screen.curves import curves
from latentkit.pictures.screen.scatter import scatter

__all__ = ["curves", "scatter"]
