//! Every refusal of the API: one error type, sent as `application/problem+json` (RFC 9457).
//!
//! Which to use: [`ApiError::invalid`] when the request could never be carried out as it is written,
//! [`ApiError::conflict`] when only the present state stands against it, [`ApiError::not_allowed`]
//! when this person may not, [`ApiError::not_found`] when there is no such thing **for this
//! person**. Whatever goes wrong here itself is [`ApiError::internal`]: its source goes to the log,
//! once, beside the request's number, and never to the client.
//!
//! A text says what, why and what to do, in Dutch and in English. An `ApiError` becomes a response
//! without a body; the outermost layer ([`crate::web::middleware::account_for`]) knows the language and
//! the request's number, and writes it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::office::Problem;

use crate::store::{StoreError, Trouble};

/// Why a request was refused.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// No session, or it ended.
    SignedOut,
    /// Login and password do not belong together.
    WrongCredentials,
    TooManyAttempts {
        retry_after_s: u64,
    },
    NotAllowed(Text),
    NotFound(Text),
    Invalid(Text),
    Conflict(Text),
    TooLarge {
        limit_bytes: Option<usize>,
    },
    /// The body is not of the content type that is asked for.
    Unsupported {
        expected: &'static str,
    },
    Method,
    /// Nothing more of the body arrived.
    BodyStalled,
    /// This caller does, or waits for, too much at once.
    TooManyAtOnce(Text),
    /// The tablet's clock is too far from the server's.
    ClockOff {
        server_time: Millis,
    },
    /// A signed message that was here before.
    Replayed,
    /// No device with this number, or the signature is not by its key.
    DeviceUnknown,
    DeviceRevoked,
    Internal(Source),
    Busy(Option<Source>),
    /// It would not do now what a server does.
    NotReady(NotReady),
    /// No room is left where the data is.
    StorageFull(Source),
    /// The data cannot be read or written where it is.
    StorageUnavailable(Source),
    /// Another database, or none, is in the place of the one that was opened.
    DatabaseReplaced,
}

/// Why a server would rather be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// It was told to end.
    Ending,
    /// Its database gave no answer within a second.
    SlowDatabase,
}

type Source = Arc<dyn Error + Send + Sync>;

/// A text for people, in both languages.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub nl: Cow<'static, str>,
    pub en: Cow<'static, str>,
}

/// The language of an answer for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Dutch,
    English,
}

type Words = Cow<'static, str>;

fn text(nl: impl Into<Words>, en: impl Into<Words>) -> Text {
    Text {
        nl: nl.into(),
        en: en.into(),
    }
}

impl ApiError {
    pub fn not_allowed() -> Self {
        Self::NotAllowed(text(
            "Uw rol mag dit niet. Vraag uw beheerder als dit wel bij uw werk hoort.",
            "Your role may not do this. Ask your administrator if it is part of your work.",
        ))
    }

    pub fn not_found() -> Self {
        Self::NotFound(text(
            "Dit bestaat niet (meer), of u hebt er geen toegang toe. Ga terug en ververs de lijst.",
            "This does not exist (any more), or you have no access to it. Go back and refresh the list.",
        ))
    }

    pub fn invalid(nl: impl Into<Words>, en: impl Into<Words>) -> Self {
        Self::Invalid(text(nl, en))
    }

    pub fn conflict(nl: impl Into<Words>, en: impl Into<Words>) -> Self {
        Self::Conflict(text(nl, en))
    }

    pub fn too_many_at_once(nl: impl Into<Words>, en: impl Into<Words>) -> Self {
        Self::TooManyAtOnce(text(nl, en))
    }

    pub(crate) fn too_many_connections() -> Self {
        Self::too_many_at_once(
            "Er staan te veel verbindingen open met deze server, of vanaf uw netwerkadres. Sluit vensters die u niet gebruikt en probeer het over een halve minuut opnieuw.",
            "Too many connections to this server are open, or from your network address. Close windows that you do not use and try again in half a minute.",
        )
    }

    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(source.into().into())
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut
            | Self::WrongCredentials
            | Self::ClockOff { .. }
            | Self::Replayed
            | Self::DeviceUnknown => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts { .. } | Self::TooManyAtOnce(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotAllowed(_) | Self::DeviceRevoked => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyStalled => StatusCode::REQUEST_TIMEOUT,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy(_)
            | Self::NotReady(_)
            | Self::StorageFull(_)
            | Self::StorageUnavailable(_)
            | Self::DatabaseReplaced => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name that programs go by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::WrongCredentials => "wrong-credentials",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::NotAllowed(_) => "not-allowed",
            Self::NotFound(_) => "not-found",
            Self::Invalid(_) => "invalid",
            Self::Conflict(_) => "conflict",
            Self::TooLarge { .. } => "too-large",
            Self::Unsupported { .. } => "unsupported",
            Self::Method => "method",
            Self::BodyStalled => "body-stalled",
            Self::TooManyAtOnce(_) => "too-many-at-once",
            Self::ClockOff { .. } => "clock-off",
            Self::Replayed => "replayed",
            Self::DeviceUnknown => "device-unknown",
            Self::DeviceRevoked => "device-revoked",
            Self::Internal(_) => "internal",
            Self::Busy(_) => "busy",
            Self::NotReady(NotReady::Ending) => "ending",
            Self::NotReady(NotReady::SlowDatabase) => "slow-database",
            Self::StorageFull(_) => "storage-full",
            Self::StorageUnavailable(_) => "storage-unavailable",
            Self::DatabaseReplaced => "database-replaced",
        }
    }

    fn title(&self) -> Text {
        match self {
            Self::SignedOut => text("Niet aangemeld", "Signed out"),
            Self::WrongCredentials => text("Aanmelden mislukt", "Signing in failed"),
            Self::TooManyAttempts { .. } => text("Te veel pogingen", "Too many attempts"),
            Self::NotAllowed(_) => text("Niet toegestaan", "Not allowed"),
            Self::NotFound(_) => text("Niet gevonden", "Not found"),
            Self::Invalid(_) => text("Ongeldige invoer", "Invalid input"),
            Self::Conflict(_) => text(
                "Intussen veranderd of al bezet",
                "Changed meanwhile or taken",
            ),
            Self::TooLarge { .. } => text("Te groot", "Too large"),
            Self::Unsupported { .. } => text("Onbekend soort inhoud", "Unsupported content type"),
            Self::Method => text("Methode kan hier niet", "Method not allowed here"),
            Self::BodyStalled => text("Aanvraag bleef steken", "Request stalled"),
            Self::TooManyAtOnce(_) => text("Te veel tegelijk", "Too much at once"),
            Self::ClockOff { .. } => text("Klok loopt niet gelijk", "Clock is off"),
            Self::Replayed => text("Bericht kwam al eerder", "Message came before"),
            Self::DeviceUnknown => text("Onbekende tablet", "Unknown device"),
            Self::DeviceRevoked => text("Tablet ingetrokken", "Device revoked"),
            Self::Internal(_) => text("Fout in de server", "Server error"),
            Self::Busy(_) => text("Server is druk", "Server is busy"),
            Self::NotReady(_) => text("Server is niet gereed", "Server is not ready"),
            Self::StorageFull(_) => text(
                "Opslag van de server is vol",
                "The server's storage is full",
            ),
            Self::StorageUnavailable(_) => text(
                "Server kan niet bij zijn opslag",
                "The server cannot reach its storage",
            ),
            Self::DatabaseReplaced => text(
                "De database van de server is weg of vervangen",
                "The server's database is gone or was replaced",
            ),
        }
    }

    fn detail(&self) -> Text {
        match self {
            Self::NotAllowed(text)
            | Self::NotFound(text)
            | Self::Invalid(text)
            | Self::Conflict(text)
            | Self::TooManyAtOnce(text) => text.clone(),
            Self::BodyStalled => text(
                "De rest van de aanvraag kwam niet aan, dus er is niets mee gedaan. Kijk of uw verbinding het doet en stuur de aanvraag opnieuw.",
                "The rest of the request did not arrive, so nothing was done with it. See whether your connection works and send the request again.",
            ),
            Self::SignedOut => text(
                "U bent niet aangemeld of uw sessie is verlopen. Meld u opnieuw aan.",
                "You are not signed in or your session ended. Sign in again.",
            ),
            Self::WrongCredentials => text(
                "Deze naam en dit wachtwoord horen niet bij elkaar. Probeer het opnieuw of vraag uw beheerder.",
                "This login and password do not belong together. Try again or ask your administrator.",
            ),
            Self::TooManyAttempts { retry_after_s } => {
                let (number, nl, en) = match retry_after_s {
                    0..=1 => (1, "seconde", "second"),
                    2..=90 => (*retry_after_s, "seconden", "seconds"),
                    _ => (retry_after_s.div_ceil(60), "minuten", "minutes"),
                };
                text(
                    format!(
                        "Er is hier te vaak een verkeerd wachtwoord gegeven. Wacht {number} {nl} en probeer het opnieuw. Op een computer of tablet waar u eerder aangemeld was, kan het vaak meteen; uw beheerder kan een nieuw wachtwoord geven."
                    ),
                    format!(
                        "A wrong password was given too often here. Wait {number} {en} and try again. On a computer or tablet where you were signed in before it often works at once; your administrator can give a new password."
                    ),
                )
            }
            Self::TooLarge {
                limit_bytes: Some(bytes),
            } => text(
                format!("De aanvraag is groter dan {bytes} bytes. Stuur minder tegelijk."),
                format!("The request is larger than {bytes} bytes. Send less at a time."),
            ),
            Self::TooLarge { limit_bytes: None } => text(
                "De aanvraag is te groot. Stuur minder tegelijk.",
                "The request is too large. Send less at a time.",
            ),
            Self::Unsupported { expected } => text(
                format!(
                    "De inhoud is niet van het soort dat hier hoort. Stuur {expected} en noem dat in de kop Content-Type."
                ),
                format!(
                    "The content is not of the type that belongs here. Send {expected} and say so in the header Content-Type."
                ),
            ),
            Self::Method => text(
                "Dit adres kent deze methode niet. De kop Allow noemt de methoden die wel kunnen.",
                "This address does not know this method. The header Allow names those that it does.",
            ),
            Self::ClockOff { .. } => text(
                "De klok van de tablet wijkt te veel af. Neem de tijd van de server over en probeer het opnieuw.",
                "The device's clock is too far off. Take the server's time and try again.",
            ),
            Self::Replayed => text(
                "Dit bericht is hier al eerder geweest. Probeer het opnieuw: elk bericht krijgt een eigen nummer.",
                "This message was here before. Try again: each message gets a number of its own.",
            ),
            Self::DeviceUnknown => text(
                "De server kent deze tablet niet. Meld de tablet opnieuw aan; wat erop staat, blijft staan.",
                "The server does not know this device. Enrol it again; what it holds stays.",
            ),
            Self::DeviceRevoked => text(
                "Deze tablet of dit account is ingetrokken. Wat erop staat, blijft staan; vraag uw beheerder.",
                "This device or account was revoked. What it holds stays; ask your administrator.",
            ),
            Self::Internal(_) => text(
                "Er ging iets mis in de server. Probeer het opnieuw; blijft het misgaan, geef dan uw beheerder het nummer van de aanvraag.",
                "Something went wrong in the server. Try again; if it persists, give your administrator the request's number.",
            ),
            Self::Busy(_) => text(
                "De server kan dit nu niet aan. Probeer het over een minuut opnieuw.",
                "The server cannot take this now. Try again in a minute.",
            ),
            Self::NotReady(NotReady::Ending) => text(
                "De server wordt beëindigd en neemt niets nieuws meer aan. Stuur aanvragen naar een andere, of probeer het over een minuut opnieuw.",
                "The server was told to end and takes nothing new. Send requests to another one, or try again in a minute.",
            ),
            Self::NotReady(NotReady::SlowDatabase) => text(
                "De database antwoordt niet binnen een seconde. Laat uw beheerder kijken hoeveel er tegelijk gebeurt en hoe het de schijf en de database vergaat.",
                "The database gave no answer within a second. Have your administrator look at how much goes on at once, and at the disk and the database.",
            ),
            Self::StorageFull(_) => text(
                "Er is geen ruimte meer op de schijf van de server. Wat nu gestuurd werd, geldt niet als opgeslagen. Wat op de tablet staat, blijft staan en gaat later vanzelf. Laat uw beheerder ruimte maken; de server gaat dan verder.",
                "No room is left on the server's disk. What was sent now does not count as stored. What a tablet holds stays there and goes by itself later. Have your administrator make room; the server then goes on.",
            ),
            Self::StorageUnavailable(_) => text(
                "De server kan zijn gegevens niet lezen of schrijven. Wat nu gestuurd werd, geldt niet als opgeslagen. Wat op de tablet staat, blijft staan en gaat later vanzelf. Laat uw beheerder naar de schijf en de database kijken.",
                "The server cannot read or write its data. What was sent now does not count as stored. What a tablet holds stays there and goes by itself later. Have your administrator look at the disk and the database.",
            ),
            Self::DatabaseReplaced => text(
                "De database waarmee deze server begon, staat niet meer op haar plaats, of er is een oudere teruggezet. Er wordt niets opgeslagen en niets bevestigd. Wat op de tablet staat, blijft staan en gaat later vanzelf. Laat uw beheerder de goede database terugzetten en de server opnieuw starten.",
                "The database that this server opened is not in its place any more, or an older one was put back. Nothing is stored and nothing is acknowledged. What a tablet holds stays there and goes by itself later. Have your administrator put the right database in place and start the server anew.",
            ),
        }
    }

    /// The server could not keep what it was given, for want of a disk that takes it.
    pub fn is_of_storage(&self) -> bool {
        matches!(self, Self::StorageFull(_) | Self::StorageUnavailable(_))
    }

    /// The body, for one request.
    pub(crate) fn problem(&self, language: Language, request_id: &str) -> Problem {
        Problem {
            kind: format!("about:blank#{}", self.code()),
            title: self.title().in_language(language),
            status: self.status().as_u16(),
            detail: self.detail().in_language(language),
            request_id: Some(request_id.to_owned()),
            server_time: match self {
                Self::ClockOff { server_time } => Some(*server_time),
                _ => None,
            },
        }
    }

    /// What went wrong here, for the log.
    pub(crate) fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        match self {
            Self::Internal(source)
            | Self::Busy(Some(source))
            | Self::StorageFull(source)
            | Self::StorageUnavailable(source) => Some(&**source),
            _ => None,
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts { retry_after_s } => Some(*retry_after_s),
            Self::Busy(_) | Self::NotReady(_) => Some(30),
            Self::TooManyAtOnce(_) => Some(10),
            Self::StorageFull(_) | Self::StorageUnavailable(_) | Self::DatabaseReplaced => Some(60),
            _ => None,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Replaced) {
            return Self::DatabaseReplaced;
        }
        match error.trouble() {
            Some(Trouble::Busy) => Self::Busy(Some(Arc::new(error))),
            Some(Trouble::Full) => Self::StorageFull(Arc::new(error)),
            Some(Trouble::Unavailable) => Self::StorageUnavailable(Arc::new(error)),
            None => Self::internal(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after_s() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl Text {
    fn in_language(self, language: Language) -> String {
        match language {
            Language::Dutch => self.nl.into_owned(),
            Language::English => self.en.into_owned(),
        }
    }
}

impl Language {
    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Language::Dutch => "nl",
            Language::English => "en",
        }
    }

    /// English where `Accept-Language` weighs it over Dutch, else Dutch.
    pub fn preferred(headers: &HeaderMap) -> Language {
        let accepted = headers
            .get_all(header::ACCEPT_LANGUAGE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let (mut dutch, mut english) = (0.0, 0.0);
        for range in accepted.take(40) {
            let (tag, weight) = match range.split_once(';') {
                Some((tag, weight)) => (tag, weight.trim().strip_prefix("q=")),
                None => (range, None),
            };
            let weight: f32 = weight.and_then(|q| q.trim().parse().ok()).unwrap_or(1.0);
            match tag
                .trim()
                .split('-')
                .next()
                .map(str::to_ascii_lowercase)
                .as_deref()
            {
                Some("nl") => dutch = weight.max(dutch),
                Some("en") => english = weight.max(english),
                _ => {}
            }
        }
        if english > dutch {
            Language::English
        } else {
            Language::Dutch
        }
    }
}

/// In English, with the source: for the console and the log.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(source) => write!(f, "{source}"),
            None => f.write_str(&self.detail().en),
        }
    }
}

impl Error for ApiError {}
