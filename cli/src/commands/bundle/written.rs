//! What a command says of the bundle that it wrote or read.

use std::io::Write as _;
use std::path::Path;

use notegate::bundle::{Delivered, Digest, KeyId, Member};
use notegate::model::{LoadError, Revision, Timestamp};
use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;
use crate::text::escape;

/// A delivery, as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// `bundle` or `grants`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) sequence: u64,
    pub(crate) revision: String,
    pub(crate) created: Option<String>,
    pub(crate) expires: Option<String>,
    /// The keys that are said to have signed it.
    pub(crate) signatures: Vec<String>,
    /// The accepted keys whose signature was verified.
    pub(crate) verified: Vec<String>,
    pub(crate) members: Vec<MemberJson>,
}

/// A member, as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct MemberJson {
    pub(crate) name: String,
    pub(crate) bytes: usize,
    pub(crate) digest: String,
}

struct Parts<'a> {
    kind: &'static str,
    name: &'a str,
    sequence: u64,
    revision: Revision,
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
}

impl Summary {
    pub(crate) fn of(delivered: &Delivered) -> Self {
        match delivered {
            Delivered::Bundle(bundle) => {
                let manifest = bundle.manifest();
                let parts = Parts {
                    kind: "bundle",
                    name: &manifest.name,
                    sequence: manifest.sequence,
                    revision: bundle.revision(),
                    created: manifest.created,
                    expires: manifest.expires,
                };
                let signatures = bundle.signatures().map(|(key, _)| key);
                parts.summary(signatures, bundle.signed_by(), bundle.members())
            }
            Delivered::Grants(grants) => {
                let manifest = grants.manifest();
                let parts = Parts {
                    kind: "grants",
                    name: &manifest.bundle,
                    sequence: manifest.sequence,
                    revision: grants.revision(),
                    created: manifest.created,
                    expires: manifest.expires,
                };
                let signatures = grants.signatures().map(|(key, _)| key);
                parts.summary(signatures, grants.signed_by(), grants.members())
            }
        }
    }

    /// Every field, a line each.
    pub(crate) fn print(&self, console: &mut Console) -> Result<(), Failure> {
        let mut field = |name: &str, value: &str| -> Result<(), Failure> {
            let name = console.paint.faint(&format!("{name:12}"));
            Ok(writeln!(console, "{name}{}", escape(value))?)
        };
        field(self.kind, &self.name)?;
        field("sequence", &self.sequence.to_string())?;
        field("revision", &self.revision)?;
        for (name, moment) in [("created", &self.created), ("expires", &self.expires)] {
            field(name, moment.as_deref().unwrap_or("not said"))?;
        }
        for key in &self.verified {
            field("signed by", key)?;
        }
        Ok(())
    }
}

impl Parts<'_> {
    fn summary<'a>(
        self,
        signatures: impl Iterator<Item = KeyId>,
        verified: &[KeyId],
        members: impl IntoIterator<Item = &'a Member>,
    ) -> Summary {
        let member = |member: &Member| MemberJson {
            name: member.name.to_string(),
            bytes: member.text.len(),
            digest: Digest::of(member.text.as_bytes()).to_string(),
        };
        Summary {
            kind: self.kind,
            name: self.name.to_owned(),
            sequence: self.sequence,
            revision: self.revision.to_string(),
            created: self.created.map(|moment| moment.to_string()),
            expires: self.expires.map(|moment| moment.to_string()),
            signatures: signatures.map(|key| key.to_string()).collect(),
            verified: verified.iter().map(ToString::to_string).collect(),
            members: members.into_iter().map(member).collect(),
        }
    }
}

/// The single-file form of a delivery.
pub(crate) fn bytes(delivered: &Delivered) -> Result<Vec<u8>, LoadError> {
    match delivered {
        Delivered::Bundle(bundle) => bundle.to_bytes(),
        Delivered::Grants(grants) => grants.to_bytes(),
    }
}

#[derive(Serialize)]
struct WrittenJson<'a> {
    file: &'a str,
    bytes: usize,
    #[serde(flatten)]
    summary: Summary,
}

/// Says what was written, and where.
pub(crate) fn say(
    delivered: &Delivered,
    path: &Path,
    bytes: usize,
    console: &mut Console,
) -> Result<(), Failure> {
    let summary = Summary::of(delivered);
    let file = path.to_string_lossy();
    if console.is_json() {
        return console.json(&WrittenJson { file: &file, bytes, summary });
    }
    writeln!(console, "Wrote {}: {bytes} bytes.", escape(&file))?;
    summary.print(console)?;
    let name = console.paint.faint(&format!("{:12}", "signatures"));
    let signatures = match summary.signatures.as_slice() {
        [] => "none: `notegate bundle sign` adds one".to_owned(),
        some => some.join(", "),
    };
    Ok(writeln!(console, "{name}{signatures}")?)
}
