//! What cannot be done to action lines, and what can be taken back.

use koffiekar_server::office::programme;

use super::*;

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_says_what_to_do() {
    let world = World::open(Place::sqlite()).await;
    let [one, two, three] = [&*world.lines[0], &*world.lines[1], &*world.lines[2]];
    let into = |keys: &[&str]| -> Value { keys.iter().map(|key| json!({ "key": key })).collect() };
    let cases = [
        (json!({ "kind": "retired", "lines": [one, two] }), 422),
        (
            json!({ "kind": "retired", "lines": [one], "into": into(&[two]) }),
            422,
        ),
        (
            json!({ "kind": "retired", "lines": [one], "on": "2020-01-01" }),
            422,
        ),
        (json!({ "kind": "retired", "lines": ["none"] }), 422),
        (json!({ "kind": "retired", "lines": ["nergens"] }), 422),
        (
            json!({ "kind": "split", "lines": [one], "into": into(&[two]) }),
            422,
        ),
        (
            json!({ "kind": "split", "lines": [one], "into": into(&[one, two]) }),
            422,
        ),
        (
            json!({ "kind": "split", "lines": [one], "into": into(&[two, three]), "on": "2099-01-01" }),
            422,
        ),
        (
            json!({ "kind": "split", "lines": [one], "into": [{ "key": two }, new(three, "Al daar", "x")] }),
            409,
        ),
        (
            json!({ "kind": "split", "lines": [one], "into": [{ "key": two }, new("nieuw", "", "x")] }),
            422,
        ),
        (
            json!({ "kind": "merged", "lines": [one], "into": [new("nieuw", "Nieuw", "x")] }),
            422,
        ),
        (
            json!({ "kind": "merged", "lines": [], "into": into(&[two]) }),
            422,
        ),
    ];
    for (body, status) in cases {
        for path in ["/api/v1/line-acts", "/api/v1/line-acts/preview"] {
            let refused = world.admin.refused(Method::POST, path, Some(&body)).await;
            assert_eq!(refused.status, status, "{body}: {}", refused.detail);
        }
    }
    for office in [&world.editor] {
        let body = json!({ "kind": "retired", "lines": [one] });
        let refused = office
            .refused(Method::POST, "/api/v1/line-acts", Some(&body))
            .await;
        assert_eq!(refused.status, 403);
    }
    let acts: Vec<LineAct> = world.admin.get("/api/v1/line-acts").await;
    assert!(acts.is_empty());
}

#[tokio::test]
async fn acts_never_make_a_circle_and_are_taken_back_from_the_last_on() {
    let world = World::open(Place::sqlite()).await;
    let [one, two, three] = [&*world.lines[0], &*world.lines[1], &*world.lines[2]];
    let merged = |from: &str, to: &str| json!({ "kind": "merged", "lines": [from], "into": [{ "key": to }] });
    world.act(merged(one, two)).await;
    world.act(merged(two, three)).await;
    for body in [merged(three, one), merged(one, three), merged(three, two)] {
        let refused = world
            .admin
            .refused(Method::POST, "/api/v1/line-acts", Some(&body))
            .await;
        assert_eq!(refused.status, 409, "{body}");
    }
    let refused = world
        .admin
        .refused(Method::POST, "/api/v1/line-acts/1/undo", Some(&()))
        .await;
    assert!(refused.detail.contains('2'), "{}", refused.detail);
    world.undo(2).await;
    world.undo(1).await;
    let refused = world
        .admin
        .refused(Method::POST, "/api/v1/line-acts/1/undo", Some(&()))
        .await;
    assert_eq!(refused.status, 409);
    let refused = world
        .admin
        .refused(Method::POST, "/api/v1/line-acts/9/undo", Some(&()))
        .await;
    assert_eq!(refused.status, 404);
    world.act(merged(two, one)).await;
}

#[tokio::test]
async fn a_line_that_was_made_with_an_act_goes_with_it_unless_somebody_used_it() {
    let world = World::open(Place::sqlite()).await;
    let quote = world.untagged(1).await[0];
    let old = &*world.lines[0];
    let parts = [new("deel-1", "Een", "een"), new("deel-2", "Twee", "twee")];
    let split = json!({ "kind": "split", "lines": [old], "into": parts });
    world.act(split.clone()).await;
    world.decide(quote, json!({ "confirm": ["deel-1"] })).await;
    world.undo(1).await;
    let catalogue: Catalogue = world.admin.get("/api/v1/programme").await;
    let known = |key: &str| {
        catalogue
            .action_lines
            .iter()
            .any(|line| line.key.as_str() == key)
    };
    assert!(known("deel-1") && !known("deel-2") && known(old));
    assert!(
        catalogue
            .action_lines
            .iter()
            .all(|line| line.ended.is_none())
    );
}

#[tokio::test]
async fn a_programme_file_may_lack_a_line_that_ended_and_no_other_that_is_used() {
    let world = World::open(Place::sqlite()).await;
    let old = &*world.lines[0];
    let quote = world.untagged(1).await[0];
    world.decide(quote, json!({ "confirm": [old] })).await;
    let mut tx = world.store().read().await.unwrap();
    let mut file = koffiekar_server::store::catalogue::read(&mut tx)
        .await
        .unwrap();
    drop(tx);
    file.action_lines.retain(|line| line.key.as_str() != old);
    let mut tx = world.store().write().await.unwrap();
    let refused = programme::write(&mut tx, &file)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains(old) && refused.contains("retire"),
        "{refused}"
    );
    drop(tx);

    world
        .act(json!({ "kind": "retired", "lines": [old] }))
        .await;
    let mut tx = world.store().write().await.unwrap();
    programme::write(&mut tx, &file).await.unwrap();
    tx.commit().await.unwrap();
    let catalogue: Catalogue = world.admin.get("/api/v1/programme").await;
    let line = catalogue
        .action_lines
        .iter()
        .find(|line| line.key.as_str() == old);
    assert!(line.unwrap().ended.is_some(), "old tags have their title");
}
