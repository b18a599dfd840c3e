//! What the office does: to conversations, people, action lines and the programme itself.

pub(crate) mod edit;
pub(crate) mod erasing;
pub(crate) mod fields;
pub(crate) mod line_acts;
pub(crate) mod password_rules;
pub(crate) mod passwords;
pub mod programme;
