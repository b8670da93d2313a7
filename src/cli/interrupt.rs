//! Ctrl-C: the first asks the run to end after what it is at, the second ends the process.

use super::Exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Listens from now on; the flag turns true at the first Ctrl-C.
///
/// Without a listener (the system refused it) Ctrl-C keeps its usual meaning, which is no reason not to run.
pub(crate) fn listen() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
    });
    stop
}
