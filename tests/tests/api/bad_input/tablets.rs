//! What a refusal does to the tablet: it keeps what it holds, and stores it once the cause is mended.

use super::*;

#[tokio::test]
async fn a_revoked_device_keeps_what_it_holds_and_others_go_on() {
    let server = Server::start(Place::sqlite()).await;
    let mut lost = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut other = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let recorded = new(&lost, &mut numbers);
    let id = lost.record(round("buurtronde-2026"), &recorded);
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let path = format!("/api/v1/devices/{}/revoke", lost.replica.identity().device);
    let _: serde_json::Value = admin.post(&path, &()).await;

    let words = lost.read(id);
    lost.exchange().await.unwrap();
    assert_eq!(
        lost.read(id),
        words,
        "it is held at the office and stays here"
    );
    assert!(!matches!(lost.standing(id), Standing::Stored(_)));
    let mut rows = Rows::of(&server.place).await;
    assert_eq!(rows.count("documents").await, 0);
    assert_eq!(rows.count("quarantine").await, 1);
    // A stranger with its number learns nothing of the revocation.
    let mut stranger = envelope(&lost, &Request::default());
    stranger.signature[3] ^= 1;
    assert_eq!(
        problem(&server, stranger.to_bytes()).await.code(),
        "device-unknown"
    );
    other.sync().await.unwrap();
}

/// Beyond 2^53 a number is not the same for a client in JavaScript.
#[tokio::test]
async fn a_place_that_is_no_whole_number_everywhere_is_refused() {
    let server = Server::start(Place::sqlite()).await;
    let tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    for (place, is_taken) in [
        (limits::WHOLE_NUMBERS - 1, true),
        (limits::WHOLE_NUMBERS, false),
    ] {
        let request = Request {
            cursors: vec![Cursor {
                round: round("buurtronde-2026"),
                place,
            }],
            feed_bytes: 100_000,
            ..Request::default()
        };
        match post(&server.url, envelope(&tablet, &request).to_bytes()).await {
            Err(SyncError::Refused(problem)) => {
                assert!(!is_taken, "{place}");
                assert_eq!((problem.status, problem.code()), (422, "invalid"));
            }
            answered => assert!(answered.is_ok() && is_taken, "{place}"),
        }
    }
}

const YEAR_MS: i64 = 365 * Millis::DAY;

#[tokio::test]
async fn a_clock_that_is_ten_years_off_is_corrected_and_the_work_stored() {
    for error_ms in [-10 * YEAR_MS, 10 * YEAR_MS] {
        let server = Server::start(Place::sqlite()).await;
        let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
        tablet.clock_error_ms = error_ms;
        let mut numbers = Numbers(1);
        let before = new(&tablet, &mut numbers);
        let wrong = tablet.record(round("buurtronde-2026"), &before);
        let Synced {
            stored, refused, ..
        } = tablet.sync().await.unwrap();
        assert_eq!((stored, refused), (1, 0));
        let now = tablet.now();
        let right = tablet.replica.clock(now);
        assert!(right.0.abs_diff(koffiekar_tests::tablet::now().0) < 60_000);

        // By now the tablet knows what time it is.
        let after = NewConversation {
            recorded_at: right,
            ..new(&tablet, &mut numbers)
        };
        let known = tablet.record(round("buurtronde-2026"), &after);
        tablet.sync().await.unwrap();

        let mut rows = Rows::of(&server.place).await;
        let row = rows.projection(wrong).await;
        assert!(
            row.clock_doubtful,
            "{error_ms} is no time to have recorded anything"
        );
        assert!(
            row.recorded_at.0.abs_diff(right.0) < 60_000,
            "the time of receipt"
        );
        let row = rows.projection(known).await;
        assert_eq!((row.clock_doubtful, row.recorded_at), (false, right));
        // The resident's words are found under the day they came in.
        let office = Office::sign_in(&server.url, "redacteur1").await;
        let page: QuotePage = office.get("/api/v1/quotes").await;
        assert!(
            page.quotes
                .iter()
                .all(|q| q.recorded_at.0.abs_diff(right.0) < 60_000)
        );
        assert_eq!(page.total, 2);
    }
}

#[tokio::test]
async fn a_time_at_the_end_of_all_numbers_is_a_clock_that_is_off() {
    let server = Server::start(Place::sqlite()).await;
    let tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let identity = tablet.replica.identity();
    for time in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
        let key = identity.signing_key();
        let request = Request::default();
        let envelope = Envelope::seal(
            &request,
            identity.device,
            &key,
            Millis(time),
            random::bytes(),
        );
        let refused = problem(&server, envelope.to_bytes()).await;
        assert_eq!(
            (refused.status, refused.code()),
            (401, "clock-off"),
            "{time}"
        );
        assert!(refused.server_time.is_some());
    }
    let mut numbers = Numbers(1);
    // What a document may hold at all.
    for time in [0, 1_577_836_799_999, Millis::LATEST.0] {
        let recorded = NewConversation {
            recorded_at: Millis(time),
            ..new(&tablet, &mut numbers)
        };
        let id = ConversationId::new(tablet.now(), random::bytes());
        let push = pushed(&tablet, id, round("buurtronde-2026"), &recorded);
        assert_eq!(
            outcomes(&server, &tablet, vec![push]).await,
            [Outcome::Stored],
            "{time}"
        );
        let row = Rows::of(&server.place).await.projection(id).await;
        assert!(
            row.clock_doubtful && row.recorded_at.0 > 1_577_836_800_000,
            "{time}"
        );
    }
}

fn held(code: ReasonCode) -> impl Fn(&Standing) -> bool {
    move |standing| matches!(standing, Standing::Held(Reason { code: why, .. }) if *why == code)
}

#[tokio::test]
async fn what_was_refused_stays_on_the_tablet_until_the_cause_is_mended() {
    let server = Server::start(Place::sqlite()).await;
    let admin = Office::sign_in(&server.url, "beheerder").await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let closing = round("openhuis-2026");
    let foreign = round("overlegronde-2026");

    let first = new(&tablet, &mut numbers);
    let old = tablet.record(closing, &first);
    tablet.sync().await.unwrap();
    close(&admin, closing, true).await;

    // An edit of an old conversation is taken, a new conversation is not.
    let correct = Command::CorrectWording {
        quote: first.quotes[0].id,
        verbatim: "Zo zei hij het.".to_owned(),
    };
    tablet.execute(old, &correct);
    let recorded = new(&tablet, &mut numbers);
    let late = tablet.record(closing, &recorded);
    let recorded = new(&tablet, &mut numbers);
    let elsewhere = tablet.record(foreign, &recorded);
    let recorded = new(&tablet, &mut numbers);
    let honest = tablet.record(round("buurtronde-2026"), &recorded);
    let Synced {
        stored,
        refused: not,
        ..
    } = tablet.sync().await.unwrap();
    assert_eq!((stored, not), (2, 0));
    assert!(matches!(tablet.standing(old), Standing::Stored(_)));
    assert!(matches!(tablet.standing(honest), Standing::Stored(_)));
    assert!(held(ReasonCode::ClosedRound)(&tablet.standing(late)));
    assert!(held(ReasonCode::ForeignRound)(&tablet.standing(elsewhere)));

    // It is not sent again by itself, and it survives a restart.
    tablet.restart();
    let Synced {
        stored,
        refused: not,
        ..
    } = tablet.sync().await.unwrap();
    assert_eq!((stored, not), (0, 0));
    assert!(held(ReasonCode::ClosedRound)(&tablet.standing(late)));
    let words = tablet.read(late);

    // Trying again without a change of heart elsewhere changes nothing here.
    tablet.replica.retry_refused();
    let Synced {
        stored,
        refused: not,
        ..
    } = tablet.sync().await.unwrap();
    assert_eq!((stored, not), (0, 0));
    assert!(held(ReasonCode::ClosedRound)(&tablet.standing(late)));

    close(&admin, closing, false).await;
    let worker = demo::user("veldwerker1");
    let rounds = [
        "buurtronde-2026",
        "openhuis-2026",
        "conceptreactie-2026",
        "overlegronde-2026",
    ];
    let change = serde_json::json!({ "rounds": rounds.map(round) });
    let (status, _) = admin
        .call(
            Method::PATCH,
            &format!("/api/v1/people/{worker}"),
            Some(&change),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    tablet.replica.retry_refused();
    let Synced {
        stored,
        refused: not,
        ..
    } = tablet.sync().await.unwrap();
    assert_eq!((stored, not), (2, 0));
    assert!(matches!(tablet.standing(late), Standing::Stored(_)));
    assert!(matches!(tablet.standing(elsewhere), Standing::Stored(_)));
    assert_eq!(tablet.read(late), words);
    let mut rows = Rows::of(&server.place).await;
    assert_eq!(rows.count("documents").await, 4);
}

async fn close(admin: &Office, round: RoundId, closed: bool) {
    let change = ChangeRound {
        closed: Some(closed),
        ..ChangeRound::default()
    };
    let path = format!("/api/v1/rounds/{round}");
    let (status, body) = admin.call(Method::PATCH, &path, Some(&change)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}
