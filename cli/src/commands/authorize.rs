//! `notegate authorize`

mod watch;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use notegate::adapters::json::ResponseJson;
use notegate::audit::Lines as AuditLines;
use notegate::engine::Options;
use notegate::model::RequestError;
use notegate::pdp::PdpBuilder;
use notegate::{Decision, Pdp, Response};
use serde::Serialize;

use self::watch::WatchArgs;
use crate::console::{Console, ErrorJson, Format};
use crate::decide::{DecideArgs, EngineArgs};
use crate::failure::{Exit, Failure};
use crate::input::PolicyArgs;
use crate::lines::{self, Line, Lines};
use crate::question::{self, RequestArgs};
use crate::text::escape;

/// Records that may wait to be written before more are dropped.
const AUDIT_QUEUE: usize = 65_536;

/// Decide one request, or a file of them
///
/// Decides by a bundle, or by any Cedar policies with `--policies`. One request is given with
/// --principal, --action and --resource, or whole with --request; many with --requests.
#[derive(Debug, Args)]
#[command(after_long_help = "Many requests:\n  \
        --requests reads one JSON object per line and writes one per line, in the same order:\n  \
        a response, or {\"error\": {\"code\", \"message\", \"help\", \"line\"}} in the place of a line that\n  \
        cannot be read. An empty line is passed over and gets no answer. Whoever writes to standard\n  \
        input and waits for the answer gets it at once. The exit status is 0 when every line was\n  \
        decided, whatever the decisions, and 1 when a line was bad.\n\n\
        With --watch the bundle is followed meanwhile: a line is decided when it arrives, by what is in\n  \
        force then, and the answer names its revision. What happens to the bundle is told on standard\n  \
        error, one line for each event, as JSON with `--format json`. A bundle that is refused leaves\n  \
        the last good one in force.\n\n\
        A request, with everything but the first three left out when it is empty:\n  \
        {\"principal\": {\"type\": \"User\", \"id\": \"ada\"}, \"action\": \"kernel:start\",\n   \
        \"resource\": \"KernelSpec::\\\"python3\\\"\", \"context\": {}, \"entities\": [], \"attributes\": []}\n\n\
        Examples:\n  \
        notegate authorize my-policies -l 'User::\"ada\"' -a server:start -r 'Server::\"ada/\"'\n  \
        notegate authorize my-policies --request request.json --format json\n  \
        notegate authorize my-policies --requests day.jsonl --audit audit.jsonl > responses.jsonl\n  \
        notegate authorize my-policies --requests - --watch\n  \
        notegate authorize --policies policies.cedar --entities entities.json --errors cedar \\\n    \
        -l 'User::\"alice\"' -a 'Action::\"view\"' -r 'Photo::\"trip.jpg\"' --context '{\"mfa\": true}'")]
pub(crate) struct Authorize {
    #[command(flatten)]
    policies: PolicyArgs,

    #[command(flatten)]
    request: RequestArgs,

    /// Many requests: a file with one JSON object per line, or `-` for standard input
    #[arg(
        long,
        value_name = "FILE|-",
        help_heading = "Request",
        conflicts_with_all = ["principal", "action", "resource", "context", "request"]
    )]
    requests: Option<PathBuf>,

    #[command(flatten)]
    deciding: DecideArgs,

    #[command(flatten)]
    engine: EngineArgs,

    #[command(flatten)]
    watch: WatchArgs,

    /// Append a record of each decision to this file, with its complete input, as JSON lines
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl Authorize {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if self.requests.is_none() && !self.request.is_given() {
            return Err(Failure::new("request.missing", "there is no request to decide")
                .help("give --principal, --action and --resource, or --request, or --requests"));
        }
        if self.watch.is_given() && self.requests.is_none() {
            return Err(Failure::new("usage.watch", "a bundle is followed while requests come in")
                .help("give --requests, or leave --watch out"));
        }
        let audit = self.audit.as_deref().map(open_audit).transpose()?;
        let mut builder = self.deciding.builder();
        if let Some(lines) = &audit {
            builder = builder.sink(Arc::clone(lines));
        }
        let ended = self.open(builder, console).and_then(|pdp| self.decide(&pdp, console));
        if let Some(status) = audit.and_then(Arc::into_inner).map(AuditLines::finish) {
            for (count, what) in [(status.dropped, "dropped"), (status.failed, "not written")] {
                if count > 0 {
                    console.note(&format!("audit: {count} records were {what}"));
                }
            }
        }
        ended
    }

    fn open(&self, builder: PdpBuilder, console: &Console) -> Result<Pdp, Failure> {
        let (error_mode, evaluator) = (self.deciding.error_mode(), self.engine.evaluator());
        if self.watch.is_given() {
            let (bundle, trust, options) = self.policies.followed(error_mode)?;
            let options = Options { evaluator, ..options };
            return self.watch.open(builder, bundle, trust, options, console.is_json());
        }
        let input = self.policies.read(error_mode)?.by(evaluator);
        Ok(builder.options(input.options).open(&input.bundle)?)
    }

    fn decide(&self, pdp: &Pdp, console: &mut Console) -> Result<Exit, Failure> {
        match &self.requests {
            Some(path) => {
                let (input, length) = lines::open(path)?;
                many(pdp, input, length, self.watch.is_given(), console)
            }
            None => {
                let request = self.request.read(&pdp.shape())?;
                let response = pdp.authorize(&request);
                if console.is_json() {
                    console.json(&ResponseJson::of(&response))?;
                } else {
                    print(&response, console)?;
                }
                Ok(exit(response.decision()))
            }
        }
    }
}

/// The file is readable by its owner alone: records hold all that was asked.
fn open_audit(path: &Path) -> Result<Arc<AuditLines>, Failure> {
    let failed = |error| Failure::unreadable(path, &error);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    AuditLines::start(io::BufWriter::new(file), AUDIT_QUEUE).map(Arc::new).map_err(failed)
}

fn exit(decision: Decision) -> Exit {
    match decision {
        Decision::Allow => Exit::Success,
        Decision::Deny => Exit::Deny,
    }
}

/// A decision as it is shown to people.
pub(crate) fn shown(decision: Decision, console: &Console) -> String {
    match decision {
        Decision::Allow => console.paint.good("ALLOW"),
        Decision::Deny => console.paint.bad("DENY"),
    }
}

/// A response for people.
pub(crate) fn print(response: &Response, console: &mut Console) -> Result<(), Failure> {
    let decision = shown(response.decision(), console);
    writeln!(console, "{decision}")?;
    let mut field = |name: &str, value: &str| -> Result<(), Failure> {
        let name = console.paint.faint(&format!("{name:12}"));
        Ok(writeln!(console, "  {name}{}", escape(value))?)
    };
    if response.reason().is_empty() {
        field("reason", "no policy permits it")?;
    }
    for id in response.reason() {
        field("reason", id.as_ref())?;
    }
    for line in response.message().into_iter().flat_map(str::lines) {
        field("message", line)?;
    }
    for (name, value) in response.obligations().iter() {
        field("obligation", &format!("{name} = {value}"))?;
    }
    for error in response.errors() {
        let policy = error.policy_id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
        field("error", &format!("{policy}{}", error.message))?;
    }
    field("decision id", &response.decision_id().to_string())?;
    field("revision", &response.revision().to_string())?;
    if response.expired() {
        field("expired", "the bundle in force has expired")?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Response(ResponseJson),
    Error { error: ErrorJson<'a> },
}

/// Decides one request per line and answers each in its place.
fn many(
    pdp: &Pdp,
    input: impl Read,
    length: Option<u64>,
    watched: bool,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let limit = pdp.snapshot().limits().request_bytes;
    let human = console.asked() == Some(Format::Human);
    let progress = progress(length);
    let mut lines = Lines::new(input, limit);
    let mut exit = Exit::Success;
    loop {
        let read = lines.next(|| console.flush());
        let asked = match read {
            Ok(Line::End) => break,
            Ok(line) => question::of_line(&line, &pdp.shape()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error.into()),
            Err(error) => return Err(lines::unreadable(&error)),
        };
        let Some(asked) = asked else { continue };
        match asked.map(|request| pdp.authorize(&request)) {
            Ok(response) if human => line(&response, watched, console)?,
            Ok(response) => console.json(&Answer::Response(ResponseJson::of(&response)))?,
            Err(error) => {
                exit = Exit::CouldNot;
                refuse(&error, lines.number(), human, console)?;
            }
        }
        progress.set_position(lines.bytes());
    }
    progress.finish_and_clear();
    Ok(exit)
}

/// One line for people; with the revision where it may be another from line to line.
fn line(response: &Response, watched: bool, console: &mut Console) -> Result<(), Failure> {
    let decision = shown(response.decision(), console);
    let gap = if response.allowed() { "" } else { " " };
    let reason: Vec<_> = response.reason().iter().map(ToString::to_string).collect();
    let reason = escape(&reason.join(", "));
    let id = response.decision_id();
    let revision = if watched { format!("  {}", response.revision()) } else { String::new() };
    let expired = if response.expired() { "  (the bundle has expired)" } else { "" };
    Ok(writeln!(console, "{decision}{gap}  {id}{revision}  {reason}{expired}")?)
}

fn refuse(
    error: &RequestError,
    number: usize,
    human: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let (code, message) = (error.code(), error.to_string());
    if human {
        let word = console.paint.bad("ERROR");
        return Ok(writeln!(console, "{word}  line {number}: {}", escape(&message))?);
    }
    console.json(&Answer::Error {
        error: ErrorJson {
            code,
            message: &message,
            help: error.help_text(),
            line: Some(number),
            problems: Vec::new(),
        },
    })
}

/// A bar where somebody can see it and it is not in the way of the data.
fn progress(length: Option<u64>) -> ProgressBar {
    if io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(5));
    let template = match length {
        Some(_) => "{bar:40} {bytes} of {total_bytes}, {eta} left",
        None => "{spinner} {bytes} read",
    };
    // A template that indicatif refuses leaves its own default.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
