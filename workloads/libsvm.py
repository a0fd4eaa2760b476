"""A limit of libsvm files that training and preparing share."""

MOST_FEATURES = 100_000_000
"""The largest index of a feature. XGBoost keeps about 360 bytes and needs some microseconds for
each column up to the largest index (measured: 1 million columns 360 MiB, 10 million 3.5 GiB), so
that 100 million take 34 GiB, and 3,000,000,000 a machine that nobody has."""
