//! Many clients for a long time: nothing grows, nothing fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pacto_testkit::dashboard::Server;
use pacto_testkit::soak;

use crate::running::{context, contract, serve};

const CLIENTS: usize = 50;
const SERVICES: usize = 40;
/// Seconds of the whole soak.
const SECONDS: usize = 600;
/// Between two requests of a client: a page asks now and then.
const PAUSE: Duration = Duration::from_millis(100);
/// What may come on top once everything was asked for, in KiB: allocators keep some for later.
const SLACK: u64 = 16 * 1024;

fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn fifty_clients_make_nothing_grow() {
    let cx = context();
    for number in 0..SERVICES {
        let needs = format!(
            "dependencies: [{{ref: 'oci://r.example/s{}', required: true, compatibility: '^1.0.0'}}]\n",
            (number + 1) % SERVICES
        );
        cx.write(format!("s{number}/pacto.yaml"), contract(&format!("s{number}"), "1.0.0", &needs));
    }
    let server = Arc::new(serve(&cx, &["."]));
    server.wait("/api/services", |list| list.as_array().unwrap().len() == SERVICES);
    let length = Duration::from_secs(soak(SECONDS) as u64);
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (server, stop, asked) = (Arc::clone(&server), Arc::clone(&stop), Arc::clone(&asked));
            std::thread::spawn(move || {
                let mut round = number;
                while !stop.load(Ordering::Relaxed) {
                    if number % 5 == 0 {
                        // A page that comes, listens for a moment and goes.
                        server.events().next("hello");
                    }
                    let name = format!("s{}", round % SERVICES);
                    let path = match round % 6 {
                        0 => "/api/services".to_owned(),
                        1 => format!("/api/services/{name}"),
                        2 => format!("/api/services/{name}/graph"),
                        3 => format!("/api/graph?focus={name}&depth=2"),
                        4 => "/api/owners".to_owned(),
                        _ => format!("/api/diff?from_name={name}&to_name=s0"),
                    };
                    let answer = server.get(&path);
                    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                    asked.fetch_add(1, Ordering::Relaxed);
                    round += 1;
                    // A client that never waits measures the machine, not what grows.
                    std::thread::sleep(PAUSE);
                }
            })
        })
        .collect();
    let began = Instant::now();
    let mut settled = 0;
    let mut version = 0;
    while began.elapsed() < length {
        version += 1;
        let path = format!("s{}/pacto.yaml", version % SERVICES);
        cx.write(&path, contract(&format!("s{}", version % SERVICES), &format!("1.{version}.0"), ""));
        // Contracts change once a second.
        std::thread::sleep(Duration::from_secs(1));
        if settled == 0 && began.elapsed() > length / 3 {
            settled = resident(&server);
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let end = resident(&server);
    println!(
        "{} answers, {} KiB after a third of the time, {end} KiB in the end",
        asked.load(Ordering::Relaxed),
        settled
    );
    assert!(end < settled + SLACK, "memory grew from {settled} to {end} KiB");
    assert_eq!(server.get("/health").status, 200);
}
