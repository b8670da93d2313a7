//! The progress bar, on standard error and only for a person who looks at it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `replications`, hidden when quiet or when standard error is no terminal.
pub(crate) fn bar(replications: u64, quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(replications), target);
    match ProgressStyle::with_template("{bar:32} {human_pos} of {human_len} replications, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
