//! What the process itself uses, under the names that every Prometheus client gives.

use std::fmt;

use procfs::WithCurrentSystemInfo as _;
use procfs::process::Process;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Read from `/proc` whenever somebody asks; nothing where the system has none.
#[derive(Debug)]
pub(super) struct Usage;

struct Figures {
    cpu_seconds: f64,
    start_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    open_files: u64,
    most_files: Option<u64>,
}

impl Figures {
    fn read() -> Option<Self> {
        let process = Process::myself().ok()?;
        let stat = process.stat().ok()?;
        #[expect(clippy::cast_precision_loss, reason = "ticks of centuries fit into a float")]
        let ticks = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into a float")]
        let boot = procfs::boot_time_secs().ok()? as f64;
        let limits = process.limits().ok()?;
        Some(Self {
            cpu_seconds: ticks(stat.utime.saturating_add(stat.stime)),
            start_seconds: boot + ticks(stat.starttime),
            resident_bytes: stat.rss_bytes().get(),
            virtual_bytes: stat.vsize,
            open_files: u64::try_from(process.fd_count().ok()?).unwrap_or(u64::MAX),
            most_files: match limits.max_open_files.soft_limit {
                procfs::process::LimitValue::Value(most) => Some(most),
                procfs::process::LimitValue::Unlimited => None,
            },
        })
    }
}

impl Collector for Usage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(figures) = Figures::read() else { return Ok(()) };
        let cpu = ConstCounter::new(figures.cpu_seconds);
        let help = "Time that the processors worked for this process, in seconds";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)?;
        let mut gauge = |name: &str, help: &str, value: f64| {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970",
            figures.start_seconds,
        )?;
        #[expect(clippy::cast_precision_loss, reason = "these numbers are far below 2^53")]
        let float = |number: u64| number as f64;
        gauge("process_resident_memory_bytes", "Memory that is in use", float(figures.resident_bytes))?;
        gauge("process_virtual_memory_bytes", "Memory that is set aside", float(figures.virtual_bytes))?;
        gauge("process_open_fds", "Files and connections that are open", float(figures.open_files))?;
        if let Some(most) = figures.most_files {
            gauge("process_max_fds", "Files and connections that may be open", float(most))?;
        }
        Ok(())
    }
}
