//! Messages on a kernel's channels.

use super::refused;
use crate::model::notebook::{self, ContextBuilder};
use crate::model::{Exceeded, Limits, RequestError, StrictValue};

/// What a message on a kernel's channels asks for; the resource is the kernel.
#[derive(Debug, Clone)]
pub struct Message {
    action: &'static str,
    context: ContextBuilder,
}

/// Types of messages that a client may send, on whichever channel: a kernel takes most of them on two.
const TYPES: &[(&str, &str)] = &[
    ("execute_request", "kernel:execute"),
    ("input_reply", "kernel:inputReply"),
    ("complete_request", "kernel:complete"),
    ("is_complete_request", "kernel:complete"),
    ("inspect_request", "kernel:inspect"),
    ("history_request", "kernel:inspect"),
    ("comm_open", "kernel:comm"),
    ("comm_msg", "kernel:comm"),
    ("comm_close", "kernel:comm"),
    ("comm_info_request", "kernel:comm"),
    ("debug_request", "kernel:debug"),
    ("shutdown_request", "kernel:shutdownRequest"),
    ("interrupt_request", "kernel:interrupt"),
    ("abort_request", "kernel:interrupt"),
    ("clear_request", "kernel:interrupt"),
    ("kernel_info_request", "kernel:connect"),
    ("connect_request", "kernel:connect"),
    ("create_subshell_request", "kernel:connect"),
    ("delete_subshell_request", "kernel:connect"),
    ("list_subshell_request", "kernel:connect"),
];

impl Message {
    /// Reads a message: its type, and its content as JSON.
    ///
    /// ```
    /// use notegate::adapters::jupyter::Message;
    /// use notegate::model::Limits;
    ///
    /// let content = r#"{"code": "1 + 1", "silent": false}"#;
    /// let message = Message::read("execute_request", content, &Limits::default())?;
    /// assert_eq!(message.action(), "kernel:execute");
    /// assert!(Message::read("made_up_request", "{}", &Limits::default()).is_err());
    /// # Ok::<(), notegate::model::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// When no message has this type, or its content is no object, is too long or nests too deep.
    pub fn read(kind: &str, content: &str, limits: &Limits) -> Result<Self, RequestError> {
        let Some((_, action)) = TYPES.iter().find(|(known, _)| *known == kind) else {
            return Err(refused("the message is of no type that is known"));
        };
        let mut context = notebook::context();
        // Messages of widgets are large, and nothing of theirs is asked about.
        if matches!(*action, "kernel:execute" | "kernel:complete" | "kernel:inspect") {
            Exceeded::check("request_bytes", limits.request_bytes, content.len())?;
            limits.check_json_nesting(content)?;
            let content: StrictValue = serde_json::from_str(content)
                .map_err(|error| refused("the content is not JSON").help(error.to_string()))?;
            let content = serde_json::Value::from(content);
            if !content.is_object() {
                return Err(refused("the content is not an object"));
            }
            if let Some(code) = content.get("code").and_then(serde_json::Value::as_str) {
                context = context.code(code);
            }
            if let Some(silent) = content.get("silent").and_then(serde_json::Value::as_bool) {
                context = context.silent(silent);
            }
        }
        Ok(Self { action, context })
    }

    /// The name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// The code, and whether it runs without being stored.
    #[must_use]
    pub fn context(&self) -> &ContextBuilder {
        &self.context
    }
}
