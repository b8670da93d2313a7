//! Supply: what serves the demand, minute by minute.

pub mod minute;
