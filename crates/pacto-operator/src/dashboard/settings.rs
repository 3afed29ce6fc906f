//! What the dashboard is to be like, checked before anything is made.

use super::quantity::{Quantity, QuantityError};
use crate::arguments::Arguments;

/// What it asks for and gets at most, where no flag says so.
const CPU_REQUEST: &str = "50m";
const MEMORY_REQUEST: &str = "128Mi";
const MEMORY_LIMIT: &str = "512Mi";

/// What the dashboard is to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Namespace of the operator, and of the dashboard.
    pub namespace: String,
    /// The only namespace that it shows.
    pub watch_namespace: Option<String>,
    /// Image, with tag or digest.
    pub image: String,
    /// Secrets with credentials of registries; a later one wins.
    pub secrets: Vec<String>,
    /// Deployment of the operator, which owns the objects.
    pub owner: Option<String>,
    /// What it needs.
    pub resources: Resources,
}

/// What the container needs.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Processor that is kept for it.
    pub cpu_request: Quantity,
    /// Most processor.
    pub cpu_limit: Option<Quantity>,
    /// Memory that is kept for it.
    pub memory_request: Quantity,
    /// Most memory.
    pub memory_limit: Quantity,
}

/// Flags that cannot make a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The namespace of the operator is not known.
    #[error("the dashboard needs POD_NAMESPACE, the namespace of the operator")]
    NoNamespace,
    /// No image is named.
    #[error("the dashboard needs an image; set --dashboard-image or PACTO_DASHBOARD_IMAGE")]
    NoImage,
    /// The image has no tag, or one that moves.
    #[error("the image {image:?} of the dashboard has {fault}; name a version, or a digest")]
    Image {
        /// As it was given.
        image: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// A quantity is none.
    #[error("{flag}: {source}")]
    Quantity {
        /// Which flag.
        flag: &'static str,
        /// What is wrong.
        source: QuantityError,
    },
    /// More is asked for than is allowed.
    #[error(
        "the dashboard asks for {request} of {what} and may have {limit}; raise the limit or ask for less"
    )]
    Limit {
        /// Of what.
        what: &'static str,
        /// How much it asks for.
        request: String,
        /// How much it may have.
        limit: String,
    },
}

impl Settings {
    /// The dashboard that the flags describe.
    ///
    /// # Errors
    /// When they cannot make one: an image that moves, a quantity that is none, a limit below what is asked for.
    pub fn from_arguments(arguments: &Arguments) -> Result<Self, SettingsError> {
        if arguments.pod_namespace.is_empty() {
            return Err(SettingsError::NoNamespace);
        }
        check_image(&arguments.dashboard_image)?;
        let listed =
            arguments.dashboard_oci_secrets.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut secrets: Vec<String> = listed.map(str::to_owned).collect();
        let single = arguments.dashboard_oci_secret.trim();
        if secrets.is_empty() && !single.is_empty() {
            secrets.push(single.to_owned());
        }
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            namespace: arguments.pod_namespace.clone(),
            watch_namespace: some(&arguments.watch_namespace),
            image: arguments.dashboard_image.clone(),
            secrets,
            owner: some(&arguments.operator_deployment_name),
            resources: Resources::from_arguments(arguments)?,
        })
    }
}

impl Resources {
    fn from_arguments(arguments: &Arguments) -> Result<Self, SettingsError> {
        let parse = |flag, text: &str, default: &str| {
            let text = if text.is_empty() { default } else { text };
            text.parse::<Quantity>().map_err(|source| SettingsError::Quantity { flag, source })
        };
        let cpu_limit = (!arguments.dashboard_cpu_limit.is_empty())
            .then(|| parse("--dashboard-cpu-limit", &arguments.dashboard_cpu_limit, ""));
        let resources = Self {
            cpu_request: parse("--dashboard-cpu-request", &arguments.dashboard_cpu_request, CPU_REQUEST)?,
            cpu_limit: cpu_limit.transpose()?,
            memory_request: parse(
                "--dashboard-memory-request",
                &arguments.dashboard_memory_request,
                MEMORY_REQUEST,
            )?,
            memory_limit: parse("--dashboard-memory-limit", &arguments.dashboard_memory_limit, MEMORY_LIMIT)?,
        };
        let limit = |what, request: &Quantity, limit: &Quantity| {
            if request.is_more_than(limit) {
                let (request, limit) = (request.to_string(), limit.to_string());
                return Err(SettingsError::Limit { what, request, limit });
            }
            Ok(())
        };
        limit("memory", &resources.memory_request, &resources.memory_limit)?;
        if let Some(most) = &resources.cpu_limit {
            limit("processor", &resources.cpu_request, most)?;
        }
        Ok(resources)
    }
}

/// A tag that moves would let the dashboard change without anybody's doing.
fn check_image(image: &str) -> Result<(), SettingsError> {
    let fault = |fault| Err(SettingsError::Image { image: image.to_owned(), fault });
    if image.is_empty() {
        return Err(SettingsError::NoImage);
    }
    if image.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return fault("white space in it");
    }
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    match (tag, digest) {
        _ if name.is_empty() => fault("no name"),
        (_, Some(digest)) if !digest.starts_with("sha256:") => fault("no digest after @"),
        (None | Some(""), None) => fault("no tag"),
        (Some("latest"), None) => fault("the tag latest, which moves"),
        (_, Some(_)) | (Some(_), None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn settings(flags: &[&str]) -> Result<Settings, SettingsError> {
        let fixed =
            ["pacto-operator", "--pod-namespace=pacto", "--dashboard-image=ghcr.io/org/dashboard:1.2.3"];
        let flags = fixed
            .iter()
            .filter(|flag| {
                let name = flag.split('=').next().unwrap();
                !flags.iter().any(|given| given.starts_with(name))
            })
            .chain(flags);
        Settings::from_arguments(&Arguments::try_parse_from(flags).unwrap())
    }

    fn problem(flags: &[&str]) -> String {
        settings(flags).unwrap_err().to_string()
    }

    #[test]
    fn flags_become_settings() {
        let plain = settings(&[]).unwrap();
        let resources = &plain.resources;
        assert_eq!(resources.cpu_request.to_string(), "50m");
        assert_eq!(resources.memory_request.to_string(), "128Mi");
        assert_eq!(resources.memory_limit.to_string(), "512Mi");
        assert!(resources.cpu_limit.is_none() && plain.secrets.is_empty() && plain.watch_namespace.is_none());
        let one = settings(&["--dashboard-oci-secret= a "]).unwrap();
        assert_eq!(one.secrets, ["a"]);
        let many = settings(&["--dashboard-oci-secret=a", "--dashboard-oci-secrets= b,, c ,"]).unwrap();
        assert_eq!(many.secrets, ["b", "c"]);
    }

    #[test]
    fn an_image_that_moves_is_refused() {
        for image in ["a:1", "host:5000/a:1", "a@sha256:ab", "a:latest@sha256:ab"] {
            assert_eq!(check_image(image), Ok(()), "{image}");
        }
        for image in ["a", "host:5000/a", "a:latest", "a:", "host/a:latest", "@sha256:ab", "a@md5:ab", "a:1 "]
        {
            assert!(check_image(image).is_err(), "{image}");
        }
        insta::assert_snapshot!(problem(&["--dashboard-image=ghcr.io/org/a:latest"]), @r#"the image "ghcr.io/org/a:latest" of the dashboard has the tag latest, which moves; name a version, or a digest"#);
        insta::assert_snapshot!(problem(&["--dashboard-image="]), @"the dashboard needs an image; set --dashboard-image or PACTO_DASHBOARD_IMAGE");
    }

    #[test]
    fn quantities_are_checked_before_anything_is_made() {
        insta::assert_snapshot!(problem(&["--dashboard-memory-limit=1gb"]), @r#"--dashboard-memory-limit: "1gb" is not a quantity; write 250m, 0.5, 128Mi or 1Gi"#);
        insta::assert_snapshot!(problem(&["--dashboard-memory-request=1Gi"]), @"the dashboard asks for 1Gi of memory and may have 512Mi; raise the limit or ask for less");
        insta::assert_snapshot!(problem(&["--dashboard-cpu-limit=20m"]), @"the dashboard asks for 50m of processor and may have 20m; raise the limit or ask for less");
    }
}
