"""Measure, without using labels, whether clustering finds the classes or any groups at all.

judge      clusterings and the structure test of a report
clusters   k-means and a Gaussian mixture, and how well they recover the classes; HDBSCAN
halves     the error of a difference between two clusterings
stability  how many clusters there are, and whether another sample would show them again
structure  a test of whether one Gaussian cloud would look the same (lloyd: many k-means at once)
"""
