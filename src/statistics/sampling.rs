//! How the samples of a column were drawn, and so what hangs together in it.

crate::spec_words! {
    /// How futures are sampled: "plain" (independent of each other) or "sobol" (spread evenly over what matters most).
    pub enum Sampling {
        /// Every replication is drawn independently.
        "plain" => Plain,
        /// Randomised Sobol points lead the few dimensions that matter most. Replications hang together within a scramble, of which there
        /// are [`SCRAMBLES`], and are independent between scrambles.
        "sobol" => Sobol,
    }
}

/// Independent scrambles of the points: replication r belongs to number r mod 16. Its errors come from the spread between them, with 15
/// degrees of freedom: a t multiplier of 2.13 instead of 1.96.
pub const SCRAMBLES: usize = 16;
