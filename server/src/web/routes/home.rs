//! Where a stranger begins.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::API_VERSION;
use crate::web::extract::Json;

#[derive(Debug, Serialize)]
pub struct Home {
    name: &'static str,
    /// Of the software.
    version: &'static str,
    api_version: &'static str,
    links: BTreeMap<&'static str, &'static str>,
}

/// `GET /api/v1`
pub async fn home() -> Json<Home> {
    let links = BTreeMap::from([
        ("session", "/api/v1/session"),
        ("programme", "/api/v1/programme"),
        ("sync", "/api/v1/sync"),
        ("quotes", "/api/v1/quotes"),
        ("counts", "/api/v1/quotes/counts"),
        ("quotes_csv", "/api/v1/quotes.csv"),
        ("desk", "/api/v1/desk"),
        ("publications", "/api/v1/publications"),
        ("people", "/api/v1/people"),
        ("devices", "/api/v1/devices"),
    ]);
    let version = env!("CARGO_PKG_VERSION");
    Json(Home {
        name: "Koffiekar",
        version,
        api_version: API_VERSION,
        links,
    })
}
