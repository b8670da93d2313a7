//! The small language of swept numbers: `0..=8`, `0, 100..=400 step 50`.

use super::MAX_PLANS;
use crate::units::Decimal;

/// Numbers of a text, in its order; an error is a clause that follows the field's name.
pub(crate) fn list(text: &str) -> Result<Vec<f64>, String> {
    let mut numbers = Vec::new();
    for item in text.split(',') {
        let item = item.trim();
        if item.is_empty() {
            return Err("has an empty item".to_owned());
        }
        let Some((from, rest)) = item.split_once("..") else {
            numbers.push(number(item)?);
            continue;
        };
        let Some(rest) = rest.strip_prefix('=') else {
            return Err(format!("has the range `{item}`, whose end must be said to belong to it: `..=`"));
        };
        let (to, step) = match rest.split_once("step") {
            Some((to, step)) => (number(to)?, number(step)?),
            None => (number(rest)?, 1.0),
        };
        let from = number(from)?;
        if !(step > 0.0) {
            return Err(format!("has the range `{item}`, whose step is not above zero"));
        }
        if to < from {
            return Err(format!("has the range `{item}`, which ends before it begins"));
        }
        let steps = ((to - from) / step + 1e-9).floor();
        if !(steps + numbers.len() as f64 <= MAX_PLANS as f64) {
            return Err(format!("has the range `{item}`, which holds more than {MAX_PLANS} numbers"));
        }
        // A product and not a running sum, so that the hundredth step is as exact as the first.
        numbers.extend((0..=steps as usize).map(|i| rounded(from + i as f64 * step)));
    }
    Ok(numbers)
}

/// The list itself when it can be swept: not empty, every number from 0 and none twice.
pub(crate) fn checked(list: Vec<f64>) -> Result<Vec<f64>, String> {
    if list.is_empty() {
        return Err("is empty".to_owned());
    }
    if list.len() > MAX_PLANS {
        return Err(format!("holds more than {MAX_PLANS} numbers"));
    }
    if let Some(number) = list.iter().find(|&&number| !(number >= 0.0)) {
        return Err(format!("holds {number}, which is no number of units"));
    }
    let mut sorted = list.clone();
    sorted.sort_by(f64::total_cmp);
    match sorted.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("holds {} twice", pair[0])),
        None => Ok(list),
    }
}

fn number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match Decimal::split(text) {
        Ok((decimal, "")) if decimal.value(0).is_finite() => Ok(decimal.value(0)),
        _ => Err(format!("holds `{text}`, which is no number")),
    }
}

/// Twelve digits, so that 0.1 × 3 is called 0.3.
fn rounded(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<f64>, String> {
        list(text).and_then(checked)
    }

    #[test]
    fn ranges_and_numbers_are_read_in_order() {
        assert_eq!(parse("0..=3"), Ok(vec![0.0, 1.0, 2.0, 3.0]));
        assert_eq!(parse("0, 100..=400 step 50"), Ok(vec![0.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0]));
        assert_eq!(parse("0..=0.5 step 0.1"), Ok(vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5]));
        assert_eq!(parse("7"), Ok(vec![7.0]));
        assert_eq!(parse("0..=5 step 2"), Ok(vec![0.0, 2.0, 4.0]));
    }

    #[test]
    fn what_cannot_be_swept_is_refused() {
        for (text, part) in [
            ("", "empty"),
            ("1,,2", "empty"),
            ("0..8", "..="),
            ("8..=0", "ends before"),
            ("0..=8 step 0", "not above zero"),
            ("0..=8 step -1", "not above zero"),
            ("0..=1e9", "more than"),
            ("0..=1e300 step 1e-300", "more than"),
            ("a..=b", "no number"),
            ("1, 0..=2", "twice"),
            ("-1..=2", "no number of units"),
            ("nan", "no number"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(part), "{text:?}: {told}");
        }
    }
}
