//! What the words of a description let one assume. Whatever is said outright wins.

use super::{Data, NewInterface};

/// What was assumed, and in which words it is told.
#[derive(Debug, Default)]
pub(super) struct Inferred {
    pub interfaces: Vec<NewInterface>,
    pub workload: Option<&'static str>,
    pub data: Data,
    pub told: Vec<String>,
}

const HTTP: &[&str] = &["rest", "http", "api", "web"];
const GRPC: &[&str] = &["grpc"];
const EVENT: &[&str] =
    &["event", "events", "kafka", "nats", "pubsub", "queue", "message", "messages", "rabbit", "rabbitmq"];
const DATABASE: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "database",
    "db",
    "mongo",
    "mongodb",
    "dynamo",
    "dynamodb",
    "cockroach",
    "cockroachdb",
    "sql",
];
const CACHE: &[&str] = &["redis", "cache", "memcache", "memcached", "valkey"];
const WORKER: &[&str] = &["worker", "consumer", "processor"];
const SCHEDULED: &[&str] = &["cron", "scheduled", "periodic", "batch", "nightly"];
const DURABLE: &[&str] = &["stateful", "persistent", "durable"];

/// Reads a description.
pub(super) fn infer(description: &str) -> Inferred {
    let text = description.to_lowercase();
    let words: Vec<&str> =
        text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let says = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let mut inferred = Inferred::default();
    let mut tell = |what: &str| inferred.told.push(format!("inferred {what} from description"));
    let mut interfaces = Vec::new();
    let mut expose = |name: &str, kind: &str, port: Option<u16>, visibility: Option<&str>| {
        let (name, kind) = (name.to_owned(), kind.to_owned());
        interfaces.push(NewInterface { name, kind, port, visibility: visibility.map(str::to_owned) });
    };
    if says(HTTP) {
        tell("HTTP interface");
        expose("http-api", "http", Some(8080), Some("public"));
    }
    if says(GRPC) {
        tell("gRPC interface");
        expose("grpc-api", "grpc", Some(9090), Some("internal"));
    }
    if says(EVENT) {
        tell("event interface");
        expose("events", "event", None, None);
    }
    if says(SCHEDULED) {
        tell("scheduled workload");
        inferred.workload = Some("scheduled");
    } else if says(WORKER) {
        tell("job workload");
        inferred.workload = Some("job");
    }
    let is_durable = says(DURABLE) || words.windows(2).any(|pair| pair == ["stores", "data"]);
    if says(DATABASE) {
        inferred.data = Data {
            stores: Some(true),
            survives_restart: Some(true),
            is_shared: Some(true),
            loss_impact: None,
        };
    } else if is_durable {
        inferred.data = Data { stores: Some(true), survives_restart: Some(true), ..Data::default() };
    } else if says(CACHE) {
        inferred.data = Data { stores: Some(true), ..Data::default() };
    }
    if inferred.data.is_said() {
        tell("stateful runtime");
    }
    inferred.interfaces = interfaces;
    inferred
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(description: &str) -> Vec<String> {
        infer(description).interfaces.into_iter().map(|interface| interface.name).collect()
    }

    #[test]
    fn words_count_whole_and_in_any_case() {
        assert_eq!(names("A REST API with gRPC, sends events"), ["http-api", "grpc-api", "events"]);
        assert!(names("restful webinars about apis").is_empty());
        assert_eq!(infer("nightly batch worker").workload, Some("scheduled"));
        assert_eq!(infer("a consumer of queue messages").workload, Some("job"));
        let data = infer("stores orders in PostgreSQL").data;
        assert_eq!(
            (data.stores, data.survives_restart, data.is_shared),
            (Some(true), Some(true), Some(true))
        );
        assert_eq!(infer("keeps a cache in redis").data.survives_restart, None);
        assert!(!infer("nothing of that").data.is_said());
    }
}
