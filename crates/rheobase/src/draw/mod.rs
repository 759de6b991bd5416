//! Pictures as SVG and PNG: one module for every command that draws.
