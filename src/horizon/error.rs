//! What can be wrong with a horizon, each said with what was given and what is allowed.

use std::fmt;

use jiff::civil::Date;

use super::calendar::{FIRST_YEAR, LAST_YEAR};
use super::{MAX_HOURS_PER_MONTH, MAX_MONTHS};

/// Why a horizon cannot be built. The text names no field of a scenario file; whoever read the file knows which it was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HorizonError {
    /// The number of months is not 1 to [`MAX_MONTHS`].
    Months {
        /// Months asked for.
        given: u32,
    },
    /// The hours of a flat month are not 1 to [`MAX_HOURS_PER_MONTH`].
    HoursPerMonth {
        /// Hours asked for `[h]`.
        given: u32,
    },
    /// The start lies in a year no plan is made for, most likely by a slip.
    Start {
        /// First day asked for.
        given: Date,
    },
    /// The time zone database has no such name.
    TimeZone {
        /// Name asked for.
        given: String,
    },
}

impl fmt::Display for HorizonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HorizonError::Months { given } => {
                write!(f, "a horizon has 1 to {MAX_MONTHS} months, got {given}")
            }
            HorizonError::HoursPerMonth { given } => write!(f, "a flat month has 1 to {MAX_HOURS_PER_MONTH} hours, got {given}"),
            HorizonError::Start { given } => write!(f, "a calendar starts in the years {FIRST_YEAR} to {LAST_YEAR}, got {given}"),
            HorizonError::TimeZone { given } => {
                write!(f, "unknown time zone {given:?}: use a name of the IANA database, such as \"America/New_York\" or \"UTC\"")
            }
        }
    }
}

impl std::error::Error for HorizonError {}
