//! The scenario's constants, read from its file by a reader of this benchmark's own.

use std::path::Path;
use toml::{Table, Value};

/// Plans: 0 to 16 units a pool.
pub const PLANS: usize = 17;
/// The term whose price the units have.
pub const TERM: &str = "1 month";

/// One workload and the offers that serve it. Tokens are per hour, prices per token.
#[derive(Debug)]
pub struct Workload {
    pub level_sigma: f64,
    /// Expected tokens by hour of the month: level times the shape of the week.
    pub base: Vec<f64>,
    pub noise_sd: f64,
    pub noise_rho: f64,
    pub spike_probability: f64,
    pub spike_hours: f64,
    /// Mean and standard deviation of the logarithm of a spike's size.
    pub spike_size: (f64, f64),
    pub count_shape: f64,
    pub size_mean: f64,
    pub size_cv: f64,
    pub minute_cv: f64,
    pub deferrable: f64,
    /// Capacity of one unit.
    pub unit: f64,
    /// Per unit-hour.
    pub unit_price: f64,
    pub quota: f64,
    pub price: f64,
    pub batch_price: f64,
}

/// The workloads of the scenario and its hours.
#[derive(Debug)]
pub struct Fleet {
    pub workloads: Vec<Workload>,
    pub hours: usize,
}

impl Fleet {
    /// Reads the scenario; panics where it is not the one that these programs compute.
    pub fn load(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the scenario can be read");
        let file: Table = text.parse().expect("the scenario is TOML");
        let hours = file["horizon"]["flat"]["hours_per_month"].as_integer().expect("hours are whole") as usize;
        let workloads = array(&file["workload"]).iter().map(|workload| Workload::new(&file, workload, hours)).collect();
        Self { workloads, hours }
    }

    /// What the units of all pools cost in the month, by plan.
    pub fn units_cost(&self) -> [f64; PLANS] {
        let each: f64 = self.workloads.iter().map(|workload| workload.unit_price).sum();
        std::array::from_fn(|units| units as f64 * self.hours as f64 * each)
    }
}

impl Workload {
    fn new(file: &Table, workload: &Value, hours: usize) -> Self {
        let offer = |name: &Value| array(&file["offer"]).iter().find(|offer| offer["name"] == *name).expect("the offer is there");
        let name = workload["name"].as_str().expect("a name");
        let route = &file["plan"][0]["route"];
        let (units, on_demand) = (offer(&route[name][0]), offer(&route[name][1]));
        let batch = route.get(format!("{name}.deferrable")).map(|route| offer(&route[0]));
        let output = float(&workload["tokens"]["output_share"]);
        let price = |offer: &Value| {
            let per_million = (1.0 - output) * quantity(&offer["price"]["input"]) + output * quantity(&offer["price"]["output"]);
            per_million / 1e6
        };
        let (noise, spikes) = (&workload["noise"]["fast"], &workload["spikes"]);
        let level = quantity(&workload["level"]["mean"]);
        let week = week(&workload["shape"]);
        Self {
            level_sigma: float(&workload["level"]["sigma"]),
            base: (0..hours).map(|hour| level * week[hour % week.len()]).collect(),
            noise_sd: float(&noise["sd"]),
            noise_rho: float(&noise["autocorrelation"]),
            spike_probability: float(&spikes["probability"]),
            spike_hours: quantity(&spikes["duration"]),
            spike_size: (float(&spikes["size"]["median"]).ln(), float(&spikes["size"]["sigma"])),
            count_shape: float(&workload["requests"]["shape"]),
            size_mean: float(&workload["tokens"]["mean"]),
            size_cv: float(&workload["tokens"]["cv"]),
            minute_cv: float(&workload["minute"]["cv"]),
            deferrable: quantity(&workload["deferrable_share"]),
            unit: quantity(&units["capacity"]),
            unit_price: quantity(&units["terms"][TERM]),
            quota: quantity(&on_demand["quota"]["rate"]),
            price: price(on_demand),
            batch_price: batch.map_or(0.0, price),
        }
    }

    /// Share of hours with a spike: its mean length over that of a cycle of spike and idle hours.
    pub fn spike_share(&self) -> f64 {
        let p = self.spike_probability;
        self.spike_hours / (self.spike_hours + (1.0 - p) / p)
    }
}

/// Relative demand of the 168 hours from Monday 00:00, of mean 1: a bell around the peak over the night's level.
fn week(shape: &Value) -> Vec<f64> {
    let [peak, width, night, saturday, sunday] = ["peak", "width", "night", "saturday", "sunday"].map(|key| float(&shape[key]));
    let mut week: Vec<f64> = (0..168_u32)
        .map(|hour| {
            let distance = (f64::from(hour % 24) - peak).abs();
            let distance = distance.min(24.0 - distance) / width;
            let day = [1.0, 1.0, 1.0, 1.0, 1.0, saturday, sunday][hour as usize / 24];
            (night + (1.0 - night) * (-0.5 * distance * distance).exp()) * day
        })
        .collect();
    let mean = week.iter().sum::<f64>() / week.len() as f64;
    week.iter_mut().for_each(|value| *value /= mean);
    week
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn float(value: &Value) -> f64 {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).expect("a number")
}

/// The number a quantity begins with: 6e6 of "6.0M tokens/h", 0.15 of "15%".
fn quantity(value: &Value) -> f64 {
    let text = value.as_str().expect("a quantity");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let scale = match text[digits..].chars().next() {
        Some('M') => 1e6,
        Some('k') => 1e3,
        Some('%') => 0.01,
        _ => 1.0,
    };
    text[..digits].parse::<f64>().expect("a number") * scale
}
