//! A server that says what a real one says only after days.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pacto_k8s::FeedState;
use pacto_testkit::http::Message;
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::TcpListener;

use crate::cluster::{names, until, watch};

/// How often each was asked for.
#[derive(Default)]
struct Asked {
    lists: AtomicUsize,
    watches: AtomicUsize,
}

/// What to say to the list and the watch of this number, of Pactos.
type Script = fn(is_watch: bool, number: usize) -> Message;

/// Serves a script; its kubeconfig ends with the directory.
async fn serve(script: Script) -> (tempfile::TempDir, Arc<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let kubeconfig = format!(
        "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: a, user: u}}}}], \
         clusters: [{{name: a, cluster: {{server: 'http://{}'}}}}], users: [{{name: u, user: {{token: t}}}}]}}",
        listener.local_addr().unwrap()
    );
    fs_err::write(directory.path().join("config"), kubeconfig).unwrap();
    let asked = Arc::new(Asked::default());
    let counters = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let asked = Arc::clone(&counters);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                while let Some(request) = Message::read(&mut stream, true).await {
                    let answer = answer(&request, script, &asked);
                    let is_last = answer.header("content-length").is_none();
                    if answer.write(&mut stream, true).await.is_err() || is_last {
                        return;
                    }
                }
            });
        }
    });
    (directory, asked)
}

fn answer(request: &Message, script: Script, asked: &Asked) -> Message {
    let target = request.target();
    let is_watch = target.contains("watch=true");
    if target == "/apis" {
        let version = json!({"groupVersion": "pacto.trianalab.io/v1", "version": "v1"});
        let group = json!({"name": "pacto.trianalab.io", "versions": [version], "preferredVersion": version});
        return body(&json!({"kind": "APIGroupList", "groups": [group]}));
    }
    if target == "/apis/pacto.trianalab.io/v1" {
        let pactos = json!({"name": "pactos", "singularName": "pacto", "kind": "Pacto", "namespaced": true, "verbs": []});
        return body(
            &json!({"kind": "APIResourceList", "groupVersion": "pacto.trianalab.io/v1", "resources": [pactos]}),
        );
    }
    let counter = if is_watch { &asked.watches } else { &asked.lists };
    script(is_watch, counter.fetch_add(1, Ordering::SeqCst))
}

fn body(value: &Value) -> Message {
    Message::response(200, &[("content-type", "application/json")], value.to_string())
}

/// Events; the connection closes after them.
fn events(events: &[Value]) -> Message {
    let mut message = Message::response(200, &[("content-type", "application/json")], "");
    message.set_header("content-length", None);
    message.set_header("connection", Some("close"));
    message.body = events.iter().flat_map(|event| (event.to_string() + "\n").into_bytes()).collect();
    message
}

fn pacto(name: &str, version: usize) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "resourceVersion": version.to_string()}})
}

fn list(name: &str, version: usize) -> Message {
    body(
        &json!({"kind": "PactoList", "metadata": {"resourceVersion": version.to_string()}, "items": [pacto(name, version)]}),
    )
}

#[tokio::test]
async fn a_history_that_is_gone_is_read_anew() {
    let (directory, asked) = serve(|is_watch, number| match (is_watch, number) {
        (true, 0..5) => events(&[
            json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}),
        ]),
        (true, _) => events(&[]),
        (false, number) => list(&format!("p{number}"), number + 1),
    })
    .await;
    let watch = watch(&directory.path().join("config"), "").await;
    until(&watch, "the last list", |snapshot| {
        names(snapshot) == ["shop/p5"] && snapshot.pactos_feed.state == FeedState::Connected
    })
    .await;
    // One list for each loss, and no more.
    assert_eq!(asked.lists.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_watch_that_is_closed_at_once_is_taken_up_without_a_list() {
    let (directory, asked) = serve(|is_watch, number| {
        if is_watch {
            events(&[json!({"type": "ADDED", "object": pacto(&format!("w{}", number % 20), number + 2)})])
        } else {
            list("listed", 1)
        }
    })
    .await;
    let begin = std::time::Instant::now();
    let watch = watch(&directory.path().join("config"), "").await;
    until(&watch, "ten watches", |snapshot| snapshot.pactos.len() == 11).await;
    assert_eq!(asked.lists.load(Ordering::SeqCst), 1);
    // 50, 100, 200 and six times 250 ms at least.
    assert!(begin.elapsed().as_millis() >= 1_850, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_server_that_only_fails_is_not_stormed() {
    let (directory, asked) = serve(|_, _| {
        let words = "<html>\u{1b}[31m upstream connect error\n\n".repeat(100);
        Message::response(503, &[("content-type", "text/html")], words)
    })
    .await;
    let watch = watch(&directory.path().join("config"), "").await;
    let failing = until(&watch, "an error", |snapshot| {
        matches!(snapshot.pactos_feed.state, FeedState::Unreachable { .. })
    });
    let FeedState::Unreachable { problem, .. } = &failing.await.pactos_feed.state else { unreachable!() };
    assert!(problem.message.starts_with("the API server says 503: "), "{problem}");
    assert!(!problem.message.contains('\u{1b}') && problem.message.chars().count() <= 501, "{problem}");
    let begin = std::time::Instant::now();
    let mut latest = watch.subscribe();
    while asked.lists.load(Ordering::SeqCst) < 5 {
        latest.changed().await.unwrap();
    }
    // 100, 200 and 250 ms at least.
    assert!(begin.elapsed().as_millis() >= 500, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_odd_object_does_not_stop_the_others() {
    let (directory, _) = serve(|is_watch, number| match (is_watch, number) {
        (true, 0) => events(&[
            json!({"type": "ADDED", "object": {"metadata": {"name": "odd", "namespace": "shop", "resourceVersion": "2", "labels": 7}, "status": 7}}),
            json!({"type": "ADDED", "object": pacto("next", 3)}),
        ]),
        (true, _) => events(&[]),
        (false, _) => body(&json!({
            "metadata": {"resourceVersion": "1"},
            "items": [{"metadata": {"name": "bare", "namespace": "shop", "creationTimestamp": 7}, "spec": "x"}],
        })),
    })
    .await;
    let watch = watch(&directory.path().join("config"), "").await;
    let seen = until(&watch, "all", |snapshot| snapshot.pactos.len() == 3).await;
    assert_eq!(names(&seen), ["shop/bare", "shop/next", "shop/odd"]);
}
