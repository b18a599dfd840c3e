//! A person's records as they lie on the disk, and the open tablet made of them.

use std::collections::BTreeMap;

use koffiekar_sync_core::{
    catalogue::Catalogue,
    ids::{ConversationId, UserId},
    replica::{Identity, Replica},
};

use super::{
    draft::{Draft, EditDraft, Target},
    opening,
    store::{self, Shelf, StoreError, Write, key_of},
    tablet::{RETURN_CODE, TOLD, WorkError, sealed},
    told,
    vault::{self, Vault, VaultError},
};

pub(super) struct Records {
    user: UserId,
    meta: Vec<(String, Vec<u8>)>,
    conversations: Vec<(String, Vec<u8>)>,
    drafts: Vec<(String, Vec<u8>)>,
    vouchers: Vec<(String, Vec<u8>)>,
}

pub(super) struct Contents {
    pub(super) replica: Replica,
    pub(super) catalogue: Catalogue,
    pub(super) tagger: Option<Vec<u8>>,
    pub(super) drafts: BTreeMap<ConversationId, Draft>,
    pub(super) edits: BTreeMap<(ConversationId, Target), EditDraft>,
    pub(super) unreadable: usize,
    pub(super) told: Vec<told::Line>,
    pub(super) return_code: Option<String>,
}

/// Where among [`Shelf::Meta`] a conversation lies that is set aside: as it was kept, or nothing.
const ASIDE: &str = "aside/";

pub(super) fn aside_key(id: ConversationId) -> String {
    format!("{ASIDE}{}", id.key())
}

impl Records {
    pub(super) async fn read(user: UserId) -> Result<Self, StoreError> {
        Ok(Self {
            user,
            meta: store::all_of(Shelf::Meta, user).await?,
            conversations: store::all_of(Shelf::Conversations, user).await?,
            drafts: store::all_of(Shelf::Drafts, user).await?,
            vouchers: store::all_of(Shelf::Vouchers, user).await?,
        })
    }

    /// These were being opened when the app ended: from now on they lie where nothing opens them.
    pub(super) async fn set_aside(
        &self,
        vault: &Vault,
        ids: &[ConversationId],
    ) -> Result<(), WorkError> {
        let mut writes = Vec::new();
        for id in ids {
            let record = self.conversations.iter().find(|(key, _)| *key == id.key());
            let place = key_of(self.user, id.key());
            let bytes = match record {
                Some((_, bytes)) => vault.open(Shelf::Conversations.name(), &place, bytes)?,
                None => Vec::new(),
            };
            writes.push(sealed(vault, Shelf::Meta, &aside_key(*id), &bytes)?);
            writes.push(Write {
                shelf: Shelf::Conversations,
                key: place,
                bytes: None,
            });
        }
        Ok(store::write(&writes).await?)
    }

    /// What cannot be opened is counted, and stays where it is.
    pub(super) fn open(self, vault: &Vault) -> Result<Contents, WorkError> {
        let user = self.user;
        let plain = |shelf: Shelf, key: &str, bytes: &[u8]| {
            vault.open(shelf.name(), &key_of(user, key), bytes)
        };
        let meta = |name: &str| {
            let record = self.meta.iter().find(|(key, _)| key == name);
            record
                .map(|(key, bytes)| plain(Shelf::Meta, key, bytes))
                .transpose()
        };
        let identity = meta("identity")?.ok_or(VaultError::Damaged)?;
        let identity = Identity::from_bytes(&identity).map_err(|_| VaultError::Damaged)?;
        let catalogue = meta("reference")
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Catalogue>(&bytes).ok());
        // Without reference data the state may not claim to hold it: all is fetched anew.
        let state = catalogue
            .as_ref()
            .and_then(|_| meta("state").ok().flatten());

        let mut unreadable = 0;
        let mut held = Vec::with_capacity(self.conversations.len());
        for (key, bytes) in &self.conversations {
            match (
                ConversationId::from_key(key),
                plain(Shelf::Conversations, key, bytes),
            ) {
                (Ok(id), Ok(bytes)) => held.push((id, bytes)),
                _ => unreadable += 1,
            }
        }
        // One that cannot be opened is missing for a conversation that may never need it.
        let vouchers = self.vouchers.iter().filter_map(|(key, bytes)| {
            let bytes = plain(Shelf::Vouchers, key, bytes).ok()?;
            Some((key.parse().ok()?, bytes))
        });
        let session = vault::random()?;
        let (mut replica, broken) =
            Replica::restore(identity, session, state.as_deref(), held, vouchers);
        unreadable += broken.len();
        replica.watch_openings(opening::watch);
        for (key, bytes) in &self.meta {
            let id = key.strip_prefix(ASIDE).map(ConversationId::from_key);
            let Some(Ok(id)) = id else {
                continue;
            };
            let bytes = plain(Shelf::Meta, key, bytes).unwrap_or_default();
            let bytes = (!bytes.is_empty()).then_some(bytes.as_slice());
            if !replica.set_aside(id, bytes) {
                unreadable += 1;
            }
        }

        let (mut drafts, mut edits) = (BTreeMap::new(), BTreeMap::new());
        for (key, bytes) in &self.drafts {
            let Ok(bytes) = plain(Shelf::Drafts, key, bytes) else {
                unreadable += 1;
                continue;
            };
            if let Ok(draft) = serde_json::from_slice::<Draft>(&bytes) {
                drafts.insert(draft.id, draft);
            } else if let Ok(edit) = serde_json::from_slice::<EditDraft>(&bytes) {
                edits.insert((edit.conversation, edit.target), edit);
            } else {
                unreadable += 1;
            }
        }
        let catalogue = catalogue.unwrap_or_default();
        let tagger = meta("tagger").ok().flatten();
        let told = meta(TOLD)
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        // Without it the password brings the worker back.
        let return_code = meta(RETURN_CODE)
            .ok()
            .flatten()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Contents {
            replica,
            catalogue,
            tagger,
            drafts,
            edits,
            unreadable,
            told,
            return_code,
        })
    }
}
