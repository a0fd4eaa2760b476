"""Parts of `workloads.dataset`, which prepares tables for SageMaker's built-in XGBoost.

    digits        scikit-learn's handwritten digits
    csv_table     CSV file: checked in a first pass, written in a second
    layout        separator, header and width of a CSV file
    blocks        rows of a CSV file in blocks, with line numbers
    columns       selection of the label, features and categories
    cells         numbers, missing values and texts in cells
    checks        checks of the cells
    libsvm_table  libsvm file: checked in a first pass, written in a second
    problems      report of all problems of a file, by kind
    shuffling     random order of the rows, split into train and validation
    folders       files of the channels in a folder
    uploads       upload of the channels to S3

All but `digits` and `uploads` keep only a few blocks of a file in memory.
"""
