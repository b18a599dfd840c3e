//! What a server says that it has, as a fresh tablet and the office see it.

use std::collections::BTreeMap;

use koffiekar_server::random;
use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::office::QuotePage;
use koffiekar_sync_core::replica::{Budget, Identity, Replica, Standing};
use koffiekar_tests::office::{Office, http};
use koffiekar_tests::tablet::Tablet;

/// Quotes of every conversation of these tests.
pub(super) const QUOTES: usize = 2;

/// Looks at a server again and again, without leaving anything there.
pub(super) struct Watcher {
    identity: Identity,
    office: Office,
}

impl Watcher {
    pub(super) async fn enrol(url: &str) -> Watcher {
        Watcher {
            identity: Tablet::enrol(url, "veldwerker2")
                .await
                .replica
                .identity()
                .clone(),
            office: Office::sign_in(url, "redacteur1").await,
        }
    }

    /// All conversations with their heads, as a tablet gets them that has nothing yet; none may come
    /// twice, and the office must count the quotes of exactly these.
    pub(super) async fn everything(&mut self, url: &str) -> BTreeMap<ConversationId, Document> {
        let replica = Replica::new(self.identity.clone(), random::bytes());
        let mut fresh = Tablet {
            url: url.to_owned(),
            replica,
            clock_error_ms: 0,
            budget: Budget::default(),
        };
        fresh.sync().await.unwrap();
        let there: BTreeMap<ConversationId, Document> = fresh
            .replica
            .conversations()
            .map(|(id, held)| (id, Document::load(held.bytes()).unwrap()))
            .collect();
        url.clone_into(&mut self.office.url);
        let page: QuotePage = self.office.get("/api/v1/quotes?limit=1").await;
        assert_eq!(page.total, (there.len() * QUOTES) as u64);
        there
    }
}

/// What receipts cover on this tablet, with the heads.
pub(super) fn acknowledged(tablet: &Tablet) -> BTreeMap<ConversationId, Vec<Head>> {
    let held = tablet.replica.conversations();
    held.filter(|(_, held)| matches!(held.standing(), Standing::Stored(_)))
        .map(|(id, held)| (id, Document::heads_of(held.bytes()).unwrap()))
        .collect()
}

/// Everything that was acknowledged is there, with all that was written.
pub(super) fn assert_kept(
    acknowledged: &BTreeMap<ConversationId, Vec<Head>>,
    there: &BTreeMap<ConversationId, Document>,
) {
    for (id, heads) in acknowledged {
        let document = there.get(id);
        let document = document.unwrap_or_else(|| panic!("acknowledged and gone: {id:?}"));
        let whole = heads.iter().all(|head| document.has(head));
        assert!(whole, "an acknowledged edit of {id:?} is gone");
    }
}

/// Status and code of a path that watches the server.
pub(super) async fn ready(url: &str) -> (u16, String) {
    let response = http().get(format!("{url}/readyz")).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}
