//! Messages on a kernel's channels.

use serde_json::Value;

use super::body::Fields;
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
            let Value::Object(content) = content.into() else {
                return Err(refused("the content is not an object"));
            };
            context = of_code(&Fields(content), context)?;
        }
        Ok(Self { action, context })
    }

    /// The name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// All the code, and whether it runs without being stored.
    #[must_use]
    pub fn context(&self) -> &ContextBuilder {
        &self.context
    }
}

/// What a message says of the code that it has run. What is of another kind than it should be is refused: languages
/// differ in what they take it for.
fn of_code(fields: &Fields, mut context: ContextBuilder) -> Result<ContextBuilder, RequestError> {
    let expressions = fields.record("user_expressions")?.unwrap_or_default();
    let expressions = expressions.texts()?;
    let cell = fields.text("code")?;
    let code: Vec<&str> = cell.into_iter().chain(expressions.iter().copied()).collect();
    if !code.is_empty() {
        context = context.code(&code.join("\n"));
    }
    if !expressions.is_empty() {
        context = context.user_expressions(expressions);
    }
    // A kernel stores what is not silent, unless it is told not to.
    let (silent, stored) = (fields.bool("silent")?, fields.bool("store_history")?);
    let hidden = stored.map(|stored| !stored);
    Ok(match silent.or(hidden) {
        Some(silent) => context.silent(silent || hidden == Some(true)),
        None => context,
    })
}
