//! Every input has a bound. Beyond it a refusal names the bound; nothing is cut off in silence.

/// Characters of one quote. About five minutes of speech.
pub const QUOTE_CHARS: usize = 5_000;
/// Characters of the notes on one conversation: four pages.
pub const NOTES_CHARS: usize = 10_000;
/// Quotes of one conversation.
pub const QUOTES: usize = 200;
/// Statements about tags in one conversation.
pub const TAGS: usize = 4_000;
/// Statements about consent in one conversation.
pub const STATEMENTS: usize = 400;
/// Bytes of the JSON of one statement about consent that names all others.
pub const STATEMENT_BYTES: usize = 16 * 1024;
/// Bytes of one change of a document.
pub const CHANGE_BYTES: usize = 512 * 1024;
/// Operations of one change, deletions counting twice: the longest notes replaced by other words.
pub const CHANGE_OPERATIONS: u64 = 32_000;
/// Changes of one document in one push.
pub const CHANGES: usize = 2_000;
/// Operations of all changes of one document in one push, deletions counting twice.
pub const ITEM_OPERATIONS: u64 = 50_000;
/// Of these, values that are put and objects that are made: whatever is no character of the notes.
pub const ITEM_PUTS: usize = 8_000;
/// Of these, characters that do not follow the one written before: where somebody went on elsewhere.
pub const ITEM_JUMPS: usize = 4_000;
/// Operations of one document, which it costs nine milliseconds to load: the longest notes, written
/// twice.
pub const DOCUMENT_OPERATIONS: u64 = 24_000;
/// Bytes of one document's changes in one push.
pub const ITEM_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of one saved document: two hundred pages.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;
/// Bytes beyond these, for answers about consent alone.
pub const ANSWERS_BYTES: usize = 256 * 1024;
/// Documents in one push.
pub const PUSH_DOCUMENTS: usize = 2_000;
/// Documents that one request compares.
pub const COMPARE_DOCUMENTS: usize = 2_000;
/// Vouchers in one request.
pub const VOUCHERS: usize = 64;
/// Conversations of one device that are held for an administrator.
pub const HELD_DOCUMENTS: usize = 10_000;
/// Bytes of changes of one device that are held for an administrator.
pub const HELD_BYTES: usize = 64 * 1024 * 1024;
/// Rounds one tablet follows.
pub const ROUNDS: usize = 1_000;
/// Bytes of a request as sent, compressed.
pub const REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a request, inflated.
pub const REQUEST_INFLATED_BYTES: usize = 6 * 1024 * 1024;
/// Numbers, texts, lists and maps in a request.
pub const REQUEST_ITEMS: usize = 400_000;
/// And in the envelope around it.
pub const ENVELOPE_ITEMS: usize = 1_000;
/// Operations of all documents in one request.
pub const REQUEST_OPERATIONS: u64 = 1_000_000;
/// Bytes of an answer, inflated.
pub const INFLATED_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of feed in one answer before compression: what a tablet asks for at most.
pub const FEED_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a tablet's rescue file: some ten thousand conversations.
pub const RESCUE_BYTES: usize = 32 * 1024 * 1024;
/// Characters of an area code, a language, a version of a consent text.
pub const SHORT_CHARS: usize = 40;
/// How far a tablet's clock may be from the server's when it signs, in milliseconds.
pub const CLOCK_WINDOW_MS: i64 = 10 * 60 * 1000;
/// Every whole number of the protocol but the number of a device is below this: where numbers are
/// floating point, as in JavaScript, all of these are still told apart.
pub const WHOLE_NUMBERS: u64 = 1 << 53;
