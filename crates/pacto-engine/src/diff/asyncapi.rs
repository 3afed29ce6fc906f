//! `AsyncAPI` 2 and 3: channels, what the service sends and receives on them, messages, servers.
//!
//! The two versions say the same things in other places; [`model`] brings them into one form, by the address of the
//! channel. What is sent is produced, what is received is consumed.

mod message;
mod model;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::change::{ChangeType, Direction};
use super::documents::{Documents, Located, same};
use super::draft::{Draft, Section};
use super::fact::{Area, Fact, Kind};
use super::leftovers::leftovers;
use message::compare as compare_messages;
use model::{Channel, Message, Model, Role, Server, Use};

/// From whose view an `AsyncAPI` 2 document is written, which has no word for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Perspective {
    /// `publish` is what the service sends.
    #[default]
    Service,
    /// `publish` is what clients send, so the service receives it.
    Client,
}

/// Whether the main file says that it is `AsyncAPI`.
pub(super) fn is_asyncapi(documents: &Documents) -> bool {
    documents.root().is_some_and(|root| root.get("asyncapi").is_some())
}

pub(super) fn compare(old: &Documents, new: &Documents, perspective: Perspective, drafts: &mut Vec<Draft>) {
    if old.is_same(new) {
        return;
    }
    let (Some(old_root), Some(new_root)) = (old.root(), new.root()) else { return };
    let (old, new) = (Model::read(old_root, perspective), Model::read(new_root, perspective));
    document((&old, old_root), (&new, new_root), drafts);
    let counterparts = counterparts(&old.channels, &new.channels);
    let mut known = BTreeSet::new();
    for (channel, counterpart) in old.channels.iter().zip(counterparts) {
        match counterpart.and_then(|index| new.channels.get(index)) {
            Some(now) => {
                known.insert(now.address.as_str());
                compare_channels((&old, channel), (&new, now), drafts);
            }
            None => drafts.push(whole_channel(channel, ChangeType::Removed)),
        }
    }
    for channel in new.channels.iter().filter(|channel| !known.contains(channel.address.as_str())) {
        drafts.push(whole_channel(channel, ChangeType::Added));
    }
}

/// For each old channel the new one: that of the same address, or else one that only calls its parameters otherwise.
/// Each new one is somebody's once, for two channels can differ in nothing but these names.
fn counterparts(old: &[Channel<'_>], new: &[Channel<'_>]) -> Vec<Option<usize>> {
    let by_address: BTreeMap<&str, usize> =
        new.iter().enumerate().map(|(index, channel)| (channel.address.as_str(), index)).collect();
    let same: Vec<Option<usize>> =
        old.iter().map(|channel| by_address.get(channel.address.as_str()).copied()).collect();
    let taken: BTreeSet<usize> = same.iter().flatten().copied().collect();
    let mut free: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, channel) in new.iter().enumerate().rev().filter(|(index, _)| !taken.contains(index)) {
        free.entry(template(&channel.address)).or_default().push(index);
    }
    let pairs = old.iter().zip(same);
    pairs.map(|(channel, same)| same.or_else(|| free.get_mut(&template(&channel.address))?.pop())).collect()
}

/// An address without the names of its parameters: they are not part of what is sent.
fn template(address: &str) -> String {
    let mut parts = address.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("{}");
        out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    out
}

/// A line about something that is on one side or on both.
fn line(base: &'static str, path: String, what: &str, kind: ChangeType) -> Draft {
    let value = |there: bool| (there && kind != ChangeType::Modified).then(|| json!(what));
    let (old, new) = (value(kind != ChangeType::Added), value(kind != ChangeType::Removed));
    let mut draft = Draft::plain(Section::Interfaces, base, kind, old, new);
    draft.path = path;
    draft.reason = format!("{what} {}", kind.as_str());
    draft
}

/// Says where it stands, on the side or sides that have it.
fn placed(draft: Draft, at: Located<'_>) -> Draft {
    let place = Some(at.location());
    match draft.change_type {
        ChangeType::Added => draft.at(None, place),
        _ => draft.at(place, None),
    }
}

fn whole_channel(channel: &Channel<'_>, kind: ChangeType) -> Draft {
    let address = &channel.address;
    let draft = line(
        "asyncapi.channels",
        format!("asyncapi.channels[{address}]"),
        &format!("channel {address}"),
        kind,
    );
    placed(draft, channel.at)
}

/// The version that it is written in, servers, and what else is said of the whole document.
fn document(
    (old, old_root): (&Model<'_>, Located<'_>),
    (new, new_root): (&Model<'_>, Located<'_>),
    drafts: &mut Vec<Draft>,
) {
    let mut facts = Vec::new();
    let about = |kind: Kind| Fact::new(kind, Area::Document, None, "the document".to_owned());
    if old.version != new.version {
        let fact = about(Kind::SpecificationVersion).between(old_root, new_root);
        facts.push(fact.with(Some(old.version), Some(new.version)));
    }
    for target in old.lost.symmetric_difference(&new.lost) {
        facts.push(about(Kind::Unresolved).between(old_root, new_root).with(None, Some(target)));
    }
    if !is_same("securitySchemes", schemes(old_root), schemes(new_root)) {
        facts.push(about(Kind::Security).between(old_root, new_root));
    }
    let known = [
        "asyncapi",
        "id",
        "info",
        "servers",
        "channels",
        "operations",
        "components",
        "defaultContentType",
        "tags",
    ];
    leftovers(old_root, new_root, &known, Area::Document, "the document", &mut facts);
    if !facts.is_empty() {
        let mut draft = line(
            "asyncapi.document",
            "asyncapi.document".to_owned(),
            "AsyncAPI document",
            ChangeType::Modified,
        );
        draft.facts = facts;
        drafts.push(draft.at(Some(old_root.location()), Some(new_root.location())));
    }
    let (known, present) = (by_name(&old.servers), by_name(&new.servers));
    for server in &old.servers {
        let now = present.get(server.name).copied();
        let kind = if now.is_some() { ChangeType::Modified } else { ChangeType::Removed };
        let subject = format!("server '{}'", server.name);
        if let Some(now) = now.filter(|now| now.address == server.address) {
            let mut rest = Vec::new();
            let known = ["url", "host", "pathname", "protocol"];
            if old.major == new.major {
                leftovers(server.at, now.at, &known, Area::Document, &subject, &mut rest);
            }
            if !rest.is_empty() {
                let mut draft = server_line(server.name, kind);
                draft.facts = rest;
                drafts.push(draft.at(Some(server.at.location()), Some(now.at.location())));
            }
            continue;
        }
        let mut draft = server_line(server.name, kind);
        let fact = Fact::new(Kind::Servers, Area::Document, None, subject);
        draft.facts.push(match now {
            Some(now) => fact.between(server.at, now.at).with(Some(&server.address), Some(&now.address)),
            None => fact.between(server.at, new_root).with(Some(&server.address), None),
        });
        let place = now.map(|now| now.at.location());
        drafts.push(draft.at(Some(server.at.location()), place));
    }
    for server in new.servers.iter().filter(|server| !known.contains_key(server.name)) {
        let mut draft = server_line(server.name, ChangeType::Added);
        let fact = Fact::new(Kind::ServerAdded, Area::Document, None, format!("server '{}'", server.name));
        draft.facts.push(fact.between(old_root, server.at).with(None, Some(&server.address)));
        drafts.push(placed(draft, server.at));
    }
}

fn by_name<'s, 'a>(servers: &'s [Server<'a>]) -> BTreeMap<&'a str, &'s Server<'a>> {
    servers.iter().map(|server| (server.name, server)).collect()
}

fn server_line(name: &str, kind: ChangeType) -> Draft {
    line("asyncapi.servers", format!("asyncapi.servers[{name}]"), &format!("server {name}"), kind)
}

fn compare_channels(
    (old_model, old): (&Model<'_>, &Channel<'_>),
    (new_model, new): (&Model<'_>, &Channel<'_>),
    drafts: &mut Vec<Draft>,
) {
    let address = &old.address;
    let (mut facts, subject) = (Vec::new(), format!("channel {address}"));
    bindings(old.at, new.at, Area::Channel, &subject, &mut facts);
    // What stands in another place in another version is not compared key by key.
    if old_model.major == new_model.major {
        let known = ["address", "messages", "publish", "subscribe", "bindings"];
        leftovers(old.at, new.at, &known, Area::Channel, &subject, &mut facts);
    }
    if !facts.is_empty() {
        let path = format!("asyncapi.channels[{address}]");
        let mut draft = line("asyncapi.channel", path, &subject, ChangeType::Modified);
        draft.facts = facts;
        drafts.push(draft.at(Some(old.at.location()), Some(new.at.location())));
    }
    let find = |uses: &[Use<'_>], wanted: &Use<'_>| uses.iter().position(|one| one.role() == wanted.role());
    for before in &old.uses {
        match find(&new.uses, before).and_then(|position| new.uses.get(position)) {
            Some(after) => {
                compare_uses(address, before.role(), (old_model, before), (new_model, after), drafts);
            }
            None if before.role() != Role::Unsaid => {
                drafts.push(whole_use(address, before, ChangeType::Removed));
            }
            // Nobody said what is done there, so nobody misses it; the messages are those of whoever says it now.
            None => {
                for after in &new.uses {
                    compare_uses(address, after.role(), (old_model, before), (new_model, after), drafts);
                }
            }
        }
    }
    let is_new = |after: &&Use<'_>| after.role() != Role::Unsaid && find(&old.uses, after).is_none();
    for after in new.uses.iter().filter(is_new) {
        drafts.push(whole_use(address, after, ChangeType::Added));
    }
}

/// Path of what is done on a channel.
fn used_path(address: &str, role: Role) -> String {
    match role.key() {
        Some(key) => format!("asyncapi.channels[{address}].{key}"),
        None => format!("asyncapi.channels[{address}]"),
    }
}

fn whole_use(address: &str, one: &Use<'_>, kind: ChangeType) -> Draft {
    let path = used_path(address, one.role());
    placed(line("asyncapi.operations", path, &format!("{} on {address}", one.role().word()), kind), one.at)
}

fn compare_uses(
    address: &str,
    role: Role,
    (old_model, old): (&Model<'_>, &Use<'_>),
    (new_model, new): (&Model<'_>, &Use<'_>),
    drafts: &mut Vec<Draft>,
) {
    let path = used_path(address, role);
    let (mut facts, subject) = (Vec::new(), format!("{} on {address}", role.word()));
    if old.role() == new.role() {
        bindings(old.at, new.at, Area::Channel, &subject, &mut facts);
        traits(old.at, new.at, Area::Channel, &subject, &mut facts);
        if old_model.major == new_model.major {
            operations(old, new, &subject, &mut facts);
        }
    }
    if !facts.is_empty() {
        let mut draft = line("asyncapi.operation", path.clone(), &subject, ChangeType::Modified);
        draft.facts = facts;
        drafts.push(draft.at(Some(old.at.location()), Some(new.at.location())));
    }
    let message_line = |message: &Message<'_>, kind: ChangeType| {
        let path = format!("{path}.messages[{}]", message.name);
        let name = format!("{} message {} on {address}", role.participle(), message.name);
        line("asyncapi.messages", path, &name, kind)
    };
    let subject = |message: &Message<'_>| format!("{} message '{}'", role.participle(), message.name);
    let pairs = paired(&old.messages, &new.messages);
    for (before, after) in &pairs {
        let Some(after) = after else {
            let mut draft = message_line(before, ChangeType::Removed);
            for direction in role.directions() {
                let fact =
                    Fact::new(Kind::MessageRemoved, area(*direction), Some(*direction), subject(before));
                draft.facts.push(fact.between(before.at, new.at));
            }
            drafts.push(placed(draft, before.at));
            continue;
        };
        let mut draft = message_line(before, ChangeType::Modified);
        for direction in role.directions() {
            draft.facts.extend(compare_messages(
                (before, old_model),
                (after, new_model),
                *direction,
                &subject(before),
            ));
        }
        if !draft.facts.is_empty() {
            drafts.push(draft.at(Some(before.at.location()), Some(after.at.location())));
        }
    }
    let paired: BTreeSet<&str> =
        pairs.iter().filter_map(|(_, after)| Some(after.as_ref()?.name.as_str())).collect();
    let is_paired = |message: &Message<'_>| paired.contains(message.name.as_str());
    for message in new.messages.iter().filter(|message| !is_paired(message)) {
        let mut draft = message_line(message, ChangeType::Added);
        for direction in role.directions() {
            let fact = Fact::new(Kind::MessageAdded, area(*direction), Some(*direction), subject(message));
            draft.facts.push(fact.between(old.at, message.at));
        }
        drafts.push(placed(draft, message.at));
    }
}

/// What else is said of operations of one role, in their order.
fn operations(old: &Use<'_>, new: &Use<'_>, subject: &str, facts: &mut Vec<Fact>) {
    let known =
        ["action", "channel", "messages", "message", "reply", "operationId", "bindings", "tags", "traits"];
    leftovers(old.at, new.at, &known, Area::Channel, subject, facts);
    for (before, after) in old.more.iter().zip(&new.more) {
        let known =
            known.into_iter().filter(|key| !matches!(*key, "bindings" | "traits")).collect::<Vec<_>>();
        leftovers(*before, *after, &known, Area::Channel, subject, facts);
    }
    if old.more.len() != new.more.len() {
        let fact = Fact::new(Kind::Other, Area::Channel, None, subject.to_owned());
        facts.push(fact.between(old.at, new.at).with(None, Some("number of operations")));
    }
}

/// Messages with their counterparts. A single message is the same whatever it is called: names are not sent.
fn paired<'m, 'a>(
    old: &'m [Message<'a>],
    new: &'m [Message<'a>],
) -> Vec<(&'m Message<'a>, Option<&'m Message<'a>>)> {
    if let ([before], [after]) = (old, new) {
        return vec![(before, Some(after))];
    }
    let by_name: BTreeMap<&str, &Message<'_>> =
        new.iter().map(|message| (message.name.as_str(), message)).collect();
    old.iter().map(|message| (message, by_name.get(message.name.as_str()).copied())).collect()
}

/// Where facts about messages of a direction belong.
fn area(direction: Direction) -> Area {
    match direction {
        Direction::Produced => Area::SentMessage,
        Direction::Received => Area::ReceivedMessage,
    }
}

/// What protocols are told beside the messages.
fn bindings(old: Located<'_>, new: Located<'_>, area: Area, subject: &str, facts: &mut Vec<Fact>) {
    const KEY: &str = "bindings";
    if !is_same(KEY, old.get(KEY), new.get(KEY)) {
        facts.push(Fact::new(Kind::Bindings, area, None, subject.to_owned()).between(old, new));
    }
}

/// Whether two values of a key are the same, or not there on both sides.
fn is_same(key: &str, old: Option<Located<'_>>, new: Option<Located<'_>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(before), Some(after)) => same(key, before, after, &|_| false),
        _ => false,
    }
}

fn schemes(root: Located<'_>) -> Option<Located<'_>> {
    root.get("components")?.get("securitySchemes")
}

/// What traits say beside what is looked at by itself.
fn traits(old: Located<'_>, new: Located<'_>, area: Area, subject: &str, facts: &mut Vec<Fact>) {
    const KEY: &str = "traits";
    const LOOKED_AT: [&str; 2] = ["headers", "contentType"];
    let says_more = |at: Located<'_>| {
        let traits = at.get(KEY).into_iter().flat_map(|traits| traits.items());
        traits
            .filter_map(|one| one.resolved().ok())
            .any(|one| one.entries().any(|(key, _)| !LOOKED_AT.contains(&key)))
    };
    let differs = match (old.get(KEY), new.get(KEY)) {
        (Some(before), Some(after)) => !same(KEY, before, after, &|key| LOOKED_AT.contains(&key)),
        _ => says_more(old) != says_more(new),
    };
    if differs && (says_more(old) || says_more(new)) {
        facts.push(
            Fact::new(Kind::Other, area, None, subject.to_owned()).between(old, new).with(None, Some(KEY)),
        );
    }
}
