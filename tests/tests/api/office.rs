//! Who may do what, route by route and role by role, and whose words nobody is shown.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_server::{demo, random};
use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::consent::{Decision, Purpose};
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::ids::{ConversationId, QuoteId, SectionId};
use koffiekar_sync_core::office::{
    ChooseQuote, Counts, Desk, Dimension, Publication, QuotePage, SelectionBlock, Tally,
};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation, statement};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::{Tablet, enrol};
use reqwest::Method;
use serde_json::{Value, json};

use Purpose::{Analysis, AnonymousPublication, FollowUpContact, NamedPublication};

/// What residents agreed to, by the word that stands in their quote and in no other.
const OWN: &[(&str, &[Purpose])] = &[
    (
        "zeggenalles",
        &[
            Analysis,
            AnonymousPublication,
            NamedPublication,
            FollowUpContact,
        ],
    ),
    ("zeggenanalyse", &[Analysis]),
    ("zeggenpublicatie", &[AnonymousPublication]),
    ("zeggenopnaam", &[NamedPublication]),
    ("zeggencontact", &[FollowUpContact]),
    ("zeggenniets", &[]),
    // Chosen for a publication; then all, or publication alone, was taken back.
    ("zeggenteruggenomen", &[Analysis, AnonymousPublication]),
    ("zeggenhalfterug", &[Analysis, AnonymousPublication]),
];
const FOREIGN: &str = "zeggenelders";
const NOTES: &str = "noteerdeveldwerker";

/// A server with one quote of each kind, in a round of the people below and in a foreign one.
struct House {
    server: Server,
    quotes: BTreeMap<&'static str, QuoteId>,
    section: SectionId,
    publication: String,
    spare_device: String,
    /// Somebody of each role: stranger, field worker, editor, analyst, administrator.
    people: Vec<(&'static str, Office)>,
}

const ROLES: [&str; 5] = ["stranger", "field", "editor", "analyst", "administrator"];

impl House {
    async fn open(place: Place) -> House {
        let server = Server::start(place).await;
        let url = server.url.clone();
        let admin = Office::sign_in(&url, "beheerder").await;
        let own = demo::round("buurtronde-2026");
        for login in ["redacteur2", "analist"] {
            let path = format!("/api/v1/people/{}", demo::user(login));
            let change = json!({ "rounds": [own] });
            let (status, body) = admin.call(Method::PATCH, &path, Some(&change)).await;
            assert!(status.is_success(), "{body}");
        }

        let mut tablet = Tablet::enrol(&url, "veldwerker2").await;
        let mut numbers = Numbers(5);
        let mut quotes = BTreeMap::new();
        let mut conversations: BTreeMap<&str, ConversationId> = BTreeMap::new();
        let foreign = demo::round("overlegronde-2026");
        let elsewhere = [(FOREIGN, OWN[0].1)];
        for (word, purposes) in OWN.iter().chain(&elsewhere) {
            let by = tablet.replica.identity().user;
            let mut new = conversation(&mut numbers, by, tablet.now(), 1);
            new.quotes[0].verbatim = format!("Ik wil hierover {word} over de buurt.");
            new.notes = format!("Wat ik {NOTES}.");
            let given = |purpose: &Purpose| {
                statement(&mut numbers, *purpose, Decision::Given, by, tablet.now())
            };
            new.consent = purposes.iter().map(given).collect();
            let round = if *word == FOREIGN { foreign } else { own };
            let id = tablet.record(round, &new);
            conversations.insert(word, id);
            quotes.insert(*word, new.quotes[0].id);
        }
        tablet.sync().await.unwrap();

        // An editor of all rounds chose what could be chosen then.
        let chooser = Office::sign_in(&url, "redacteur1").await;
        let publications: Vec<Publication> = chooser.get("/api/v1/publications").await;
        let publication = publications[0].id.to_string();
        let read: Publication = chooser
            .get(&format!("/api/v1/publications/{publication}"))
            .await;
        let section = read.sections[0].id;
        for word in [
            "zeggenpublicatie",
            "zeggenteruggenomen",
            "zeggenhalfterug",
            FOREIGN,
        ] {
            let path = format!("/api/v1/sections/{section}/selections");
            let quote = quotes[word];
            let _: Value = chooser
                .post(
                    &path,
                    &ChooseQuote {
                        quote,
                        before: None,
                    },
                )
                .await;
        }
        for (word, taken_back) in [
            ("zeggenteruggenomen", &[Analysis, AnonymousPublication][..]),
            ("zeggenhalfterug", &[AnonymousPublication][..]),
        ] {
            let by = tablet.replica.identity().user;
            let now = tablet.now();
            let withdrawn = taken_back
                .iter()
                .map(|purpose| statement(&mut numbers, *purpose, Decision::Withdrawn, by, now));
            let command = Command::Consent(withdrawn.collect());
            tablet.execute(conversations[word], &command);
        }
        tablet.sync().await.unwrap();

        let spare = Tablet::enrol(&url, "veldwerker3").await;
        let mut people = vec![("stranger", Office::stranger(&url))];
        for (role, login) in
            ROLES[1..]
                .iter()
                .zip(["veldwerker1", "redacteur2", "analist", "beheerder"])
        {
            people.push((role, Office::sign_in(&url, login).await));
        }
        House {
            section,
            publication,
            quotes,
            spare_device: spare.replica.identity().device.to_string(),
            people,
            server,
        }
    }

    fn office(&self, role: &str) -> &Office {
        &self
            .people
            .iter()
            .find(|(name, _)| *name == role)
            .unwrap()
            .1
    }

    /// The path of a route, about the quote with this word.
    fn path(&self, pattern: &str, word: &str) -> String {
        let quote = self
            .quotes
            .get(word)
            .map(QuoteId::to_string)
            .unwrap_or_default();
        pattern
            .replace("{quote}", &quote)
            .replace("{section}", &self.section.to_string())
            .replace("{publication}", &self.publication)
            .replace("{user}", &demo::user("veldwerker3").to_string())
            .replace("{round}", &demo::round("conceptreactie-2026").to_string())
            .replace("{key}", "wonen-1")
            .replace("{number}", "1")
            .replace("{act}", "1")
            .replace("{device}", &self.spare_device)
            .replace("{id}", &demo::user("veldwerker3").to_string())
    }
}

/// Method, route, the word of the quote it is about, body; then the status for
/// a stranger, a field worker, an editor, an analyst and an administrator.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    [u16; 5],
);

const LINE: &str = r#"{"theme":"wonen","title":"Vocht","description":"","synonyms":[]}"#;
const RETIRE: &str = r#"{"kind":"retired","lines":["wonen-3"]}"#;
const PERSON: &str =
    r#"{"login":"nieuw","name":"Nieuw","role":"field","password":"lang genoeg 1"}"#;
const ROUND: &str =
    r#"{"name":"Ronde","kind":"open_house","starts_on":"2026-01-01","ends_on":"2026-01-02"}"#;
const CONFIRM: &str = r#"{"confirm":["wonen-1"]}"#;
const WORDING: &str = r#"{"verbatim":"a","seen":["a","b"]}"#;

#[rustfmt::skip]
const TABLE: &[Row] = &[
    //                                                                                                  stranger field edit. anal. admin.
    ("GET",    "/healthz",                              "",                 "",                         [200, 200, 200, 200, 200]),
    ("GET",    "/readyz",                               "",                 "",                         [200, 200, 200, 200, 200]),
    ("GET",    "/api/v1",                               "",                 "",                         [200, 200, 200, 200, 200]),
    ("GET",    "/api/v1/session",                       "",                 "",                         [401, 200, 200, 200, 200]),
    ("PUT",    "/api/v1/session/password",              "",                 r#"{"current":"","password":"drie losse woorden"}"#, [401, 422, 422, 422, 422]),
    ("GET",    "/api/v1/programme",                     "",                 "",                         [401, 200, 200, 200, 200]),
    ("PUT",    "/api/v1/programme/asks",                "",                 r#"{"asks":["analysis"]}"#, [401, 403, 403, 403, 200]),
    // A cookie is no signature.
    ("GET",    "/api/v1/sync/live",                     "",                 "",                         [422, 422, 422, 422, 422]),
    ("POST",   "/api/v1/sync",                          "",                 "{}",                       [415, 415, 415, 415, 415]),

    ("GET",    "/api/v1/review",                        "",                 "",                         [401, 403, 200, 403, 403]),
    ("GET",    "/api/v1/tagger",                        "",                 "",                         [401, 403, 200, 200, 200]),
    ("GET",    "/api/v1/tagger/quality",                "",                 "",                         [401, 403, 200, 200, 200]),
    ("GET",    "/api/v1/tagger/versions",               "",                 "",                         [401, 403, 200, 200, 200]),
    ("GET",    "/api/v1/tagger/versions/{number}/preview", "",              "",                         [401, 403, 403, 403, 200]),
    ("PUT",    "/api/v1/tagger/acceptance",             "",                 r#"{"wanted_precision":null}"#, [401, 403, 403, 403, 200]),
    ("PUT",    "/api/v1/tagger/learning",               "",                 r#"{"held_at":null}"#,       [401, 403, 403, 403, 200]),

    ("GET",    "/api/v1/quotes",                        "",                 "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/quotes.csv",                    "",                 "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/quotes/counts?rows=theme",      "",                 "",                         [401, 403, 200, 200, 403]),
    ("POST",   "/api/v1/quotes",                        "",                 "",                         [401, 403, 200, 200, 403]),
    ("POST",   "/api/v1/quotes.csv",                    "",                 "",                         [401, 403, 200, 200, 403]),
    ("POST",   "/api/v1/quotes/counts.csv",             "",                 "",                         [401, 403, 422, 422, 403]),
    ("POST",   "/api/v1/quotes/counts",                 "",                 "",                         [401, 403, 422, 422, 403]),
    ("POST",   "/api/v1/review",                        "",                 "",                         [401, 403, 200, 403, 403]),
    ("GET",    "/api/v1/quotes/counts.csv?rows=theme",  "",                 "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/desk",                          "",                 "",                         [401, 403, 200, 403, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenalles",      "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenanalyse",    "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenpublicatie", "",                         [401, 403, 200, 404, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenopnaam",     "",                         [401, 403, 200, 404, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggencontact",    "",                         [401, 403, 404, 404, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenniets",      "",                         [401, 403, 404, 404, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenteruggenomen", "",                       [401, 403, 404, 404, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                "zeggenhalfterug",  "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/quotes/{quote}",                FOREIGN,            "",                         [401, 403, 404, 404, 403]),

    ("POST",   "/api/v1/quotes/{quote}/tags",           "zeggenalles",      CONFIRM,                    [401, 403, 200, 403, 403]),
    ("POST",   "/api/v1/quotes/{quote}/tags",           "zeggenniets",      CONFIRM,                    [401, 403, 404, 403, 403]),
    ("POST",   "/api/v1/quotes/{quote}/tags",           FOREIGN,            CONFIRM,                    [401, 403, 404, 403, 403]),
    ("POST",   "/api/v1/quotes/{quote}/wording",        "zeggenalles",      WORDING,                    [401, 403, 409, 403, 403]),
    ("POST",   "/api/v1/quotes/{quote}/wording",        "zeggenniets",      WORDING,                    [401, 403, 404, 403, 403]),
    ("POST",   "/api/v1/quotes/{quote}/wording",        FOREIGN,            WORDING,                    [401, 403, 404, 403, 403]),

    ("GET",    "/api/v1/publications",                  "",                 "",                         [401, 403, 200, 200, 403]),
    ("GET",    "/api/v1/publications/{publication}",    "",                 "",                         [401, 403, 200, 200, 403]),
    ("POST",   "/api/v1/sections/{section}/selections", "zeggenalles",      r#"{"quote":"{quote}"}"#,   [401, 403, 201, 403, 403]),
    ("POST",   "/api/v1/sections/{section}/selections", "zeggenalles",      r#"{"quote":"{quote}"}"#,   [401, 403, 200, 403, 403]),
    ("POST",   "/api/v1/sections/{section}/selections", "zeggenanalyse",    r#"{"quote":"{quote}"}"#,   [401, 403, 409, 403, 403]),
    ("POST",   "/api/v1/sections/{section}/selections", "zeggenniets",      r#"{"quote":"{quote}"}"#,   [401, 403, 409, 403, 403]),
    ("POST",   "/api/v1/sections/{section}/selections", FOREIGN,            r#"{"quote":"{quote}"}"#,   [401, 403, 404, 403, 403]),
    ("DELETE", "/api/v1/sections/{section}/selections/{quote}", "zeggenalles", "",                      [401, 403, 200, 403, 403]),
    ("DELETE", "/api/v1/sections/{section}/selections/{quote}", FOREIGN,    "",                         [401, 403, 200, 403, 403]),

    ("GET",    "/api/v1/people",                        "",                 "",                         [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/people",                        "",                 PERSON,                     [401, 403, 403, 403, 201]),
    ("PATCH",  "/api/v1/people/{user}",                 "",                 r#"{"name":"Anders"}"#,     [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/rounds",                        "",                 ROUND,                      [401, 403, 403, 403, 201]),
    ("PATCH",  "/api/v1/rounds/{round}",                "",                 r#"{"closed":true}"#,       [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/rounds/{round}/preview",        "",                 r#"{"name":"Ronde"}"#,      [401, 403, 403, 403, 200]),
    ("PUT",    "/api/v1/action-lines/{key}",            "",                 LINE,                       [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/action-lines/{key}/preview",    "",                 LINE,                       [401, 403, 403, 403, 200]),
    ("GET",    "/api/v1/line-acts",                     "",                 "",                         [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/line-acts/preview",             "",                 RETIRE,                     [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/line-acts",                     "",                 RETIRE,                     [401, 403, 403, 403, 201]),
    ("POST",   "/api/v1/line-acts/{act}/undo",          "",                 "",                         [401, 403, 403, 403, 200]),
    ("GET",    "/api/v1/devices",                       "",                 "",                         [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/devices/{device}/revoke",       "",                 "",                         [401, 403, 403, 403, 200]),
    // Nothing is held under this id.
    ("GET",    "/api/v1/held",                          "",                 "",                         [401, 403, 403, 403, 200]),
    ("POST",   "/api/v1/held/{id}/accept",              "",                 "",                         [401, 403, 403, 403, 404]),
    ("POST",   "/api/v1/held/{id}/turn-down",           "",                 r#"{"text":"nee"}"#,        [401, 403, 403, 403, 404]),

    // No conversation stands under this id.
    ("GET",    "/api/v1/conversations/{id}",            "",                 "",                         [401, 403, 403, 403, 404]),
    ("POST",   "/api/v1/conversations/{id}/move",       "",                 r#"{"round":"{round}"}"#,    [401, 403, 403, 403, 404]),
    ("POST",   "/api/v1/conversations/{id}/erase",      "",                 "",                         [401, 403, 403, 403, 404]),
    ("POST",   "/api/v1/quotes/{quote}/erase",          "zeggenalles",      r#"{"conversation":"{id}"}"#, [401, 403, 403, 403, 404]),
    ("GET",    "/api/v1/erasures",                      "",                 "",                         [401, 403, 403, 403, 200]),

    ("GET",    "/api/v1/audit",                         "",                 "",                         [401, 403, 403, 403, 200]),

    ("POST",   "/api/v1/rescues",                       "",                 "",                         [401, 403, 403, 403, 422]),

    // Nobody signs in with nothing; everybody signs out, and that is the end of it.
    ("POST",   "/api/v1/session",                       "",                 r#"{"login":"","password":""}"#, [401, 401, 401, 401, 401]),
    ("DELETE", "/api/v1/session",                       "",                 "",                         [204, 204, 204, 204, 204]),
    ("GET",    "/api/v1/session",                       "",                 "",                         [401, 401, 401, 401, 401]),
];

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    let house = House::open(Place::sqlite()).await;
    for (method, pattern, word, body, expected) in TABLE {
        let path = house.path(pattern, word);
        let body: Option<Value> =
            (!body.is_empty()).then(|| serde_json::from_str(&house.path(body, word)).unwrap());
        for ((role, office), expected) in house.people.iter().zip(expected) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let (status, answer) = office.call(method.clone(), &path, body.as_ref()).await;
            let who = format!("{role}: {method} {pattern} {word}");
            assert_eq!(status.as_u16(), *expected, "{who}: {answer}");
            if status.as_u16() >= 400 {
                let problem: Value = serde_json::from_str(&answer).expect(&who);
                assert_eq!(problem["status"], *expected, "{who}");
            }
        }
    }
}

/// A route that is added to the server and not to the table fails here.
#[test]
fn the_table_names_every_route_of_the_server() {
    let source = include_str!("../../../server/src/web/routes.rs");
    let mut served = BTreeSet::new();
    for line in source.lines() {
        let Some((_, rest)) = line.split_once(".route(\"") else {
            continue;
        };
        let (path, handlers) = rest.split_once('"').unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!("{method}(")) {
                served.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert!(served.len() > 25);
    let told = TABLE
        .iter()
        .map(|(method, path, ..)| format!("{method} {}", path.split('?').next().unwrap()));
    let mut told: BTreeSet<String> = told.collect();
    // Needs a password and no session: has its own test.
    told.insert("POST /api/v1/devices".to_owned());
    assert_eq!(told, served);
}

#[tokio::test]
async fn only_who_records_gets_a_tablet() {
    let server = Server::start(Place::sqlite()).await;
    for (login, expected) in [
        ("veldwerker1", None),
        ("redacteur1", None),
        ("analist", Some(403)),
        ("beheerder", Some(403)),
        ("niemand", Some(401)),
    ] {
        let enrolled = enrol(&server.url, login, &random::bytes()).await;
        assert_eq!(
            enrolled.err().map(|problem| problem.status),
            expected,
            "{login}"
        );
    }
}

/// Everything that this person can read, route by route.
async fn all_answers(house: &House, role: &str) -> Vec<(String, String)> {
    let office = house.office(role);
    let mut paths: Vec<String> = Vec::new();
    let read = TABLE
        .iter()
        .filter(|(method, path, ..)| *method == "GET" && path.starts_with("/api"));
    for (_, pattern, word, ..) in read {
        paths.push(house.path(pattern, word));
    }
    paths.extend(
        house
            .quotes
            .values()
            .map(|quote| format!("/api/v1/quotes/{quote}")),
    );
    for word in house.quotes.keys() {
        paths.push(format!("/api/v1/quotes?text={word}"));
        paths.push(format!("/api/v1/quotes.csv?text={word}"));
    }
    for rows in Dimension::ALL {
        for columns in Dimension::ALL {
            let (rows, columns) = (rows.as_str(), columns.as_str());
            paths.push(format!(
                "/api/v1/quotes/counts?rows={rows}&columns={columns}"
            ));
        }
    }
    let mut answers = Vec::new();
    for path in paths {
        let (_, body) = office.call(Method::GET, &path, None::<&()>).await;
        answers.push((path, body));
    }
    answers
}

#[tokio::test]
async fn nobody_is_shown_words_that_are_not_for_them_on_sqlite() {
    nobody_is_shown_words_that_are_not_for_them(Place::sqlite()).await;
}

#[tokio::test]
async fn nobody_is_shown_words_that_are_not_for_them_on_postgres() {
    nobody_is_shown_words_that_are_not_for_them(Place::postgres().await).await;
}

async fn nobody_is_shown_words_that_are_not_for_them(place: Place) {
    let house = House::open(place).await;
    let nobody = [
        "zeggencontact",
        "zeggenniets",
        "zeggenteruggenomen",
        FOREIGN,
    ];
    let not_for_analysis = ["zeggenpublicatie", "zeggenopnaam"];
    let for_analysis = ["zeggenalles", "zeggenanalyse", "zeggenhalfterug"];
    for role in ROLES {
        let answers = all_answers(&house, role).await;
        let shown = |word: &str| -> Vec<&String> {
            // A refusal may repeat the path, not the words.
            let told = answers
                .iter()
                .filter(|(_, body)| body.contains(&format!("hierover {word}")));
            told.map(|(path, _)| path).collect()
        };
        for word in nobody {
            assert_eq!(shown(word), Vec::<&String>::new(), "{role} reads {word}");
        }
        for word in not_for_analysis {
            assert_eq!(
                !shown(word).is_empty(),
                role == "editor",
                "{role} and {word}"
            );
        }
        for word in for_analysis {
            let reads = role == "editor" || role == "analyst";
            assert_eq!(!shown(word).is_empty(), reads, "{role} and {word}");
        }
        let notes = answers.iter().any(|(_, body)| body.contains(NOTES));
        assert_eq!(
            notes,
            role == "editor" || role == "analyst",
            "{role} and the notes"
        );
        // Not even that there is such a round, or a number in it.
        if matches!(role, "editor" | "analyst") {
            let foreign = demo::round("overlegronde-2026");
            for (path, body) in &answers {
                let known = body.contains(&foreign.to_string()) || body.contains(&foreign.key());
                assert!(!known, "{role} learns of a foreign round: {path}");
                assert!(!body.contains("Overlegronde"), "{role}: {path}");
            }
        }
    }
    for (role, expected) in [("editor", 5), ("analyst", 3)] {
        let office = house.office(role);
        let page: QuotePage = office.get("/api/v1/quotes").await;
        assert_eq!(
            (page.total, page.quotes.len()),
            (expected, expected as usize),
            "{role}"
        );
        let counts: Counts = office.get("/api/v1/quotes/counts?rows=round").await;
        assert_eq!((counts.total, counts.rows.len()), (expected, 1), "{role}");
        assert_eq!(counts.cells, [[expected]], "{role}");
    }
    let desk: Desk = house.office("editor").get("/api/v1/desk").await;
    assert_eq!((desk.total, desk.untagged), (5, 5));
}

#[tokio::test]
async fn a_chosen_quote_whose_consent_is_gone_is_shown_as_such() {
    let house = House::open(Place::sqlite()).await;
    let path = format!("/api/v1/publications/{}", house.publication);
    let chosen = |publication: &Publication, word: &str| {
        let quotes = publication.sections[0].quotes.iter();
        let mut quotes = quotes.filter(|selected| selected.quote.id == house.quotes[word]);
        quotes.next().map(|s| (s.quote.verbatim.clone(), s.blocked))
    };
    let editor: Publication = house.office("editor").get(&path).await;
    assert_eq!(
        chosen(&editor, "zeggenteruggenomen"),
        Some((String::new(), Some(SelectionBlock::NoConsent)))
    );
    let (words, blocked) = chosen(&editor, "zeggenhalfterug").unwrap();
    assert!(words.contains("zeggenhalfterug"));
    assert_eq!(blocked, Some(SelectionBlock::NoConsent));
    assert_eq!(chosen(&editor, FOREIGN), None);

    let analyst: Publication = house.office("analyst").get(&path).await;
    for word in [
        "zeggenteruggenomen",
        "zeggenhalfterug",
        "zeggenpublicatie",
        FOREIGN,
    ] {
        assert_eq!(chosen(&analyst, word), None, "{word}");
    }
}

#[tokio::test]
async fn a_chosen_quote_is_printable_once_an_editor_judged_it_and_not_before() {
    let house = House::open(Place::sqlite()).await;
    let editor = house.office("editor");
    let path = format!("/api/v1/publications/{}", house.publication);
    let read = async || {
        let publication: Publication = editor.get(&path).await;
        let quotes = publication.sections[0].quotes.iter();
        let blocks: BTreeMap<QuoteId, _> = quotes.map(|one| (one.quote.id, one.blocked)).collect();
        (blocks, publication.tally.unwrap())
    };
    let quote = house.quotes["zeggenpublicatie"];
    let (blocks, tally) = read().await;
    assert_eq!(blocks[&quote], Some(SelectionBlock::Unjudged));
    let expected = Tally {
        chosen: 3,
        no_consent: 2,
        unjudged: 1,
        ..Tally::default()
    };
    assert_eq!(tally, expected);

    // A rejected line alone says what it is not about.
    let tags = format!("/api/v1/quotes/{quote}/tags");
    let _: Value = editor.post(&tags, &json!({ "reject": ["wonen-1"] })).await;
    assert_eq!(read().await.0[&quote], Some(SelectionBlock::Unjudged));
    let _: Value = editor.post(&tags, &json!({ "confirm": ["none"] })).await;
    let (blocks, tally) = read().await;
    assert_eq!(blocks[&quote], None);
    let expected = Tally {
        chosen: 3,
        printable: 1,
        no_consent: 2,
        ..Tally::default()
    };
    assert_eq!(tally, expected);

    // Another editor differs.
    let other = Office::sign_in(&house.server.url, "redacteur1").await;
    let _: Value = other.post(&tags, &json!({ "reject": ["none"] })).await;
    let (blocks, tally) = read().await;
    assert_eq!(blocks[&quote], Some(SelectionBlock::Contested));
    assert_eq!((tally.printable, tally.unsettled), (0, 1));
}

#[tokio::test]
async fn an_answer_about_the_name_alone_prints_nothing() {
    let house = House::open(Place::sqlite()).await;
    let path = format!("/api/v1/sections/{}/selections", house.section);
    let quote = house.quotes["zeggenopnaam"];
    let choice = ChooseQuote {
        quote,
        before: None,
    };
    let office = house.office("editor");
    let refusal = office.refused(Method::POST, &path, Some(&choice)).await;
    assert_eq!(refusal.status, 409);
}

#[tokio::test]
async fn an_administrator_sees_all_rounds_and_the_others_theirs() {
    let house = House::open(Place::sqlite()).await;
    for (role, rounds) in [
        ("field", 3),
        ("editor", 1),
        ("analyst", 1),
        ("administrator", 4),
    ] {
        let programme: Catalogue = house.office(role).get("/api/v1/programme").await;
        assert_eq!(programme.rounds.len(), rounds, "{role}");
        assert!(!programme.action_lines.is_empty());
    }
    drop(house.server);
}

/// A page of another site may not make a browser act for whoever is signed in here.
#[tokio::test]
async fn what_another_site_asks_for_is_refused() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    for origin in [
        None,
        Some("https://elders.example"),
        Some("null"),
        Some("https://localhost:1"),
    ] {
        let mut request = koffiekar_tests::office::http()
            .post(format!("{}/api/v1/rounds", server.url))
            .header("cookie", admin.cookie.clone().unwrap())
            .json(&serde_json::from_str::<Value>(ROUND).unwrap());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 403, "{origin:?}");
    }
    let programme: Catalogue = admin.get("/api/v1/programme").await;
    assert_eq!(programme.rounds.len(), 4);
}
