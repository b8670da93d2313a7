//! What is told while working, on standard error and only to a person who looks at it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

fn target(quiet: bool) -> ProgressDrawTarget {
    // Draws on a terminal only.
    if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A bar over `replications`.
pub(crate) fn bar(replications: u64, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(replications), target(quiet));
    styled(bar, "{bar:32} {human_pos} of {human_len} replications, {eta} left")
}

/// Something that turns while what it says is being found out.
pub(crate) fn spinner(what: &'static str, quiet: bool) -> ProgressBar {
    let bar = styled(ProgressBar::with_draw_target(None, target(quiet)), "{spinner} {msg}").with_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
