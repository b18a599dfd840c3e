//! Work that two copies of a tablet do again, and notes that were written on what a form showed before.

use koffiekar_sync_core::conversation::{Command, NotesEdit};
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::HeldPage;
use koffiekar_sync_core::replica::{EditError, Standing};
use koffiekar_tests::server::Place;
use koffiekar_tests::tablet::Tablet;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::House;
use super::quotes::{check_standing, write_notes};

const BEGUN: &str = "Bij de koffiekar.";

fn edit(tablet: &Tablet, id: ConversationId, after: &str) -> Command {
    let before = tablet.read(id).notes;
    let heads = tablet.replica.heads(id).unwrap();
    Command::EditNotes(NotesEdit::between(heads, &before, after))
}

#[tokio::test]
async fn what_two_copies_of_a_tablet_carried_over_stands_once() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    write_notes(&mut one, id, "Het regende.");
    let mut copy = one.copy();
    write_notes(&mut copy, id, "Het was druk.");
    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    // Neither knows of the other when it does it again.
    for tablet in [&mut one, &mut copy] {
        tablet.exchange().await.unwrap();
        assert!(tablet.read(next).notes.contains("Het regende."));
    }
    one.sync().await.unwrap();
    copy.sync().await.unwrap();
    one.sync().await.unwrap();
    for tablet in [&one, &copy] {
        check_standing(tablet);
        let notes = tablet.read(next).notes;
        assert_eq!(notes, format!("{BEGUN} Het regende. Het was druk."));
    }
}

/// Nobody has to turn down what is there.
#[tokio::test]
async fn what_was_held_and_came_in_from_a_copy_meanwhile_can_be_accepted() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, quotes) = house.record(&mut one);
    one.sync().await.unwrap();
    write_notes(&mut one, id, "Het regende.");
    let mut copy = one.copy();
    let next = house.erase_quote(id, quotes[0]).await.replaced_by.unwrap();
    for tablet in [&mut one, &mut copy] {
        tablet.exchange().await.unwrap();
    }
    let person = format!("/api/v1/people/{}", one.replica.identity().user);
    let disabled = |disabled: bool| Some(json!({ "disabled": disabled }));
    let admin = &house.admin;
    let out = disabled(true);
    admin.call(Method::PATCH, &person, out.as_ref()).await;
    one.sync().await.unwrap();
    let standing = one.standing(next);
    assert!(matches!(standing, Standing::Held(_)), "{standing:?}");
    let back = disabled(false);
    admin.call(Method::PATCH, &person, back.as_ref()).await;
    copy.sync().await.unwrap();

    let page: HeldPage = house.admin.get("/api/v1/held").await;
    let path = format!("/api/v1/held/{}/accept", page.held[0].id);
    let (status, body) = house.admin.call(Method::POST, &path, None::<&()>).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    one.sync().await.unwrap();
    check_standing(&one);
    assert_eq!(one.read(next).notes, format!("{BEGUN} Het regende."));
}

#[tokio::test]
async fn who_signs_in_anew_twice_finds_the_places_of_the_notes_again() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, _) = house.record(&mut one);
    let command = edit(&one, id, &format!("Vroeg. {BEGUN}"));
    one.execute(id, &command);
    one.sign_in_again("veldwerker1").await;
    // It is done again, and not yet sent.
    one.exchange().await.unwrap();
    one.sign_in_again("veldwerker1").await;
    one.sync().await.unwrap();
    check_standing(&one);
    assert_eq!(one.read(id).notes, format!("Vroeg. {BEGUN}"));
}

#[tokio::test]
async fn what_is_typed_on_notes_that_were_done_again_meanwhile_is_taken() {
    let mut house = House::open(Place::sqlite()).await;
    let mut one = house.tablet("veldwerker1").await;
    let (id, _) = house.record(&mut one);
    // Forms that show what another device will have recorded.
    let typed = edit(&one, id, &format!("{BEGUN} Het regende."));
    let taken_out = edit(&one, id, "Bij de kar.");
    one.sign_in_again("veldwerker1").await;
    one.sync().await.unwrap();

    one.execute(id, &typed);
    one.sync().await.unwrap();
    check_standing(&one);
    let notes = format!("{BEGUN}\n\n[Later toegevoegd] Het regende.");
    assert_eq!(one.read(id).notes, notes);
    // What was taken out cannot be found in them: whoever did it is told.
    let now = one.now();
    let refused = one.replica.execute(id, &taken_out, now);
    assert!(matches!(refused, Err(EditError::Command(_))), "{refused:?}");
    assert_eq!(one.read(id).notes, notes);
}
