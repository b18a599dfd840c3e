//! The JSON that the office screens and other clients speak with the server under `/api/v1`.
//!
//! Server and app share these types, so that a field that changes its name on one side does not
//! compile on the other. `docs/api.md` lists the paths.

mod audit;
mod counts;
mod devices;
mod erasure;
mod held;
mod lines;
mod people;
mod problem;
mod programme;
mod publications;
mod quotes;
mod tagger;

pub use audit::{ACTS, AuditFilter, AuditLine, AuditPage, WhatWasRead};
pub use counts::{AsOf, Bucket, Counts, Desk, DeskLine, Dimension};
pub use devices::{Device, DevicePage, EnrolDevice, Enrolment};
pub use erasure::{
    ConversationFound, ConversationOutline, EraseQuote, Erasure, ErasurePage, ErasureStage,
    MoveConversation, QuoteOutline,
};
pub use held::{
    HeldPage, HeldWork, RescueOutcome, Rescued, RescuedConversation, TurnDown, TurnedDown,
};
pub use lines::{ActOnLines, IntoLine, LineAct, LineActPreview, LineUse};
pub use people::{ChangePerson, NewPerson, OwnPassword, Person, Role, Session, SignIn};
pub use problem::Problem;
pub use programme::{
    AskPurposes, ChangeRound, LinePreview, MovedQuotes, NewRound, RoundPreview, WriteLine,
};
pub use publications::{ChooseQuote, Publication, Section, SelectedQuote, SelectionBlock, Tally};
pub use quotes::{
    Alternative, ByState, LineStanding, LineSuggestion, LineTag, QuoteDetail, QuoteFilter,
    QuotePage, QuoteRow, Reading, SettleWording, Settled, TagDecision, TagSaid, TagState,
};
pub use tagger::{
    Confused, CurvePoint, HoldLearning, LineAcceptance, LineQuality, Review, ReviewItem, Share,
    TaggerQuality, TaggerState, TaggerVersion, VersionPreview, WantPrecision, WeekOfAudit,
    WhyReviewed,
};

/// For fields that are left out where they say no.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}
