//! Who may do what: one table. Rounds narrow it further: whoever may read or record, may do so in
//! the rounds they are a member of.
//!
//! An administrator manages, and does not read residents' words.

use koffiekar_sync_core::office::Role;

/// Something the server does for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Enrol a tablet and push conversations from it.
    Record,
    /// Themes, action lines, areas, consent texts, and one's own rounds.
    ReadProgramme,
    /// Search and read quotes, and export them.
    ReadQuotes,
    /// Count quotes.
    Aggregate,
    /// Say which action line a quote concerns; see what waits for that.
    Tag,
    /// Say which of two recorded wordings stands.
    SettleWording,
    /// See how good the tagger is, in numbers.
    SeeQuality,
    /// Say which of the tagger's answers may stand without a person, and from which decisions it learns.
    ManageTagger,
    /// See what was chosen for a publication.
    ReadPublications,
    /// Choose quotes for a publication.
    ChooseQuotes,
    ManagePeople,
    ManageRounds,
    ManageLines,
    /// Say what residents are asked.
    ManageProgramme,
    ManageDevices,
    /// See that work is held, take it in or turn it down. Not what it says.
    DecideHeld,
    /// Find a conversation by its id, move it to another round, erase it or a quote of it, and see what
    /// was erased. Not what it says.
    ManageConversations,
    /// Read who did and read what.
    ReadAudit,
}

impl Action {
    pub const ALL: [Action; 18] = [
        Self::Record,
        Self::ReadProgramme,
        Self::ReadQuotes,
        Self::Aggregate,
        Self::Tag,
        Self::SettleWording,
        Self::SeeQuality,
        Self::ManageTagger,
        Self::ReadPublications,
        Self::ChooseQuotes,
        Self::ManagePeople,
        Self::ManageRounds,
        Self::ManageLines,
        Self::ManageProgramme,
        Self::ManageDevices,
        Self::DecideHeld,
        Self::ManageConversations,
        Self::ReadAudit,
    ];
}

/// The table.
#[rustfmt::skip]
pub fn allows(role: Role, action: Action) -> bool {
    let allowed: &[Role] = match action {
        Action::Record            => &[Role::Field, Role::Editor],
        Action::ReadProgramme     => &[Role::Field, Role::Editor, Role::Analyst, Role::Administrator],
        Action::ReadQuotes        => &[Role::Editor, Role::Analyst],
        Action::Aggregate         => &[Role::Editor, Role::Analyst],
        Action::Tag               => &[Role::Editor],
        Action::SettleWording     => &[Role::Editor],
        Action::SeeQuality        => &[Role::Editor, Role::Analyst, Role::Administrator],
        Action::ManageTagger      => &[Role::Administrator],
        Action::ReadPublications  => &[Role::Editor, Role::Analyst],
        Action::ChooseQuotes      => &[Role::Editor],
        Action::ManagePeople      => &[Role::Administrator],
        Action::ManageRounds      => &[Role::Administrator],
        Action::ManageLines       => &[Role::Administrator],
        Action::ManageProgramme   => &[Role::Administrator],
        Action::ManageDevices     => &[Role::Administrator],
        Action::DecideHeld        => &[Role::Administrator],
        Action::ManageConversations => &[Role::Administrator],
        Action::ReadAudit         => &[Role::Administrator],
    };
    allowed.contains(&role)
}
