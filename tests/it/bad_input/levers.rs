//! Levers of a file.

use super::case::{BASE, judged, told};

fn with(lever: &str) -> String {
    format!("{BASE}\n[[lever]]\n{lever}\n")
}

#[test]
fn levers_that_say_nothing_or_too_much() {
    let good = "name = \"short\"\nset = { \"workload.copilot.tokens\" = \"-10%\" }\ncost = \"200 USD/month\"";
    assert_eq!(told(&with(good), &[]), []);
    for (lever, expected) in [
        ("name = «\"a/b\"»\nset = { \"workload.copilot.level\" = \"+2%\" }", "lever.a/b.name: holds `/`…"),
        (
            "name = \"short\"\nset = { \"workload.copilot.level\" = «\"\"» }",
            "lever.short.set.workload.copilot.level: is no change; given: \"\"; allowed: a path of the scenario, and …",
        ),
        (
            "name = \"short\"\nset = { \"workload.copilot.level\" = \"+2%\" }\ncost = «\"200 EUR/month\"»",
            "lever.short.cost: is in another currency; given: \"200 EUR/month\"; allowed: an amount in USD, the scenario's currency",
        ),
        (
            "name = \"short\"\nset = { \"workload.copilot.level\" = \"+2%\" }\ncost = «\"200 USD/year\"»",
            "lever.short.cost: is per `year`, which is no month; given: \"200 USD/year\"; allowed: an amount a month, …",
        ),
        (
            "name = \"short\"\nmoves = { workload = \"copilot\", share = «\"0%\"», route = [\"on-demand\"] }",
            "lever.short.moves.share: moves nothing; given: \"0%\"; allowed: more than 0% and at most 100%",
        ),
    ] {
        judged(&with(lever), &[expected]).unwrap_or_else(|difference| panic!("{lever}: {difference}"));
    }
    let second = format!("{}\n[[lever]]\nname = «\"short\"»\nset = {{ \"workload.copilot.level\" = \"+2%\" }}\n", with(good));
    judged(&second, &["lever.short.name: names a second lever; given: \"short\"; allowed: every name once"]).unwrap();
    let other = told(&with("name = \"longer\"\nset = { \"horizon.months\" = \"3\" }"), &[])[0].to_string();
    assert!(other.contains("changes which futures are drawn") && other.contains("lever.longer.set"), "{other}");
    assert!(told(&with("name = \"empty\""), &[])[0].to_string().contains("lever.empty.set: is missing"));
}
