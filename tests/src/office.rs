//! The office's side: JSON with a session cookie.

use std::sync::OnceLock;

use koffiekar_server::demo;
use koffiekar_sync_core::office::{Problem, SignIn};
use reqwest::{Client, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One client for the whole process: its connections are reused.
pub fn http() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::builder().no_proxy().build().unwrap())
}

/// Somebody at a desk.
#[derive(Debug, Clone)]
pub struct Office {
    pub url: String,
    pub cookie: Option<String>,
}

impl Office {
    /// Nobody signed in.
    pub fn stranger(url: &str) -> Office {
        Office {
            url: url.to_owned(),
            cookie: None,
        }
    }

    /// Signed in with a demo account.
    pub async fn sign_in(url: &str, login: &str) -> Office {
        let body = SignIn {
            login: login.to_owned(),
            password: demo::PASSWORD.to_owned(),
        };
        let response = http()
            .post(format!("{url}/api/v1/session"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "sign-in of {login}");
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Office {
            url: url.to_owned(),
            cookie: Some(cookie),
        }
    }

    /// Status and body, whatever they are.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> (StatusCode, String) {
        let mut request = http().request(method, format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            // As a browser does on its own pages.
            request = request.header("cookie", cookie).header("origin", &self.url);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let (status, body) = self.call(Method::GET, path, None::<&()>).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// The refusal that this must meet.
    pub async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Problem {
        let (status, answer) = self.call(method, path, body).await;
        assert!(!status.is_success(), "{path} was not refused: {answer}");
        let problem: Problem = serde_json::from_str(&answer).expect(&answer);
        assert_eq!(problem.status, status.as_u16());
        problem
    }
}
