//! Elastic Container Registry, by every way to say who we are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The services of AWS: passwords for `KEY`, `FROM_ROLE`, … and the keys themselves.
async fn aws() -> Fake {
    Fake::start(|asked| {
        let token = "the-metadata-token";
        let role = "/latest/meta-data/iam/security-credentials/";
        match asked.line.as_str() {
            "POST /" if asked.field("Action") == "AssumeRoleWithWebIdentity" => assumed(asked),
            "POST /" => password(asked),
            "GET /container?x=1" if asked.header("authorization") == "the-container-token" => {
                keys("CONTAINER")
            }
            "PUT /latest/api/token" if !asked.header("x-aws-ec2-metadata-token-ttl-seconds").is_empty() => {
                ok(token)
            }
            line if asked.header("x-aws-ec2-metadata-token") == token => match line.strip_prefix("GET ") {
                Some(path) if path == role => ok("the-role\n"),
                Some(path) if path == format!("{role}the-role") => keys("MACHINE"),
                _ => not_found(),
            },
            _ => not_found(),
        }
    })
    .await
}

fn keys(id: &str) -> Answer {
    let expires = "2015-08-30T18:36:00Z";
    ok(format!(
        r#"{{"Code":"Success","AccessKeyId":"{id}","SecretAccessKey":"s","Token":"session-{id}","Expiration":"{expires}"}}"#
    ))
}

fn assumed(asked: &Asked) -> Answer {
    let is_right = asked.field("RoleArn") == "arn:aws:iam::1:role/x"
        && asked.field("WebIdentityToken") == "the-web-token"
        && asked.header("accept") == "application/json";
    if !is_right {
        return (400, "", r#"{"Error":{"Code":"InvalidIdentityToken"}}"#.to_owned());
    }
    let id = format!("ROLE-{}", asked.field("RoleSessionName"));
    ok(format!(
        r#"{{"AssumeRoleWithWebIdentityResponse":{{"AssumeRoleWithWebIdentityResult":{{"Credentials":
        {{"AccessKeyId":"{id}","SecretAccessKey":"s","SessionToken":"session-{id}","Expiration":1.44e9}}}}}}}}"#
    ))
}

/// The password names who signed, and for which service.
fn password(asked: &Asked) -> Answer {
    let authorization = asked.header("authorization");
    let credential = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap_or_default();
    let scope = credential.split(", ").next().unwrap_or_default();
    let token = STANDARD.encode(format!("AWS:{scope}:{}", asked.header("x-amz-security-token")));
    let entry =
        format!(r#"{{"authorizationToken":"{token}","expiresAt":{}.5,"proxyEndpoint":"x"}}"#, START + 43_200);
    let is_json = asked.header("content-type") == "application/x-amz-json-1.1" && asked.body == "{}";
    match asked.header("x-amz-target") {
        _ if !is_json || asked.header("x-amz-date") != "20150830T123600Z" => not_found(),
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken" => {
            ok(format!(r#"{{"authorizationData":[{entry}]}}"#))
        }
        "SpencerFrontendService.GetAuthorizationToken" => ok(format!(r#"{{"authorizationData":{entry}}}"#)),
        _ => not_found(),
    }
}

fn of(scope: &str, session: &str) -> Candidate {
    Candidate { source: "ecr", credential: basic("AWS", &format!("{scope}:{session}")) }
}

const PRIVATE: &str = "20150830/eu-west-1/ecr/aws4_request";

#[tokio::test]
async fn keys_of_the_environment() {
    let fake = aws().await;
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", "KEY"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_ENDPOINT_URL_ECR", &fake.url),
    ];
    assert_eq!(find(&surroundings(&variables), ECR).await, Some(of(&format!("KEY/{PRIVATE}"), "")));
    variables.push(("AWS_SESSION_TOKEN", "session"));
    assert_eq!(find(&surroundings(&variables), ECR).await, Some(of(&format!("KEY/{PRIVATE}"), "session")));
    assert_eq!(fake.lines(), ["POST /", "POST /"]);
    variables.retain(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY");
    assert_eq!(find(&surroundings(&variables), ECR).await, None);
}

#[tokio::test]
async fn the_password_is_fetched_again_shortly_before_it_ends() {
    let fake = aws().await;
    let on = surroundings(&[
        ("AWS_ACCESS_KEY_ID", "KEY"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_ENDPOINT_URL", &fake.url),
    ]);
    let clouds = Clouds::default();
    for seconds in [0, 60, 43_200 - 301] {
        NOW.set(START + seconds);
        assert!(clouds.find(&on, ECR).await.is_some());
        assert_eq!(fake.asked().len(), 1);
    }
    NOW.set(START + 43_200 - 299);
    clouds.find(&on, ECR).await;
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn the_public_registry_has_a_service_of_its_own() {
    let (fake, other) = (aws().await, aws().await);
    let on = surroundings(&[
        ("AWS_ACCESS_KEY_ID", "KEY"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_ENDPOINT_URL_ECR_PUBLIC", &fake.url),
        ("AWS_ENDPOINT_URL", &other.url),
    ]);
    let scope = "KEY/20150830/us-east-1/ecr-public/aws4_request";
    assert_eq!(find(&on, "public.ecr.aws").await, Some(of(scope, "")));
    assert!(other.lines().is_empty());
    assert!(find(&on, ECR).await.is_some());
    assert_eq!((fake.asked().len(), other.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_web_identity_is_given_for_a_role() {
    let (sts, fake) = (aws().await, aws().await);
    let directory = tempfile::tempdir().unwrap();
    let token = file(&directory, "token", "the-web-token\n");
    let mut variables = vec![
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/x"),
        ("AWS_ENDPOINT_URL_STS", &sts.url),
        ("AWS_ENDPOINT_URL_ECR", &fake.url),
    ];
    let scope = format!("ROLE-pacto/{PRIVATE}");
    assert_eq!(find(&surroundings(&variables), ECR).await, Some(of(&scope, "session-ROLE-pacto")));
    variables.push(("AWS_ROLE_SESSION_NAME", "me"));
    assert_eq!(
        find(&surroundings(&variables), ECR).await,
        Some(of(&format!("ROLE-me/{PRIVATE}"), "session-ROLE-me"))
    );

    // A role that is refused is not replaced by the one of the machine.
    variables[1].1 = "arn:aws:iam::1:role/other";
    variables.push(("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url));
    assert_eq!(find(&machine(&variables), ECR).await, None);
    assert!(!fake.lines().iter().any(|line| line.starts_with("PUT")));
}

#[tokio::test]
async fn a_container_is_told_by_its_agent() {
    let fake = aws().await;
    let directory = tempfile::tempdir().unwrap();
    let token = file(&directory, "token", "the-container-token\n");
    let url = format!("{}/container?x=1", fake.url);
    let set = [("AWS_ENDPOINT_URL", fake.url.as_str()), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)];
    let expected = Some(of(&format!("CONTAINER/{PRIVATE}"), "session-CONTAINER"));
    for way in [
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-container-token"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token),
    ] {
        assert_eq!(find(&surroundings(&[set[0], set[1], way]), ECR).await, expected, "{}", way.0);
    }
    assert_eq!(find(&surroundings(&set), ECR).await, None, "without the token");
}

#[tokio::test]
async fn the_token_of_a_container_stays_near() {
    let address = |name: &str, value: &str| {
        let surroundings = surroundings(&[(name, value)]);
        let http = Http::new().unwrap();
        let context = Context { surroundings: &surroundings, http: &http, now: time::at(START).unwrap() };
        super::super::aws::container_address(context).unwrap().map(String::from)
    };
    let relative = |value| address("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", value);
    assert_eq!(relative("/v2/x?id=1").unwrap(), "http://169.254.170.2/v2/x?id=1");
    assert!(relative("@evil.com/x").is_err() && relative(".evil.com").is_err());
    let full = |value| address("AWS_CONTAINER_CREDENTIALS_FULL_URI", value);
    for near in [
        "https://a.test/x",
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "http://169.254.170.2/x",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
    ] {
        assert!(full(near).is_ok(), "{near}");
    }
    for far in ["http://a.test/x", "http://169.254.169.254/x", "http://169.254.170.2.evil.com/x", "x"] {
        assert!(full(far).is_err(), "{far}");
    }
}

#[tokio::test]
async fn a_machine_is_told_by_its_metadata_service() {
    let fake = aws().await;
    let set = [("AWS_ENDPOINT_URL", fake.url.as_str()), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url)];
    let expected = Some(of(&format!("MACHINE/{PRIVATE}"), "session-MACHINE"));
    assert_eq!(find(&machine(&set), ECR).await, expected);
    assert_eq!(fake.asked().len(), 4);
    assert_eq!(find(&machine(&[set[0], set[1], ("AWS_EC2_METADATA_DISABLED", "True")]), ECR).await, None);
    assert_eq!(find(&surroundings(&set), ECR).await, None);
    assert_eq!(fake.asked().len(), 4, "neither of them asks");
}

#[tokio::test]
async fn a_name_of_a_role_is_no_way_out() {
    let fake = Fake::start(|asked| match asked.line.as_str() {
        "PUT /latest/api/token" => ok("t"),
        "GET /latest/meta-data/iam/security-credentials/" => ok("../../user-data"),
        _ => keys("WRONG"),
    })
    .await;
    let on = machine(&[("AWS_ENDPOINT_URL", &fake.url), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url)]);
    assert_eq!(find(&on, ECR).await, None);
    assert_eq!(fake.asked().len(), 2);
}
