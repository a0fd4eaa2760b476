"""The parts of `workloads.dataset`: tables for SageMaker's built-in XGBoost, of files as they are.

digits     scikit-learn's handwritten digits
tables     a CSV file: checked in a first reading, written in a second one
layout     separator, header and width of a CSV file
blocks     the rows of a CSV file, some megabytes at a time, with their line numbers
columns    which column is the label, a feature, a category
cells      numbers, missing values and categories
libsvm     a libsvm file: checked in a first reading, written in a second one
problems   all faults of a file, by kind
shuffling  rows in a random order, cut into train and validation
folders    where train and validation are in a folder
uploads    a folder's channels in a bucket

All but `digits` and `uploads` hold a few blocks of a file in memory at a time, never all of it.
"""
