//! Files: NumPy arrays and archives, CSV tables, spike files.
pub mod array;
pub mod atomic;
pub mod npy;
mod npy_header;
pub mod npz;
