"""The parts of `workloads.dataset`: tables for SageMaker's built-in algorithms, whatever they were.

tables   rows with the label first, out of scikit-learn or a CSV file
libsvm   rows of a libsvm file
folders  train and validation apart, and where each is in a folder
uploads  a folder's channels in a bucket
"""
