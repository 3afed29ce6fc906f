//! Both versions in one form.

use indexmap::IndexMap;

use super::Perspective;
use crate::diff::change::Direction;
use crate::diff::documents::Located;

/// Most channels, operations and messages of one that are looked at.
const MAX_ENTRIES: usize = 20_000;

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
pub(super) struct Message<'a> {
    pub name: String,
    pub at: Located<'a>,
}

impl<'a> Model<'a> {
    /// Reads a document. References that lead nowhere are left out: they have no messages.
    pub fn read(root: Located<'a>, perspective: Perspective) -> Self {
        let version = root.text("asyncapi").unwrap_or_default();
        let major = version.split('.').next().unwrap_or_default();
        let channels = match major {
            "2" => version_2(root, perspective),
            _ => version_3(root),
        };
        Self {
            version,
            major,
            content_type: root.text("defaultContentType"),
            servers: servers(root),
            channels,
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

fn version_2<'a>(root: Located<'a>, perspective: Perspective) -> Vec<Channel<'a>> {
    let roles = match perspective {
        Perspective::Service => [("publish", Role::Send), ("subscribe", Role::Receive)],
        Perspective::Client => [("publish", Role::Receive), ("subscribe", Role::Send)],
    };
    let channel = |(address, at): (&'a str, Located<'a>)| {
        let at = at.resolved().ok()?;
        let uses = roles.iter().filter_map(|(key, role)| {
            let at = at.get(key)?.resolved().ok()?;
            let messages = at.get("message").map(listed).unwrap_or_default();
            Some(Use { role: *role, at, messages })
        });
        Some(Channel { address: address.to_owned(), at, uses: uses.collect() })
    };
    entries(root, "channels").filter_map(channel).collect()
}

/// One message or a choice of several.
fn listed(at: Located<'_>) -> Vec<Message<'_>> {
    let several = at.resolved().ok().and_then(|at| at.get("oneOf"));
    match several {
        Some(several) => several.items().take(MAX_ENTRIES).filter_map(|at| named(at, None)).collect(),
        None => named(at, None).into_iter().collect(),
    }
}

/// A message by the key it stands under, or by what it says, or by what refers to it.
fn named<'a>(at: Located<'a>, key: Option<&str>) -> Option<Message<'a>> {
    let target = at.reference().and_then(|target| target.rsplit('/').next());
    let resolved = at.resolved().ok()?;
    let said = || resolved.text("messageId").or_else(|| resolved.text("name"));
    let name = key.or_else(said).or(target).or_else(|| resolved.text("title")).unwrap_or("message");
    Some(Message { name: name.to_owned(), at: resolved })
}

fn version_3(root: Located<'_>) -> Vec<Channel<'_>> {
    let mut channels: IndexMap<usize, Channel<'_>> = IndexMap::new();
    for (id, at) in entries(root, "channels") {
        let Ok(at) = at.resolved() else { continue };
        let address = at.text("address").unwrap_or(id).to_owned();
        channels.entry(at.address()).or_insert(Channel { address, at, uses: Vec::new() });
    }
    for (_, operation) in entries(root, "operations") {
        let Ok(operation) = operation.resolved() else { continue };
        let (role, reply) = match operation.text("action") {
            Some("send") => (Role::Send, Role::ReceiveReply),
            Some("receive") => (Role::Receive, Role::SendReply),
            _ => continue,
        };
        used(&mut channels, operation, role);
        if let Some(answer) = operation.get("reply").and_then(|reply| reply.resolved().ok()) {
            used(&mut channels, answer, reply);
        }
    }
    for channel in channels.values_mut().filter(|channel| channel.uses.is_empty()) {
        let messages = entries(channel.at, "messages").filter_map(|(key, at)| named(at, Some(key))).collect();
        channel.uses.push(Use { role: Role::Unsaid, at: channel.at, messages });
    }
    channels.into_values().collect()
}

/// Adds what an operation does to its channel. Several operations of one role are one use with all their messages.
fn used<'a>(channels: &mut IndexMap<usize, Channel<'a>>, operation: Located<'a>, role: Role) {
    let Some(target) = operation.get("channel").and_then(|channel| channel.resolved().ok()) else { return };
    let Some(channel) = channels.get_mut(&target.address()) else { return };
    let of_channel: Vec<_> =
        entries(channel.at, "messages").filter_map(|(key, at)| named(at, Some(key))).collect();
    let chosen: Option<Vec<usize>> = operation.get("messages").map(|messages| {
        let items = messages.items().filter_map(|item| item.resolved().ok());
        items.map(|item| item.address()).collect()
    });
    let is_chosen =
        |message: &Message<'_>| chosen.as_ref().is_none_or(|chosen| chosen.contains(&message.at.address()));
    let messages = of_channel.into_iter().filter(is_chosen);
    let position = channel.uses.iter().position(|one| one.role == role);
    match position.and_then(|position| channel.uses.get_mut(position)) {
        Some(known) => {
            for message in messages {
                if !known.messages.iter().any(|other| other.name == message.name) {
                    known.messages.push(message);
                }
            }
        }
        None => {
            let messages = messages.collect();
            channel.uses.push(Use { role, at: operation, messages });
        }
    }
}

fn entries<'a>(at: Located<'a>, key: &str) -> impl Iterator<Item = (&'a str, Located<'a>)> {
    at.get(key).into_iter().flat_map(|found| found.entries()).take(MAX_ENTRIES)
}
