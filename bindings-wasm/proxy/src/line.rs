//! Lines of the log: one JSON object each.

use serde_json::{Value, json};

use crate::config::ConfigError;
use crate::{Host, Level};

/// Writes what happened, with what is known of it.
pub(crate) fn write(host: &dyn Host, level: Level, event: &str, mut facts: Value) {
    if let Some(fields) = facts.as_object_mut() {
        fields.insert("event".to_owned(), json!(event));
    }
    host.log(level, &facts.to_string());
}

/// Writes why a configuration was refused.
pub(crate) fn refused(host: &dyn Host, error: &ConfigError) {
    let facts =
        json!({"place": error.place(), "message": error.message(), "help": error.help_text()});
    write(host, Level::Error, "configuration_refused", facts);
}
