//! Words are found as people type them.

use koffiekar_server::upkeep::verify;
use koffiekar_tests::rows::Rows;

use super::*;

#[tokio::test]
async fn words_are_found_by_stem_beginning_and_script_alike_on_both_engines() {
    let said = [
        (
            "nl",
            "De woningen in onze straat zijn vochtig en er groeien schimmels.",
        ),
        ("nl", "Eén woning stond jaren leeg; dat is vréselijk."),
        ("nl", "Wij wandelen graag langs de Sloterplas."),
        (
            "tr",
            "Çocuklarımız için oyun alanı istiyoruz, ışıklar yanmıyor.",
        ),
        ("tr", "İşsizlik gençleri zorluyor."),
        ("ar", "أُريدُ أنْ أتعلَّمَ اللُّغةَ الهولنديّةَ في الحيّ."),
        ("ar", "الإنارة في الشارع لا تعمل منذ شهر."),
        (
            "en",
            "The neighbours are helping each other with children's homework.",
        ),
    ];
    // Words, and which of the quotes above hold them.
    let searches: &[(&str, &[usize])] = &[
        ("woning", &[0, 1]),
        ("woningen", &[0, 1]),
        ("WONING", &[0, 1]),
        ("schimmel", &[0]),
        ("vreselijk", &[1]),
        ("vréselijk", &[1]),
        ("een woning", &[1]),
        ("wandel", &[2]),
        ("sloterpl", &[2]),
        ("slo", &[2]),
        ("çocuk", &[3]),
        ("cocuklarimiz", &[3]),
        ("ışık", &[3]),
        ("işsizlik", &[4]),
        ("İŞSİZLİK", &[4]),
        ("genç", &[4]),
        ("الهولندية", &[5]),
        ("هولندية", &[5]),
        ("اريد", &[5]),
        ("الانارة", &[6]),
        ("شارع", &[6]),
        ("neighbour", &[7]),
        ("help child", &[7]),
        ("straat woningen", &[0]),
        ("woning sloterplas", &[]),
        ("metro", &[]),
        ("oning", &[]),
    ];
    for place in [Place::sqlite(), Place::postgres().await] {
        let server = Server::start(place).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        let mut numbers = Numbers(3);
        let mut quotes = Vec::new();
        for (language, words) in said {
            let by = tablet.replica.identity().user;
            let mut new = conversation(&mut numbers, by, tablet.now(), 1);
            new.language = language.to_owned();
            new.quotes[0].verbatim = words.to_owned();
            quotes.push(new.quotes[0].id);
            tablet.record(demo::round("buurtronde-2026"), &new);
        }
        tablet.sync().await.unwrap();
        let office = Office::sign_in(&server.url, "redacteur1").await;
        for (words, expected) in searches {
            let page = search(&office, words).await;
            let found: BTreeSet<QuoteId> = page.quotes.iter().map(|quote| quote.id).collect();
            let expected: BTreeSet<QuoteId> = expected.iter().map(|index| quotes[*index]).collect();
            let told: Vec<&String> = page.quotes.iter().map(|quote| &quote.verbatim).collect();
            assert_eq!(found, expected, "{words} found {told:?}");
        }
    }
}

async fn search(office: &Office, words: &str) -> QuotePage {
    let response = http()
        .get(format!(
            "{}/api/v1/quotes?{}",
            office.url,
            encoded("text", words)
        ))
        .header("cookie", office.cookie.clone().unwrap())
        .send()
        .await
        .unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{words}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// `name=value` with every byte of the value spelled out.
fn encoded(name: &str, value: &str) -> String {
    let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{name}={value}")
}

#[tokio::test]
async fn an_index_of_older_rules_is_told_of_and_made_anew_at_the_start_on_both_engines() {
    for place in [Place::sqlite(), Place::postgres().await] {
        let mut server = Server::start(place).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        let mut numbers = Numbers(3);
        let by = tablet.replica.identity().user;
        let mut new = conversation(&mut numbers, by, tablet.now(), 1);
        new.quotes[0].verbatim = "Nieuwe huizen".to_owned();
        tablet.record(demo::round("buurtronde-2026"), &new);
        tablet.sync().await.unwrap();
        let mut rows = Rows::of(&server.place).await;
        let older = match rows {
            Rows::Sqlite(_) => "update quote_search set terms = 'nieuwe huizen huiz'",
            Rows::Postgres(_) => "update quote_search set terms = 'nieuwe:1 huizen:2 huiz:3'",
        };
        rows.run(older).await;
        rows.run("update installation set terms_version = 1").await;
        drop(rows);
        let office = Office::sign_in(&server.url, "redacteur1").await;
        assert_eq!(search(&office, "huis").await.total, 0);
        let verified = verify::verify(&server.koffiekar.store).await.unwrap();
        let faults: Vec<&str> = verified.faults.iter().map(|fault| &*fault.what).collect();
        assert!(
            matches!(faults[..], [one] if one.contains("rules of another version")),
            "{faults:?}"
        );
        server.restart().await;
        let office = Office::sign_in(&server.url, "redacteur1").await;
        assert_eq!(search(&office, "huis").await.total, 1);
        let verified = verify::verify(&server.koffiekar.store).await.unwrap();
        assert_eq!(verified.faults, []);
    }
}
