//! Recordings that other tools wrote, and damaged ones.

mod cases;
mod damage;
