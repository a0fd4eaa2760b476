"""Limit of libsvm files for both preparation and training."""

MAX_FEATURE_INDEX = 100_000_000
"""Largest index of a feature. XGBoost needs about 360 bytes and some microseconds for each column
up to the largest index (measured: 360 MiB for 1 million columns, 3.5 GiB for 10 million), so that
100 million columns need 34 GiB."""
