//! The programs that there are images of, and how each runs in its image.

/// A program with an image of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Program {
    Dashboard,
    Operator,
}

/// How the image asks itself whether it is well, without a shell.
pub struct HealthCheck {
    pub command: &'static [&'static str],
    pub interval_seconds: u64,
    pub timeout_seconds: u64,
    pub retries: u64,
}

impl Program {
    pub fn package(self) -> &'static str {
        match self {
            Self::Dashboard => "pacto-cli",
            Self::Operator => "pacto-operator",
        }
    }

    pub fn binary(self) -> &'static str {
        match self {
            Self::Dashboard => "pacto",
            Self::Operator => "pacto-operator",
        }
    }

    /// The name of the image, without a registry.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dashboard => "pacto-dashboard",
            Self::Operator => "pacto-operator",
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard of Pacto: contracts, dependencies and versions of services",
            Self::Operator => "Operator of Pacto: contracts held against what runs in a cluster",
        }
    }

    /// Where the image layout is written.
    pub fn output(self) -> &'static str {
        match self {
            Self::Dashboard => "target/image",
            Self::Operator => "target/image-operator",
        }
    }

    /// Variables of the image. Those of Pacto are explained in `docs/container.md`.
    pub fn environment(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Dashboard => &[
                ("PATH", "/usr/bin"),
                ("HOME", "/home/pacto"),
                ("PACTO_DASHBOARD_HOST", "0.0.0.0"),
                ("PACTO_DASHBOARD_PORT", "3000"),
                ("PACTO_CACHE_DIR", "/home/pacto/.cache/pacto/oci"),
                ("PACTO_NO_UPDATE_CHECK", "1"),
            ],
            Self::Operator => &[("PATH", "/usr/bin"), ("HOME", "/home/pacto")],
        }
    }

    /// What it listens on: the dashboard for people, the operator for probes and (plain and with TLS) for metrics.
    pub fn ports(self) -> &'static [u16] {
        match self {
            Self::Dashboard => &[3000],
            Self::Operator => &[8080, 8081, 8443],
        }
    }

    /// What follows the program where nobody says otherwise.
    pub fn command(self) -> &'static [&'static str] {
        match self {
            Self::Dashboard => &["dashboard"],
            Self::Operator => &[],
        }
    }

    /// Where it starts. The dashboard looks for contracts there, so that a volume needs no argument.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Dashboard => "/data",
            Self::Operator => "/",
        }
    }

    /// Nothing for the operator: it only ever runs in Kubernetes, which asks over HTTP.
    pub fn health_check(self) -> Option<HealthCheck> {
        match self {
            Self::Dashboard => Some(HealthCheck {
                command: &["pacto", "dashboard", "--healthcheck"],
                interval_seconds: 10,
                timeout_seconds: 5,
                retries: 3,
            }),
            Self::Operator => None,
        }
    }

    /// The Dockerfile that gives the same files.
    #[cfg(test)]
    pub fn dockerfile(self) -> &'static str {
        match self {
            Self::Dashboard => "deploy/image/Dockerfile",
            Self::Operator => "deploy/image/operator.Dockerfile",
        }
    }
}
