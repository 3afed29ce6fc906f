//! Every sample says what is expected of it, and gets it.

use std::path::Path;

use crate::harness::{How, cluster, get, run, status, wait};

/// Lines of the comment on top: the status, and conditions as `type`, `status`, `reason`.
fn expected(text: &str) -> (String, Vec<[&str; 3]>) {
    let lines =
        text.lines().take_while(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let (mut verdict, mut conditions) = (String::new(), Vec::new());
    for line in lines {
        match line.split_once(": ") {
            Some(("contractStatus", word)) => verdict = word.to_owned(),
            Some((kind, rest)) => {
                if let Some((status, reason)) = rest.split_once(", ")
                    && ["True", "False", "Unknown"].contains(&status)
                {
                    conditions.push([kind, status, reason]);
                }
            }
            None => {}
        }
    }
    (verdict, conditions)
}

/// The documents of a file, the Pacto last: what it is about is there before it.
fn in_order(text: &str) -> String {
    let mut documents: Vec<&str> = text.split("\n---\n").collect();
    documents.sort_by_key(|document| document.contains("kind: Pacto\n"));
    documents.join("\n---\n")
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
        let output = plane.run_kubectl(&apply, Some(&in_order(&text)));
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        let list = plane.run_kubectl(&["get", "-n", "samples", "-f", "-", "-o", "name"], Some(&text));
        let names = String::from_utf8_lossy(&list.stdout).into_owned();
        let name = names.lines().find_map(|line| line.strip_prefix("pacto.pacto.trianalab.io/")).unwrap();
        let (verdict, wanted) = expected(&text);
        // The operator may hear of the Pacto before it hears of what it is about.
        for [kind, word, reason] in wanted {
            let condition = format!(".status.conditions[?(@.type==\"{kind}\")]");
            wait(&plane, "samples", name, &format!("{condition}.status"), word);
            wait(&plane, "samples", name, &format!("{condition}.reason"), reason);
        }
        wait(&plane, "samples", name, ".status.contractStatus", &verdict);
        let pacto = get(&plane, "samples", &format!("pacto/{name}"));
        assert_eq!(pacto["status"]["observedGeneration"], pacto["metadata"]["generation"]);
        let file = path.file_stem().unwrap().to_string_lossy();
        insta::with_settings!({ snapshot_suffix => file, omit_expression => true }, {
            insta::assert_json_snapshot!("status", status(&plane, "samples", name));
        });
        seen += 1;
    }
    assert!(seen >= 9, "{seen}");
    running.stop().await;
}
