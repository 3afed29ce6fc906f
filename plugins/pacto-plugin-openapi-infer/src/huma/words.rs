//! Identifiers and summaries as Huma makes them of methods and paths.

/// Words that are written in capitals in summaries.
const INITIALISMS: &[&str] = &[
    "ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON",
    "LHS", "QPS", "RAM", "RHS", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI", "UID",
    "UUID", "URI", "URL", "UTF8", "VM", "XML", "XMPP", "XSRF", "XSS", "1080P", "2D", "3D", "4K", "8K", "AAC",
    "AC3", "CDN", "DASH", "DRM", "DVR", "EAC3", "FPS", "GOP", "H264", "H265", "HD", "HLS", "MJPEG", "MP2T",
    "MP3", "MP4", "MPEG2", "MPEG4", "NTSC", "PCM", "RGB", "RGBA", "RTMP", "RTP", "SCTE", "SCTE35", "SMPTE",
    "UPID", "UPIDS", "VOD", "YUV420", "YUV422", "YUV444",
];
/// Units that a number belongs to.
const UNITS: &[&str] = &["D", "GB", "K", "KB", "KBPS", "MB", "MPBS", "P", "TB"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Lower,
    FirstUpper,
    Upper,
    Symbol,
}

/// A text in words: at blanks and punctuation, at capitals, at digits.
fn split(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let (mut words, mut start, mut state) = (Vec::new(), 0, State::Start);
    let mut end = |from: usize, to: usize| {
        if let Some(word) = characters.get(from..to).filter(|word| !word.is_empty()) {
            words.push(word.iter().collect());
        }
    };
    for (index, character) in characters.iter().enumerate() {
        if character.is_whitespace() || is_punctuation(*character) {
            end(start, index);
            (start, state) = (index + 1, State::Start);
        } else if character.is_uppercase() {
            match state {
                State::FirstUpper | State::Upper => state = State::Upper,
                _ => {
                    end(start, index);
                    (start, state) = (index, State::FirstUpper);
                }
            }
        } else if !character.is_alphabetic() {
            if state != State::Symbol {
                end(start, index);
                (start, state) = (index, State::Symbol);
            }
        } else if state != State::Lower {
            match state {
                // `HTTPServer`: the last capital begins the next word.
                State::Upper => {
                    end(start, index - 1);
                    start = index - 1;
                }
                State::FirstUpper => {}
                _ => {
                    end(start, index);
                    start = index;
                }
            }
            state = State::Lower;
        }
    }
    end(start, characters.len());
    words
}

/// Punctuation of Unicode, of what is in paths; `$+<=>^|~` and the grave accent are symbols.
fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        && !matches!(character, '$' | '+' | '<' | '=' | '>' | '^' | '|' | '~' | '`')
}

/// Numbers belong to the word before them, or to a unit behind them.
fn with_numbers(words: &[String]) -> Vec<String> {
    let is_number = |word: &str| word.parse::<i64>().is_ok();
    let (mut out, mut index): (Vec<String>, usize) = (Vec::new(), 0);
    let at = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    while index < words.len() {
        let word = at(index);
        if is_number(word) {
            let next = at(index + 1);
            if UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(next)) {
                out.push(format!("{word}{next}"));
                index += 2;
                continue;
            }
            match out.last_mut() {
                Some(last) if index > 0 && !is_number(at(index - 1)) => last.push_str(word),
                _ => out.push(word.to_owned()),
            }
        } else {
            match out.last_mut() {
                Some(last) if index == 1 && is_number(at(0)) => last.push_str(word),
                _ => out.push(word.to_owned()),
            }
        }
        index += 1;
    }
    out
}

fn with_names(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let (before, after) = rest.split_at(start);
        let Some(end) = after.find('}').filter(|end| *end > 1) else { break };
        out.push_str(before);
        out.push_str("by-");
        out.push_str(after.get(1..end).unwrap_or_default());
        rest = after.get(end + 1..).unwrap_or_default();
    }
    out + rest
}

/// The identifier of an operation that has none: `post-things-by-thing-id`.
pub fn operation_id(action: &str, path: &str) -> String {
    let words = with_numbers(&split(&format!("{action}-{}", with_names(path))));
    words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join("-")
}

/// The summary of an operation that has none: `Post things by thing ID`.
pub fn summary(action: &str, path: &str) -> String {
    let words = with_numbers(&split(&format!("{} {}", action.to_lowercase(), with_names(path))));
    let shown = words.iter().map(|word| {
        let upper = word.to_uppercase();
        if INITIALISMS.contains(&upper.as_str()) { upper } else { word.to_lowercase() }
    });
    let text = shown.collect::<Vec<_>>().join("-").replace('-', " ");
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_paths() {
        for (path, id, text) in [
            ("/things", "post-things", "Post things"),
            ("/things/{thing-id}", "post-things-by-thing-id", "Post things by thing ID"),
            (
                "/things/{thingId}/favorite",
                "post-things-by-thing-id-favorite",
                "Post things by thing ID favorite",
            ),
            (
                "/api/v1/userProfiles/{userID}",
                "post-api-v1-user-profiles-by-user-id",
                "Post API v1 user profiles by user ID",
            ),
            (
                "/HTTPServers/{server_url}/x.json",
                "post-http-servers-by-server-url-x-json",
                "Post HTTP servers by server URL x JSON",
            ),
            ("/a/{path...}", "post-a-by-path", "Post a by path"),
            ("/files/*", "post-files", "Post files"),
            ("/3d/mp4/2fa/h264", "post-3d-mp4-2-fa-h264", "Post 3D MP4 2 fa H264"),
            ("/{id:[0-9]+}", "post-by-id0-9-+", "Post by id0 9 +"),
            ("/", "post", "Post"),
            ("/v2beta/10/K", "post-v2-beta-10k", "Post v2 beta 10k"),
        ] {
            assert_eq!(
                (operation_id("POST", path).as_str(), summary("POST", path).as_str()),
                (id, text),
                "{path}"
            );
        }
    }
}
