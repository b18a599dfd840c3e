//! What people do on their tablets: the command, and what the model makes of it.

use std::collections::BTreeSet;

use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::{
    Command, CommandError, Conversation, NewConversation, NewQuote, NotesEdit, Splice, Stance,
};
use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, StatementId, UserId};
use koffiekar_sync_core::replica::{EditError, Effect};

use super::checks::paragraphs_of;
use super::host::{self, LINES};
use super::model::{Edit, Part};
use super::tablet::Form;
use super::world::{Checked, World};
use crate::seed::Numbers;

/// Conversations of one run. More add time, not trouble.
const MOST_CONVERSATIONS: usize = 14;

/// Makes marks that stand nowhere else. A mark is one word in every language, and none is a part of
/// another.
pub struct Marks {
    event: u32,
    made: u32,
}

impl Marks {
    pub fn of(event: u32) -> Marks {
        Marks { event, made: 0 }
    }

    pub fn fresh(&mut self) -> String {
        self.made += 1;
        format!("zq{:05}k{:02}", self.event, self.made)
    }
}

impl World {
    pub(super) fn record(&mut self, event: u32, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let person = self.tablets[tablet].person;
        let by = host::person(person);
        let now = self.reading_on(tablet);
        let memory = self.awake(tablet, dice)?;
        let enough = memory.rounds.is_empty();
        let time = memory.replica.time(now);
        let at = time.at;
        let contact = memory.replica.last_contact();
        if contact.is_some_and(|contact| at < contact) || memory.set_back && !time.doubtful {
            return Err(format!(
                "T{tablet} would write down a time that cannot be: {time:?}"
            ));
        }
        let round = (!enough).then(|| *dice.pick(&memory.rounds));
        let (Some(round), true) = (round, self.model.conversations.len() < MOST_CONVERSATIONS)
        else {
            return Ok(());
        };
        let mut marks = Marks::of(event);
        let (mut new, parts) = new_conversation(&mut marks, by, at, dice);
        new.clock_doubtful = time.doubtful;
        let id = ConversationId::new(at, dice.bytes());
        let recorded = self.awake(tablet, dice)?.replica.record(id, round, &new);
        let effects = recorded.map_err(|error| format!("cannot be recorded: {error}"))?;
        self.model.conversations.push(id);
        self.model.may_know[person].insert(id);
        let name = self.model.name(id);
        self.tell(format!("T{tablet} records {name} in {}", round_name(round)));
        self.did(tablet, id, effects, parts)
    }

    pub(super) fn open_notes(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let memory = self.awake(tablet, dice)?;
        let held = memory.holds();
        if held.is_empty() {
            return Ok(());
        }
        let id = *dice.pick(&held);
        let heads = memory.replica.heads(id);
        let form = Form {
            conversation: id,
            seen: heads.map_err(|error| error.to_string())?,
            text: memory.read(id)?.notes,
        };
        memory.form = Some(form);
        let name = self.model.name(id);
        self.tell(format!("T{tablet} opens the notes of {name}"));
        Ok(())
    }

    pub(super) fn edit(&mut self, event: u32, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let person = self.tablets[tablet].person;
        let now = self.reading_on(tablet);
        let memory = self.awake(tablet, dice)?;
        let held = memory.holds();
        if held.is_empty() {
            return Ok(());
        }
        let open_form = memory.form.clone();
        let with_form = open_form.as_ref().map(|form| form.conversation);
        let id = match with_form.filter(|id| held.contains(id)) {
            Some(id) if dice.below(3) == 0 => id,
            _ => *dice.pick(&held),
        };
        let conversation = memory.read(id)?;
        let heads = memory
            .replica
            .heads(id)
            .map_err(|error| error.to_string())?;
        let form = open_form
            .filter(|form| form.conversation == id)
            .unwrap_or_else(|| Form {
                conversation: id,
                seen: heads,
                text: conversation.notes.clone(),
            });
        let writer = Writer {
            by: host::person(person),
            edits: host::is_editor(person),
            at: memory.replica.clock(now),
        };
        let mut marks = Marks::of(event);
        let Some((command, parts)) = command(&mut marks, &writer, &conversation, &form, dice)
        else {
            return Ok(());
        };
        let memory = self.awake(tablet, dice)?;
        let waits = memory.replaced.contains_key(&id);
        let done = memory.replica.execute(id, &command, now);
        let name = self.model.name(id);
        if let Err(EditError::Command(CommandError::UnknownState)) = done
            && (self.model.done_again.contains(&id) || waits)
        {
            // What the form showed was done again since, or cleansed, and is another history: what was
            // to be taken out there cannot be found.
            self.awake(tablet, dice)?.form = None;
            self.tell(format!("T{tablet} must open the notes of {name} again"));
            return Ok(());
        }
        let effects = done.map_err(|error| format!("T{tablet} {name}: {command:?}: {error}"))?;
        if waits {
            // Its notes may have been written on what the form showed before.
            self.model.done_again.insert(id);
        }
        self.tell(format!("T{tablet} edits {name}: {}", described(&parts)));
        if effects.is_empty() {
            return Ok(());
        }
        self.did(tablet, id, effects, parts)
    }

    fn did(
        &mut self,
        tablet: usize,
        id: ConversationId,
        effects: Vec<Effect>,
        parts: Vec<Part>,
    ) -> Checked {
        let edit = self.model.edits.len();
        let memory = self.tablets[tablet].memory.as_mut().ok_or("closed")?;
        let view = memory.view.entry(id).or_default();
        self.model.edits.push(Edit {
            conversation: id,
            knew: view.clone(),
            parts,
        });
        if !view.is_empty() {
            memory.own.entry(id).or_default().insert(edit);
        }
        view.insert(edit);
        memory.unwritten = effects;
        self.check(tablet, &[id])
    }
}

/// Who writes, and when.
struct Writer {
    by: UserId,
    edits: bool,
    at: Millis,
}

fn new_conversation(
    marks: &mut Marks,
    by: UserId,
    at: Millis,
    dice: &mut Numbers,
) -> (NewConversation, Vec<Part>) {
    let language = language(marks);
    let mut parts = vec![Part::Language(language.clone())];
    let area = (dice.below(2) == 0).then(|| marks.fresh());
    parts.extend(area.clone().map(Part::Area));
    let mut notes = String::new();
    for _ in 0..dice.below(3) {
        let text = paragraph(marks);
        notes.push_str(&text);
        parts.push(Part::Paragraph(text));
    }
    let quotes = (0..1 + dice.below(2))
        .map(|_| new_quote(marks, by, at, &mut parts, dice))
        .collect();
    let consent = [Purpose::Analysis, Purpose::AnonymousPublication]
        .into_iter()
        .filter_map(|purpose| {
            // Mostly yes, or the office would see little.
            let decision = match dice.below(6) {
                0 => return None,
                1 => Decision::Withdrawn,
                _ => Decision::Given,
            };
            Some(answer(purpose, decision, by, at, Vec::new(), dice))
        })
        .inspect(|(id, statement)| parts.push(Part::Answer(*id, statement.clone())))
        .collect();
    let new = NewConversation {
        recorded_at: at,
        recorded_by: by,
        language,
        area,
        notes,
        quotes,
        consent,
        clock_doubtful: false,
    };
    (new, parts)
}

fn new_quote(
    marks: &mut Marks,
    by: UserId,
    at: Millis,
    parts: &mut Vec<Part>,
    dice: &mut Numbers,
) -> NewQuote {
    let id = QuoteId::new(at, dice.bytes());
    let verbatim = wording(marks);
    parts.push(Part::Quote(id, verbatim.clone()));
    let lines: Vec<LineKey> = (0..dice.below(2)).map(|_| line(dice)).collect();
    let proposed = |line: &LineKey| Part::Tag(id, line.clone(), by, Stance::Proposed);
    parts.extend(lines.iter().map(proposed));
    NewQuote {
        id,
        verbatim,
        language: None,
        lines,
    }
}

fn command(
    marks: &mut Marks,
    writer: &Writer,
    conversation: &Conversation,
    form: &Form,
    dice: &mut Numbers,
) -> Option<(Command, Vec<Part>)> {
    let quotes: Vec<QuoteId> = conversation.quotes.iter().map(|quote| quote.id).collect();
    let quote = (!quotes.is_empty()).then(|| *dice.pick(&quotes));
    let mut parts = Vec::new();
    let command = match dice.below(20) {
        0..3 => Command::AddQuote(new_quote(marks, writer.by, writer.at, &mut parts, dice)),
        3..7 => {
            let (quote, verbatim) = (quote?, wording(marks));
            parts.push(Part::Wording(quote, verbatim.clone()));
            Command::CorrectWording { quote, verbatim }
        }
        7 => {
            let quote = quote?;
            parts.push(Part::Removed(quote));
            Command::RemoveQuote { quote }
        }
        8..12 => Command::EditNotes(edit_notes(marks, form, &mut parts, dice)),
        12 => {
            let area = marks.fresh();
            parts.push(Part::Area(area.clone()));
            Command::SetArea { area: Some(area) }
        }
        13 => {
            let language = language(marks);
            parts.push(Part::Language(language.clone()));
            Command::SetLanguage { language }
        }
        14..17 => {
            let (quote, line) = (quote?, line(dice));
            let stances = [
                Stance::Proposed,
                Stance::Retracted,
                Stance::Confirmed,
                Stance::Rejected,
            ];
            let stance = *dice.pick(&stances[..if writer.edits { 4 } else { 2 }]);
            parts.push(Part::Tag(quote, line.clone(), writer.by, stance));
            Command::Tag {
                quote,
                line,
                stance,
            }
        }
        _ => {
            let purpose = *dice.pick(&Purpose::ALL[..2]);
            let decision = *dice.pick(&[Decision::Given, Decision::Withdrawn]);
            let mut seen = conversation.consent.standing(purpose);
            if dice.below(5) == 0 {
                seen.truncate(1);
            }
            let (id, statement) = answer(purpose, decision, writer.by, writer.at, seen, dice);
            parts.push(Part::Answer(id, statement.clone()));
            Command::Consent(vec![(id, statement)])
        }
    };
    Some((command, parts))
}

/// Puts a paragraph between two others, or takes one out, on the text that the form shows.
fn edit_notes(
    marks: &mut Marks,
    form: &Form,
    parts: &mut Vec<Part>,
    dice: &mut Numbers,
) -> NotesEdit {
    let shown: Vec<&str> = form.text.split_inclusive('\n').collect();
    let at = |count: usize| -> usize { shown[..count].iter().map(|p| p.chars().count()).sum() };
    let splice = if !shown.is_empty() && dice.below(3) == 0 {
        let which = dice.below(shown.len());
        let gone = match paragraphs_of(shown[which]) {
            lines if lines.is_empty() => vec![shown[which].to_owned()],
            lines => lines,
        };
        parts.extend(gone.into_iter().map(Part::Gone));
        Splice {
            at: at(which),
            delete: shown[which].chars().count(),
            insert: String::new(),
        }
    } else {
        let text = paragraph(marks);
        parts.push(Part::Paragraph(text.clone()));
        Splice {
            at: at(dice.below(shown.len() + 1)),
            delete: 0,
            insert: text,
        }
    };
    NotesEdit {
        seen: form.seen.clone(),
        splices: vec![splice],
    }
}

fn answer(
    purpose: Purpose,
    decision: Decision,
    by: UserId,
    at: Millis,
    supersedes: Vec<StatementId>,
    dice: &mut Numbers,
) -> (StatementId, Statement) {
    let statement = Statement {
        purpose,
        decision,
        text: "2026-1".to_owned(),
        language: "nl".to_owned(),
        at,
        by,
        supersedes,
        clock_doubtful: false,
    };
    (StatementId(dice.bytes()), statement)
}

/// A code that stands nowhere else, of a language that has none.
fn language(marks: &mut Marks) -> String {
    let mark = marks.fresh();
    let (event, number) = mark.split_at(7);
    format!("mis-{event}-{number}")
}

fn wording(marks: &mut Marks) -> String {
    format!("Wij willen {} in de straat.", marks.fresh())
}

fn paragraph(marks: &mut Marks) -> String {
    format!("{} gezien bij de kar.\n", marks.fresh())
}

fn line(dice: &mut Numbers) -> LineKey {
    dice.pick(&LINES).parse().unwrap()
}

fn round_name(round: koffiekar_sync_core::ids::RoundId) -> String {
    let at = (0..host::MOST_ROUNDS).find(|at| host::round(*at) == round);
    at.map_or_else(|| "R?".to_owned(), |at| format!("R{at}"))
}

fn described(parts: &[Part]) -> String {
    let words: BTreeSet<String> = parts
        .iter()
        .map(|part| match part {
            Part::Language(code) => format!("language {code}"),
            Part::Area(code) => format!("area {code}"),
            Part::Quote(_, words) => format!("quote `{words}`"),
            Part::Wording(_, words) => format!("wording `{words}`"),
            Part::Removed(quote) => format!("removes {quote:?}"),
            Part::Paragraph(text) => format!("paragraph `{}`", text.trim_end()),
            Part::Gone(text) => format!("takes out `{}`", text.trim_end()),
            Part::Tag(_, line, _, stance) => format!("{} {line}", stance.as_str()),
            Part::Answer(_, statement) => {
                format!("{:?} {:?}", statement.decision, statement.purpose)
            }
        })
        .collect();
    words.into_iter().collect::<Vec<_>>().join(", ")
}
