//! Lists, counts and exports say the same of the same quotes, on both engines.

mod engines;
mod export;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_server::demo;
use koffiekar_sync_core::catalogue::{AreaLevel, Catalogue};
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId};
use koffiekar_sync_core::office::{
    Counts, Desk, Dimension, LineStanding, QuotePage, QuoteRow, TagState,
};
use koffiekar_tests::days::in_amsterdam;
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;
use reqwest::Method;
use serde_json::{Value, json};

/// The demo with its conversations, after editors decided about some of its quotes.
struct Library {
    server: Server,
    editor: Office,
    analyst: Office,
    catalogue: Catalogue,
}

impl Library {
    async fn open(place: Place) -> Library {
        let mut server = Server::start(place).await;
        demo::conversations::load(&server.koffiekar).await.unwrap();
        decide(&server.url).await;
        // The tagger learns from decisions in the background; from here on it has nothing to learn.
        server.restart().await;
        Library::of(server).await
    }

    async fn of(server: Server) -> Library {
        let editor = Office::sign_in(&server.url, "redacteur1").await;
        let analyst = Office::sign_in(&server.url, "analist").await;
        let catalogue: Catalogue = editor.get("/api/v1/programme").await;
        Library {
            server,
            editor,
            analyst,
            catalogue,
        }
    }

    async fn csv(&self, office: &Office, query: &str) -> Vec<BTreeMap<String, String>> {
        let (status, body) = office
            .call(
                Method::GET,
                &format!("/api/v1/quotes.csv?{query}"),
                None::<&()>,
            )
            .await;
        assert!(status.is_success(), "{body}");
        let mut reader = csv::Reader::from_reader(body.as_bytes());
        reader.deserialize().map(|row| row.unwrap()).collect()
    }

    /// What a quote counts under, by the definition rather than by SQL.
    fn buckets(&self, quote: &QuoteRow, dimension: Dimension) -> BTreeSet<String> {
        match dimension {
            Dimension::ActionLine | Dimension::Theme => lines(quote)
                .iter()
                .map(|line| self.of_line(line, dimension))
                .collect(),
            Dimension::Area => [quote.area.clone().unwrap_or("unknown".to_owned())].into(),
            Dimension::Wijk => {
                let area = self
                    .catalogue
                    .areas
                    .iter()
                    .find(|a| Some(&a.code) == quote.area.as_ref());
                let wijk = area.and_then(|area| match area.level {
                    AreaLevel::District => None,
                    AreaLevel::Wijk => Some(area.code.clone()),
                    AreaLevel::Buurt => Some(area.part_of.clone()),
                });
                [wijk.unwrap_or("unknown".to_owned())].into()
            }
            Dimension::Round => [quote.round.to_string()].into(),
            Dimension::Kind => [quote.kind.as_str().to_owned()].into(),
            Dimension::Language => [quote.language.clone()].into(),
            Dimension::Month => [month(quote)].into(),
            Dimension::TagState => [quote.tag_state.as_str().to_owned()].into(),
        }
    }

    fn of_line(&self, line: &str, dimension: Dimension) -> String {
        let known = self
            .catalogue
            .action_lines
            .iter()
            .find(|l| l.key.as_str() == line);
        match (dimension, known) {
            (Dimension::Theme, Some(line)) => line.theme.to_string(),
            _ => line.to_owned(),
        }
    }

    /// The cells that a quote counts in. Line and theme of one cell are of the same tag.
    fn cells(
        &self,
        quote: &QuoteRow,
        rows: Dimension,
        columns: Dimension,
    ) -> BTreeSet<(String, String)> {
        let by_line = |d: Dimension| matches!(d, Dimension::ActionLine | Dimension::Theme);
        if by_line(rows) && by_line(columns) {
            let lines = lines(quote);
            let cell = |line: &String| (self.of_line(line, rows), self.of_line(line, columns));
            return lines.iter().map(cell).collect();
        }
        let columns = self.buckets(quote, columns);
        let rows = self.buckets(quote, rows);
        let cell = |row: String| {
            columns
                .iter()
                .map(move |column| (row.clone(), column.clone()))
        };
        rows.into_iter().flat_map(cell).collect()
    }
}

/// Every kind of standing: confirmed for one line and for two, none, rejected, contested.
async fn decide(url: &str) {
    let editor = Office::sign_in(url, "redacteur1").await;
    let second = Office::sign_in(url, "redacteur2").await;
    let catalogue: Catalogue = editor.get("/api/v1/programme").await;
    let lines = catalogue.action_lines.iter();
    let keys: Vec<String> = lines.map(|line| line.key.to_string()).collect();
    for (index, quote) in all(&editor, "").await.iter().enumerate() {
        let (one, two) = (
            &keys[index % keys.len()],
            &keys[(index * 7 + 3) % keys.len()],
        );
        let decision = match index % 8 {
            0 | 4 => json!({ "confirm": [one] }),
            1 if one != two => json!({ "confirm": [one, two] }),
            2 => json!({ "confirm": ["none"] }),
            3 => json!({ "reject": [one] }),
            _ => continue,
        };
        let path = format!("/api/v1/quotes/{}/tags", quote.id);
        let _: Value = editor.post(&path, &decision).await;
        if index % 8 == 4 {
            let _: Value = second.post(&path, &json!({ "reject": [one] })).await;
        }
    }
}

/// All pages one after the other.
async fn pages(office: &Office, query: &str, limit: u32) -> Vec<QuotePage> {
    let mut pages: Vec<QuotePage> = Vec::new();
    loop {
        let after = pages.last().and_then(|page| page.next.clone());
        let after = after
            .map(|after| format!("&after={after}"))
            .unwrap_or_default();
        let path = format!("/api/v1/quotes?limit={limit}{after}{query}");
        let page: QuotePage = office.get(&path).await;
        let last = page.next.is_none();
        pages.push(page);
        if last {
            return pages;
        }
        assert!(pages.len() < 1_000, "the pages do not end");
    }
}

async fn all(office: &Office, query: &str) -> Vec<QuoteRow> {
    let pages = pages(office, query, 200).await;
    pages.into_iter().flat_map(|page| page.quotes).collect()
}

/// The lines that people named and nobody denied.
fn lines(quote: &QuoteRow) -> Vec<String> {
    let stands = |s: LineStanding| matches!(s, LineStanding::Proposed | LineStanding::Confirmed);
    let lines = quote.tags.iter().filter(|tag| stands(tag.standing));
    let lines: Vec<String> = lines.map(|tag| tag.line.to_string()).collect();
    if lines.is_empty() {
        vec!["untagged".to_owned()]
    } else {
        lines
    }
}

fn month(quote: &QuoteRow) -> String {
    day(quote)[..7].to_owned()
}

/// By the time zone of the demo's programme.
fn day(quote: &QuoteRow) -> String {
    in_amsterdam(quote.recorded_at)
}

fn ids(quotes: &[QuoteRow]) -> Vec<QuoteId> {
    quotes.iter().map(|quote| quote.id).collect()
}

#[tokio::test]
async fn counts_by_any_two_dimensions_say_what_the_list_says_on_sqlite() {
    counts_by_any_two_dimensions_say_what_the_list_says(Place::sqlite()).await;
}

#[tokio::test]
async fn counts_by_any_two_dimensions_say_what_the_list_says_on_postgres() {
    counts_by_any_two_dimensions_say_what_the_list_says(Place::postgres().await).await;
}

async fn counts_by_any_two_dimensions_say_what_the_list_says(place: Place) {
    let library = Library::open(place).await;
    for (office, filter) in [
        (&library.editor, ""),
        (&library.analyst, ""),
        (&library.editor, "&kind=open_house&language=nl"),
        (&library.editor, "&theme=wonen"),
        (&library.editor, "&text=buurt&conflict=false&limit=3"),
        (&library.editor, "&language=xx"),
    ] {
        let quotes = all(office, &filter.replace("&limit=3", "")).await;
        assert_eq!(quotes.is_empty(), filter.contains("xx"), "{filter}");
        for rows in Dimension::ALL {
            for columns in Dimension::ALL.map(Some).into_iter().chain([None]) {
                let mut naive: BTreeMap<(String, String), u64> = BTreeMap::new();
                for quote in &quotes {
                    let cells = match columns {
                        Some(columns) => library.cells(quote, rows, columns),
                        None => {
                            let rows = library.buckets(quote, rows).into_iter();
                            rows.map(|row| (row, "all".to_owned())).collect()
                        }
                    };
                    for cell in cells {
                        *naive.entry(cell).or_default() += 1;
                    }
                }
                let by = columns
                    .map(|c| format!("&columns={}", c.as_str()))
                    .unwrap_or_default();
                let path = format!("/api/v1/quotes/counts?rows={}{by}{filter}", rows.as_str());
                let counts: Counts = office.get(&path).await;
                let mut counted = BTreeMap::new();
                for (row, cells) in counts.rows.iter().zip(&counts.cells) {
                    for (column, number) in counts.columns.iter().zip(cells) {
                        if *number > 0 {
                            counted.insert((row.key.clone(), column.key.clone()), *number);
                        }
                    }
                }
                assert_eq!(counted, naive, "{path}");
                assert_eq!(counts.total, quotes.len() as u64, "{path}");
            }
        }
    }
    let quotes = all(&library.editor, "").await;
    // Nothing is accepted where no administrator lets it.
    for state in TagState::ALL
        .into_iter()
        .filter(|state| *state != TagState::Accepted)
    {
        let there = quotes.iter().any(|quote| quote.tag_state == state);
        assert!(
            there,
            "the demo has no {}: this test counts too little",
            state.as_str()
        );
    }
    desk_says_what_the_list_says(&library, &quotes).await;
}

async fn desk_says_what_the_list_says(library: &Library, quotes: &[QuoteRow]) {
    let desk: Desk = library.editor.get("/api/v1/desk").await;
    let count = |test: &dyn Fn(&QuoteRow) -> bool| quotes.iter().filter(|q| test(q)).count() as u64;
    let tagged = |key: &str, standing: LineStanding| {
        count(&|q| {
            q.tags
                .iter()
                .any(|t| t.line.as_str() == key && t.standing == standing)
        })
    };
    for line in &desk.lines {
        let key = line.key.as_str();
        assert_eq!(
            line.confirmed,
            tagged(key, LineStanding::Confirmed),
            "{key}"
        );
        assert_eq!(line.proposed, tagged(key, LineStanding::Proposed), "{key}");
        let suggested = count(&|q| {
            let best = q.suggestions.first().map(|best| best.line.as_str());
            q.tag_state == TagState::Untagged && best == Some(key)
        });
        assert_eq!(line.suggested, suggested, "{key}");
    }
    assert_eq!(desk.lines.len(), library.catalogue.action_lines.len());
    assert_eq!(desk.none, tagged("none", LineStanding::Confirmed));
    assert_eq!(desk.untagged, count(&|q| q.tag_state == TagState::Untagged));
    assert_eq!(desk.proposed, count(&|q| q.tag_state == TagState::Proposed));
    assert_eq!(
        desk.contested,
        count(&|q| q.tag_state == TagState::Contested)
    );
    assert_eq!(desk.conflicts, count(&|q| q.wordings.len() > 1));
    assert_eq!(desk.total, quotes.len() as u64);
}

#[tokio::test]
async fn pages_give_each_quote_once_in_the_order_of_the_whole() {
    let library = Library::open(Place::sqlite()).await;
    for query in [
        "",
        "&theme=wonen",
        "&text=de",
        "&tag_state=untagged&language=nl",
    ] {
        let whole = pages(&library.editor, query, 200).await;
        let whole: Vec<QuoteRow> = whole.into_iter().flat_map(|page| page.quotes).collect();
        assert!(whole.len() > 20, "{query}: {}", whole.len());
        let newest_first = whole
            .windows(2)
            .all(|two| (two[0].recorded_at, two[0].id) > (two[1].recorded_at, two[1].id));
        assert!(newest_first, "{query}");
        for limit in [1, 7, 50, 199] {
            if limit == 1 && whole.len() > 120 {
                continue;
            }
            let pages = pages(&library.editor, query, limit).await;
            for page in &pages {
                assert_eq!(page.total, whole.len() as u64, "{query}");
                assert!(page.quotes.len() <= limit as usize);
                assert_eq!(page.next.is_none(), page.quotes.last() == whole.last());
            }
            let quotes: Vec<QuoteRow> = pages.into_iter().flat_map(|page| page.quotes).collect();
            assert_eq!(quotes, whole, "{query} by {limit}");
        }
    }
    // Fifty where nothing is asked, never none and never more than two hundred.
    for (limit, expected) in [("", 50), ("limit=0", 1), ("limit=4000000000", 200)] {
        let page: QuotePage = library.editor.get(&format!("/api/v1/quotes?{limit}")).await;
        assert_eq!(page.quotes.len(), expected, "{limit}");
    }
}

/// A filter as it stands in the query, and what it means.
type Filter = (String, Box<dyn Fn(&QuoteRow) -> bool>);

fn filters(library: &Library, all: &[QuoteRow]) -> Vec<Filter> {
    fn filter(query: &str, test: impl Fn(&QuoteRow) -> bool + 'static) -> Filter {
        (query.to_owned(), Box::new(test))
    }
    let themes: BTreeMap<String, String> = library
        .catalogue
        .action_lines
        .iter()
        .map(|line| (line.key.to_string(), line.theme.to_string()))
        .collect();
    let wijken: BTreeMap<String, String> = library
        .catalogue
        .areas
        .iter()
        .filter(|area| area.level == AreaLevel::Buurt)
        .map(|area| (area.code.clone(), area.part_of.clone()))
        .collect();
    let district = library
        .catalogue
        .areas
        .iter()
        .find(|a| a.level == AreaLevel::District);
    let district = district.unwrap().code.clone();
    let round = demo::round("openhuis-2026");
    let untagged = all.iter().find(|q| q.tag_state == TagState::Untagged);
    let suggested = untagged.unwrap().suggestions[0].line.to_string();
    vec![
        filter("action_line=wonen-1", |q| {
            lines(q).contains(&"wonen-1".to_owned())
        }),
        filter("action_line=none", |q| {
            lines(q).contains(&"none".to_owned())
        }),
        filter("theme=jeugd", move |q| {
            lines(q)
                .iter()
                .any(|line| themes.get(line).is_some_and(|theme| theme == "jeugd"))
        }),
        filter(&format!("suggested={suggested}"), move |q| {
            let best = q.suggestions.first().map(|best| best.line.to_string());
            q.tag_state == TagState::Untagged && best.as_ref() == Some(&suggested)
        }),
        filter("area=FB03", |q| q.area.as_deref() == Some("FB03")),
        filter("area=FB", move |q| {
            let area = q.area.as_deref();
            area == Some("FB") || area.and_then(|a| wijken.get(a)).is_some_and(|w| w == "FB")
        }),
        filter(&format!("area={district}"), |q| q.area.is_some()),
        filter(&format!("round={round}"), move |q| q.round == round),
        filter("kind=consultation", |q| q.kind.as_str() == "consultation"),
        filter("language=tr", |q| q.language == "tr"),
        filter("from=2026-03-14", |q| day(q).as_str() >= "2026-03-14"),
        filter("until=2026-03-14", |q| day(q).as_str() <= "2026-03-14"),
        filter("tag_state=contested", |q| {
            q.tag_state == TagState::Contested
        }),
        filter("tag_state=confirmed", |q| {
            q.tag_state == TagState::Confirmed
        }),
        filter("consent=named_publication", |q| {
            q.consent
                .iter()
                .any(|purpose| purpose.as_str() == "named_publication")
        }),
        filter("conflict=true", |q| q.wordings.len() > 1),
        filter("conflict=false", |q| q.wordings.len() == 1),
    ]
}

#[tokio::test]
async fn filters_combine_and_the_export_is_the_list_on_both_engines() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let library = Library::open(place).await;
        let everything = all(&library.editor, "").await;
        let filters = filters(&library, &everything);
        for (one, (query, test)) in filters.iter().enumerate() {
            let expected = everything.iter().filter(|quote| test(quote));
            let expected: Vec<QuoteRow> = expected.cloned().collect();
            assert!(!expected.is_empty(), "no quote of the demo fits {query}");
            assert_eq!(
                all(&library.editor, &format!("&{query}")).await,
                expected,
                "{query}"
            );
            let csv = library.csv(&library.editor, query).await;
            let exported: Vec<QuoteId> = csv
                .iter()
                .map(|row| row["quote"].parse().unwrap())
                .collect();
            assert_eq!(exported, ids(&expected), "the export of {query}");
            for (other, other_test) in &filters[one + 1..] {
                let name = |query: &str| query.split('=').next().unwrap().to_owned();
                if name(query) == name(other) {
                    continue;
                }
                let both = everything
                    .iter()
                    .filter(|quote| test(quote) && other_test(quote))
                    .count();
                let query = format!("{query}&{other}");
                let page: QuotePage = library.editor.get(&format!("/api/v1/quotes?{query}")).await;
                assert_eq!(page.total, both as u64, "{query}");
            }
        }
    }
}
