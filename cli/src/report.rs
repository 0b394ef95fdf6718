//! Problems for people, with their place underlined, and for programs.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
    ThemeCharacters, ThemeStyles,
};
use notegate::model::{Place, Problem, Severity, Span};

use crate::console::Paint;
use crate::text::{escape, escape_lines, escape_source};

/// A line longer than this is not shown: data in one line would flood the terminal.
const LONGEST_LINE: usize = 500;

/// No more of a text is underlined than this.
const LONGEST_SPAN: usize = 2_000;

/// A problem for people.
pub(crate) fn render(problem: &Problem, paint: Paint) -> String {
    let styles = if paint.on { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    let shown = Shown::of(problem);
    let mut text = String::new();
    match handler.render_report(&mut text, &shown) {
        Ok(()) => text,
        Err(fmt::Error) => shown.message,
    }
}

/// A part of a text, underlined; used where nothing is wrong, as in explanations.
pub(crate) fn underline(place: &Place, paint: Paint) -> Option<String> {
    let styles = if paint.on { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let (source, labels) = source(place)?;
    let shown = Shown {
        message: String::new(),
        code: None,
        help: None,
        severity: None,
        source: Some(source),
        labels,
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(1)
        .with_width(100);
    let mut text = String::new();
    handler.render_report(&mut text, &shown).ok()?;
    // The message above the snippet is empty.
    Some(text.lines().skip_while(|line| !line.contains('╭')).collect::<Vec<_>>().join("\n"))
}

/// A problem in the form that the printer reads, with nothing in it that a terminal obeys.
#[derive(Debug)]
struct Shown {
    message: String,
    code: Option<&'static str>,
    help: Option<String>,
    severity: Option<miette::Severity>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn of(problem: &Problem) -> Self {
        let mut message = escape_lines(&problem.message);
        let (mut shown, mut labels) = (None, Vec::new());
        if let Some(place) = &problem.place {
            match source(place) {
                Some((source, found)) => (shown, labels) = (Some(source), found),
                None if !place.file.is_empty() => {
                    let at = place.line_and_column();
                    let at = at.map(|(line, column)| format!(":{line}:{column}"));
                    let (file, at) = (escape(&place.file), at.unwrap_or_default());
                    message = format!("{file}{at}: {message}");
                }
                None => {}
            }
        }
        Self {
            message,
            code: Some(problem.code),
            help: problem.help.as_deref().map(escape_lines),
            severity: Some(match problem.severity {
                Severity::Warning => miette::Severity::Warning,
                Severity::Error => miette::Severity::Error,
            }),
            source: shown,
            labels,
        }
    }
}

/// The text of a place with its parts, when it can be shown.
fn source(place: &Place) -> Option<(NamedSource<String>, Vec<LabeledSpan>)> {
    let first = place.spans.first()?;
    if place.text.is_empty() || !short_lines(&place.text, first.offset) {
        return None;
    }
    let ends =
        |span: &Span| [span.offset, span.offset.saturating_add(span.length.min(LONGEST_SPAN))];
    let mut offsets: Vec<usize> = place.spans.iter().flat_map(ends).collect();
    let text = escape_source(&place.text, &mut offsets);
    let spans = place.spans.iter().zip(offsets.chunks_exact(2));
    let labels = spans.filter_map(|(span, ends)| {
        let [start, end] = ends else { return None };
        let label = span.label.as_deref().map(escape_lines);
        Some(LabeledSpan::new(label, *start, end.saturating_sub(*start)))
    });
    let labels = labels.collect();
    Some((NamedSource::new(escape(&place.file), text).with_language("cedar"), labels))
}

/// Whether the lines around an offset are short enough to look at.
fn short_lines(text: &str, offset: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(offset) else { return false };
    let before = before.rsplit('\n').take(2).map(str::len);
    let after = after.split('\n').take(40).map(str::len);
    before.chain(after).all(|length| length <= LONGEST_LINE)
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        self.severity
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
