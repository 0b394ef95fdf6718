//! Moments on the command line.

use std::env;
use std::time::SystemTime;

use clap::Args;
use notegate::model::Timestamp;

use crate::failure::Failure;

/// When a delivery was made, and when it ends.
#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// When it was made: `now`, or a moment such as 2026-12-01T16:00:00Z; left out, it is what
    /// SOURCE_DATE_EPOCH says, or else what the manifest says, so that the same input gives the same
    /// bytes
    #[arg(long, value_name = "MOMENT")]
    created: Option<Created>,

    /// When it ends: a moment, or a time after it was made such as +12h or +30d
    #[arg(long, value_name = "MOMENT|+TIME", allow_hyphen_values = true)]
    expires: Option<Expires>,
}

#[derive(Debug, Clone, Copy)]
enum Created {
    Now,
    At(Timestamp),
}

#[derive(Debug, Clone, Copy)]
enum Expires {
    At(Timestamp),
    /// Milliseconds after it was made.
    After(i64),
}

impl TimeArgs {
    /// When it was made and when it ends, with what its manifest says where nothing else does.
    pub(crate) fn read(
        &self,
        created: Option<Timestamp>,
        expires: Option<Timestamp>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
        let created = match self.created {
            Some(Created::Now) => Some(SystemTime::now().into()),
            Some(Created::At(moment)) => Some(moment),
            None => epoch()?.or(created),
        };
        let expires = match self.expires {
            None => expires,
            Some(Expires::At(moment)) => Some(moment),
            Some(Expires::After(millis)) => {
                let Some(made) = created else {
                    let message =
                        "`--expires` is a time after the bundle was made, and it does not say when";
                    return Err(
                        Failure::new("usage.expires", message).help("give `--created now`, too")
                    );
                };
                let moment = made.millis().checked_add(millis).and_then(Timestamp::from_millis);
                let beyond = || Failure::new("usage.expires", "`--expires` is too far away");
                Some(moment.ok_or_else(beyond)?)
            }
        };
        Ok((created, expires))
    }
}

/// The moment that builds are told to take for now.
fn epoch() -> Result<Option<Timestamp>, Failure> {
    const NAME: &str = "SOURCE_DATE_EPOCH";
    let Some(text) = env::var_os(NAME) else { return Ok(None) };
    let seconds = text.to_str().and_then(|text| text.parse::<i64>().ok());
    let moment =
        seconds.and_then(|seconds| seconds.checked_mul(1_000)).and_then(Timestamp::from_millis);
    let wrong = || {
        let message =
            format!("{NAME} is `{}`, which is no number of seconds", text.to_string_lossy());
        Failure::new("usage.epoch", message)
    };
    moment.map(Some).ok_or_else(wrong)
}

impl std::str::FromStr for Created {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "now" => Ok(Self::Now),
            text => Timestamp::parse(text).map(Self::At).map_err(|error| error.to_string()),
        }
    }
}

impl std::str::FromStr for Expires {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(time) = text.strip_prefix('+') else {
            return Timestamp::parse(text).map(Self::At).map_err(|error| error.to_string());
        };
        let units = [('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1_000)];
        let read = units.into_iter().find_map(|(unit, millis): (char, i64)| {
            let number = time.strip_suffix(unit)?;
            // A number may have a sign of its own elsewhere.
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            i64::from(number.parse::<u32>().ok().filter(|_| digits)?).checked_mul(millis)
        });
        read.map(Self::After)
            .ok_or_else(|| format!("`{text}` is not of the form +30d, +12h, +90m or +45s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_after_is_a_whole_number_of_one_unit() {
        for (text, millis) in [("+30d", 2_592_000_000), ("+12h", 43_200_000), ("+0s", 0)] {
            assert!(matches!(text.parse(), Ok(Expires::After(read)) if read == millis), "{text}");
        }
        for text in
            ["+", "+d", "30d", "++5d", "+-5d", "+1.5h", "+5", "+5w", "+99999999999d", "now", ""]
        {
            assert!(text.parse::<Expires>().is_err(), "{text}");
        }
        assert!(matches!("2026-12-01T16:00:00Z".parse(), Ok(Expires::At(_))));
    }
}
