"""Labels given: can a simple classifier tell the classes apart on images it has not seen?

holdout    which rows are fitted on and which are scored
pairs      AUC of every pair of classes (auc, ridge: the probe and its permutation test)
scores     balanced accuracy of simple classifiers, next to PCA of the pixels
tightness  silhouettes and other indices of the given classes (distances: exact sums of distances)
"""
