//! The instruction set, chosen when the program runs: the only unsafe code of the crate.
//!
//! One source is compiled three times: what is inlined into a function with `#[target_feature]` may use the instructions that it names.
//! Calling such a function on a processor without them is undefined, so that the call is unsafe; here it stands behind the check of the
//! processor, and nowhere else. Fused multiply-add is enabled nowhere: with it the bits would differ between processors.

#![allow(unsafe_code, reason = "calls of functions compiled for instructions that the processor was seen to have")]

use std::fmt;

/// Instructions to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// What every processor of the architecture has.
    Baseline,
    /// AVX2: vectors of 8 numbers in single precision.
    Avx2,
    /// AVX-512: vectors of 16.
    Avx512,
}

impl Isa {
    /// All that this processor has, widest last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        [Self::Baseline, Self::Avx2, Self::Avx512].into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// The widest that this processor has.
    #[must_use]
    pub fn widest() -> Self {
        Self::available().pop().unwrap_or(Self::Baseline)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Self::Baseline => true,
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        self == Self::Baseline
    }

    /// Runs work with these instructions; with the baseline where the processor does not have them.
    pub fn run<W: Wide>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if self.is_available() {
            match self {
                // SAFETY: the processor has AVX-512 F, BW, DQ and VL, all that the function is compiled for.
                Self::Avx512 => return unsafe { avx512(work) },
                // SAFETY: the processor has AVX2, all that the function is compiled for.
                Self::Avx2 => return unsafe { avx2(work) },
                Self::Baseline => {}
            }
        }
        work.run()
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        })
    }
}

/// Work that is compiled for each instruction set. Whoever implements it marks `run`, and all that is hot within it, `#[inline(always)]`.
pub trait Wide {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<W: Wide>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<W: Wide>(work: W) -> W::Output {
    work.run()
}
