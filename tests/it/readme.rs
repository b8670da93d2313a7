//! What the README and `docs/deciding.md` show was printed by this code: every console block is run again and compared. `BLESS=1` rewrites the
//! blocks. What `docs/mechanics.md` shows of scenarios is read and run.

use std::fs;
use std::path::Path;
use std::process::Command;
use tokentide::simulation::{RunSpec, run as run_scenario};
use tokentide::tally::{Columns, Metric, Row, Span};

/// How a command line of the README begins; the test runs the built binary instead.
const PROMPT: &str = "$ cargo run --release -- ";

/// A console block: its command and where its output stands in the text.
struct Block {
    command: String,
    output: std::ops::Range<usize>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = 0;
    while let Some(start) = text[rest..].find("```console\n") {
        let body = rest + start + "```console\n".len();
        let end = body + text[body..].find("```").expect("the block is closed");
        let first_line_end = body + text[body..end].find('\n').expect("the block has a command line");
        if let Some(command) = text[body..first_line_end].strip_prefix(PROMPT) {
            blocks.push(Block { command: command.to_owned(), output: first_line_end + 1..end });
        }
        rest = end + 3;
    }
    blocks
}

/// The words of a command line; double quotes keep spaces together, and a backslash keeps what follows it.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut kept = false;
    for c in command.chars() {
        match c {
            _ if kept => {
                words.last_mut().expect("there is a word").push(c);
                kept = false;
            }
            '\\' => kept = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn run(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tokentide"))
        .args(words(command))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the command starts");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}

#[test]
fn the_readme_shows_what_the_code_prints() {
    shows_what_the_code_prints("README.md");
}

#[test]
fn the_page_about_deciding_shows_what_the_code_prints() {
    shows_what_the_code_prints("docs/deciding.md");
}

fn shows_what_the_code_prints(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = fs::read_to_string(&path).expect("there is such a page");
    let bless = std::env::var_os("BLESS").is_some();
    let blocks = blocks(&text);
    // Blocks that show no output are commands to type, unless the page is being written.
    let with_output: Vec<&Block> = blocks.iter().filter(|block| bless || !block.output.is_empty()).collect();
    assert!(!with_output.is_empty(), "{name} shows no output");
    let printed: Vec<String> = with_output.iter().map(|block| run(&block.command)).collect();
    if bless {
        let mut blessed = text;
        for (block, printed) in with_output.iter().zip(&printed).rev() {
            blessed.replace_range(block.output.clone(), printed);
        }
        fs::write(&path, blessed).expect("the page can be written");
        return;
    }
    for (block, printed) in with_output.iter().zip(&printed) {
        assert_eq!(
            &text[block.output.clone()],
            printed,
            "{name}: `{}` prints something else now; BLESS=1 rewrites the page",
            block.command
        );
    }
}

/// Every block of `docs/mechanics.md` stands in one scenario, which is valid and runs.
#[test]
fn the_mechanics_page_is_a_scenario() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mechanics.md");
    let text = fs::read_to_string(&path).expect("there is a page");
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().expect("the block is closed"));
    let scenario = blocks.collect::<Vec<_>>().join("\n");
    let loaded = tokentide::scenario::parse("mechanics.toml", &scenario, Path::new("."), &[]);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    let run = run_scenario(&loaded.scenario, &RunSpec::default(), &Columns).expect("a small run fits");
    let mean = |plan, metric| {
        let plan = loaded.scenario.plan(plan).expect("a plan");
        let column = run.summary.column(&loaded.scenario, plan, Row::All, Span::Horizon, metric);
        column.expect("a metric of the whole").iter().sum::<f64>()
    };
    // What the page speaks of happens in it.
    for plan in ["on demand", "shared units", "batch at night"] {
        assert!(mean(plan, Metric::AttemptsPerRequest) > 20.0 && mean(plan, Metric::RefinedHours) > 0.0, "{plan}");
    }
    assert!(mean("shared units", Metric::Stranded) > 0.0);
    assert!(mean("batch at night", Metric::CostBatch) > 0.0);
    assert!(mean("on demand", Metric::TokensLate) > 0.0);
}
