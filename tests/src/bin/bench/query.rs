//! What an analyst waits for with a country's quotes: a page of a filter with its counts, and the table of
//! all of them.

use std::time::{Duration, Instant};

use koffiekar_server::demo;
use koffiekar_server::projection::Projection;
use koffiekar_server::store::{accounts, catalogue, rounds};
use koffiekar_sync_core::catalogue::{AreaLevel, Catalogue, Round, RoundKind};
use koffiekar_sync_core::ids::{LineKey, RoundId};
use koffiekar_sync_core::office::{Counts, LineStanding, QuotePage, TagState};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::seed::Numbers;
use koffiekar_tests::server::Server;
use koffiekar_tests::tablet::now;
use uuid::Uuid;

use super::fill::fill_with;
use super::memory::{forget_peak_mb, peak_mb, resident_mb};
use super::{Bench, QUOTES_EACH};

const QUOTES: usize = 1_000_000;
const ROUNDS: u128 = 20;
/// Requests of each kind.
const TIMES: usize = 100;
const LANGUAGES: [&str; 10] = ["nl", "nl", "nl", "nl", "nl", "nl", "nl", "tr", "ar", "en"];
const WORDS: [&str; 8] = [
    "verlichting",
    "schimmel",
    "jongeren plek",
    "huur",
    "buurt taalles",
    "straat afval",
    "speeltuin",
    "buurvrouw scooters",
];

pub(super) async fn query_and_export(bench: &Bench, query: bool, export: bool) {
    let server = bench.server().await;
    let catalogue = rounds_of_a_country(&server).await;
    eprintln!("query: filling {QUOTES} quotes");
    let conversations = QUOTES.div_ceil(QUOTES_EACH);
    let vary = |projection: &mut Projection, numbers: &mut Numbers| {
        make_different(projection, numbers, &catalogue);
    };
    fill_with(&server.koffiekar, 0, conversations, vary).await;
    server.koffiekar.store.look_at_sizes().await.unwrap();
    let analyst = Office::sign_in(&server.url, "analist").await;
    let began = Instant::now();
    let page: QuotePage = analyst.get("/api/v1/quotes?limit=1").await;
    bench.tell("query_first", began.elapsed().as_secs_f64(), "s", None);
    eprintln!("query: {} quotes in sight", page.total);
    if query {
        queries(bench, &analyst, &catalogue).await;
        as_of(bench, &analyst).await;
    }
    if export {
        csv(bench, &analyst).await;
    }
}

/// The first question about a moment of the past, and the next one about the same.
async fn as_of(bench: &Bench, analyst: &Office) {
    const MINUTES: i64 = 60_000;
    let moment = now().plus(-6 * MINUTES);
    let question = format!("/api/v1/quotes/counts?rows=theme&as_of={}", moment.0);
    for name in ["query_as_of_first", "query_as_of_again"] {
        let began = Instant::now();
        let counts: Counts = analyst.get(&question).await;
        bench.tell(name, began.elapsed().as_secs_f64(), "s", None);
        eprintln!("query: {} quotes were known then", counts.total);
    }
}

/// Twenty rounds of all kinds, of which the analyst is a member.
async fn rounds_of_a_country(server: &Server) -> Catalogue {
    const KINDS: [RoundKind; 4] = [
        RoundKind::NeighbourhoodRound,
        RoundKind::OpenHouse,
        RoundKind::Consultation,
        RoundKind::ConceptReaction,
    ];
    let mut tx = server.koffiekar.store.write().await.unwrap();
    let mut all = Vec::new();
    for number in 0..ROUNDS {
        let round = Round {
            id: RoundId(Uuid::from_u128(0x7000 + number)),
            name: format!("Ronde {number}"),
            kind: KINDS[(number % 4) as usize],
            starts_on: "2017-07-14".to_owned(),
            ends_on: "2026-12-31".to_owned(),
            closed: false,
        };
        rounds::put(&mut tx, &round).await.unwrap();
        all.push(round.id);
    }
    let analyst = demo::user("analist");
    accounts::set_memberships(&mut tx, analyst, &all)
        .await
        .unwrap();
    catalogue::bump(&mut tx).await.unwrap();
    let mut read = catalogue::read(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    read.rounds.retain(|round| all.contains(&round.id));
    read
}

/// Round, area, language, consent and tags as chance has it, unevenly.
fn make_different(projection: &mut Projection, numbers: &mut Numbers, catalogue: &Catalogue) {
    let round = numbers.pick(&catalogue.rounds);
    projection.round = round.id;
    projection.kind = round.kind;
    let area = numbers.pick(&catalogue.areas);
    projection.area = Some(area.code.clone());
    projection.wijk = match area.level {
        AreaLevel::District => None,
        AreaLevel::Wijk => Some(area.code.clone()),
        AreaLevel::Buurt => Some(area.part_of.clone()),
    };
    // Nine months, the one after the other for each round.
    let month = 1 + numbers.below(9);
    projection.month = format!("2026-{month:02}");
    projection.allowed = match numbers.below(10) {
        0 => [true, false, false, false],
        1 => [true, true, true, true],
        _ => [true, true, false, false],
    };
    for quote in &mut projection.quotes {
        quote.language = (*numbers.pick(&LANGUAGES)).to_owned();
        let lines = &catalogue.action_lines;
        let some: Vec<LineKey> = (0..1 + numbers.below(5) / 4)
            .map(|_| lines[numbers.below(lines.len())].key.clone())
            .collect();
        let (state, standing) = match numbers.below(10) {
            0..3 => continue,
            3..5 => (TagState::Proposed, LineStanding::Proposed),
            _ => (TagState::Confirmed, LineStanding::Confirmed),
        };
        quote.tag_state = state;
        quote.best_suggestion = None;
        quote.lines = some.into_iter().map(|line| (line, standing)).collect();
        quote.lines.dedup();
    }
}

async fn queries(bench: &Bench, analyst: &Office, catalogue: &Catalogue) {
    let numbers = &mut Numbers(5);
    let mut filters: [Vec<String>; 3] = Default::default();
    for at in 0..TIMES {
        let line = numbers.pick(&catalogue.action_lines);
        let area = numbers.pick(&catalogue.areas);
        let round = numbers.pick(&catalogue.rounds);
        let plain = match at % 6 {
            0 => String::new(),
            1 => format!("theme={}", line.theme),
            2 => format!("action_line={}", line.key),
            3 => format!("area={}&language=tr", area.code),
            4 => format!("kind={}&tag_state=confirmed", round.kind.as_str()),
            _ => format!("language=nl&consent=named_publication&theme={}", line.theme),
        };
        let words = numbers.pick(&WORDS).replace(' ', "%20");
        filters[1].push(format!("text={words}&{plain}"));
        filters[2].push(format!("round={}&{plain}", round.id));
        filters[0].push(plain);
    }
    let budgets = [
        ("query_filter_p95", 50.0),
        ("query_text_p95", 500.0),
        ("query_round_p95", 10.0),
    ];
    for ((name, budget), filters) in budgets.into_iter().zip(filters) {
        let mut times: Vec<Duration> = Vec::new();
        for filter in &filters {
            let began = Instant::now();
            let _: QuotePage = analyst.get(&format!("/api/v1/quotes?{filter}")).await;
            let counts = format!("/api/v1/quotes/counts?rows=theme&columns=wijk&{filter}");
            let _: Counts = analyst.get(&counts).await;
            times.push(began.elapsed());
        }
        times.sort();
        let p95 = times[TIMES * 95 / 100].as_secs_f64() * 1000.0;
        bench.tell(name, p95, "ms", Some(budget));
        let median = times[TIMES / 2].as_secs_f64() * 1000.0;
        bench.tell(&name.replace("p95", "median"), median, "ms", None);
    }
}

async fn csv(bench: &Bench, analyst: &Office) {
    let me = std::process::id();
    forget_peak_mb(me);
    let before = resident_mb(me);
    let began = Instant::now();
    let request = http().get(format!("{}/api/v1/quotes.csv", analyst.url));
    let cookie = analyst.cookie.clone().unwrap();
    let mut answer = request.header("cookie", cookie).send().await.unwrap();
    let (mut bytes, mut lines) = (0, 0);
    while let Some(piece) = answer.chunk().await.unwrap() {
        bytes += piece.len();
        lines += piece.iter().filter(|byte| **byte == b'\n').count();
    }
    let took = began.elapsed().as_secs_f64();
    eprintln!("export: {lines} lines, {} MB", bytes / 1_000_000);
    bench.tell("export_1000000", took, "s", Some(10.0));
    let more = peak_mb(me) - before;
    bench.tell("export_memory_growth", more, "MB", None);
}
