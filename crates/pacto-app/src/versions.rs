//! `pacto versions`: what a repository holds, and how each version changes the one before.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pacto_contract::version::tag_preference_cmp;
use pacto_contract::{LenientVersion, Reference};
use pacto_engine::diff::{Classification, compare};
use pacto_engine::library::{Answer, Request, Unresolved};
use schemars::JsonSchema;
use serde::Serialize;

use crate::diff::side_of;
use crate::error::shown;
use crate::registries::Place;
use crate::{AppError, Context};

/// Which versions.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `oci://…` or `oci-layout://…`, without a tag.
    pub reference: String,
    /// As many of the highest versions; all without it.
    pub limit: Option<usize>,
}

/// The tags of a repository.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The repository.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Tags that are versions, the highest first, then all others by name.
    pub tags: Vec<Tag>,
}

/// One tag.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// Digest of the manifest, where the repository has digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The tag of the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// How it changes the version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// A tag above in the list with the same digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Why it cannot be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Lists the tags of a repository and compares each version with the one before.
///
/// # Errors
/// [`AppError::Usage`] for what is no repository; [`AppError::Registry`].
pub fn run(context: &Context, options: &Options) -> Result<Outcome, AppError> {
    let written = &options.reference;
    let refuse = || {
        let got = shown(written);
        AppError::Usage(format!("versions requires a repository (oci://… without a tag): got {got:?}"))
    };
    let reference = Reference::parse(written)
        .map_err(|error| AppError::Usage(format!("{:?}: {error}", shown(written))))?;
    if matches!(reference, Reference::Local(_)) || with_tag(&reference, "x").is_none() {
        return Err(refuse());
    }
    context.sources.registries.trust(&reference);
    let (mut versions, others) = sorted(tags(context, &reference)?);
    if let Some(limit) = options.limit {
        versions.truncate(compared(&versions, limit));
    }
    let request = |tag: &String| {
        let reference = with_tag(&reference, tag).unwrap_or_else(|| reference.clone());
        Request { base: String::new(), reference, constraint: None }
    };
    let requests: Vec<Request> = versions.iter().map(request).collect();
    context.sources.prefetch(requests.iter());
    let answers: Vec<Answer> = requests.iter().map(|request| context.sources.answer(request)).collect();
    let shown = versions.len().min(options.limit.unwrap_or(usize::MAX));
    let mut tags = Vec::with_capacity(shown);
    for (position, (tag, answer)) in versions.iter().zip(&answers).take(shown).enumerate() {
        // Another tag of the same content is not the version before.
        let digest = |answer: &Answer| context.sources.pulled_as(&answer.as_ref().ok()?.identity);
        let is_twin = |other: &Answer| {
            digest(answer).is_some_and(|(_, own)| digest(other).is_some_and(|(_, other)| own == other))
        };
        // The list begins with the highest, so what comes before a version stands after it.
        let mut before =
            versions.iter().zip(&answers).skip(position + 1).filter(|(_, other)| !is_twin(other));
        let previous = before.find_map(|(tag, answer)| Some((tag, answer.as_ref().ok()?)));
        let classification = previous
            .as_ref()
            .zip(answer.as_ref().ok())
            .map(|((_, old), new)| compare(side_of(old), side_of(new)).classification);
        tags.push(Tag {
            tag: tag.clone(),
            digest: digest(answer).map(|(_, digest)| digest),
            previous: classification.and(previous.map(|(tag, _)| tag.clone())),
            classification,
            same_as: None,
            problem: answer.as_ref().err().map(Unresolved::to_string),
        });
    }
    if options.limit.is_none() {
        tags.extend(heads(context, &reference, others)?);
    }
    name_twins(&mut tags);
    let repository = match &reference {
        Reference::Oci(oci) => oci.repository_path(),
        other => other.to_string(),
    };
    Ok(Outcome { reference: repository, tags })
}

/// How many versions are needed to say what each of the first `limit` changes: one more, and other tags of the last one.
fn compared(versions: &[String], limit: usize) -> usize {
    let parse = |tag: &String| LenientVersion::parse_tag(tag).ok();
    let last = limit.checked_sub(1).and_then(|last| parse(versions.get(last)?));
    let is_twin = |tag: &&String| {
        last.as_ref().zip(parse(tag)).is_some_and(|(last, other)| last.precedence_cmp(&other).is_eq())
    };
    let twins = versions.get(limit..).unwrap_or_default().iter().take_while(is_twin).count();
    limit.saturating_add(twins).saturating_add(1)
}

/// The reference of one tag; `None` for a reference that is one already.
fn with_tag(reference: &Reference, tag: &str) -> Option<Reference> {
    let mut tagged = reference.clone();
    let (place, digest) = match &mut tagged {
        Reference::Oci(oci) => (&mut oci.tag, &oci.digest),
        Reference::Layout(layout) => (&mut layout.tag, &layout.digest),
        Reference::Local(_) => return None,
    };
    if place.is_some() || digest.is_some() {
        return None;
    }
    *place = Some(tag.to_owned());
    Some(tagged)
}

fn tags(context: &Context, reference: &Reference) -> Result<Vec<String>, AppError> {
    let registries = &context.sources.registries;
    let store = match reference {
        Reference::Oci(oci) => match registries.place(oci)? {
            Place::Store(store) => store,
            Place::Folder(folder) => {
                let name = oci.repository.rsplit('/').next().unwrap_or(&oci.repository);
                let tags = context.sources.folder_tags(folder, name)?;
                let none = || {
                    Unresolved::NotFound(format!(
                        "{oci} (the folder {} holds no bundle {name})",
                        folder.display()
                    ))
                };
                return if tags.is_empty() { Err(none().into()) } else { Ok(tags) };
            }
        },
        Reference::Layout(layout) => registries.layout("", layout),
        Reference::Local(_) => return Ok(Vec::new()),
    };
    Ok(registries.block_on(registries.tags(&store))?.to_vec())
}

/// Tags that are versions, the highest first, and all others by name.
fn sorted(tags: Vec<String>) -> (Vec<String>, Vec<String>) {
    let (mut versions, mut others) = (Vec::new(), Vec::new());
    for tag in tags {
        match LenientVersion::parse_tag(&tag) {
            Ok(version) => versions.push((version, tag)),
            Err(_) => others.push(tag),
        }
    }
    versions.sort_by(|(a, _), (b, _)| tag_preference_cmp(b, a));
    others.sort();
    (versions.into_iter().map(|(_, tag)| tag).collect(), others)
}

/// Digests of tags that are no versions; they may hold anything, so nothing is fetched.
fn heads(context: &Context, reference: &Reference, tags: Vec<String>) -> Result<Vec<Tag>, AppError> {
    let registries = &context.sources.registries;
    let store = match reference {
        Reference::Oci(oci) => match registries.place(oci)? {
            Place::Store(store) => store,
            Place::Folder(_) => return Ok(Vec::new()),
        },
        Reference::Layout(layout) => registries.layout("", layout),
        Reference::Local(_) => return Ok(Vec::new()),
    };
    let mut waiting: FuturesUnordered<_> = tags
        .into_iter()
        .map(|tag| async {
            let head = store.head(&tag).await;
            (tag, head)
        })
        .collect();
    let mut found = Vec::new();
    registries.block_on(async {
        while let Some((tag, head)) = waiting.next().await {
            let (digest, problem) = match head {
                Ok(digest) => (digest, None),
                Err(error) => (None, Some(error.to_string())),
            };
            found.push(Tag { tag, digest, previous: None, classification: None, same_as: None, problem });
        }
    });
    found.sort_by(|a, b| a.tag.cmp(&b.tag));
    Ok(found)
}

/// Says of each tag which one above has the same digest.
fn name_twins(tags: &mut [Tag]) {
    let mut first: HashMap<String, String> = HashMap::new();
    for tag in tags {
        if let Some(digest) = tag.digest.clone() {
            match first.get(&digest) {
                Some(twin) => tag.same_as = Some(twin.clone()),
                None => {
                    first.insert(digest, tag.tag.clone());
                }
            }
        }
    }
}
