//! What the office changes in a conversation: the same commands as on a tablet, carried out by the
//! server's own actor on the newest document. The acting person stands in the value.

use koffiekar_sync_core::conversation::{Command, CommandError, Document};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, UserId};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::projection::{Surroundings, project};
use crate::store::answers::{self, Answer};
use crate::store::documents::{self, NewVersion};
use crate::store::{audit, catalogue};

/// How often an edit starts over because a tablet wrote the same conversation meanwhile.
const TRIES: usize = 10;

/// Carries out commands on one conversation, as one version, with its line in the audit log.
///
/// `answer` is what the tagger had answered, where the commands are the first decision about a quote.
/// `check` sees the conversation that the commands will meet, and may refuse.
pub(crate) async fn execute(
    koffiekar: &Koffiekar,
    id: ConversationId,
    commands: &[Command],
    by: UserId,
    audit_entry: audit::Entry<'_>,
    answer: Option<&Answer>,
    check: impl Fn(&koffiekar_sync_core::conversation::Conversation) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    for _ in 0..TRIES {
        let mut tx = koffiekar.store.read().await?;
        let stored = documents::find(&mut tx, &[id])
            .await?
            .pop()
            .ok_or_else(ApiError::not_found)?;
        let surroundings = Surroundings::of(&catalogue::read(&mut tx).await?);
        drop(tx);

        let mut document = Document::load(&stored.bytes).map_err(ApiError::internal)?;
        check(&document.read().map_err(ApiError::internal)?)?;
        let now = koffiekar.clock.now();
        for command in commands {
            document
                .execute(command, koffiekar.actor, by, now)
                .map_err(refusal)?;
        }
        let heads = document.heads();
        if heads == stored.heads {
            return Ok(());
        }
        let conversation = document.read().map_err(ApiError::internal)?;
        let kind = surroundings
            .kind(stored.round)
            .ok_or_else(ApiError::not_found)?;
        let model = koffiekar.suggest.model();
        let projection = project(
            id,
            stored.round,
            kind,
            &conversation,
            stored.arrival(document.recorded_on()),
            &surroundings,
            |text, language, first| model.suggest(text, language, first),
        );
        let version = NewVersion {
            id,
            round: stored.round,
            merged_into: Some(stored.version),
            heads,
            bytes: document.save(),
            received_at: stored.received_at,
            written_at: now,
            device: DeviceNumber::SERVER,
            projection,
            model: model.version.to_string(),
        };
        let mut tx = koffiekar.store.write().await?;
        if let Some(written) = documents::write(&mut tx, vec![&version]).await? {
            audit::write(&mut tx, audit_entry.clone()).await?;
            if let Some(answer) = answer {
                answers::add(&mut tx, answer).await?;
            }
            tx.commit().await?;
            koffiekar.announce(&written);
            return Ok(());
        }
    }
    Err(ApiError::Busy(None))
}

fn refusal(error: CommandError) -> ApiError {
    match error {
        CommandError::NoSuchQuote => ApiError::not_found(),
        CommandError::Document(error) => ApiError::internal(error),
        other => ApiError::invalid(
            format!("Dit kan niet worden opgeslagen ({other})."),
            format!("This cannot be stored: {other}."),
        ),
    }
}
