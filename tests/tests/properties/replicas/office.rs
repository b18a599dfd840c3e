//! A server small enough to be read at once: what the protocol asks of one, in memory.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ChangeHash};
use ed25519_dalek::{SigningKey, VerifyingKey};
use koffiekar_sync_core::admission::{Admission, Refusal, admit};
use koffiekar_sync_core::conversation::{Document, Head};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, QuoteId, RoundId, UserId};
use koffiekar_sync_core::policy::Author;
use koffiekar_sync_core::receipt::{
    KeyId, KeySuccession, Receipt, ReceiptLine, SignedReceipt, feed_fingerprint,
};
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::{
    Answer, Compared, Cursor, Envelope, Epoch, FeedPage, Fingerprint, News, Outcome, Push, Reason,
    ReasonCode, Request, Version, Voucher,
};

#[derive(Clone)]
pub(super) struct Office {
    /// Oldest first; the last signs.
    keys: Vec<SigningKey>,
    pub(super) epoch: Epoch,
    pub(super) now: Millis,
    devices: BTreeMap<DeviceNumber, Device>,
    pub(super) members: BTreeMap<UserId, BTreeSet<RoundId>>,
    pub(super) documents: BTreeMap<ConversationId, Stored>,
    /// Where each conversation stands in the feed of a round; the first number is the last place given.
    feeds: BTreeMap<RoundId, (u64, Places)>,
    pub(super) gone: BTreeMap<ConversationId, Gone>,
    pub(super) quarantine: BTreeMap<(DeviceNumber, ConversationId), Vec<Head>>,
}

type Places = BTreeMap<ConversationId, (u64, Kind)>;

#[derive(Clone)]
struct Device {
    user: UserId,
    public_key: [u8; 32],
    revoked: bool,
}

#[derive(Clone)]
pub(super) struct Stored {
    pub(super) round: RoundId,
    pub(super) bytes: Vec<u8>,
    pub(super) heads: Vec<Head>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Changed,
    Gone,
    Moved,
}

#[derive(Clone)]
pub(super) enum Gone {
    Erased,
    Replaced { by: ConversationId, quote: QuoteId },
}

/// What became of a conversation in the end, and of which quotes on the way.
enum Fate {
    Erased,
    Replaced {
        by: ConversationId,
        quotes: BTreeSet<QuoteId>,
    },
}

impl Office {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            keys: vec![SigningKey::from_bytes(&[1; 32])],
            epoch: Epoch([1; 16]),
            now,
            devices: BTreeMap::new(),
            members: BTreeMap::new(),
            documents: BTreeMap::new(),
            feeds: BTreeMap::new(),
            gone: BTreeMap::new(),
            quarantine: BTreeMap::new(),
        }
    }

    pub(super) fn enrol(&mut self, user: UserId, seed: [u8; 32]) -> Identity {
        // Numbers are never given twice, whatever is put back: as long random ones would be.
        let number = u64::from_le_bytes(Fingerprint::of(&seed).0[..8].try_into().unwrap());
        let device = DeviceNumber(number | 1);
        let identity = Identity {
            device,
            user,
            seed,
            receipt_key: self.public_key().to_bytes(),
        };
        self.devices.insert(
            device,
            Device {
                user,
                public_key: identity.signing_key().verifying_key().to_bytes(),
                revoked: false,
            },
        );
        identity
    }

    pub(super) fn revoke(&mut self, device: DeviceNumber) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.revoked = true;
        }
    }

    pub(super) fn rotate(&mut self) {
        let number = self.keys.len().to_le_bytes()[0] + 1;
        self.keys.push(SigningKey::from_bytes(&[number; 32]));
    }

    fn public_key(&self) -> VerifyingKey {
        self.keys.last().unwrap().verifying_key()
    }

    /// Everything as it was, but for the keys and for what was erased since.
    pub(super) fn put_back(&mut self, backup: &Office, epoch: Epoch) {
        let gone = std::mem::take(&mut self.gone);
        let (keys, now) = (self.keys.clone(), self.now);
        *self = Office {
            keys,
            now,
            epoch,
            ..backup.clone()
        };
        for (id, how) in gone {
            match how {
                Gone::Erased => self.erase(id),
                Gone::Replaced { by, quote } => self.replace(id, by, quote),
            }
        }
    }

    fn fate(&self, id: ConversationId) -> Option<Fate> {
        let (mut by, mut quotes) = (id, BTreeSet::new());
        while let Some(gone) = self.gone.get(&by) {
            match gone {
                Gone::Erased => return Some(Fate::Erased),
                Gone::Replaced { by: next, quote } => {
                    by = *next;
                    quotes.insert(*quote);
                }
            }
        }
        (by != id).then_some(Fate::Replaced { by, quotes })
    }

    /// `None` where all of it was erased.
    pub(super) fn goes_on_as(&self, id: ConversationId) -> Option<ConversationId> {
        match self.fate(id) {
            None => Some(id),
            Some(Fate::Erased) => None,
            Some(Fate::Replaced { by, .. }) => Some(by),
        }
    }

    pub(super) fn lost_any(&self) -> bool {
        let ends = self.gone.keys().filter_map(|id| self.goes_on_as(*id));
        ends.into_iter().any(|by| self.is_lost(by))
    }

    /// Was this copy made before something was done to what is this conversation now? Where there are
    /// `several` tablets, they hold what the copy has nothing of in several states.
    pub(super) fn is_older(&self, now: &Office, id: ConversationId, several: bool) -> bool {
        let mut before = self.documents.iter();
        match before.find(|(old, _)| now.goes_on_as(**old) == Some(id)) {
            None => several,
            Some((old, stored)) => *old != id || stored.heads != now.documents[&id].heads,
        }
    }

    /// It goes on under an id that an older copy of everything has nothing of.
    fn is_lost(&self, by: ConversationId) -> bool {
        !self.documents.contains_key(&by)
    }

    pub(super) fn erase(&mut self, id: ConversationId) {
        if let Some(stored) = self.documents.remove(&id) {
            self.put_in_feed(stored.round, id, Kind::Gone);
        }
        self.gone.insert(id, Gone::Erased);
    }

    pub(super) fn erase_quote(&mut self, id: ConversationId, quote: QuoteId) {
        let by = id.successor(&BTreeSet::from([quote]), 0);
        self.replace(id, by, quote);
    }

    fn replace(&mut self, id: ConversationId, by: ConversationId, quote: QuoteId) {
        if self.gone.contains_key(&id) {
            return;
        }
        self.gone.insert(id, Gone::Replaced { by, quote });
        let Some(stored) = self.documents.remove(&id) else {
            return;
        };
        self.put_in_feed(stored.round, id, Kind::Gone);
        self.rebuild(&stored.bytes, by, stored.round, &BTreeSet::from([quote]));
    }

    fn rebuild(
        &mut self,
        old: &[u8],
        by: ConversationId,
        round: RoundId,
        erased: &BTreeSet<QuoteId>,
    ) {
        let document = Document::load(old).unwrap();
        let document = document.successor(by, erased, false).unwrap();
        self.store(by, round, document.save(), document.heads());
    }

    pub(super) fn move_to(&mut self, id: ConversationId, round: RoundId) {
        let Some(stored) = self.documents.get(&id).cloned() else {
            return;
        };
        if stored.round != round {
            self.put_in_feed(stored.round, id, Kind::Moved);
            self.store(id, round, stored.bytes, stored.heads);
        }
    }

    fn store(&mut self, id: ConversationId, round: RoundId, bytes: Vec<u8>, heads: Vec<Head>) {
        self.put_in_feed(round, id, Kind::Changed);
        let stored = Stored {
            round,
            bytes,
            heads,
        };
        self.documents.insert(id, stored);
    }

    fn put_in_feed(&mut self, round: RoundId, id: ConversationId, kind: Kind) {
        let (last, rows) = self.feeds.entry(round).or_default();
        *last += 1;
        rows.insert(id, (*last, kind));
    }

    /// Nothing where the device is unknown.
    pub(super) fn answer(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        self.now = self.now.plus(1_000);
        let envelope = Envelope::from_bytes(message).unwrap();
        let device = self.devices.get(&envelope.device)?.clone();
        envelope.verify(&device.public_key).unwrap();
        let request = envelope.open().unwrap();
        let rounds: BTreeSet<RoundId> = match device.revoked {
            true => BTreeSet::new(),
            false => self.members.get(&device.user).cloned().unwrap_or_default(),
        };
        let author = Author {
            device: envelope.device,
            user: device.user,
            edits: true,
        };
        let mut lines = Vec::new();
        let mut wanted = BTreeSet::new();
        let mut outcomes = Vec::new();
        for push in &request.push {
            let vouched = self.vouched(&request, push);
            let outcome = self.take_in(push, &rounds, &author, &vouched, &mut lines);
            if outcome == Outcome::ActorReused {
                wanted.insert(push.document);
            }
            outcomes.push(outcome);
        }
        let mut compared = Vec::new();
        for version in &request.compare {
            compared.push(self.compare(version, &rounds, &mut lines));
        }
        let pages = self.pages(&request, &rounds, &wanted);
        let versions: Vec<Version> = pages
            .iter()
            .flat_map(|page| &page.news)
            .filter_map(|news| match news {
                News::Changed(document, bytes) => Some(Version {
                    document: *document,
                    heads: Document::load(bytes).unwrap().heads(),
                }),
                _ => None,
            })
            .collect();
        let named = request.push.iter().map(|push| push.document);
        let named = named.chain(request.compare.iter().map(|version| version.document));
        let told = pages.iter().flat_map(|page| &page.news);
        let told = told.filter_map(|news| match news {
            News::Replaced(id, _) => Some(*id),
            _ => None,
        });
        let erased_quotes = named
            .chain(told)
            .filter_map(|id| match self.fate(id) {
                Some(Fate::Replaced { quotes, .. }) => Some(quotes),
                _ => None,
            })
            .flatten()
            .collect();
        let key = self.keys.last().unwrap();
        let receipt = Receipt {
            epoch: self.epoch,
            key: KeyId::of(&key.verifying_key()),
            device: envelope.device,
            request: Fingerprint::of(message),
            time: self.now,
            documents: lines,
            feed: (!versions.is_empty()).then(|| feed_fingerprint(&versions)),
        };
        let trusted = self
            .keys
            .iter()
            .position(|key| Some(KeyId::of(&key.verifying_key())) == request.receipt_key);
        let chain = self.keys[trusted.unwrap()..].windows(2);
        let answer = Answer {
            epoch: self.epoch,
            time: self.now,
            outcomes,
            receipt: Some(SignedReceipt::sign(&receipt, key)),
            rounds: pages,
            reference: None,
            tagger: None,
            compared,
            keys: chain
                .map(|pair| KeySuccession::sign(&pair[1].verifying_key(), &pair[0]))
                .collect(),
            revoked: device.revoked,
            erased_quotes,
            doubtful_times: Vec::new(),
        };
        Some(answer.to_bytes())
    }

    /// The heads that the voucher of this push names, if this server signed it.
    fn vouched(&self, request: &Request, push: &Push) -> Vec<Head> {
        let Some(place) = push.voucher else {
            return Vec::new();
        };
        let Voucher { receipt, feed } = &request.vouchers[place as usize];
        let keys = self.keys.iter().map(SigningKey::verifying_key);
        let receipt = keys
            .filter_map(|key| receipt.verify(&key).ok())
            .next()
            .unwrap();
        if !feed.is_empty() {
            assert_eq!(receipt.feed, Some(feed_fingerprint(feed)));
            let versions = feed.iter().filter(|v| v.document == push.document);
            return versions.flat_map(|v| v.heads.clone()).collect();
        }
        let lines = receipt.documents.iter();
        let lines = lines.filter(|line| line.document == push.document && !line.held);
        lines
            .flat_map(|line| [line.pushed.clone(), line.stored.clone()].concat())
            .collect()
    }

    fn take_in(
        &mut self,
        push: &Push,
        rounds: &BTreeSet<RoundId>,
        author: &Author,
        vouched: &[Head],
        lines: &mut Vec<ReceiptLine>,
    ) -> Outcome {
        match self.fate(push.document) {
            Some(Fate::Erased) => return Outcome::Erased,
            Some(Fate::Replaced { by, quotes }) => {
                if self.is_lost(by) && rounds.contains(&push.round) {
                    match admitted(None, push, author, vouched) {
                        Ok((bytes, _, _)) => self.rebuild(&bytes, by, push.round, &quotes),
                        Err(Refusal::MissingDependencies) => return Outcome::MissingDependencies,
                        Err(_) => {}
                    }
                }
                return Outcome::Replaced(by);
            }
            None => {}
        }
        let existing = self.documents.get(&push.document).cloned();
        let round = existing.as_ref().map_or(push.round, |stored| stored.round);
        let existing = existing.map(|stored| stored.bytes);
        let admission = admitted(existing.as_deref(), push, author, vouched);
        let mut line = ReceiptLine {
            document: push.document,
            pushed: push.heads.clone(),
            stored: Vec::new(),
            held: false,
        };
        let (bytes, heads) = match admission {
            Ok((_, heads, false)) => {
                line.stored = heads;
                lines.push(line);
                return Outcome::Unchanged;
            }
            Ok((bytes, heads, true)) => (bytes, heads),
            Err(Refusal::MissingDependencies) => return Outcome::MissingDependencies,
            Err(Refusal::ActorReused | Refusal::StandsOtherwise) => return Outcome::ActorReused,
            Err(refusal) => {
                return Outcome::Invalid(Reason {
                    code: ReasonCode::NotAllowed,
                    detail: refusal.to_string(),
                });
            }
        };
        if !rounds.contains(&round) {
            let device = author.device;
            self.quarantine
                .insert((device, push.document), push.heads.clone());
            line.held = true;
            lines.push(line);
            return Outcome::Held(Reason {
                code: ReasonCode::ForeignRound,
                detail: "no member".to_owned(),
            });
        }
        line.stored = heads.clone();
        lines.push(line);
        self.store(push.document, round, bytes, heads);
        Outcome::Stored
    }

    fn compare(
        &self,
        version: &Version,
        rounds: &BTreeSet<RoundId>,
        lines: &mut Vec<ReceiptLine>,
    ) -> Compared {
        match self.fate(version.document) {
            Some(Fate::Erased) => return Compared::Erased,
            Some(Fate::Replaced { by, .. }) if self.is_lost(by) => {
                return Compared::Lacks(Vec::new());
            }
            Some(Fate::Replaced { by, .. }) => return Compared::Replaced(by),
            None => {}
        }
        let stored = self.documents.get(&version.document);
        let Some(stored) = stored.filter(|stored| rounds.contains(&stored.round)) else {
            return Compared::Lacks(Vec::new());
        };
        let document = Document::load(&stored.bytes).unwrap();
        if !version.heads.iter().all(|head| document.has(head)) {
            return Compared::Lacks(stored.heads.clone());
        }
        lines.push(ReceiptLine {
            document: version.document,
            pushed: version.heads.clone(),
            stored: stored.heads.clone(),
            held: false,
        });
        Compared::Has
    }

    fn pages(
        &self,
        request: &Request,
        rounds: &BTreeSet<RoundId>,
        wanted: &BTreeSet<ConversationId>,
    ) -> Vec<FeedPage> {
        let same = request.epoch == Some(self.epoch);
        let cursors: &[Cursor] = if same { &request.cursors } else { &[] };
        let mut budget = request.feed_bytes as usize;
        let empty = (0, BTreeMap::new());
        let mut pages = Vec::new();
        for round in rounds {
            let (last, rows) = self.feeds.get(round).unwrap_or(&empty);
            let from = cursors.iter().find(|cursor| cursor.round == *round);
            let from = from.map_or(0, |cursor| cursor.place);
            let from = if from > *last { 0 } else { from };
            let mut behind: Vec<_> = rows.iter().filter(|(_, (at, _))| *at > from).collect();
            behind.sort_by_key(|(_, (at, _))| *at);
            let mut page = FeedPage {
                round: *round,
                place: from,
                more: false,
                news: Vec::new(),
            };
            for (id, (place, kind)) in behind {
                if budget == 0 {
                    page.more = true;
                    break;
                }
                page.place = *place;
                budget = budget.saturating_sub(500);
                if *kind == Kind::Changed && self.is_echo(request, *id, *round) {
                    continue;
                }
                page.news.extend(self.news(*id, *kind));
            }
            if !page.more {
                page.place = *last;
            }
            for id in wanted {
                let here = self.documents.get(id).is_some_and(|s| s.round == *round);
                let told = page
                    .news
                    .iter()
                    .any(|news| matches!(news, News::Changed(at, _) if at == id));
                if here && !told {
                    page.news.extend(self.news(*id, Kind::Changed));
                }
            }
            pages.push(page);
        }
        pages
    }

    fn is_echo(&self, request: &Request, id: ConversationId, round: RoundId) -> bool {
        let pushed = request.push.iter().find(|push| push.document == id);
        pushed.is_some_and(|push| push.heads == self.documents[&id].heads && push.round == round)
    }

    fn news(&self, id: ConversationId, kind: Kind) -> Option<News> {
        match kind {
            Kind::Changed => Some(News::Changed(id, self.documents[&id].bytes.clone())),
            Kind::Moved => Some(News::MovedAway(id)),
            Kind::Gone => match self.gone.get(&id)? {
                Gone::Erased => Some(News::Erased(id)),
                Gone::Replaced { by, .. } => Some(News::Replaced(id, *by)),
            },
        }
    }
}

/// The document with what was pushed, its heads, and whether that is another one than before.
fn admitted(
    existing: Option<&[u8]>,
    push: &Push,
    author: &Author,
    vouched: &[Head],
) -> Result<(Vec<u8>, Vec<Head>, bool), Refusal> {
    let with_vouched = with_vouched(existing, &push.changes, vouched);
    let base = with_vouched.as_deref().or(existing);
    match admit(base, &push.changes, &push.heads, author, &[])? {
        Admission::Merged(merged) => Ok((merged.bytes, merged.heads, true)),
        Admission::Unchanged { heads } => {
            let changed = with_vouched.is_some();
            Ok((base.unwrap_or_default().to_vec(), heads, changed))
        }
    }
}

/// What is stored, with those of the pushed changes that are vouched heads or come before them.
fn with_vouched(existing: Option<&[u8]>, pushed: &[u8], vouched: &[Head]) -> Option<Vec<u8>> {
    let all = [existing.unwrap_or_default(), pushed].concat();
    let all = Automerge::load(&all).ok()?;
    let vouched: Vec<ChangeHash> = vouched
        .iter()
        .map(|head| ChangeHash(head.0))
        .filter(|hash| all.get_change_meta_by_hash(hash).is_some())
        .collect();
    if vouched.is_empty() {
        return None;
    }
    let mut base = match existing {
        Some(bytes) => Automerge::load(bytes).ok()?,
        None => Automerge::new(),
    };
    let before = base.get_heads();
    let vouched = all.fork_at(&vouched).ok()?;
    let changes = base.get_changes_added(&vouched);
    base.apply_changes(changes).ok()?;
    (base.get_heads() != before).then(|| base.save_nocompress())
}
