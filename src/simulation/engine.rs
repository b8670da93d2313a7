//! Which of the two ways through the simulation a run takes.

use super::kernel::{Kernel, Scope};
use crate::error::{Error, Result};
use crate::scenario::Scenario;
use std::fmt;

/// The way that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The fast path where it can serve the scenario, else the reference.
    #[default]
    Auto,
    /// The fast path, or an error that says why not.
    Kernel,
    /// The reference, which serves everything.
    Reference,
}

/// The way that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The fast path.
    Kernel,
    /// The reference; and, where the fast path was tried first, why it could not serve the scenario.
    Reference(Option<String>),
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kernel => "kernel",
            Self::Reference(_) => "reference",
        })
    }
}

impl EngineChoice {
    /// Whether a run of the scenario can go this way: to be asked before any place is made for its results.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) where the fast path was asked for and cannot serve the scenario.
    pub fn check(self, scenario: &Scenario) -> Result<()> {
        self.prepare(scenario, scenario.seed, Scope::Spend, false).map(|_| ())
    }

    /// The fast path made ready, or the reason for the reference. `hours` says that somebody wants to see every hour, which it has not.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) where the fast path was asked for and cannot serve the scenario.
    pub(super) fn prepare(
        self,
        scenario: &Scenario,
        seed: u64,
        scope: Scope,
        hours: bool,
    ) -> Result<std::result::Result<Kernel<'_>, Option<String>>> {
        let why = match self {
            Self::Reference => return Ok(Err(None)),
            _ if hours => "each of its hours is looked at".to_owned(),
            _ => match Kernel::new(scenario, seed, scope) {
                Ok(kernel) => return Ok(Ok(kernel)),
                Err(why) => why,
            },
        };
        if self == Self::Kernel {
            return Err(Error::usage(format!("the kernel cannot serve this scenario: {why}; `--engine auto` takes the reference for it")));
        }
        Ok(Err(Some(why)))
    }
}
