//! The CSV says what the list says.

use super::*;

#[tokio::test]
async fn the_export_says_what_the_list_says_and_starts_no_formula() {
    let library = Library::open(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&library.server.url, "veldwerker1").await;
    let mut numbers = Numbers(3);
    let words = [
        "=HYPERLINK(\"http://elders\")",
        "+31 6",
        "-1+1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "Zij zei: \"nee, nooit\",\nen liep weg; echt.",
        "'t Is mooi geweest",
    ];
    for words in words {
        let by = tablet.replica.identity().user;
        let mut new = conversation(&mut numbers, by, tablet.now(), 1);
        new.quotes[0].verbatim = words.to_owned();
        // As much like a formula as a code may be.
        new.area = Some("-1".to_owned());
        new.quotes[0].lines = vec!["-1".parse().unwrap()];
        tablet.record(demo::round("buurtronde-2026"), &new);
    }
    tablet.sync().await.unwrap();

    for office in [&library.editor, &library.analyst] {
        let list = all(office, "").await;
        let csv = library.csv(office, "").await;
        assert_eq!(list.len(), csv.len());
        for (quote, row) in list.iter().zip(&csv) {
            for (column, cell) in row {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{column}: {cell}"
                );
            }
            // An apostrophe that the resident did not say is the spreadsheet's.
            let plain = |column: &str| {
                let cell = &row[column];
                match cell.strip_prefix('\'') {
                    Some(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                        text.to_owned()
                    }
                    _ => cell.clone(),
                }
            };
            assert_eq!(plain("quote"), quote.id.to_string());
            assert_eq!(plain("conversation"), quote.conversation.to_string());
            assert_eq!(plain("verbatim"), quote.verbatim);
            assert_eq!(plain("round"), quote.round_name);
            assert_eq!(plain("kind"), quote.kind.as_str());
            assert_eq!(plain("area"), quote.area.clone().unwrap_or_default());
            assert_eq!(plain("language"), quote.language);
            assert_eq!(plain("tag_state"), quote.tag_state.as_str());
            assert_eq!(row["recorded_at_utc"][..10], day(quote));
            let named = lines(quote).join(" ").replace("untagged", "");
            assert_eq!(plain("action_lines"), named);
            let consent: Vec<&str> = quote
                .consent
                .iter()
                .map(|purpose| purpose.as_str())
                .collect();
            assert_eq!(plain("consent"), consent.join(" "));
            let best = quote.suggestions.first();
            let line = best.map(|best| best.line.to_string()).unwrap_or_default();
            assert_eq!(plain("suggested_line"), line);
        }
        let found: BTreeSet<&str> = list.iter().map(|quote| quote.verbatim.as_str()).collect();
        assert!(words.iter().all(|words| found.contains(words)));
    }
}
