//! Every sample says what is expected of it, and gets it.

use std::path::Path;

use crate::harness::{How, cluster, conditions, get, run, wait};

/// Lines of the comment on top: the status, and conditions with their status and reason.
fn expected(text: &str) -> (String, Vec<String>) {
    let lines =
        text.lines().take_while(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let (mut status, mut conditions) = (String::new(), Vec::new());
    for line in lines {
        match line.split_once(": ") {
            Some(("contractStatus", word)) => status = word.to_owned(),
            Some((kind, rest))
                if ["True, ", "False, ", "Unknown, "].iter().any(|word| rest.starts_with(word)) =>
            {
                conditions.push(format!("{kind} {}:", rest.replace(", ", " ")));
            }
            _ => {}
        }
    }
    (status, conditions)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_is_judged_as_it_says() {
    let Some(plane) = cluster("samples") else { return };
    let running = run(&plane, How { namespace: "samples".to_owned(), ..How::default() }).await;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/samples");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut seen = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("    oci: ") {
            // Follows a registry; tested with one in `registries`.
            continue;
        }
        let apply = ["apply", "-n", "samples", "-f", "-"];
        let output = plane.run_kubectl(&apply, Some(&text));
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        let list = plane.run_kubectl(&["get", "-n", "samples", "-f", "-", "-o", "name"], Some(&text));
        let names = String::from_utf8_lossy(&list.stdout).into_owned();
        let name = names.lines().find_map(|line| line.strip_prefix("pacto.pacto.trianalab.io/")).unwrap();
        let (status, wanted) = expected(&text);
        wait(&plane, "samples", name, ".status.contractStatus", &status);
        let found = conditions(&plane, "samples", name);
        for line in &wanted {
            assert!(found.contains(line.as_str()), "{}: {line} is not among\n{found}", path.display());
        }
        let pacto = get(&plane, "samples", &format!("pacto/{name}"));
        assert_eq!(pacto["status"]["observedGeneration"], pacto["metadata"]["generation"]);
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
    running.stop().await;
}
