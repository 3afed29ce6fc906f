//! Who may read metrics: the cluster is asked who somebody is, and what they may.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// For how long an answer of the cluster is good.
pub const ANSWER_IS_GOOD: Duration = Duration::from_secs(10);
/// Answers that are kept.
pub const MAX_ANSWERS: usize = 1_024;
/// Longest token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Time for the cluster to answer both questions.
pub const REVIEW_TIME: Duration = Duration::from_secs(10);
/// Tokens that the cluster is asked about at once.
const MAX_REVIEWS: usize = 8;
/// What somebody must be allowed to get.
const PATH: &str = "/metrics";

/// Asks the cluster, and remembers its answers for a moment.
pub struct Guard {
    tokens: Api<TokenReview>,
    access: Api<SubjectAccessReview>,
    turns: Semaphore,
    answers: Mutex<HashMap<Key, (Answer, Instant)>>,
}

/// A token is kept as its hash alone.
type Key = [u8; 32];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Allowed,
    /// Nobody that the cluster knows.
    Unknown,
    /// Somebody who may not.
    Forbidden,
}

impl Guard {
    /// A guard that asks the API server of `client`.
    pub fn new(client: Client) -> Self {
        Self {
            tokens: Api::all(client.clone()),
            access: Api::all(client),
            turns: Semaphore::new(MAX_REVIEWS),
            answers: Mutex::default(),
        }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<Key, (Answer, Instant)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, key: &Key) -> Option<Answer> {
        let answers = self.answers();
        let (answer, since) = answers.get(key)?;
        (since.elapsed() < ANSWER_IS_GOOD).then_some(*answer)
    }

    fn remember(&self, key: Key, answer: Answer) {
        let mut answers = self.answers();
        if answers.len() >= MAX_ANSWERS {
            answers.retain(|_, (_, since)| since.elapsed() < ANSWER_IS_GOOD);
        }
        // Somebody tries many tokens: those who are known already stay.
        if answers.len() < MAX_ANSWERS {
            answers.insert(key, (answer, Instant::now()));
        }
    }

    /// What this token may; an error where the cluster does not say.
    async fn review(&self, token: &str) -> Result<Answer, kube::Error> {
        let key: Key = Sha256::digest(token.as_bytes()).into();
        if let Some(answer) = self.known(&key) {
            return Ok(answer);
        }
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        // Somebody may have asked in the meantime.
        if let Some(answer) = self.known(&key) {
            return Ok(answer);
        }
        let answer = match self.user(token).await? {
            None => Answer::Unknown,
            Some(user) => {
                if self.may(user).await? {
                    Answer::Allowed
                } else {
                    Answer::Forbidden
                }
            }
        };
        self.remember(key, answer);
        Ok(answer)
    }

    async fn user(&self, token: &str) -> Result<Option<UserInfo>, kube::Error> {
        let spec = TokenReviewSpec { token: Some(token.to_owned()), audiences: None };
        let review = TokenReview { spec, ..TokenReview::default() };
        let review = self.tokens.create(&PostParams::default(), &review).await?;
        let status = review.status.unwrap_or_default();
        let is_somebody = status.authenticated == Some(true);
        Ok(status.user.filter(|user| is_somebody && user.username.is_some()))
    }

    async fn may(&self, user: UserInfo) -> Result<bool, kube::Error> {
        let attributes = NonResourceAttributes { path: Some(PATH.to_owned()), verb: Some("get".to_owned()) };
        let extra: Option<BTreeMap<String, Vec<String>>> = user.extra;
        let spec = SubjectAccessReviewSpec {
            user: user.username,
            uid: user.uid,
            groups: user.groups,
            extra,
            non_resource_attributes: Some(attributes),
            resource_attributes: None,
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let review = self.access.create(&PostParams::default(), &review).await?;
        Ok(review.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
    }
}

/// Lets requests through that the cluster allows; nobody when it does not answer.
pub(super) async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let Some(token) = bearer(request.headers()) else {
        return unauthorized("metrics need a token: Authorization: Bearer TOKEN\n");
    };
    match timeout(REVIEW_TIME, guard.review(token)).await {
        Ok(Ok(Answer::Allowed)) => next.run(request).await,
        Ok(Ok(Answer::Unknown)) => unauthorized("the cluster does not know this token\n"),
        Ok(Ok(Answer::Forbidden)) => {
            (StatusCode::FORBIDDEN, "this account may not get /metrics\n").into_response()
        }
        Ok(Err(error)) => {
            let problem = pacto_k8s::Problem::from(&error);
            tracing::warn!(%problem, "nobody can say who may read metrics");
            unavailable()
        }
        Err(_) => {
            tracing::warn!("nobody can say who may read metrics: the API server does not answer");
            unavailable()
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_token = scheme.eq_ignore_ascii_case("bearer") && (1..=MAX_TOKEN_BYTES).contains(&token.len());
    is_token.then_some(token)
}

fn unauthorized(text: &'static str) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
    (StatusCode::UNAUTHORIZED, challenge, text).into_response()
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "the API server does not say who may read metrics\n").into_response()
}
