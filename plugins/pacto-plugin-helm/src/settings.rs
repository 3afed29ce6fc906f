//! What the user chose with `--option`.

use pacto_plugin::Request;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A chart.
    Helm,
    /// Manifests for `kubectl apply`.
    Manifests,
}

/// How requests come in from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// By an Ingress.
    Ingress,
    /// By an `HTTPRoute` of the Gateway API.
    HttpRoute,
}

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `format=helm|manifests`.
    pub format: Format,
    /// `route=ingress|httproute`.
    pub route: Route,
    /// `image=…`, instead of the one of the contract.
    pub image: Option<String>,
    /// `host=…`, where a public interface is reached.
    pub host: Option<String>,
    /// `storage=…`, size of a volume claim.
    pub storage: String,
    /// `schedule=…`, of a scheduled workload.
    pub schedule: String,
    /// `ref=…`, where the contract is published; without it the Pacto resource holds its text.
    pub reference: Option<String>,
    /// `pacto=false` leaves the Pacto resource out.
    pub pacto: bool,
}

const OPTIONS: &[&str] = &["format", "host", "image", "pacto", "ref", "route", "schedule", "storage"];

impl Settings {
    /// Reads the options.
    pub fn read(request: &Request) -> Result<Self, String> {
        request.only(OPTIONS)?;
        let text = |name: &str| request.option(name).map(str::trim).filter(|text| !text.is_empty());
        let one_of = |name: &str, words: [&'static str; 2]| match text(name) {
            None => Ok(words[0]),
            Some(word) => words
                .into_iter()
                .find(|known| *known == word)
                .ok_or_else(|| format!("--option {name} is {} or {}, not {word:?}", words[0], words[1])),
        };
        let format =
            if one_of("format", ["helm", "manifests"])? == "helm" { Format::Helm } else { Format::Manifests };
        let route = if one_of("route", ["ingress", "httproute"])? == "ingress" {
            Route::Ingress
        } else {
            Route::HttpRoute
        };
        let schedule = text("schedule").unwrap_or("0 * * * *").to_owned();
        if schedule.split_whitespace().count() != 5 && !schedule.starts_with('@') {
            return Err(format!("--option schedule is five fields of cron, not {schedule:?}"));
        }
        Ok(Self {
            format,
            route,
            image: text("image").map(str::to_owned),
            host: text("host").map(str::to_owned),
            storage: text("storage").unwrap_or("1Gi").to_owned(),
            schedule,
            reference: text("ref").map(str::to_owned),
            pacto: one_of("pacto", ["true", "false"])? == "true",
        })
    }
}
