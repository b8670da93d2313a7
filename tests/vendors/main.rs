//! Vendors' worked figures, which the project does not contain: the environment variable `TOKENTIDE_DATA` names a directory with them.
//!
//! Each entry of `vendor_oracles.json` is built into a scenario, or put to a closed form, and must give the vendor's result. What is not
//! tested stands in [`NOT_TESTED`] with its reason; an entry that is in neither place fails.
// Clippy's leave for tests covers functions with `#[test]` alone, not their helpers.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod capacity;
mod commitments;
mod entry;
mod limits;
mod prices;
#[allow(dead_code, reason = "the rules of agreement are shared with the validation tests, which use all of them")]
#[path = "../it/validation/support.rs"]
mod support;
mod unit_hours;

use entry::Entry;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Entries, or single results of an entry (`id.result`), that no test covers, and why.
const NOT_TESTED: &[(&str, &str)] = &[
    ("aws-rsv-04.geo_multiplier", "the entry has no regional price that a multiple of the global one could be compared with"),
    ("databricks-01", "one measured throughput at one size of request fixes no weights, and work is said not to be linear"),
];

/// Every kind of entry with its test, which bears the kind's name.
macro_rules! kinds {
    ($($kind:ident => $holds:path,)+) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),+];

        $(
            #[test]
            fn $kind() {
                all_of_a_kind(stringify!($kind), $holds);
            }
        )+
    };
}

kinds! {
    ptu_sizing => capacity::ptu_sizing,
    gsu_sizing => capacity::gsu_sizing,
    burndown => capacity::burndown,
    quota_final => capacity::quota_final,
    quota_reserve => limits::quota_reserve,
    quota_concurrency => limits::quota_concurrency,
    rpm_subwindow => limits::rpm_subwindow,
    window_quota => limits::window_quota,
    reservation_overage => limits::reservation_overage,
    token_accounting => capacity::token_accounting,
    on_demand_cost => prices::on_demand_cost,
    price_row => prices::price_row,
    batch_price => prices::batch_price,
    cache_read_price => prices::cache_read_price,
    cache_break_even => prices::cache_break_even,
    provisioned_hourly => unit_hours::provisioned_hourly,
    provisioned_cost => unit_hours::provisioned_cost,
    price_ratio => unit_hours::price_ratio,
    gsu_price => unit_hours::gsu_price,
    reserved_tier_month => unit_hours::reserved_tier_month,
    parity => commitments::parity,
    break_even => commitments::break_even,
    expected_cost_lognormal => commitments::expected_cost_lognormal,
}

/// Why an entry or one of its results is not tested.
fn reason(id: &str) -> Option<&'static str> {
    NOT_TESTED.iter().find(|(listed, _)| *listed == id).map(|(_, reason)| *reason)
}

/// The entries, or a line that says why the test does nothing.
fn entries_or_skip(test: &str) -> Option<Vec<Entry>> {
    let Some(folder) = std::env::var_os("TOKENTIDE_DATA").map(PathBuf::from) else {
        eprintln!("{test}: skipped, the environment variable TOKENTIDE_DATA is not set");
        return None;
    };
    let file = folder.join("vendor_oracles.json");
    if file.is_file() {
        return Some(entry::read(&file));
    }
    eprintln!("{test}: skipped, {} is no file", file.display());
    None
}

/// Puts every entry of a kind to its test, which must look at all of the entry's results.
fn all_of_a_kind(kind: &str, holds: fn(&Entry)) {
    let Some(entries) = entries_or_skip(kind) else { return };
    let mut tested = 0;
    for entry in entries.iter().filter(|entry| entry.kind() == kind && reason(entry.id()).is_none()) {
        println!("{} ({kind})", entry.id());
        holds(entry);
        let unread: Vec<String> = entry.unread().into_iter().filter(|name| reason(name).is_none()).collect();
        assert!(unread.is_empty(), "the test does not look at {unread:?}");
        tested += 1;
    }
    assert!(tested > 0, "the file has no entry of the kind {kind}");
}

#[test]
fn every_entry_is_tested_or_listed_with_a_reason() {
    let Some(entries) = entries_or_skip("every_entry_is_tested_or_listed_with_a_reason") else { return };
    let ids: BTreeSet<&str> = entries.iter().map(Entry::id).collect();
    assert_eq!(ids.len(), entries.len(), "an id stands twice");
    for entry in entries.iter().filter(|entry| reason(entry.id()).is_none()) {
        assert!(KINDS.contains(&entry.kind()), "{}: no test knows the kind {}", entry.id(), entry.kind());
    }
    for (listed, reason) in NOT_TESTED {
        println!("{listed}: not tested, {reason}");
        let known = ids.contains(listed) || entries.iter().any(|entry| entry.unread().iter().any(|name| name == listed));
        assert!(known, "{listed} is listed and not in the file");
    }
    let listed: BTreeSet<&str> = NOT_TESTED.iter().map(|(listed, _)| *listed).collect();
    assert_eq!(listed.len(), NOT_TESTED.len(), "an entry is listed twice");
}
