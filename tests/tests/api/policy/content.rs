//! What a conversation may hold, and how much of it.

use automerge::transaction::CommitOptions;
use koffiekar_tests::chunks::tampered_with;

use super::*;

#[tokio::test]
async fn what_is_no_part_of_a_conversation_is_not_kept() {
    let mut street = Street::open().await;
    street
        .edit_refused(
            "a key of the root",
            NotAllowed,
            "`address` is not a part",
            |tx, _| tx.put(ROOT, "address", "Osdorpplein 1"),
        )
        .await;
    street
        .edit_refused(
            "a key of meta",
            NotAllowed,
            "`meta/name` is not a part",
            |tx, _| {
                let meta = part(tx, "meta");
                tx.put(meta, "name", "Fatima")
            },
        )
        .await;
    street
        .edit_refused(
            "a key of a quote",
            NotAllowed,
            "`quotes/*/phone` is not a part",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "phone", "0612345678")
            },
        )
        .await;
    street
        .edit_refused(
            "a tag of a quote that is not there",
            NotAllowed,
            "`tags`",
            |tx, _| {
                let tags = part(tx, "tags");
                let key = format!("{0}/wonen-1/{0}", random_id().simple());
                tx.put(tags, key, "proposed 1")
            },
        )
        .await;
    street
        .edit_refused(
            "a number as wording",
            NotAllowed,
            "`verbatim`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "verbatim", 1_i64)
            },
        )
        .await;
    street
        .edit_refused(
            "a null character",
            NotAllowed,
            "`verbatim`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "verbatim", "nul\0")
            },
        )
        .await;
    street
        .edit_refused("marks in the notes", NotAllowed, "`notes`", |tx, _| {
            let notes = part(tx, "notes");
            let mark = automerge::marks::Mark::new("bold".to_owned(), true, 0, 3);
            tx.mark(notes, mark, automerge::marks::ExpandMark::Both)
        })
        .await;
    street
        .edit_refused("an object in the notes", NotAllowed, "`notes`", |tx, _| {
            let notes = part(tx, "notes");
            tx.insert_object(notes, 0, ObjType::Map).map(drop)
        })
        .await;
    street
        .edit_refused("a counter", NotAllowed, "`area`", |tx, _| {
            let meta = part(tx, "meta");
            tx.put(meta, "area", automerge::ScalarValue::counter(1))
        })
        .await;
}

#[tokio::test]
async fn a_quote_holds_words_that_can_be_seen() {
    let mut street = Street::open().await;
    for blank in ["", " \n", "\u{200b}\u{200b}", "\u{2060}\u{202e}"] {
        street
            .edit_refused(
                "a blank wording",
                NotAllowed,
                "can be seen",
                |tx, stored| {
                    let quotes = part(tx, "quotes");
                    let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                    tx.put(quote, "verbatim", blank)
                },
            )
            .await;
    }
    street
        .edit_refused(
            "a quote without words",
            NotAllowed,
            "can be seen",
            |tx, _| {
                let quotes = part(tx, "quotes");
                let id = QuoteId(random_id());
                tx.put_object(quotes, id.key(), ObjType::Map).map(drop)
            },
        )
        .await;
}

#[tokio::test]
async fn a_first_change_makes_the_whole_conversation_and_nothing_else() {
    let mut street = Street::open().await;
    let by = street.worker.key();
    for missing in [
        "schema",
        "meta",
        "notes",
        "quotes",
        "tags",
        "consent",
        "recorded_at",
        "recorded_by",
        "language",
    ] {
        street
            .first_refused(missing, NotAConversation, "a part is missing", |tx| {
                make_all_but(tx, &by, &[missing])
            })
            .await;
    }
    street
        .first_refused("a part of the wrong type", NotAllowed, "`notes`", |tx| {
            make_all_but(tx, &by, &["notes"])?;
            tx.put_object(ROOT, "notes", ObjType::List).map(drop)
        })
        .await;
    street
        .first_refused("a part that is a value", NotAllowed, "`tags`", |tx| {
            make_all_but(tx, &by, &["tags"])?;
            tx.put(ROOT, "tags", "none")
        })
        .await;
    street
        .first_refused("a later schema", NotAllowed, "`schema`", |tx| {
            make_all_but(tx, &by, &["schema"])?;
            tx.put(ROOT, "schema", 99_i64)
        })
        .await;
    street
        .first_refused(
            "another document",
            NotAllowed,
            "`todo` is not a part",
            |tx| tx.put(ROOT, "todo", "melk kopen"),
        )
        .await;
    street
        .first_refused(
            "a foreign key beside the rest",
            NotAllowed,
            "`extra` is not a part",
            |tx| {
                make_all_but(tx, &by, &[])?;
                tx.put(ROOT, "extra", 1_i64)
            },
        )
        .await;
    let id = street.new_id();
    let honest = push(id, handmade(actor(DEVICE), |tx| make_all_but(tx, &by, &[])));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![honest])
        .await;
    assert_eq!(outcomes, [Outcome::Stored], "all parts and nothing else");
}

#[tokio::test]
async fn more_than_the_limits_is_refused_and_the_limit_named() {
    let mut street = Street::open().await;
    let by = street.worker.key();
    let with_notes = |chars: usize| {
        let by = by.clone();
        move |tx: &mut Transaction<'_>| {
            make_all_but(tx, &by, &[])?;
            let notes = part(tx, "notes");
            tx.splice_text(notes, 0, 0, &"a".repeat(chars))
        }
    };
    street
        .first_refused(
            "notes too long",
            TooLarge,
            "notes",
            with_notes(limits::NOTES_CHARS + 1),
        )
        .await;
    street
        .first_refused(
            "notes beyond all measure",
            TooLarge,
            "claims more",
            with_notes(usize::try_from(limits::CHANGE_OPERATIONS).unwrap() + 10_000),
        )
        .await;
    let id = street.new_id();
    let longest = push(id, handmade(actor(DEVICE), with_notes(limits::NOTES_CHARS)));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![longest])
        .await;
    assert_eq!(outcomes, [Outcome::Stored], "the longest notes");

    let wording = |chars: usize| {
        move |tx: &mut Transaction<'_>, stored: &Stored| {
            let quotes = part(tx, "quotes");
            let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
            tx.put(quote, "verbatim", "é".repeat(chars))
        }
    };
    let says = "a quote may hold at most 5000 characters";
    street
        .edit_refused(
            "a quote too long",
            TooLarge,
            says,
            wording(limits::QUOTE_CHARS + 1),
        )
        .await;
    street
        .edit_refused(
            "a quote of 5 MB",
            TooLarge,
            "claims more",
            wording(2_500_000),
        )
        .await;
    street
        .edit_refused("too many quotes", TooLarge, "quotes", |tx, _| {
            let quotes = part(tx, "quotes");
            for _ in 0..limits::QUOTES {
                tx.put_object(&quotes, random_id().simple().to_string(), ObjType::Map)?;
            }
            Ok(())
        })
        .await;
    let worker = street.worker;
    street
        .edit_refused("too many statements", TooLarge, "consent", |tx, _| {
            let consent = part(tx, "consent");
            let mut numbers = Numbers(9);
            for _ in 0..limits::STATEMENTS {
                let (id, said) = statement(
                    &mut numbers,
                    Purpose::Analysis,
                    Decision::Given,
                    worker,
                    NOW,
                );
                tx.put(
                    &consent,
                    id.to_string(),
                    serde_json::to_string(&said).unwrap(),
                )?;
            }
            Ok(())
        })
        .await;
    street
        .edit_refused("an area of a page", NotAllowed, "`area`", |tx, _| {
            let meta = part(tx, "meta");
            tx.put(meta, "area", "F".repeat(limits::SHORT_CHARS + 1))
        })
        .await;
}

#[tokio::test]
async fn a_quote_stands_in_one_conversation() {
    let mut street = Street::open().await;
    let stored = street.stored().await;
    let with_quote_of = |street: &mut Street, other: &NewConversation| {
        let mut new = conversation(&mut street.numbers, street.worker, NOW, 2);
        new.quotes[1].id = other.quotes[0].id;
        let document = Document::record(&new, actor(DEVICE)).unwrap();
        Stored {
            id: street.new_id(),
            document,
            new,
        }
    };
    let borrowed = with_quote_of(&mut street, &stored.new);
    let borrowed = whole(&borrowed);
    street
        .refused(
            "a quote of another conversation",
            borrowed,
            NotAllowed,
            "another conversation",
        )
        .await;
    // Two in one push that claim the same quote: the first has it.
    let one = street.record(street.worker, DEVICE);
    let two = with_quote_of(&mut street, &one.new);
    let pushes = vec![whole(&one), whole(&two)];
    let outcomes = street.push_as(street.worker, DEVICE, false, pushes).await;
    assert_eq!(outcomes[0], Outcome::Stored);
    assert!(matches!(&outcomes[1], Outcome::Invalid(why) if why.code == NotAllowed));
}

#[tokio::test]
async fn what_only_a_resend_or_a_fresh_actor_cures_says_so() {
    let mut street = Street::open().await;
    // The first change is not here.
    let mut lost = street.record(street.worker, DEVICE);
    let command = Command::SetArea {
        area: Some("FB03".to_owned()),
    };
    let change = lost
        .document
        .execute(&command, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let edit = push(lost.id, (change, lost.document.heads()));
    // Two different changes at the same place of one actor's sequence.
    let twice = street.record(street.worker, DEVICE);
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![whole(&twice)])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
    let other = Document::record(&twice.new, actor(DEVICE)).unwrap();
    let mut fork = other.clone();
    let fork_change = fork
        .execute(&command, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let mut fork_too = other;
    let language = Command::SetLanguage {
        language: "tr".to_owned(),
    };
    let too = fork_too
        .execute(&language, actor(DEVICE), street.worker, NOW)
        .unwrap();
    let first = push(twice.id, (fork_change, fork.heads()));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![first])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
    let second = push(twice.id, (too, fork_too.heads()));
    // Heads that are not here, with and without changes.
    let stored = street.stored().await;
    let invented = push(stored.id, (Vec::new(), vec![Head([9; 32])]));
    let honest = street.record(street.worker, DEVICE);
    let batch = vec![edit, second, invented, whole(&honest)];
    let outcomes = street.push_as(street.worker, DEVICE, false, batch).await;
    let expected = [
        Outcome::MissingDependencies,
        Outcome::ActorReused,
        Outcome::MissingDependencies,
        Outcome::Stored,
    ];
    assert_eq!(outcomes, expected);
}

/// A statement as JSON, with what it must not have.
fn said(by: UserId, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let (_, said) = statement(&mut Numbers(5), Purpose::Analysis, Decision::Given, by, NOW);
    let mut json = serde_json::to_value(said).unwrap();
    change(&mut json);
    json.to_string()
}

#[tokio::test]
async fn a_statement_about_consent_has_its_fields_and_no_others() {
    let mut street = Street::open().await;
    let by = street.worker;
    let many: Vec<String> = (0..=limits::STATEMENTS)
        .map(|n| format!("{n:016x}"))
        .collect();
    let blanks = format!(
        "{}{}",
        " ".repeat(limits::STATEMENT_BYTES),
        said(by, |_| {})
    );
    let doubled = said(by, |_| {}).replacen('{', "{\"decision\":\"withdrawn\",", 1);
    for (what, json) in [
        (
            "a field that nobody knows",
            said(by, |s| s["story"] = "woorden".into()),
        ),
        (
            "100 kB in a field",
            said(by, |s| s["pad"] = "a".repeat(100_000).into()),
        ),
        ("a field twice", doubled),
        ("blanks without end", blanks),
        (
            "words for a version",
            said(by, |s| s["text"] = "de buren schreeuwen".into()),
        ),
        ("no version", said(by, |s| s["text"] = "".into())),
        (
            "words for a language",
            said(by, |s| s["language"] = "nl maar ook turks".into()),
        ),
        (
            "a moment before all time",
            said(by, |s| s["at"] = i64::MIN.into()),
        ),
        (
            "a moment beyond all dates",
            said(by, |s| s["at"] = (Millis::LATEST.0 + 1).into()),
        ),
        (
            "a moment that is a fraction",
            said(by, |s| s["at"] = 1.5.into()),
        ),
        (
            "a person in upper case",
            said(by, |s| s["by"] = by.to_string().to_uppercase().into()),
        ),
        (
            "a person without hyphens",
            said(by, |s| s["by"] = by.key().into()),
        ),
        (
            "a person in braces",
            said(by, |s| s["by"] = format!("{{{by}}}").into()),
        ),
        (
            "a statement in upper case",
            said(by, |s| s["supersedes"] = ["00000000000000AB"].into()),
        ),
        (
            "a statement with a sign",
            said(by, |s| s["supersedes"] = ["+0000000000000ab"].into()),
        ),
        (
            "more statements than there are",
            said(by, |s| s["supersedes"] = many.into()),
        ),
    ] {
        street
            .edit_refused(what, NotAllowed, "`consent`", |tx, _| {
                let consent = part(tx, "consent");
                tx.put(consent, "00000000000000ab", json)
            })
            .await;
    }
}

#[tokio::test]
async fn every_value_has_its_bounds_and_one_form() {
    let mut street = Street::open().await;
    let worker = street.worker;
    let by = worker.key();
    for (what, at) in [
        ("recorded before all time", i64::MIN),
        ("recorded before 1970", -1),
        ("recorded beyond all dates", Millis::LATEST.0 + 1),
        ("recorded at the end of all numbers", i64::MAX),
    ] {
        street
            .first_refused(what, NotAllowed, "`recorded_at`", |tx| {
                make_all_but(tx, &by, &["recorded_at"])?;
                let meta = part(tx, "meta");
                tx.put(meta, "recorded_at", at)
            })
            .await;
    }
    for form in [
        worker.to_string(),
        by.to_uppercase(),
        format!("urn:uuid:{worker}"),
    ] {
        street
            .first_refused(
                "a person in another form",
                NotAllowed,
                "`recorded_by`",
                |tx| make_all_but(tx, &form, &[]),
            )
            .await;
    }
    for (key, value) in [
        ("language", "Nederlands en een beetje Turks"),
        ("language", "NL"),
        ("area", "bij de buurvrouw"),
        ("area", "\u{200b}"),
    ] {
        street
            .edit_refused(value, NotAllowed, key, |tx, _| {
                let meta = part(tx, "meta");
                tx.put(meta, key, value)
            })
            .await;
    }
    for position in [-1, i64::MIN, i64::MAX, limits::QUOTES as i64 + 1] {
        street
            .edit_refused(
                "a place that no quote has",
                NotAllowed,
                "`quote`",
                |tx, stored| {
                    let quotes = part(tx, "quotes");
                    let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                    tx.put(quote, "position", position)
                },
            )
            .await;
    }
    street
        .edit_refused(
            "a quote's language in words",
            NotAllowed,
            "`quote`",
            |tx, stored| {
                let quotes = part(tx, "quotes");
                let (_, quote) = tx.get(&quotes, stored.quote().key()).unwrap().unwrap();
                tx.put(quote, "language", "van haar moeder")
            },
        )
        .await;
    for value in [
        "proposed +1769250000000",
        "proposed 01769250000000",
        "proposed -1",
        "proposed 9223372036854775807",
        "proposed 1769250000000 woorden",
    ] {
        street
            .edit_refused(value, NotAllowed, "`tags`", |tx, stored| {
                let tags = part(tx, "tags");
                tx.put(
                    tags,
                    format!("{}/wonen-1/{by}", stored.quote().key()),
                    value,
                )
            })
            .await;
    }
    street
        .edit_refused("a tag in upper case", NotAllowed, "`tags`", |tx, stored| {
            let tags = part(tx, "tags");
            let quote = stored.quote().key();
            tx.put(
                tags,
                format!("{quote}/wonen-1/{}", by.to_uppercase()),
                "proposed 1",
            )
        })
        .await;
}

/// A change of a colleague's conversation with this time and message, which Automerge keeps beside it.
fn committed(stored: &Stored, seconds: i64, message: Option<&str>) -> Push {
    let mut options = CommitOptions::default().with_time(seconds);
    options.message = message.map(str::to_owned);
    let made = tampered_with(&stored.document, actor(DEVICE), options, |tx| {
        let meta = part(tx, "meta");
        tx.put(meta, "area", "FB04")
    });
    push(stored.id, made)
}

#[tokio::test]
async fn what_stands_beside_a_change_is_a_time_and_the_name_of_a_change() {
    let mut street = Street::open().await;
    let stored = street.stored().await;
    let name = "AB".repeat(32);
    for (seconds, message, says) in [
        (1, Some("de buurman schreeuwt elke nacht"), "message"),
        (1, Some(name.as_str()), "message"),
        (1, Some(" "), "message"),
        (-1, None, "time"),
        (Millis::LATEST.0 / 1_000 + 1, None, "time"),
    ] {
        let push = committed(&stored, seconds, message);
        street.refused(says, push, NotAllowed, says).await;
    }
    let honest = committed(&stored, 1_769_250_000, Some(&name.to_lowercase()));
    let outcomes = street
        .push_as(street.worker, DEVICE, false, vec![honest])
        .await;
    assert_eq!(outcomes, [Outcome::Stored]);
}
