//! One worked figure of a vendor: what goes in, what must come out, and which results have been looked at.

use crate::support::printed;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

/// An entry of the file.
pub(crate) struct Entry {
    value: Value,
    /// Results that a test has asked for.
    read: RefCell<BTreeSet<String>>,
}

/// The entries of the file, in its order.
pub(crate) fn read(path: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let values: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    values.into_iter().map(|value| Entry { value, read: RefCell::default() }).collect()
}

/// Digits as the file has them.
fn digits(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Entry {
    pub(crate) fn id(&self) -> &str {
        self.value["id"].as_str().unwrap()
    }

    pub(crate) fn kind(&self) -> &str {
        self.value["kind"].as_str().unwrap()
    }

    /// Whether an input is given.
    pub(crate) fn has(&self, input: &str) -> bool {
        !self.value["inputs"][input].is_null()
    }

    /// An input as the file writes it.
    pub(crate) fn text(&self, input: &str) -> String {
        assert!(self.has(input), "{} has no input {input}", self.id());
        digits(&self.value["inputs"][input])
    }

    /// An input as a number.
    pub(crate) fn input(&self, input: &str) -> f64 {
        let text = self.text(input);
        text.parse().unwrap_or_else(|_| panic!("{}: {input} is {text}, which is no number", self.id()))
    }

    /// An input that is nothing where it is not given.
    pub(crate) fn input_or_0(&self, input: &str) -> f64 {
        if self.has(input) { self.input(input) } else { 0.0 }
    }

    /// A part of an input that is a table, such as a weight.
    pub(crate) fn part(&self, input: &str, part: &str) -> f64 {
        self.value["inputs"][input][part].as_f64().unwrap()
    }

    /// The prices in a model's name: `haiku-4.5 $1/$5` has 1 and 5 USD for a million tokens in and out.
    pub(crate) fn prices_of_model(&self) -> [f64; 2] {
        let model = self.text("model");
        let (input, output) = model.split_once('$').unwrap().1.split_once("/$").unwrap();
        [input, output].map(|price| price.parse().unwrap())
    }

    /// Whether a result is given.
    pub(crate) fn expects(&self, result: &str) -> bool {
        !self.value["expected"][result].is_null()
    }

    /// A result as the file writes it.
    pub(crate) fn expected_text(&self, result: &str) -> String {
        assert!(self.expects(result), "{} has no result {result}", self.id());
        self.read.borrow_mut().insert(result.to_owned());
        digits(&self.value["expected"][result])
    }

    /// A result as a number.
    pub(crate) fn expected(&self, result: &str) -> f64 {
        let text = self.expected_text(result);
        text.parse().unwrap_or_else(|_| panic!("{}: {result} is {text}, which is no number", self.id()))
    }

    /// The result is this number but for rounding of doubles.
    pub(crate) fn exactly(&self, result: &str, given: f64) {
        let wanted = self.expected(result);
        assert!((given - wanted).abs() <= 1e-12 * wanted.abs(), "{result}: {given} is not {wanted}");
    }

    /// The result is this number as the vendor prints it, to half of the last digit.
    pub(crate) fn prints(&self, result: &str, given: f64) {
        printed(given, &self.expected_text(result));
    }

    /// Results that nobody has asked for, as `id.result`.
    pub(crate) fn unread(&self) -> Vec<String> {
        let read = self.read.borrow();
        let results = self.value["expected"].as_object().unwrap().keys();
        results.filter(|result| !read.contains(*result)).map(|result| format!("{}.{result}", self.id())).collect()
    }
}
