//! What a tablet has in memory, as the encrypted records that lie on the disk.

use koffiekar_sync_core::{
    catalogue::Catalogue,
    replica::{Effect, Held},
};

use super::{Open, RETURN_CODE, TOLD};
use crate::field::{
    draft::{EditDraft, draft_key},
    records::aside_key,
    store::{Shelf, Write, key_of},
    suggest,
    vault::{Vault, VaultError},
};
use crate::parts::set_time_zone;

impl Open {
    pub(super) fn writes_of(&mut self, effects: Vec<Effect>) -> Result<Vec<Write>, VaultError> {
        // Only what was erased, or left, is forgotten and is set aside.
        let aside: Vec<Write> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Forget(id) => Some(self.removed(Shelf::Meta, &aside_key(*id))),
                _ => None,
            })
            .collect();
        let mut writes = effects
            .into_iter()
            .map(|effect| self.write_of(effect))
            .collect::<Result<Vec<_>, _>>()?;
        writes.extend(aside);
        Ok(writes)
    }

    fn write_of(&mut self, effect: Effect) -> Result<Write, VaultError> {
        let write = match effect {
            Effect::Keep(id) => {
                self.digests.forget(id);
                match self.replica.held(id) {
                    Some(held) => self.sealed(Shelf::Conversations, &id.key(), &held.to_bytes())?,
                    // Kept and forgotten by one answer.
                    None => self.removed(Shelf::Conversations, &id.key()),
                }
            }
            Effect::Forget(id) => {
                self.digests.forget(id);
                self.removed(Shelf::Conversations, &id.key())
            }
            Effect::KeepState => self.sealed(Shelf::Meta, "state", &self.replica.state())?,
            Effect::KeepVoucher(id) => match self.replica.voucher(id) {
                Some(bytes) => self.sealed(Shelf::Vouchers, &id.to_string(), &bytes)?,
                None => self.removed(Shelf::Vouchers, &id.to_string()),
            },
            Effect::ForgetVoucher(id) => self.removed(Shelf::Vouchers, &id.to_string()),
            Effect::KeepIdentity => {
                let identity = self.replica.identity().to_bytes();
                self.sealed(Shelf::Meta, "identity", &identity)?
            }
            Effect::KeepReference(bytes) => {
                // One that this version cannot read is kept for the next.
                if let Ok(catalogue) = serde_json::from_slice::<Catalogue>(&bytes) {
                    set_time_zone(&catalogue.programme);
                    self.catalogue = catalogue;
                    suggest::forget();
                }
                self.sealed(Shelf::Meta, "reference", &bytes)?
            }
            Effect::KeepTagger(bytes) => {
                let write = self.sealed(Shelf::Meta, "tagger", &bytes)?;
                self.tagger = Some(bytes);
                suggest::forget();
                write
            }
        };
        Ok(write)
    }

    /// All that is in memory, as it lies on the disk.
    pub(super) fn everything(&self) -> Result<Vec<Write>, VaultError> {
        let replica = &self.replica;
        let mut writes = vec![
            self.person.write(),
            self.sealed(Shelf::Meta, "identity", &replica.identity().to_bytes())?,
            self.sealed(Shelf::Meta, "state", &replica.state())?,
            self.sealed_json(Shelf::Meta, TOLD, &self.elsewhere.told)?,
        ];
        // Where there is none, the state beside it counts for nothing and all is fetched anew.
        if self.catalogue != Catalogue::default() {
            writes.push(self.sealed_json(Shelf::Meta, "reference", &self.catalogue)?);
        }
        if let Some(code) = &self.return_code {
            writes.push(self.sealed(Shelf::Meta, RETURN_CODE, code.as_bytes())?);
        }
        if let Some(tagger) = &self.tagger {
            writes.push(self.sealed(Shelf::Meta, "tagger", tagger)?);
        }
        for (id, held) in replica.conversations() {
            writes.push(self.sealed(Shelf::Conversations, &id.key(), &held.to_bytes())?);
        }
        for (id, held) in replica.aside() {
            let bytes = held.map(Held::to_bytes).unwrap_or_default();
            writes.push(self.sealed(Shelf::Meta, &aside_key(id), &bytes)?);
        }
        for (id, voucher) in replica.vouchers() {
            writes.push(self.sealed(Shelf::Vouchers, &id.to_string(), voucher)?);
        }
        for draft in self.drafts.values() {
            writes.push(self.sealed_json(Shelf::Drafts, &draft_key(draft.id), draft)?);
        }
        for edit in self.edits.values() {
            let key = EditDraft::key(edit.conversation, edit.target);
            writes.push(self.sealed_json(Shelf::Drafts, &key, edit)?);
        }
        Ok(writes)
    }

    pub(super) fn sealed(
        &self,
        shelf: Shelf,
        key: &str,
        plain: &[u8],
    ) -> Result<Write, VaultError> {
        sealed(&self.vault, shelf, key, plain)
    }

    pub(in crate::field) fn sealed_json(
        &self,
        shelf: Shelf,
        key: &str,
        value: &impl serde::Serialize,
    ) -> Result<Write, VaultError> {
        // Plain data with text keys: it always has a JSON form.
        self.sealed(shelf, key, &serde_json::to_vec(value).unwrap_or_default())
    }

    pub(in crate::field) fn removed(&self, shelf: Shelf, key: &str) -> Write {
        Write {
            shelf,
            key: key_of(self.vault.user(), key),
            bytes: None,
        }
    }
}

pub(crate) fn sealed(
    vault: &Vault,
    shelf: Shelf,
    key: &str,
    plain: &[u8],
) -> Result<Write, VaultError> {
    let key = key_of(vault.user(), key);
    let bytes = Some(vault.seal(shelf.name(), &key, plain)?);
    Ok(Write { shelf, key, bytes })
}
