//! Every model against every law and every reference trace.
