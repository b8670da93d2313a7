//! Random numbers: the streams that every draw comes from, the laws they follow, and the special functions both need.

pub mod exponential;
pub mod lanes;
pub mod law;
pub mod normal;
pub mod sobol;
pub mod special;
pub mod stream;
