//! The channels and operations of an `AsyncAPI` document, from the view of the service.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

use pacto_contract::yaml::{Entry, Node};

use super::markdown::{EMPTY, Table, cell, cell_code, note};
use super::specification::{Specification, last_segment};

/// Most messages of one operation that are named.
pub(super) const MAX_MESSAGES: usize = 8;
/// Longest address or name that is compared and shown, in bytes.
const MAX_NAME_BYTES: usize = 1_024;

/// What the service does on a channel, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Produced,
    Consumed,
    /// No operation uses the channel.
    Unused,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Produced => "produced",
            Self::Consumed => "consumed",
            Self::Unused => EMPTY,
        }
    }
}

/// What the service does on one channel.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub channel: Cow<'a, str>,
    pub direction: Direction,
    /// Empty where it has no name.
    pub operation: &'a str,
    pub messages: Messages<'a>,
    pub summary: Option<&'a str>,
}

impl Event<'_> {
    /// What rows are sorted by.
    fn key(&self) -> (&str, Direction, &str) {
        (&self.channel, self.direction, self.operation)
    }
}

/// Where the messages of an operation are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Messages<'a> {
    None,
    One(&'a Node),
    Listed(&'a [Node]),
    Keyed(&'a [Entry]),
}

/// What the service does, channel by channel; `None` for what is no document of a version that is known.
pub(super) fn events(specification: &Specification) -> Option<Vec<Event<'_>>> {
    let version = specification.root().get("asyncapi").and_then(Node::scalar_text).unwrap_or_default();
    let mut events = match version.split('.').next() {
        Some("2") => version_2(specification),
        Some("3") => version_3(specification),
        _ => return None,
    };
    events.sort_by(|left, right| left.key().cmp(&right.key()));
    Some(events)
}

/// The table of events.
pub(super) fn write(out: &mut String, specification: &Specification) {
    let Some(events) = events(specification) else {
        return note(out, "The file is not an AsyncAPI 2 or 3 document.");
    };
    let mut table = Table::new(out, &["Channel", "Direction", "Operation", "Messages", "Summary"]);
    for event in events {
        let messages = event.messages.names(specification);
        let (channel, operation) = (cell_code(&event.channel), cell_code(event.operation));
        table.row(&[&channel, event.direction.word(), &operation, &messages, &cell(event.summary)]);
    }
    if !table.finish() {
        note(out, "The file lists no channels.");
    }
}

/// `publish` is what the service produces, `subscribe` what it consumes.
fn version_2(specification: &Specification) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    for entry in entries(specification.root(), "channels") {
        let Some((channel, _)) = specification.follow(&entry.node) else {
            events.push(unused(Cow::Borrowed(&entry.key), Messages::None, None));
            continue;
        };
        let before = events.len();
        for (key, direction) in [("publish", Direction::Produced), ("subscribe", Direction::Consumed)] {
            let Some(operation) = channel.get(key) else { continue };
            let messages = match operation.get("message") {
                None => Messages::None,
                Some(message) => match message.get("oneOf").and_then(Node::as_sequence) {
                    Some(choices) => Messages::Listed(choices),
                    None => Messages::One(message),
                },
            };
            events.push(Event {
                channel: Cow::Borrowed(&entry.key),
                direction,
                operation: text(operation, "operationId").unwrap_or_default(),
                messages,
                summary: text(operation, "summary").or_else(|| text(channel, "description")),
            });
        }
        if events.len() == before {
            let summary = text(channel, "description");
            events.push(unused(Cow::Borrowed(&entry.key), Messages::None, summary));
        }
    }
    events
}

/// `send` is what the service produces, `receive` what it consumes.
fn version_3(specification: &Specification) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for entry in entries(specification.root(), "operations") {
        let Some((operation, _)) = specification.follow(&entry.node) else { continue };
        let direction = match operation.get("action").and_then(Node::as_str) {
            Some("send") => Direction::Produced,
            Some("receive") => Direction::Consumed,
            _ => continue,
        };
        let reference = operation.get("channel").and_then(|channel| text(channel, "$ref"));
        let key = reference.map(last_segment).unwrap_or_default();
        let channel = operation.get("channel").and_then(|channel| specification.follow(channel));
        let channel = channel.map(|(channel, _)| channel);
        let messages = match operation.get("messages").and_then(Node::as_sequence) {
            Some(listed) => Messages::Listed(listed),
            None => channel.map_or(Messages::None, channel_messages),
        };
        events.push(Event {
            channel: channel.and_then(address).map_or_else(|| Cow::Owned(key.clone()), Cow::Borrowed),
            direction,
            operation: &entry.key,
            messages,
            summary: text(operation, "summary").or_else(|| text(channel?, "summary")),
        });
        used.insert(key);
    }
    for entry in entries(specification.root(), "channels") {
        if used.contains(&*entry.key) {
            continue;
        }
        let channel = specification.follow(&entry.node).map(|(channel, _)| channel);
        let address = Cow::Borrowed(channel.and_then(address).unwrap_or(&entry.key));
        let messages = channel.map_or(Messages::None, channel_messages);
        events.push(unused(address, messages, channel.and_then(|channel| text(channel, "summary"))));
    }
    events
}

fn unused<'a>(channel: Cow<'a, str>, messages: Messages<'a>, summary: Option<&'a str>) -> Event<'a> {
    Event { channel, direction: Direction::Unused, operation: "", messages, summary }
}

fn entries<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let entries = node
        .get(key)
        .and_then(Node::as_mapping)
        .map(pacto_contract::yaml::Mapping::entries)
        .unwrap_or_default();
    entries.iter().filter(|entry| !entry.key.starts_with("x-"))
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::scalar_text)
}

fn address(channel: &Node) -> Option<&str> {
    text(channel, "address").map(clipped)
}

fn clipped(name: &str) -> &str {
    name.get(..name.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default()
}

fn channel_messages(channel: &Node) -> Messages<'_> {
    let messages = channel.get("messages").and_then(Node::as_mapping);
    messages.map_or(Messages::None, |messages| Messages::Keyed(messages.entries()))
}

impl<'a> Messages<'a> {
    /// The first messages with their names, as far as they have one; and how many there are.
    pub(super) fn named(self, specification: &'a Specification) -> (Vec<(String, &'a Node)>, usize) {
        let named = |message: &'a Node| Some((name(specification, message)?, message));
        match self {
            Self::None => (Vec::new(), 0),
            Self::One(message) => (named(message).into_iter().collect(), 1),
            Self::Listed(listed) => {
                (listed.iter().take(MAX_MESSAGES).filter_map(named).collect(), listed.len())
            }
            Self::Keyed(entries) => {
                let keyed = |entry: &'a Entry| {
                    named(&entry.node).unwrap_or_else(|| (clipped(&entry.key).to_owned(), &entry.node))
                };
                (entries.iter().take(MAX_MESSAGES).map(keyed).collect(), entries.len())
            }
        }
    }

    /// The names as a cell.
    fn names(self, specification: &'a Specification) -> String {
        let (named, total) = self.named(specification);
        let mut cell = named.iter().map(|(name, _)| cell_code(name)).collect::<Vec<_>>().join(", ");
        if let Some(more) = total.checked_sub(MAX_MESSAGES).filter(|more| *more > 0) {
            let _ = write!(cell, " and {more} more");
        }
        if cell.is_empty() { EMPTY.to_owned() } else { cell }
    }
}

/// The name of a message: its `name`, else the last part of the reference that leads to it, else its `title`.
fn name(specification: &Specification, message: &Node) -> Option<String> {
    let (message, reference) = specification.follow(message)?;
    let text = |key: &str| text(message, key).map(|text| clipped(text).to_owned());
    text("name").or_else(|| reference.map(last_segment)).or_else(|| text("title"))
}
