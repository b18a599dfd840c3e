//! SQLite and PostgreSQL answer alike.

use koffiekar_server::store::{Store, catalogue, devices};
use koffiekar_sync_core::wire::Epoch;

use super::*;

/// The same conversations, to the last id, and the same decisions about them.
async fn same_everywhere(place: Place) -> Library {
    const START: Millis = Millis(1_769_250_000_000);
    // One secret, or each installation's tagger has features of its own.
    let store = Store::open(&place.address()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    catalogue::found(&mut tx, Epoch([7; 16])).await.unwrap();
    catalogue::set_secret(&mut tx, &[7; 32]).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let mut server = Server::start(place).await;
    let mut numbers = Numbers(99);
    let rounds = ["buurtronde-2026", "openhuis-2026"].map(demo::round);
    for login in ["veldwerker1", "veldwerker2"] {
        let mut tablet = Tablet::enrol(&server.url, login).await;
        let mut tx = server.koffiekar.store.write().await.unwrap();
        let device = tablet.replica.identity().device;
        devices::enrolled_before(&mut tx, device, START)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for index in 0..60 {
            let at = START.plus(index * Millis::DAY * 2);
            let by = tablet.replica.identity().user;
            let count = 1 + numbers.below(3);
            let mut new = conversation(&mut numbers, by, at, count);
            new.language = (*numbers.pick(&["nl", "nl", "tr", "ar", "en"])).to_owned();
            let given = numbers.below(4);
            new.consent.truncate(given);
            if numbers.below(6) == 0 {
                new.area = None;
            }
            let id = ConversationId::new(at, numbers.bytes());
            let round = *numbers.pick(&rounds);
            tablet.replica.record(id, round, &new).unwrap();
        }
        tablet.sync().await.unwrap();
    }
    decide(&server.url).await;
    server.restart().await;
    Library::of(server).await
}

#[tokio::test]
async fn both_engines_give_the_same_answers_to_the_letter() {
    let sqlite = same_everywhere(Place::sqlite()).await;
    let postgres = same_everywhere(Place::postgres().await).await;
    let mut paths: Vec<String> = Vec::new();
    for query in [
        "",
        "text=buurt",
        "text=licht%20rep",
        "theme=wonen",
        "action_line=none",
        "tag_state=contested",
        "area=FB",
        "area=F&language=tr",
        "from=2026-02-01&until=2026-03-01",
        "consent=analysis&kind=open_house",
        "conflict=false&limit=7",
    ] {
        paths.push(format!("/api/v1/quotes?{query}"));
        paths.push(format!("/api/v1/quotes.csv?{query}"));
        for rows in Dimension::ALL {
            let columns = Dimension::ALL[(rows as usize * 5 + query.len()) % Dimension::ALL.len()];
            let (rows, columns) = (rows.as_str(), columns.as_str());
            paths.push(format!(
                "/api/v1/quotes/counts?rows={rows}&columns={columns}&{query}"
            ));
        }
    }
    let quotes = all(&sqlite.editor, "").await;
    assert!(quotes.len() > 100);
    for quote in quotes.iter().take(20) {
        paths.push(format!("/api/v1/quotes/{}", quote.id));
    }
    paths.push("/api/v1/desk".to_owned());
    paths.push("/api/v1/publications".to_owned());
    for path in paths {
        let (status, one) = sqlite.editor.call(Method::GET, &path, None::<&()>).await;
        let (_, other) = postgres.editor.call(Method::GET, &path, None::<&()>).await;
        assert!(status.is_success(), "{path}: {one}");
        // When an editor decided is the only thing that differs.
        let timeless = |body: &str| -> String {
            match serde_json::from_str::<Value>(body) {
                Ok(mut value) => {
                    if let Some(said) = value.get_mut("said").and_then(Value::as_array_mut) {
                        said.iter_mut().for_each(|said| said["at"] = Value::Null);
                    }
                    value.to_string()
                }
                Err(_) => body.to_owned(),
            }
        };
        assert_eq!(timeless(&one), timeless(&other), "{path}");
    }
}
