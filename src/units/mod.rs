//! Quantities as people write them: a number, a unit and a denominator, parsed exactly.
//!
//! Every rate and price is text with its denominator, because a bare number for one is how plans go wrong by a factor of sixty or a
//! thousand. Prices are shifted as decimals before they become binary, so `0.00025 USD/1K tokens` is the double nearest to 0.00000025.

mod money;
mod number;
mod rate;
mod requests;
mod term;
mod tokens;

pub use money::{Currency, MonthlyPrice, RequestPrice, TokenPrice, UnitPrice};
pub use number::Decimal;
pub use rate::{EventRate, Hours, MonthlyRate, Share, TokenRate};
pub use requests::RequestRate;
pub use term::Term;
pub use tokens::{ByClass, CLASSES};

/// Why a text is no quantity of the wanted kind; `Display` is a clause that follows the field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError(pub String);

impl std::fmt::Display for UnitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// A quantity that a scenario states as text.
pub trait Quantity: Sized + std::fmt::Display {
    /// What is accepted, for messages and the schema: the form and an example.
    const FORM: &'static str;

    /// Parses the text.
    ///
    /// # Errors
    /// When the number, the unit or the denominator is missing or unknown.
    fn parse(text: &str) -> Result<Self, UnitError>;

    /// Takes a bare number where the kind has a natural one (a share, a count); most kinds refuse it.
    fn from_number(_number: f64) -> Option<Self> {
        None
    }
}
