//! Keys that sign bundles, and keys that check them.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    KeypairBytes,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::digest::{read_hex, write_hex};

/// The length of a signature, in bytes.
pub(super) const SIGNATURE_BYTES: usize = Signature::BYTE_SIZE;

/// More than any key in PEM is long.
const PEM_BYTES: usize = 4_096;

/// The name of a key: the first half of the SHA-256 digest of the public key in DER.
///
/// Written as 32 lower-case hex digits. It says which signature belongs to which key and is never
/// what a signature is checked by.
///
/// ```sh
/// openssl pkey -pubin -in key.pub.pem -outform DER | sha256sum | cut -c 1-32
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

/// An Ed25519 key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
}

/// An Ed25519 key that signs.
///
/// Its bytes are wiped from memory when it is dropped, and are not shown by `Debug`.
#[derive(Clone)]
pub struct PrivateKey {
    key: SigningKey,
    public: PublicKey,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// It is not PEM of an Ed25519 key of the kind that was asked for.
    NotAKey {
        /// `PUBLIC KEY` or `PRIVATE KEY`: what the PEM's first line should say.
        expected: &'static str,
    },
    /// Its point has small order: one signature would be right for almost every message.
    Weak,
    /// It cannot be written in the form that was asked for.
    Unwritable,
}

impl PublicKey {
    /// Reads a key from PEM: `-----BEGIN PUBLIC KEY-----`, an Ed25519 key as SPKI.
    ///
    /// # Errors
    /// When it is something else, or a weak key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let other = KeyError::NotAKey { expected: "PUBLIC KEY" };
        let pem = bounded(pem).ok_or(other)?;
        Self::new(VerifyingKey::from_public_key_pem(pem).map_err(|_| other)?)
    }

    /// The key in PEM, as SPKI.
    ///
    /// # Errors
    /// When it cannot be written, which an Ed25519 key always can.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Unwritable)
    }

    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Whether this is the key's signature of these bytes; a second spelling of a signature is not.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }

    fn new(key: VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let der = key.to_public_key_der().map_err(|_| KeyError::Unwritable)?;
        let digest: [u8; 32] = Sha256::digest(der.as_bytes()).into();
        let id = KeyId(*digest.first_chunk().ok_or(KeyError::Unwritable)?);
        Ok(Self { key, id })
    }
}

impl PrivateKey {
    /// The key that these 32 random bytes are; the caller brings the randomness.
    ///
    /// # Errors
    /// When its public half cannot be written, which an Ed25519 key always can.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(SigningKey::from_bytes(seed))
    }

    /// Reads a key from PEM: `-----BEGIN PRIVATE KEY-----`, an Ed25519 key as PKCS#8, not encrypted.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let other = KeyError::NotAKey { expected: "PRIVATE KEY" };
        let pem = bounded(pem).ok_or(other)?;
        Self::new(SigningKey::from_pkcs8_pem(pem).map_err(|_| other)?)
    }

    /// The key in PEM, as PKCS#8, wiped from memory when it is dropped.
    ///
    /// # Errors
    /// When it cannot be written, which an Ed25519 key always can.
    pub fn to_pem(&self) -> Result<impl AsRef<[u8]> + use<>, KeyError> {
        // Without the public half: OpenSSL before 3.2 refuses the second version of PKCS#8.
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unwritable)?;
        Ok(Pem(pem))
    }

    /// The half that checks signatures.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key's signature of these bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(bytes).to_bytes()
    }

    fn new(key: SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::new(key.verifying_key())?;
        Ok(Self { key, public })
    }
}

impl KeyId {
    /// Reads the 32 hex digits of a key id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }

    /// The name of the file in a bundle that holds the key's signature: `manifest.<key id>.sig`.
    ///
    /// It holds the 64 bytes of the signature and nothing else.
    #[must_use]
    pub fn signature_name(self) -> String {
        format!("manifest.{self}.sig")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.id)
    }
}

impl KeyError {
    /// A stable name for what is wrong.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAKey { .. } => "key.syntax",
            Self::Weak => "key.weak",
            Self::Unwritable => "key.unwritable",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey { expected } => {
                write!(f, "it is not an Ed25519 key in PEM with `-----BEGIN {expected}-----`")
            }
            Self::Weak => f.write_str("it is a weak key, whose signatures prove nothing"),
            Self::Unwritable => f.write_str("the key cannot be written"),
        }
    }
}

impl std::error::Error for KeyError {}

/// A key's text, which its own type wipes.
struct Pem<T>(T);

impl<T: AsRef<str>> AsRef<[u8]> for Pem<T> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().as_bytes()
    }
}

fn bounded(pem: &str) -> Option<&str> {
    Some(pem).filter(|pem| pem.len() <= PEM_BYTES)
}
