//! Every table with its columns, the same on both engines: for whoever carries all of them elsewhere.
//!
//! A table stands behind those that it refers to. Search terms are not here: they follow from the quotes,
//! and each engine keeps them in its own way. Nor is what servers on one database tell each other about
//! their work: which model is in use, which quotes were derived again, and which signed messages were here
//! in the last minutes.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::{Result, StoreError, Tx, Value, bind_all, bulk, on};

/// Rows that are read and written at a time.
const PIECE: usize = 500;

#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// The columns of its primary key: the order in which it is read.
    pub key: &'static [&'static str],
    pub columns: &'static [(&'static str, Kind)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bytes,
    Int,
    Bool,
    Text,
}

use Kind::{Bool, Bytes, Int, Text};

/// Numbers that an engine gives by itself: they are given anew where a table is carried over.
pub(crate) const SEARCH_ROW: &str = "search_row";
/// When a quote came: the server's word, which follows from no document.
pub(crate) const KNOWN_SINCE: &str = "known_since";

pub(crate) const CONVERSATIONS: Table = Table {
    name: "conversations",
    key: &["id"],
    columns: &[
        ("id", Bytes),
        ("round", Bytes),
        ("area", Text),
        ("language", Text),
        ("recorded_at", Int),
        ("clock_doubtful", Bool),
        ("recorded_by", Bytes),
        ("notes", Text),
        ("consents", Text),
    ],
};

pub(crate) const QUOTES: Table = Table {
    name: "quotes",
    key: &["id"],
    columns: &[
        ("id", Bytes),
        ("conversation", Bytes),
        ("position", Int),
        ("round", Bytes),
        ("kind", Text),
        ("area", Text),
        ("wijk", Text),
        ("language", Text),
        ("recorded_at", Int),
        ("month", Text),
        ("verbatim", Text),
        ("wordings", Text),
        ("tag_state", Text),
        ("said", Text),
        ("for_analysis", Bool),
        ("for_anonymous_publication", Bool),
        ("for_named_publication", Bool),
        ("for_follow_up_contact", Bool),
        ("suggestions", Text),
        ("best_suggestion", Text),
        ("certainty", Int),
        ("accepted", Bool),
        (SEARCH_ROW, Int),
        (KNOWN_SINCE, Int),
    ],
};

pub(crate) const QUOTE_LINES: Table = Table {
    name: "quote_lines",
    key: &["quote", "line"],
    columns: &[
        ("quote", Bytes),
        ("line", Text),
        ("standing", Text),
        ("since", Int),
    ],
};

const AUDIT_LOG: &str = "audit_log";

pub const TABLES: [Table; 29] = [
    Table {
        name: "installation",
        key: &["one"],
        columns: &[
            ("one", Int),
            ("epoch", Bytes),
            ("programme_name", Text),
            ("programme_cycle", Text),
            ("provisional", Bool),
            ("note", Text),
            ("catalogue_version", Int),
            ("seal_key", Bytes),
            ("derived_place", Int),
            ("wanted_precision", Int),
            ("learning_held_at", Int),
            ("asks", Text),
            ("secret", Bytes),
            ("time_zone", Text),
            ("terms_version", Int),
        ],
    },
    Table {
        name: "receipt_keys",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("place", Int),
            ("public_key", Bytes),
            ("secret", Bytes),
            ("handed_over", Bytes),
            ("created_at", Int),
            ("retired_at", Int),
        ],
    },
    Table {
        name: "themes",
        key: &["key"],
        columns: &[("key", Text), ("title", Text), ("position", Int)],
    },
    Table {
        name: "action_lines",
        key: &["key"],
        columns: &[
            ("key", Text),
            ("theme", Text),
            ("title", Text),
            ("description", Text),
            ("synonyms", Text),
            ("position", Int),
        ],
    },
    Table {
        name: "areas",
        key: &["code"],
        columns: &[
            ("code", Text),
            ("level", Text),
            ("part_of", Text),
            ("wijk", Text),
            ("name", Text),
        ],
    },
    Table {
        name: "consent_texts",
        key: &["version", "language", "purpose"],
        columns: &[
            ("version", Text),
            ("language", Text),
            ("purpose", Text),
            ("question", Text),
        ],
    },
    Table {
        name: "rounds",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("name", Text),
            ("kind", Text),
            ("starts_on", Text),
            ("ends_on", Text),
            ("closed", Bool),
            ("feed_place", Int),
        ],
    },
    Table {
        name: "users",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("login", Text),
            ("name", Text),
            ("role", Text),
            ("password_hash", Text),
            ("disabled", Bool),
            ("demo", Bool),
            ("created_at", Int),
        ],
    },
    Table {
        name: "crosswalk",
        key: &["act", "place"],
        columns: &[
            ("act", Int),
            ("place", Int),
            ("kind", Text),
            ("line", Text),
            ("into_line", Text),
            ("made", Bool),
            ("starts_at", Int),
            ("note", Text),
            ("recorded_at", Int),
            ("recorded_by", Bytes),
            ("undone_at", Int),
            ("undone_by", Bytes),
        ],
    },
    Table {
        name: "round_members",
        key: &["round", "member"],
        columns: &[("round", Bytes), ("member", Bytes)],
    },
    Table {
        name: "sessions",
        key: &["token_hash"],
        columns: &[
            ("token_hash", Bytes),
            ("account", Bytes),
            ("created_at", Int),
            ("expires_at", Int),
        ],
    },
    Table {
        name: "known_browsers",
        key: &["account", "token_hash"],
        columns: &[("token_hash", Bytes), ("account", Bytes), ("seen_at", Int)],
    },
    Table {
        name: "devices",
        key: &["number"],
        columns: &[
            ("number", Int),
            ("account", Bytes),
            ("public_key", Bytes),
            ("label", Text),
            ("enrolled_at", Int),
            ("last_contact", Int),
            ("waiting", Int),
            ("revoked_at", Int),
        ],
    },
    Table {
        name: "documents",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("round", Bytes),
            ("version", Int),
            ("heads", Bytes),
            ("bytes", Bytes),
            ("received_at", Int),
            ("device", Int),
        ],
    },
    Table {
        name: "feed",
        key: &["round", "place"],
        columns: &[
            ("round", Bytes),
            ("place", Int),
            ("document", Bytes),
            ("kind", Text),
        ],
    },
    CONVERSATIONS,
    QUOTES,
    QUOTE_LINES,
    Table {
        name: "line_history",
        key: &["quote", "line", "since"],
        columns: &[
            ("quote", Bytes),
            ("line", Text),
            ("standing", Text),
            ("since", Int),
            ("until", Int),
        ],
    },
    Table {
        name: "publications",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("title", Text),
            ("form", Text),
            ("state", Text),
            ("position", Int),
        ],
    },
    Table {
        name: "sections",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("publication", Bytes),
            ("title", Text),
            ("theme", Text),
            ("action_line", Text),
            ("position", Int),
        ],
    },
    Table {
        name: "selections",
        key: &["section", "quote"],
        columns: &[
            ("section", Bytes),
            ("quote", Bytes),
            ("chosen_by", Bytes),
            ("chosen_at", Int),
            ("position", Int),
            ("round", Bytes),
        ],
    },
    Table {
        name: AUDIT_LOG,
        key: &["place"],
        columns: &[
            ("place", Int),
            ("happened_at", Int),
            ("actor", Text),
            ("origin", Text),
            ("action", Text),
            ("object", Text),
            ("result", Text),
            ("details", Text),
        ],
    },
    Table {
        name: "answers",
        key: &["quote"],
        columns: &[
            ("quote", Bytes),
            ("answered_at", Int),
            ("drawn", Bool),
            ("model", Text),
            ("line", Text),
            ("probability", Int),
        ],
    },
    Table {
        name: "tagger_versions",
        key: &["number"],
        columns: &[
            ("number", Int),
            ("model", Text),
            ("used_from", Int),
            ("lines", Text),
            ("decided_until", Int),
            ("labels", Int),
        ],
    },
    Table {
        name: "tombstones",
        key: &["document"],
        columns: &[
            ("document", Bytes),
            ("replaced_by", Bytes),
            ("erased_at", Int),
            ("erased_by", Bytes),
            ("gone_at", Int),
        ],
    },
    Table {
        name: "erased_quotes",
        key: &["quote"],
        columns: &[("quote", Bytes), ("document", Bytes)],
    },
    Table {
        name: "quarantine",
        key: &["id"],
        columns: &[
            ("id", Bytes),
            ("device", Int),
            ("edits", Bool),
            ("document", Bytes),
            ("round", Bytes),
            ("why", Text),
            ("heads", Bytes),
            ("sealed", Bytes),
            ("bytes", Int),
            ("received_at", Int),
            ("turned_down_at", Int),
            ("turned_down_by", Bytes),
            ("turned_down_text", Text),
        ],
    },
    Table {
        name: "attempts",
        key: &["key"],
        columns: &[("key", Bytes), ("attempts", Int), ("ends_at", Int)],
    },
];

/// The row as it was read, whichever engine it is of.
macro_rules! values {
    ($row:expr, $table:expr) => {{
        let mut values = Vec::with_capacity($table.columns.len());
        for (at, (column, kind)) in $table.columns.iter().enumerate() {
            values.push(match kind {
                Bytes => $row
                    .try_get::<Option<Vec<u8>>, _>(at)?
                    .map_or(Value::NoBytes, Value::Bytes),
                Int => $row
                    .try_get::<Option<i64>, _>(at)?
                    .map_or(Value::NoInt, Value::Int),
                Text => $row
                    .try_get::<Option<String>, _>(at)?
                    .map_or(Value::NoText, Value::Text),
                Bool => match $row.try_get::<Option<bool>, _>(at)? {
                    Some(value) => Value::Bool(value),
                    None => {
                        let what = format!("{}.{column} is null", $table.name);
                        return Err(StoreError::Corrupt(what));
                    }
                },
            });
        }
        values
    }};
}

impl Table {
    pub(crate) fn place_of(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }

    fn list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    pub(crate) async fn count(&self, tx: &mut Tx) -> Result<u64> {
        let statement = format!("select count(*) from {}", self.name);
        let (count,): (i64,) =
            on!(tx, c => sqlx::query_as(AssertSqlSafe(statement)).fetch_one(c).await?);
        Ok(count.unsigned_abs())
    }

    /// All rows in the order of the key, piece by piece; never all of them at once. Both engines have the
    /// same order: text goes by its bytes.
    pub(crate) async fn read(
        &self,
        tx: &mut Tx,
        mut take: impl AsyncFnMut(Vec<Vec<Value>>) -> Result<()>,
    ) -> Result<()> {
        let collate = tx.pick("", " collate \"C\"");
        let order: Vec<String> = self
            .key
            .iter()
            .map(|key| {
                let is_text = self.columns.contains(&(*key, Text));
                format!("{key}{}", if is_text { collate } else { "" })
            })
            .collect();
        let statement = format!(
            "select {} from {} order by {}",
            self.list(),
            self.name,
            order.join(", ")
        );
        on!(tx, c => {
            let mut rows = sqlx::query(AssertSqlSafe(statement)).fetch(c);
            let mut piece = Vec::new();
            while let Some(row) = rows.try_next().await? {
                piece.push(values!(row, self));
                if piece.len() == PIECE {
                    take(std::mem::take(&mut piece)).await?;
                }
            }
            take(piece).await
        })
    }

    /// The rows where this column has one of these values.
    pub(crate) async fn find(
        &self,
        tx: &mut Tx,
        column: &str,
        keys: &[Value],
    ) -> Result<Vec<Vec<Value>>> {
        let mut found = Vec::new();
        for piece in bulk::pieces(keys) {
            let statement = format!(
                "select {} from {} where {column} in {}",
                self.list(),
                self.name,
                bulk::list(tx, 0, piece.len())
            );
            let keys = piece.to_vec();
            on!(tx, c => {
                let query = bind_all!(sqlx::query(AssertSqlSafe(statement)), keys);
                for row in query.fetch_all(c).await? {
                    found.push(values!(row, self));
                }
            });
        }
        Ok(found)
    }

    pub(crate) async fn insert(&self, tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<()> {
        // PostgreSQL numbers the lines of the audit log by itself, unless it is told otherwise.
        let numbered = match tx {
            Tx::Postgres(_) if self.name == AUDIT_LOG => "overriding system value",
            _ => "",
        };
        let head = format!("insert into {} ({}) {numbered}", self.name, self.list());
        bulk::insert(tx, &head, "", rows).await
    }
}

/// PostgreSQL goes on counting behind what was written with numbers of its own, and learns how much there is.
pub(crate) async fn count_on(tx: &mut Tx) -> Result<()> {
    let Tx::Postgres(_) = tx else {
        return Ok(());
    };
    for statement in [
        "select setval(pg_get_serial_sequence('audit_log', 'place'), max(place))
         from audit_log having max(place) is not null",
        "select setval('quote_search_rows', max(search_row))
         from quotes having max(search_row) is not null",
        "analyze",
    ] {
        on!(tx, c => sqlx::query(statement).execute(c).await.map(drop)?);
    }
    Ok(())
}
