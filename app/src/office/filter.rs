//! A filter of quotes as a query string, for the server and for the address bar.

use koffiekar_sync_core::office::QuoteFilter;
use serde_json::{Map, Value};

use crate::route;

pub(super) fn to_query(filter: &QuoteFilter) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(filter) else {
        return String::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    route::to_query(
        fields
            .iter()
            .map(|(name, value)| (name.as_str(), text(value))),
    )
}

/// What of a query string is a filter. What is none, or has an impossible value, is left out.
pub(super) fn from_query(query: &str) -> QuoteFilter {
    let mut fields = Map::new();
    for (name, value) in route::pairs(query) {
        let value = if name == "conflict" {
            Value::Bool(value == "true")
        } else {
            Value::String(value)
        };
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        if serde_json::from_value::<QuoteFilter>(Value::Object(alone)).is_ok() {
            fields.insert(name, value);
        }
    }
    serde_json::from_value(Value::Object(fields)).unwrap_or_default()
}

/// `path?query`, or `path` where nothing is asked.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}
