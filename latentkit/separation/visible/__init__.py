"""Measure, without using labels, whether clustering finds the classes or any groups at all.

judge       clusterings and the structure test of a report
clusters    k-means and a Gaussian mixture, and how well they recover the classes; HDBSCAN
stability   how many clusters there are, and whether another sample would show them again
halves      the error of a difference between two clusterings
gap         are the clusters separated by gaps, or pieces of one cloud?
views       a clustering or a picture as a view of the classes, with and without colors
candidates  the views that a user can make of latents
structure   a test of whether one Gaussian cloud would look the same (lloyd: many k-means at once)
"""
