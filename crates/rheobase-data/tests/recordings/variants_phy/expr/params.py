fs = 25000.
sample_rate = fs
