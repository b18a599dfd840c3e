//! Encryption at rest: nothing that a resident said lies readable on the tablet.
//!
//! A random data key encrypts every record with XChaCha20-Poly1305. The data key itself is kept
//! encrypted ("wrapped") under a key that Argon2id makes of the person's password. Each record is
//! bound to the place it is kept at, so that two records cannot be exchanged for one another.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use koffiekar_sync_core::ids::UserId;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::store::{Shelf, Write};

/// Characters that a password needs before it may lock a tablet.
pub(crate) const PASSWORD_CHARS: usize = 10;
/// Characters that are read of a password at most.
pub(crate) const PASSWORD_MOST_CHARS: usize = 200;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
/// Argon2id at the strength that OWASP's password storage cheat sheet names first: 19 MiB, two passes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// More is not believed of a key record: it would only hang the tablet.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("the password does not open this key")]
    WrongPassword,
    #[error("a record cannot be opened: it was changed, moved or damaged")]
    Damaged,
    #[error("the browser gives no random numbers or no memory")]
    Unavailable,
}

/// What stands readable on the tablet about somebody who uses it, and their wrapped data key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct KeyRecord {
    #[n(0)]
    pub(crate) user: UserId,
    #[n(1)]
    pub(crate) login: String,
    #[n(2)]
    pub(crate) name: String,
    /// The tablet's name, as the administrator sees it.
    #[n(3)]
    pub(crate) label: String,
    #[n(4)]
    memory_kib: u32,
    #[n(5)]
    passes: u32,
    #[cbor(n(6), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[cbor(n(7), with = "minicbor::bytes")]
    wrapped: Vec<u8>,
    /// A demo account: the screens say so.
    #[n(8)]
    pub(crate) demo: bool,
}

impl KeyRecord {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = minicbor::encode(self, &mut bytes);
        bytes
    }

    pub(crate) fn write(&self) -> Write {
        Write {
            shelf: Shelf::Keys,
            key: self.user.key(),
            bytes: Some(self.to_bytes()),
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }

    /// Opens the vault. Takes about as long as a person blinks, on purpose.
    pub(crate) fn open(&self, password: &str) -> Result<Vault, VaultError> {
        let same = normalized(password);
        match self.open_with(&same) {
            // A key of before passwords were normalized.
            Err(VaultError::WrongPassword) if same != password => self.open_with(password),
            opened => opened,
        }
    }

    fn open_with(&self, password: &str) -> Result<Vault, VaultError> {
        if self.memory_kib > MOST_MEMORY_KIB || self.passes > MOST_PASSES {
            return Err(VaultError::Damaged);
        }
        let wrap = stretched(password, &self.salt, self.memory_kib, self.passes)?;
        let key = open(&wrap, &place_of_key(self.user), &self.wrapped)
            .map_err(|_| VaultError::WrongPassword)?;
        let mut data_key = Zeroizing::new([0; 32]);
        if key.len() != data_key.len() {
            return Err(VaultError::Damaged);
        }
        data_key.copy_from_slice(&key);
        Ok(Vault {
            user: self.user,
            data_key,
        })
    }
}

/// An opened data key. Dropping it wipes it.
pub(crate) struct Vault {
    user: UserId,
    data_key: Zeroizing<[u8; 32]>,
}

impl Vault {
    pub(crate) fn new(user: UserId) -> Result<Self, VaultError> {
        Ok(Self {
            user,
            data_key: Zeroizing::new(random()?),
        })
    }

    pub(crate) fn user(&self) -> UserId {
        self.user
    }

    /// The record with which this password opens the vault again.
    pub(crate) fn wrap(
        &self,
        login: &str,
        name: &str,
        label: &str,
        demo: bool,
        password: &str,
    ) -> Result<KeyRecord, VaultError> {
        let salt = random()?;
        let wrap = stretched(&normalized(password), &salt, MEMORY_KIB, PASSES)?;
        Ok(KeyRecord {
            user: self.user,
            login: login.to_owned(),
            name: name.to_owned(),
            label: label.to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt,
            wrapped: seal(&wrap, &place_of_key(self.user), &*self.data_key)?,
            demo,
        })
    }

    /// `store` and `key` are where the record will lie; it opens nowhere else.
    pub(crate) fn seal(&self, store: &str, key: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal(&self.data_key, &place(store, key), plain)
    }

    pub(crate) fn open(
        &self,
        store: &str,
        key: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        open(&self.data_key, &place(store, key), sealed)
    }
}

/// Fresh random bytes of the browser.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Unavailable)?;
    Ok(bytes)
}

fn place(store: &str, key: &str) -> Vec<u8> {
    format!("koffiekar record v1\0{store}\0{key}").into_bytes()
}

fn place_of_key(user: UserId) -> Vec<u8> {
    format!("koffiekar data key v1\0{user}").into_bytes()
}

/// The same password, however a keyboard makes its letters and blanks, as the server compares it (RFC 8265).
fn normalized(password: &str) -> String {
    let plain = password.replace(
        |c: char| {
            matches!(
                c,
                '\u{a0}' | '\u{1680}' | '\u{2000}'
                    ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            )
        },
        " ",
    );
    js_sys::JsString::from(plain.as_str())
        .normalize("NFC")
        .into()
}

fn stretched(
    password: &str,
    salt: &[u8; 16],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let params =
        Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| VaultError::Unavailable)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut *key)
        .map_err(|_| VaultError::Unavailable)?;
    Ok(key)
}

/// `format (1) | nonce (24) | ciphertext and tag`
fn seal(key: &[u8; 32], place: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let sealed = XChaCha20Poly1305::new(&(*key).into())
        .encrypt(
            &nonce.into(),
            Payload {
                msg: plain,
                aad: place,
            },
        )
        .map_err(|_| VaultError::Unavailable)?;
    let mut record = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
    record.push(FORMAT);
    record.extend(nonce);
    record.extend(sealed);
    Ok(record)
}

fn open(key: &[u8; 32], place: &[u8], record: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (format, rest) = record.split_first().ok_or(VaultError::Damaged)?;
    let (nonce, sealed) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(VaultError::Damaged)?;
    if *format != FORMAT {
        return Err(VaultError::Damaged);
    }
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt(
            &(*nonce).into(),
            Payload {
                msg: sealed,
                aad: place,
            },
        )
        .map_err(|_| VaultError::Damaged)
}
