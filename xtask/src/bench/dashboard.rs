//! The dashboard over ten thousand services, against its own simplest answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use pacto_testkit::dashboard::Server;
use pacto_testkit::fleet::Fleet;

use super::{median, milliseconds, row};
use crate::root;

/// Requests of one kind.
const REQUESTS: usize = 1_000;
/// Versions of each service.
const VERSIONS: usize = 5;

/// One connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer, as far as it matters here.
struct Got {
    status: u16,
    bytes: usize,
    etag: Option<String>,
}

impl Client {
    fn new(server: &Server) -> Self {
        Self { stream: BufReader::new(server.connect()), host: server.address().to_owned() }
    }

    fn get(&mut self, path: &str, headers: &str) -> Result<Got> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept-encoding: gzip\r\n{headers}\r\n", self.host);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let (mut length, mut etag, mut is_chunked) = (0, None, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse()?,
                "etag" => etag = Some(value.to_owned()),
                "transfer-encoding" => is_chunked = true,
                _ => {}
            }
        }
        let mut bytes = 0;
        while is_chunked {
            line.clear();
            self.stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16)?;
            self.skip(size + 2)?;
            bytes += size;
            is_chunked = size > 0;
        }
        self.skip(length)?;
        Ok(Got { status, bytes: bytes + length, etag })
    }

    fn skip(&mut self, size: usize) -> Result<()> {
        let mut body = vec![0; size];
        Ok(self.stream.read_exact(&mut body)?)
    }

    /// Times of `count` requests, sorted, and the size of the last answer.
    fn times(
        &mut self,
        count: usize,
        path: impl Fn(usize) -> String,
        headers: &str,
    ) -> Result<(Vec<Duration>, usize)> {
        let (mut times, mut bytes) = (Vec::with_capacity(count), 0);
        for number in 0..count {
            let began = Instant::now();
            let got = self.get(&path(number), headers)?;
            times.push(began.elapsed());
            ensure!(matches!(got.status, 200 | 304), "{} was answered {}", path(number), got.status);
            bytes = got.bytes;
        }
        times.sort_unstable();
        Ok((times, bytes))
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Kilobytes of a line of `/proc/PID/status`, in MiB.
fn memory(server: &Server, name: &str) -> Result<f64> {
    let status = fs_err::read_to_string(format!("/proc/{}/status", server.id()))?;
    let line = status.lines().find(|line| line.starts_with(name)).context("no such line")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kilobytes / 1024.0)
}

fn start(directory: &Path, home: &Path) -> Result<Server> {
    let mut command = Command::new(root()?.join("target/release/pacto"));
    command.arg("dashboard").arg(directory).env("HOME", home).env("KUBECONFIG", home.join("none"));
    command.env_remove("XDG_CACHE_HOME").env_remove("XDG_CONFIG_HOME");
    Ok(Server::start(command))
}

pub fn dashboard(services: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (fleet, home) = (directory.path().join("fleet"), directory.path().join("home"));
    Fleet { services, fan_out: 4, seed: 1 }.write_versions(&fleet, VERSIONS)?;
    let began = Instant::now();
    let server = start(&fleet, &home)?;
    let listening = began.elapsed();
    server.wait("/metrics", |counts| counts["serviceCount"].as_u64() >= Some(services as u64));
    let complete = began.elapsed();
    let mut reader = Client::new(&server);
    let health = median(reader.times(REQUESTS, |_| "/health".to_owned(), "")?.0);
    let against = |what: &str, times: &[Duration], more: &str, target: &str| {
        let (half, most) = (percentile(times, 50), percentile(times, 99));
        let figure = format!("{}, p99 {}{more}", milliseconds(half), milliseconds(most));
        row(
            what,
            &figure,
            &format!("`/health`, {}", milliseconds(health)),
            half.as_secs_f64() / health.as_secs_f64(),
            target,
        );
    };
    let named = |what: &str| format!("dashboard, {services} services of {VERSIONS} versions: {what}");
    let reference = milliseconds(listening);
    row(
        &named("from start to a complete index"),
        &milliseconds(complete),
        &format!("to a listening server, {reference}"),
        complete.as_secs_f64() / listening.as_secs_f64(),
        "",
    );
    // Histories are compared in the background; what follows is measured when that is over.
    server.wait(&format!("/api/services/{}/versions", Fleet::name(services - 1)), |versions| {
        versions.get(0).is_some_and(|version| version["classification"].is_string())
    });
    let classified = began.elapsed();
    row(
        &named("from start to a complete history"),
        &milliseconds(classified),
        &format!("to a listening server, {reference}"),
        classified.as_secs_f64() / listening.as_secs_f64(),
        "",
    );
    // The server has closed a connection on which nothing was asked for so long.
    let mut reader = Client::new(&server);
    let list = reader.get("/api/services", "")?;
    let etag = format!("if-none-match: {}\r\n", list.etag.context("the list has an identity")?);
    let (times, _) = reader.times(REQUESTS, |_| "/api/services".to_owned(), &etag)?;
    against(&named("list, known"), &times, "", "p99 <= 5 ms");
    let (times, bytes) = reader.times(100, |_| "/api/services".to_owned(), "")?;
    against(&named("list, whole"), &times, &format!(", {} KiB", bytes / 1024), "");
    let page = |number: usize| format!("/api/services?q=svc-0{}&sort=-blast&limit=50", number % 10);
    against(&named("list, filtered and sorted"), &reader.times(200, page, "")?.0, "", "");
    let detail = |number: usize| format!("/api/services/{}", Fleet::name(number * 37 % services));
    against(&named("a service"), &reader.times(REQUESTS, detail, "")?.0, "", "");
    let began = Instant::now();
    let first = reader.get("/api/graph", "")?;
    let drawn = began.elapsed();
    row(
        &named("graph, first"),
        &format!("{}, {} KiB", milliseconds(drawn), first.bytes / 1024),
        &format!("`/health`, {}", milliseconds(health)),
        drawn.as_secs_f64() / health.as_secs_f64(),
        "",
    );
    let (times, _) = reader.times(50, |_| "/api/graph".to_owned(), "")?;
    against(&named("graph, again"), &times, "", "");
    let around = |number: usize| format!("/api/graph?focus={}&depth=2", Fleet::name(number * 53 % services));
    against(&named("graph around a service"), &reader.times(50, around, "")?.0, "", "");
    let mut told = events(&server, &fleet, services)?;
    told.sort_unstable();
    against(&named("a changed file, until it is told"), &told, "", "");
    let peak = memory(&server, "VmHWM")?;
    let now = memory(&server, "VmRSS")?;
    row(&named("memory"), &format!("{now:.0} MiB, peak {peak:.0} MiB"), "64 MiB", now / 64.0, "<= 1");
    trace(&server, &named)
}

/// Time of a frame at which movement looks smooth.
const FRAME: f64 = 1_000.0 / 60.0;

/// How the page feels, in Chromium.
fn trace(server: &Server, named: &dyn Fn(&str) -> String) -> Result<()> {
    crate::test::install(crate::browser::PROGRAMS, "browser")?;
    let folder = root()?.join("crates/pacto-dashboard/ui/e2e");
    let mut install = Command::new("npm");
    install.args(["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]);
    crate::browser::in_folder(&mut install, &folder)?;
    let output = Command::new("node")
        .arg("trace.mjs")
        .env("PACTO_URL", format!("http://{}", server.address()))
        .current_dir(&folder)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let traced: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let first = traced["firstRows"].as_f64().context("no time of the first rows")?;
    row(
        &named("first rows in Chromium, drawn by software"),
        &format!("{first:.0} ms"),
        "500 ms",
        first / 500.0,
        "<= 1",
    );
    for (key, what) in [
        ("typing", "typing in the filter"),
        ("scrolling", "scrolling the list"),
        ("pan", "panning the graph"),
        ("hover", "moving over the graph"),
        ("zoom", "zooming the graph"),
    ] {
        let time = |name: &str| traced[key][name].as_f64().context("no time of a frame");
        let (mean, most) = (time("mean")?, time("longest")?);
        let figure = format!("mean frame {mean:.1} ms, longest {most:.0} ms");
        row(&named(what), &figure, "60 frames a second", mean / FRAME, "<= 1");
    }
    Ok(())
}

/// How long it takes from a changed file to the event.
fn events(server: &Server, fleet: &Path, services: usize) -> Result<Vec<Duration>> {
    let mut events = server.events();
    events.next("hello");
    let mut told = Vec::new();
    for number in 0..10 {
        let name = Fleet::name(number * 101 % services);
        let file = fleet.join("services").join(&name).join("v5/pacto.yaml");
        // An owner is a name, or has one.
        let text = fs_err::read_to_string(&file)?;
        let key = if text.contains("owner: ") { "owner: " } else { "team: " };
        let changed = text.replacen(key, &format!("{key}another-"), 1);
        ensure!(changed != text, "{} has no owner", file.display());
        let began = Instant::now();
        fs_err::write(&file, changed)?;
        loop {
            let news = events.next("snapshot");
            if news["changed"]
                .as_array()
                .is_some_and(|changed| changed.iter().any(|entry| entry["name"] == name.as_str()))
            {
                break;
            }
        }
        told.push(began.elapsed());
    }
    Ok(told)
}
