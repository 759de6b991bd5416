//! Files: NumPy arrays and archives, CSV tables, spike files.
