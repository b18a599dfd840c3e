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
        "  =1+1",
        "\u{a0}=1+1",
        "\n=1+1",
        "tekst;=1+1",
        "tekst, +1+1",
        "tekst\t-1+1",
        "tekst|@SUM(A1)",
        "tekst;\"=1+1",
        "tekst\n=1+1",
        "tekst =1+1",
        "tekst @SUM(A1)",
        "\u{ff1d}1+1",
        "tekst;\u{ff0b}1",
        "\u{ff0d}1",
        "\u{ff20}SUM(A1)",
        "Het kost 5,- en dat is - eerlijk gezegd - veel; -echt-?",
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
            let plain = |column: &str| row[column].replace('\'', "");
            assert_eq!(plain("quote"), quote.id.to_string());
            assert_eq!(plain("conversation"), quote.conversation.to_string());
            assert_eq!(plain("verbatim"), quote.verbatim.replace('\'', ""));
            assert_eq!(plain("round"), quote.round_name);
            assert_eq!(plain("kind"), quote.kind.as_str());
            assert_eq!(plain("area"), quote.area.clone().unwrap_or_default());
            assert_eq!(plain("language"), quote.language);
            assert_eq!(plain("tag_state"), quote.tag_state.as_str());
            assert_eq!(row["recorded_on"], day(quote));
            assert!(row["recorded_at_utc"].ends_with('Z'));
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

/// Cells as a spreadsheet has them that is set to this separator, however the file was written.
fn cells(file: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in file.chars() {
        match c {
            '"' if cell.is_empty() || is_quoted => is_quoted = !is_quoted,
            _ if c == separator && !is_quoted => cells.push(std::mem::take(&mut cell)),
            '\r' | '\n' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

#[tokio::test]
async fn no_cell_is_a_formula_whatever_separator_a_spreadsheet_is_set_to() {
    let server = Server::start(Place::sqlite()).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(3);
    let mut said = Vec::new();
    for sign in [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\u{ff1d}1+1",
        "\u{ff0b}1",
        "\u{ff0d}1",
        "\u{ff20}SUM(1)",
    ] {
        for before in [
            "", " ", "\t", "\n", "\r\n", "a,", "a, ", "a;", "a; ", "a\t", "a|", "a\n ", "a;\"",
            "\"a\";",
        ] {
            said.push(format!("{before}{sign}"));
        }
    }
    for words in &said {
        let by = tablet.replica.identity().user;
        let mut new = conversation(&mut numbers, by, tablet.now(), 1);
        new.quotes[0].verbatim = words.clone();
        tablet.record(demo::round("buurtronde-2026"), &new);
    }
    tablet.sync().await.unwrap();
    let office = Office::sign_in(&server.url, "analist").await;
    for form in ["program", "spreadsheet"] {
        let path = format!("/api/v1/quotes.csv?form={form}");
        let (status, body) = office.call(Method::GET, &path, None::<&()>).await;
        assert!(status.is_success(), "{body}");
        for separator in [',', ';', '\t', '|'] {
            for cell in cells(&body, separator) {
                let begins = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                let sign = begins.starts_with([
                    '=', '+', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff20}', '\u{ff0d}',
                ]);
                let minus = begins
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
                assert!(!sign && !minus, "{form}, set to {separator:?}: {cell:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_for_people_opens_in_a_dutch_spreadsheet_and_says_what_it_is() {
    let library = Library::open(Place::sqlite()).await;
    let get = async |path: &str| {
        let cookie = library.editor.cookie.clone().unwrap();
        let url = format!("{}{path}", library.server.url);
        let answer = http()
            .get(url)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        let name = answer.headers()["content-disposition"].to_str().unwrap();
        let name = name.to_owned();
        (name, answer.bytes().await.unwrap().to_vec())
    };
    let (name, bytes) =
        get("/api/v1/quotes.csv?form=spreadsheet&theme=wonen&from=2026-01-01&text=de").await;
    let today = in_amsterdam(library.server.koffiekar.clock.now());
    assert_eq!(
        name,
        format!(
            "attachment; filename=\"citaten_samen-nieuw-west_opgave-wonen_vanaf-2026-01-01_met-zoekwoorden_{today}.csv\""
        )
    );
    let body = String::from_utf8(bytes).unwrap();
    let body = body.strip_prefix('\u{FEFF}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(body.as_bytes());
    let rows: Vec<BTreeMap<String, String>> =
        reader.deserialize().map(|row| row.unwrap()).collect();
    assert!(!rows.is_empty());
    let head = body.lines().next().unwrap();
    assert_eq!(
        body.matches("\r\n").count() - rows.len(),
        1,
        "lines end as RFC 4180 has it"
    );
    assert!(
        head.starts_with("Citaat (nummer);Gesprek (nummer);"),
        "{head}"
    );
    let of_area = |code: &str| {
        library
            .catalogue
            .areas
            .iter()
            .find(|area| area.code == code)
    };
    for row in &rows {
        assert!(row["Opgaven (codes)"].contains("wonen"));
        assert!(row["Opgaven"].contains("Wonen"));
        for (code, title) in row["Actielijnen (codes)"]
            .split(' ')
            .zip(row["Actielijnen"].split("; "))
        {
            let line = library
                .catalogue
                .action_lines
                .iter()
                .find(|line| line.key.as_str() == code);
            match line {
                Some(line) => assert_eq!(line.title, title),
                None => assert_eq!((code, title), ("none", "Geen actielijn")),
            }
        }
        let Some(area) = of_area(&row["Gebied (code)"]) else {
            continue;
        };
        assert_eq!(
            row["Gebied"],
            area.name.clone().unwrap_or(area.code.clone())
        );
        let wijk = if area.level == AreaLevel::Buurt {
            &area.part_of
        } else {
            &area.code
        };
        assert_eq!(&row["Wijk (code)"], wijk);
        assert_eq!(
            row["Wijk"],
            of_area(wijk)
                .and_then(|area| area.name.clone())
                .unwrap_or(wijk.clone())
        );
        assert!(!row["Kans van de suggestie"].contains('.'));
    }
    // The table that is shown: the numbers of the counts.
    let query = "rows=theme&columns=kind&language=nl";
    let counts: Counts = library
        .editor
        .get(&format!("/api/v1/quotes/counts?{query}"))
        .await;
    for (form, separator) in [("program", ','), ("spreadsheet", ';')] {
        let (name, bytes) = get(&format!("/api/v1/quotes/counts.csv?{query}&form={form}")).await;
        assert_eq!(
            name,
            format!(
                "attachment; filename=\"aantallen-per-opgave-en-soort-ronde_samen-nieuw-west_taal-nl_{today}.csv\""
            )
        );
        let body = String::from_utf8(bytes).unwrap();
        let body = body.trim_start_matches('\u{FEFF}');
        let lines: Vec<Vec<String>> = body.lines().map(|line| cells(line, separator)).collect();
        assert_eq!(lines.len(), counts.rows.len() + 1);
        for ((line, bucket), numbers) in lines[1..].iter().zip(&counts.rows).zip(&counts.cells) {
            let sum: u64 = numbers.iter().sum();
            let numbers = numbers.iter().chain([&sum]).map(u64::to_string);
            let mut expected = vec![bucket.key.clone(), bucket.label.clone()];
            expected.extend(numbers);
            assert_eq!(*line, expected);
        }
    }
    let refused = library
        .editor
        .refused(Method::GET, "/api/v1/quotes.csv?form=xlsx", None::<&()>);
    assert_eq!(refused.await.status, 422);
}
