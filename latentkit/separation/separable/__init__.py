"""Measure how well simple classifiers tell the labeled classes apart on images they have not seen.

folds      cross-validation of the linear probe over all labeled rows
pairs      AUC of every pair of classes (auc, ridge: the probe and its permutation test)
scores     balanced accuracy of simple classifiers, next to PCA of the pixels
tightness  silhouettes and other indices of the given classes (distances: exact sums of distances)
"""
