//! The command `rheobase`.

fn main() {}
