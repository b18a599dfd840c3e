//! The heart of Koffiekar: what a conversation is, what a resident allows, who may change what, and
//! how tablets and the server come to agree.
//!
//! Nothing here knows a clock, chance, a network, a disk or a screen. Time and random bytes are
//! arguments; what must happen outside comes back as a value. The same calls give the same bytes,
//! natively and in the browser.
//!
//! A [`conversation`] with one speaker is one small Automerge document. It is made by one change and
//! edited by commands on exact paths. [`consent`] is a set of statements in it, read by a rule that
//! merging can only make narrower; [`asking`] says what an answer changes before it is one.
//!
//! On a tablet a [`replica::Replica`] holds the conversations of one person. It makes requests and
//! takes in answers; what must be made durable comes back as effects. A request is a signed
//! [`wire::Envelope`], an answer carries a signed [`receipt`], and only a verified receipt makes a
//! conversation safe.
//!
//! On the server [`admission::admit`] decides what becomes of one pushed document: [`gatekeeper`] walks
//! the bytes before Automerge sees them, [`policy`] judges each of the [`operations`] on behalf of its author,
//! and a copy is merged; a conversation that comes whole in one plain change needs no merge. [`limits`] bounds every input.
//!
//! [`sealed`] keeps words for the office alone, as in the [`rescue`] file of a tablet that cannot send.
//! [`clock`] is what time it is on a tablet and whether that is sure, [`sign`] what it may say of where its words are.
//! [`live`] is how a tablet asks to be told of news at once. [`catalogue`] is the programme as it travels, [`office`] the JSON of the API, [`ids`] the names.
//!
//! Not here: which rounds somebody may work in, what is stored where, what a quote is about.

pub mod admission;
pub mod asking;
mod bounded;
pub mod catalogue;
mod characters;
pub mod clock;
pub mod codes;
mod columns;
pub mod consent;
pub mod conversation;
pub mod gatekeeper;
pub mod ids;
mod known;
pub mod limits;
pub mod live;
mod newcomer;
pub mod office;
pub mod operations;
pub mod policy;
mod reader;
pub mod receipt;
pub mod replica;
pub mod rescue;
pub mod sealed;
pub mod sign;
pub mod visible;
pub mod wire;
mod written;
