//! Publications, their sections, and what was chosen for them.

use koffiekar_server::store::publications::{self, SectionHead, Selection};
use koffiekar_server::store::{Store, conversations};
use koffiekar_sync_core::ids::{PublicationId, QuoteId, SectionId};
use koffiekar_sync_core::office::Publication;
use uuid::Uuid;

use super::world::*;

const BOOK: PublicationId = PublicationId(Uuid::from_u128(30));
const SECTION: SectionId = SectionId(Uuid::from_u128(39));
/// Comes behind it, with the smaller id.
const SECOND: SectionId = SectionId(Uuid::from_u128(31));

fn book(id: PublicationId) -> Publication {
    Publication {
        id,
        title: "Kern".to_owned(),
        form: "kern".to_owned(),
        state: "concept".to_owned(),
        sections: vec![],
        tally: None,
    }
}

fn section(id: SectionId, theme: Option<&str>, action_line: Option<&str>) -> SectionHead {
    SectionHead {
        id,
        title: "Wonen".to_owned(),
        theme: theme.map(line),
        action_line: action_line.map(line),
    }
}

/// A publication with two sections, and these quotes chosen for the first one.
pub(crate) async fn with_a_section(store: &Store, quotes: &[QuoteId]) {
    let mut tx = store.write().await.unwrap();
    publications::insert(&mut tx, &book(BOOK)).await.unwrap();
    for section in [
        section(SECTION, Some("wonen"), None),
        section(SECOND, None, Some("wonen-1")),
    ] {
        publications::insert_section(&mut tx, BOOK, &section)
            .await
            .unwrap();
    }
    for (quote, n) in quotes.iter().zip(0..) {
        let chosen = publications::choose(&mut tx, SECTION, *quote, STREET, BRAM, AT.plus(n)).await;
        assert!(chosen.unwrap());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn publications_and_sections_come_in_the_order_in_which_they_were_made() {
    on_both(async |store| {
        with_a_section(&store, &[]).await;
        let mut tx = store.write().await.unwrap();
        let earlier_id = PublicationId(Uuid::from_u128(20));
        publications::insert(&mut tx, &book(earlier_id))
            .await
            .unwrap();
        let listed = publications::list(&mut tx).await.unwrap();
        assert_eq!(listed, [book(BOOK), book(earlier_id)]);
        let found = publications::find(&mut tx, earlier_id).await.unwrap();
        assert_eq!(found, Some(book(earlier_id)));
        let nothing = PublicationId(Uuid::from_u128(99));
        assert_eq!(publications::find(&mut tx, nothing).await.unwrap(), None);
        let expected = [
            section(SECTION, Some("wonen"), None),
            section(SECOND, None, Some("wonen-1")),
        ];
        assert_eq!(
            publications::sections(&mut tx, BOOK).await.unwrap(),
            expected
        );
        assert_eq!(
            publications::sections(&mut tx, earlier_id).await.unwrap(),
            []
        );
        let found = publications::find_section(&mut tx, SECOND).await.unwrap();
        assert_eq!(found.as_ref(), Some(&expected[1]));
        let nothing = SectionId(Uuid::from_u128(99));
        assert_eq!(
            publications::find_section(&mut tx, nothing).await.unwrap(),
            None
        );
        // A section of nothing is refused.
        let lost = section(nothing, None, None);
        let made = publications::insert_section(&mut tx, PublicationId(nothing.0), &lost).await;
        assert!(made.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_quote_is_chosen_once_for_a_section_and_comes_in_the_order_of_choosing() {
    on_both(async |store| {
        // Quotes that do not exist (any more) stay chosen: an editor sees that.
        with_a_section(&store, &[quote(9), quote(1)]).await;
        let mut tx = store.write().await.unwrap();
        let later = AT.plus(77);
        let again = publications::choose(&mut tx, SECTION, quote(9), STREET, ANNA, later).await;
        assert!(!again.unwrap());
        let elsewhere = publications::choose(&mut tx, SECOND, quote(9), HOUSE, ANNA, later).await;
        assert!(elsewhere.unwrap());
        let chosen = |section, n, (by, chooser): (&str, _), round, at| Selection {
            section,
            quote: quote(n),
            chosen_by: by.to_owned(),
            chooser,
            chosen_at: at,
            round: Some(round),
        };
        let (anna, bram) = (("Anna", ANNA), ("Bram", BRAM));
        let expected = [
            chosen(SECTION, 9, bram, STREET, AT),
            chosen(SECTION, 1, bram, STREET, AT.plus(1)),
            chosen(SECOND, 9, anna, HOUSE, later),
        ];
        assert_eq!(
            publications::selections(&mut tx, BOOK).await.unwrap(),
            expected
        );
        let of_section = publications::selections_of_section(&mut tx, SECTION).await;
        assert_eq!(of_section.unwrap(), expected[..2]);
        let asked = [quote(1), quote(9), quote(5)];
        let counted = conversations::selections(&mut tx, &asked).await.unwrap();
        assert_eq!(counted, [(quote(1), 1), (quote(9), 2)].into());

        assert!(
            publications::take_back(&mut tx, SECTION, quote(9))
                .await
                .unwrap()
        );
        assert!(
            !publications::take_back(&mut tx, SECTION, quote(9))
                .await
                .unwrap()
        );
        // Chosen anew it comes last.
        let chosen = publications::choose(&mut tx, SECTION, quote(9), STREET, BRAM, later).await;
        assert!(chosen.unwrap());
        let of_section = publications::selections_of_section(&mut tx, SECTION)
            .await
            .unwrap();
        let order: Vec<QuoteId> = of_section.iter().map(|one| one.quote).collect();
        assert_eq!(order, [quote(1), quote(9)]);
        // Or where it stood; what is not there any more gives no place.
        for (before, expected) in [
            (quote(5), [quote(1), quote(9)]),
            (quote(1), [quote(9), quote(1)]),
        ] {
            let put = publications::put_before(&mut tx, SECTION, quote(9), before).await;
            put.unwrap();
            let of_section = publications::selections_of_section(&mut tx, SECTION).await;
            let of_section = of_section.unwrap();
            let order: Vec<QuoteId> = of_section.iter().map(|one| one.quote).collect();
            assert_eq!(order, expected);
        }
    })
    .await;
}
