//! Quarters: runs of months that results are summed over beside months and the whole.

use super::{Horizon, Kind};
use std::ops::Range;

/// Months of a quarter on a flat horizon.
const MONTHS: usize = 3;

impl Horizon {
    /// The months of each quarter, in order; none is empty.
    ///
    /// On a calendar a quarter is one of the calendar's, to which a month belongs by its first day, so that the first and the last may be cut
    /// short by the horizon's ends. On a flat horizon it is three months from the start.
    ///
    /// # Example
    ///
    /// ```
    /// use tokentide::horizon::{Horizon, time_zone};
    ///
    /// let horizon = Horizon::calendar(jiff::civil::date(2027, 2, 1), 6, time_zone("UTC")?)?;
    /// assert_eq!(horizon.quarters(), [0..2, 2..5, 5..6]);
    /// assert_eq!(horizon.quarter_label(1), "2027-Q2");
    /// # Ok::<(), tokentide::horizon::HorizonError>(())
    /// ```
    #[must_use]
    pub fn quarters(&self) -> Vec<Range<usize>> {
        let mut quarters: Vec<Range<usize>> = Vec::new();
        let mut last = None;
        for month in 0..self.months() {
            let quarter = self.quarter_of(month);
            match quarters.last_mut() {
                Some(open) if last == Some(quarter) => open.end = month + 1,
                _ => quarters.push(month..month + 1),
            }
            last = Some(quarter);
        }
        quarters
    }

    /// The name of a quarter in reports: `2027-Q1` on a calendar, `1`, `2`, … on a flat horizon; empty where there is no such quarter.
    #[must_use]
    pub fn quarter_label(&self, quarter: usize) -> String {
        let Some(months) = self.quarters().get(quarter).cloned() else { return String::new() };
        let (year, number) = self.quarter_of(months.start);
        match &self.kind {
            Kind::Flat { .. } => number.to_string(),
            Kind::Calendar(_) => format!("{year}-Q{number}"),
        }
    }

    /// Year and quarter of the year, from 1, of a month; on a flat horizon 0 and the quarter since the start, from 1.
    fn quarter_of(&self, month: usize) -> (i16, usize) {
        match &self.kind {
            Kind::Flat { .. } => (0, month / MONTHS + 1),
            Kind::Calendar(calendar) => calendar.year_and_month(month).map_or((0, 0), |(year, month)| (year, (month - 1) / MONTHS + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::time_zone;
    use jiff::civil::date;

    #[test]
    fn quarters_hold_every_month_once() {
        let zone = || time_zone("Europe/Berlin").unwrap();
        let labels = |horizon: &Horizon| (0..horizon.quarters().len()).map(|q| horizon.quarter_label(q)).collect::<Vec<_>>();
        let winter = Horizon::calendar(date(2027, 11, 1), 5, zone()).unwrap();
        assert_eq!((winter.quarters(), labels(&winter)), (vec![0..2, 2..5], vec!["2027-Q4".to_owned(), "2028-Q1".to_owned()]));
        let flat = Horizon::flat(7, 730).unwrap();
        assert_eq!((flat.quarters(), labels(&flat)), (vec![0..3, 3..6, 6..7], ["1", "2", "3"].map(str::to_owned).to_vec()));
        // A month from 15 March to 14 April begins in the first quarter.
        let odd = Horizon::calendar(date(2027, 3, 15), 2, zone()).unwrap();
        assert_eq!((odd.quarters(), labels(&odd)), (vec![0..1, 1..2], vec!["2027-Q1".to_owned(), "2027-Q2".to_owned()]));
        let longest = Horizon::calendar(date(2027, 1, 1), 36, zone()).unwrap();
        assert!(longest.quarters().len() == 12 && longest.quarters().iter().all(|months| months.len() == 3));
        assert_eq!(longest.quarter_label(12), "");
    }
}
