//! Range checks shared by the models: what is out of range is refused with what is allowed, what is left out is noted with its reason.

use crate::random::law::{Law, LawError};
use crate::spec::{At, Field, Reader};
use std::fmt::Display;

/// The number, or a refusal that says what is allowed.
pub(super) fn number(field: &Field<f64>, reader: &mut Reader, allowed: &str, holds: impl Fn(f64) -> bool) -> Option<f64> {
    if holds(field.value) {
        return Some(field.value);
    }
    reader.refuse(&field.at, "is out of range", allowed);
    None
}

/// The given number in its range, or the default with its reason.
pub(super) fn number_or(
    field: Option<&Field<f64>>,
    (at, key): (&At, &str),
    (default, reason): (f64, &str),
    reader: &mut Reader,
    allowed: &str,
    holds: impl Fn(f64) -> bool,
) -> Option<f64> {
    match field {
        Some(field) => number(field, reader, allowed, holds),
        None => Some(assumed(at, key, default, reason, reader)),
    }
}

/// Notes a default and gives it back.
pub(super) fn assumed<T: Display>(at: &At, key: &str, value: T, reason: &str, reader: &mut Reader) -> T {
    reader.assumed(at.key(key), &value, reason);
    value
}

/// The law, or a refusal in its constructor's words.
pub(super) fn law(result: Result<Law, LawError>, at: &At, reader: &mut Reader) -> Option<Law> {
    match result {
        Ok(law) => Some(law),
        Err(LawError::Parameter { parameter, given, allowed }) => {
            reader.refuse(at, format!("gives a law whose {parameter} is {given}"), allowed);
            None
        }
        Err(LawError::Row { row, allowed }) => {
            reader.refuse(at, format!("has a fault in row {row}"), allowed);
            None
        }
    }
}

/// Tells that two fields exclude each other. True when they do not stand together.
pub(super) fn exclusive<A, B>(first: Option<&Field<A>>, second: Option<&Field<B>>, why: &str, reader: &mut Reader) -> bool {
    if let (Some(first), Some(second)) = (first, second) {
        let name = first.at.path.rsplit('.').next().unwrap_or_default().to_owned();
        reader.refuse(&second.at, format!("cannot stand beside `{name}`"), why);
        return false;
    }
    true
}

/// A standard deviation of a logarithm: 0 to 3. Above 3 the mean of a lognormal law is ninety times its median, and most likely a slip.
pub(super) const LOG_SD: &str = "a standard deviation of the logarithm, from 0 to 3";

/// Whether a number is such a standard deviation.
pub(super) fn is_log_sd(x: f64) -> bool {
    (0.0..=3.0).contains(&x)
}
