//! The flags of `levers`.

use super::{DrawArgs, ScenarioArgs, share};
use clap::Args;
use std::path::PathBuf;
use tokentide::scenario::{Lever, Move, OTHER_FUTURES, draws_other_futures};

/// `levers`: what could be done about the demand.
#[derive(Debug, Args)]
#[command(after_help = "Unless --replications says: the scenario's, and at most 1024 with the kernel or 128 with the reference.")]
pub(crate) struct LeversArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    #[command(flatten)]
    pub(crate) draws: DrawArgs,
    /// Which plan; the recommended one unless said
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// A lever beside those of the file, as in "short:workload.chat.tokens.input=-30%"; may be given several times
    #[arg(long, value_name = "NAME:PATH=VALUE[,…]", value_parser = lever)]
    pub(crate) lever: Vec<Lever>,
    /// A share of a workload to other offers, as in "chat:30%:small-model,on-demand"; may be given several times
    #[arg(long = "move", value_name = "WORKLOAD:SHARE:OFFERS", value_parser = moved)]
    pub(crate) moves: Vec<Lever>,
    /// Only the levers of the file and of these flags, not those that every scenario has
    #[arg(long)]
    pub(crate) own: bool,
    /// Folder for levers.csv; made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one document with the figures instead of the tables
    #[arg(long)]
    pub(crate) json: bool,
}

fn lever(text: &str) -> Result<Lever, String> {
    const FORM: &str = "allowed: a name, a colon and changes with commas between them, such as \"short:workload.chat.tokens.input=-30%\"";
    let (name, changes) = text.split_once(':').ok_or(FORM)?;
    let changes: Vec<String> = split(changes);
    let good = |change: &String| change.split_once('=').is_some_and(|(path, value)| !path.trim().is_empty() && !value.trim().is_empty());
    if name.trim().is_empty() || !changes.iter().all(good) {
        return Err(FORM.to_owned());
    }
    if let Some(change) = changes.iter().find(|change| draws_other_futures(change)) {
        return Err(format!("`{}` {}; allowed: {}", change.trim(), OTHER_FUTURES.0, OTHER_FUTURES.1));
    }
    Ok(Lever { name: name.trim().to_owned(), changes, moves: None, cost: 0.0 })
}

/// Parts between commas that stand in no list, table or quoted text.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0_i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn moved(text: &str) -> Result<Lever, String> {
    const FORM: &str = "allowed: a workload, a share and offers with colons between them, such as \"chat:30%:small-model\"";
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (Some(workload), Some(part), Some(offers)) = (parts.next(), parts.next(), parts.next()) else { return Err(FORM.to_owned()) };
    let part = share(part)?;
    let route: Vec<String> = offers.split(',').map(|offer| offer.trim().to_owned()).collect();
    if workload.is_empty() || !(part.0 > 0.0 && part.0 <= 1.0) || route.iter().any(String::is_empty) {
        return Err(FORM.to_owned());
    }
    let name = format!("{part} of `{workload}` to `{}`", route.join("`, `"));
    Ok(Lever { name, changes: Vec::new(), moves: Some(Move { workload: workload.to_owned(), share: part.0, route }), cost: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_values_part_nothing() {
        let made = lever("a b: x.y=-1%,plan.p.route.w=[\"a\", \"b\"],z={ q = 1, r = \"1,2\" }").unwrap();
        assert_eq!((made.name.as_str(), made.changes.len()), ("a b", 3), "{made:?}");
        assert_eq!(made.changes[1], "plan.p.route.w=[\"a\", \"b\"]");
        for bad in ["x", "x:", ":a=1", "x:a", "x:a=", "x:a=1,", "x:horizon.months=3", "x:seed=3"] {
            assert!(lever(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_move_has_three_parts() {
        let made = moved("chat:30%:small, spill").unwrap();
        let moves = made.moves.unwrap();
        assert_eq!((moves.workload.as_str(), moves.share, moves.route.len()), ("chat", 0.3, 2));
        for bad in ["chat", "chat:30%", "chat:0%:x", "chat:130%:x", ":10%:x", "chat:10%:"] {
            assert!(moved(bad).is_err(), "{bad}");
        }
    }
}
