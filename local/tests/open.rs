//! The proxy for browsers, against a server that checks every signature by its own arithmetic.
//!
//! Source of the arithmetic: "Create a signed AWS API request", AWS Identity and Access Management user guide.
#![allow(clippy::panic, clippy::unwrap_used, reason = "what the tests share fails them in the same way")]

use std::net::SocketAddr;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use ltv_local::cloud::open::router;
use ltv_local::cloud::signed::{SignedApi, SignedError};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "a session/token+1=";

fn keys(secret: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(KEY, secret, Some(TOKEN.to_owned()), None, "test"))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).unwrap();
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..])
}

/// Percent-encodes all but the unreserved characters and the slash.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let parts =
        path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    parts.collect::<Vec<_>>().concat()
}

/// The signature that the request should have, by its own headers.
fn expected(request: &Request, body: &[u8], signed: &str, date: &str) -> String {
    let header = |name: &str| request.headers()[name].to_str().unwrap().trim().to_owned();
    let headers: Vec<String> = signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let mut query: Vec<&str> = request.uri().query().unwrap_or_default().split('&').filter(|q| !q.is_empty()).collect();
    query.sort_unstable();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{signed}\n{}",
        request.method(),
        // API Gateway signs the path as it was sent, encoded once more.
        encoded(request.uri().path()),
        query.join("&"),
        headers.concat(),
        digest(body),
    );
    let scope = format!("{date}/eu-central-1/execute-api/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), digest(canonical.as_bytes()));
    let day = keyed(format!("AWS4{SECRET}").as_bytes(), date);
    let key = keyed(&keyed(&keyed(&day, "eu-central-1"), "execute-api"), "aws4_request");
    hex::encode(keyed(&key, &to_sign))
}

/// Answers what it was asked, if the signature is right.
async fn guarded(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let request = Request::from_parts(parts, Body::empty());
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let Some(authorization) = header("authorization") else { return StatusCode::FORBIDDEN.into_response() };
    let part = |name: &str| authorization.split(name).nth(1).unwrap().split(',').next().unwrap().to_owned();
    let (credential, signed, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let date = credential.split('/').nth(1).unwrap().to_owned();
    let right = credential == format!("{KEY}/{date}/eu-central-1/execute-api/aws4_request")
        && header("x-amz-security-token").as_deref() == Some(TOKEN)
        && header("cookie").is_none()
        && signed.split(';').any(|name| name == "host")
        && signature == expected(&request, &body, &signed, &date);
    if !right {
        return StatusCode::FORBIDDEN.into_response();
    }
    let text = format!("{} {} {}", request.method(), request.uri(), String::from_utf8_lossy(&body));
    (StatusCode::CREATED, [("content-security-policy", "default-src 'self'")], text).into_response()
}

async fn served(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn proxy(secret: &str) -> SocketAddr {
    let api = served(Router::new().fallback(guarded)).await;
    let api = SignedApi::new(&format!("http://{api}/"), Some("eu-central-1".to_owned()), keys(secret)).unwrap();
    served(router(api)).await
}

/// A request as a browser would write it, and the whole answer.
async fn ask(address: SocketAddr, head: &str, host: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: {host}\r\nCookie: a=b\r\nUser-Agent: browser\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(Bytes::from(answer).to_vec()).unwrap()
}

#[tokio::test]
async fn what_passes_the_proxy_is_signed_with_the_callers_keys_whatever_the_path() {
    let proxy = proxy(SECRET).await;
    let host = proxy.to_string();
    for (head, body) in [
        ("GET /", ""),
        ("GET /uploads?limit=10&after=a%2Fb", ""),
        ("GET /customers/%C3%A4%20b%2Bc%40d.de", ""),
        ("POST /predict", "{\"transactions\": []}"),
    ] {
        let answer = ask(proxy, head, &host, body).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{head}: {answer}");
        assert!(answer.contains("content-security-policy: default-src 'self'"), "{answer}");
        assert!(answer.ends_with(format!("{head} {body}").as_str()), "{answer}");
    }
}

#[tokio::test]
async fn other_keys_are_refused_by_the_api_and_other_names_of_this_machine_by_the_proxy() {
    let wrong = proxy("another secret").await;
    assert!(ask(wrong, "GET /model", &wrong.to_string(), "").await.starts_with("HTTP/1.1 403"));
    let right = proxy(SECRET).await;
    let answer = ask(right, "GET /model", "evil.example.com", "").await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[test]
fn only_https_and_this_machine_are_asked_and_the_region_comes_from_the_address() {
    let api = |address: &str, region: Option<&str>| SignedApi::new(address, region.map(str::to_owned), keys(SECRET));
    assert!(api("https://a1b2c3.execute-api.eu-central-1.amazonaws.com", None).is_ok());
    assert!(matches!(api("https://ltv.example.com", None), Err(SignedError::Region)));
    assert!(api("https://ltv.example.com", Some("us-east-1")).is_ok());
    for address in ["http://ltv.example.com", "ltv.example.com", "", "ftp://127.0.0.1"] {
        assert!(matches!(api(address, Some("us-east-1")), Err(SignedError::Address(_))), "{address}");
    }
}
