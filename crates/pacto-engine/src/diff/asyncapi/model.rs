//! Both versions in one form.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::Perspective;
use crate::diff::change::Direction;
use crate::diff::documents::Located;

/// A document.
pub(super) struct Model<'a> {
    /// As it is written: `3.0.0`.
    pub version: &'a str,
    /// `2` or `3`.
    pub major: &'a str,
    /// Where a message does not say what it is.
    pub content_type: Option<&'a str>,
    pub servers: Vec<Server<'a>>,
    pub channels: Vec<Channel<'a>>,
    /// References of channels, operations and messages that lead nowhere.
    pub lost: BTreeSet<&'a str>,
}

pub(super) struct Server<'a> {
    pub name: &'a str,
    /// Protocol and address in one form: `nats://broker:4222`.
    pub address: String,
    pub at: Located<'a>,
}

pub(super) struct Channel<'a> {
    pub address: String,
    pub at: Located<'a>,
    pub uses: Vec<Use<'a>>,
}

/// What the service does on a channel.
pub(super) struct Use<'a> {
    role: Role,
    pub at: Located<'a>,
    /// Further operations of the same role.
    pub more: Vec<Located<'a>>,
    pub messages: Vec<Message<'a>>,
}

/// How a channel is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Send,
    Receive,
    /// Answers what is received.
    SendReply,
    /// Gets answers to what is sent.
    ReceiveReply,
    /// No operation says.
    Unsaid,
}

impl Role {
    /// As a key of a path, where there is something to say.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Send => Some("send"),
            Self::Receive => Some("receive"),
            Self::SendReply => Some("send-reply"),
            Self::ReceiveReply => Some("receive-reply"),
            Self::Unsaid => None,
        }
    }

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Send => "sending",
            Self::Receive => "receiving",
            Self::SendReply => "answering",
            Self::ReceiveReply => "getting answers",
            Self::Unsaid => "no operation",
        }
    }

    /// What a message is.
    pub fn participle(self) -> &'static str {
        match self {
            Self::Send => "sent",
            Self::Receive => "received",
            Self::SendReply => "answered",
            Self::ReceiveReply => "answering",
            Self::Unsaid => "declared",
        }
    }

    /// Which way messages go. Where nobody says, both ways have to hold.
    pub fn directions(self) -> &'static [Direction] {
        match self {
            Self::Send | Self::SendReply => &[Direction::Produced],
            Self::Receive | Self::ReceiveReply => &[Direction::Received],
            Self::Unsaid => &[Direction::Received, Direction::Produced],
        }
    }
}

impl Use<'_> {
    /// How it is used.
    pub fn role(&self) -> Role {
        self.role
    }
}

/// A message behind its reference.
#[derive(Clone)]
pub(super) struct Message<'a> {
    pub name: String,
    pub at: Located<'a>,
}

impl<'a> Model<'a> {
    /// Reads a document.
    pub fn read(root: Located<'a>, perspective: Perspective) -> Self {
        let version = root.text("asyncapi").unwrap_or_default();
        let major = version.split('.').next().unwrap_or_default();
        let mut lost = BTreeSet::new();
        let channels = match major {
            "2" => version_2(root, perspective, &mut lost),
            _ => version_3(root, &mut lost),
        };
        Self {
            version,
            major,
            content_type: root.text("defaultContentType"),
            servers: servers(root),
            channels,
            lost,
        }
    }
}

fn servers<'a>(root: Located<'a>) -> Vec<Server<'a>> {
    let server = |(name, at): (&'a str, Located<'a>)| {
        let at = at.resolved().ok()?;
        let protocol = at.text("protocol").unwrap_or_default();
        let host = at.text("host").or_else(|| at.text("url")).unwrap_or_default();
        let host = host.split_once("://").map_or(host, |(_, rest)| rest);
        let path = at.text("pathname").unwrap_or_default();
        Some(Server { name, address: format!("{protocol}://{host}{path}"), at })
    };
    entries(root, "servers").filter_map(server).collect()
}

/// What a reference leads to; one that leads nowhere is kept.
fn resolved<'a>(at: Located<'a>, lost: &mut BTreeSet<&'a str>) -> Option<Located<'a>> {
    match at.resolved() {
        Ok(at) => Some(at),
        Err(target) => {
            lost.insert(target);
            None
        }
    }
}

fn version_2<'a>(
    root: Located<'a>,
    perspective: Perspective,
    lost: &mut BTreeSet<&'a str>,
) -> Vec<Channel<'a>> {
    let roles = match perspective {
        Perspective::Service => [("publish", Role::Send), ("subscribe", Role::Receive)],
        Perspective::Client => [("publish", Role::Receive), ("subscribe", Role::Send)],
    };
    let mut channels = Vec::new();
    for (address, at) in entries(root, "channels") {
        let Some(at) = resolved(at, lost) else { continue };
        let mut uses = Vec::new();
        for (key, role) in roles {
            let Some(at) = at.get(key).and_then(|at| resolved(at, lost)) else { continue };
            let messages = at.get("message").map(|at| listed(at, lost)).unwrap_or_default();
            uses.push(Use { role, at, more: Vec::new(), messages });
        }
        channels.push(Channel { address: address.to_owned(), at, uses });
    }
    channels
}

/// One message or a choice of several.
fn listed<'a>(at: Located<'a>, lost: &mut BTreeSet<&'a str>) -> Vec<Message<'a>> {
    let mut messages = Messages::default();
    match resolved(at, lost).and_then(|at| at.get("oneOf")) {
        Some(several) => several.items().for_each(|at| messages.add(at, None, lost)),
        None => messages.add(at, None, lost),
    }
    messages.found
}

/// Messages with a name for each.
#[derive(Default)]
struct Messages<'a> {
    found: Vec<Message<'a>>,
    names: BTreeSet<String>,
}

impl<'a> Messages<'a> {
    /// Adds a message by the key it stands under, or by what it says, or by what refers to it. Of several with one name
    /// all but the first are numbered.
    fn add(&mut self, at: Located<'a>, key: Option<&str>, lost: &mut BTreeSet<&'a str>) {
        let target = at.reference().and_then(|target| target.rsplit('/').next());
        let Some(at) = resolved(at, lost) else { return };
        let said = || at.text("messageId").or_else(|| at.text("name"));
        let name = key.or_else(said).or(target).or_else(|| at.text("title")).unwrap_or("message");
        let mut unique = name.to_owned();
        if self.names.contains(name) {
            unique = format!("{name} ({})", self.found.len() + 1);
        }
        if self.names.insert(unique.clone()) {
            self.found.push(Message { name: unique, at });
        }
    }
}

fn version_3<'a>(root: Located<'a>, lost: &mut BTreeSet<&'a str>) -> Vec<Channel<'a>> {
    let mut channels: IndexMap<String, Channel<'a>> = IndexMap::new();
    // Where each channel is in the list, with its messages; several may have one address.
    let mut nodes: BTreeMap<usize, (usize, Vec<Message<'a>>)> = BTreeMap::new();
    for (id, at) in entries(root, "channels") {
        let Some(at) = resolved(at, lost) else { continue };
        let address = at.text("address").unwrap_or(id).to_owned();
        let mut messages = Messages::default();
        for (key, at) in entries(at, "messages") {
            messages.add(at, Some(key), lost);
        }
        let entry = channels.entry(address.clone());
        let index = entry.index();
        entry.or_insert(Channel { address, at, uses: Vec::new() });
        nodes.entry(at.address()).or_insert((index, messages.found));
    }
    for (_, operation) in entries(root, "operations") {
        let Some(operation) = resolved(operation, lost) else { continue };
        let (role, reply) = match operation.text("action") {
            Some("send") => (Role::Send, Role::ReceiveReply),
            Some("receive") => (Role::Receive, Role::SendReply),
            _ => continue,
        };
        used(&mut channels, &nodes, operation, role, lost);
        if let Some(answer) = operation.get("reply").and_then(|reply| resolved(reply, lost)) {
            used(&mut channels, &nodes, answer, reply, lost);
        }
    }
    for (index, messages) in nodes.into_values() {
        let Some((_, channel)) = channels.get_index_mut(index) else { continue };
        if channel.uses.is_empty() {
            channel.uses.push(Use { role: Role::Unsaid, at: channel.at, more: Vec::new(), messages });
        }
    }
    channels.into_values().collect()
}

/// Adds what an operation does to its channel. Several operations of one role are one use with all their messages.
fn used<'a>(
    channels: &mut IndexMap<String, Channel<'a>>,
    nodes: &BTreeMap<usize, (usize, Vec<Message<'a>>)>,
    operation: Located<'a>,
    role: Role,
    lost: &mut BTreeSet<&'a str>,
) {
    let Some(target) = operation.get("channel").and_then(|channel| resolved(channel, lost)) else { return };
    let Some((index, of_channel)) = nodes.get(&target.address()) else { return };
    let Some((_, channel)) = channels.get_index_mut(*index) else { return };
    let chosen: Option<BTreeSet<usize>> = operation.get("messages").map(|messages| {
        let items = messages.items().filter_map(|item| resolved(item, lost));
        items.map(|item| item.address()).collect()
    });
    let is_chosen =
        |message: &&Message<'a>| chosen.as_ref().is_none_or(|chosen| chosen.contains(&message.at.address()));
    let position = channel.uses.iter().position(|one| one.role == role);
    let Some(known) = position.and_then(|position| channel.uses.get_mut(position)) else {
        let messages = of_channel.iter().filter(is_chosen).cloned().collect();
        channel.uses.push(Use { role, at: operation, more: Vec::new(), messages });
        return;
    };
    known.more.push(operation);
    let mut names: BTreeSet<String> = known.messages.iter().map(|message| message.name.clone()).collect();
    for message in of_channel.iter().filter(is_chosen) {
        if names.insert(message.name.clone()) {
            known.messages.push(message.clone());
        }
    }
}

fn entries<'a>(at: Located<'a>, key: &str) -> impl Iterator<Item = (&'a str, Located<'a>)> {
    at.get(key).into_iter().flat_map(|found| found.entries())
}
