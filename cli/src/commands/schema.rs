//! `notegate schema`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use notegate::bundle::{Delivery, Trust};
use notegate::engine::{AttributeShape, Options, SchemaTable};
use notegate::model::Limits;
use notegate::{Bundle, Snapshot};
use serde::Serialize;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::text::escape;

/// Print the schema that policies are held to, or what it declares
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    notegate schema                              the shipped schema, in Cedar\n  \
    notegate schema --list actions               every action, with who may ask for it on what\n  \
    notegate schema --bundle my-policies --list types")]
pub(crate) struct Schema {
    /// The schema of this bundle, a folder or a packed one: the shipped one and what the bundle adds
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,

    /// A table in the place of the text
    #[arg(long, value_name = "WHAT")]
    list: Option<List>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum List {
    /// Actions, with their groups and the types of principal and resource
    Actions,
    /// Facts that a request may carry, with the actions they go with
    Context,
    /// Action groups, with the actions in them
    Groups,
    /// Entity types, with their attributes
    Types,
}

#[derive(Serialize)]
struct TextJson {
    schema: String,
}

/// A fact of the context, with the actions it goes with.
#[derive(Serialize)]
struct ContextJson {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    required: bool,
    actions: Vec<String>,
}

impl Schema {
    pub(crate) fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let limits = Limits::default();
        let bundle = match &self.bundle {
            Some(path) => Delivery::open(path, &limits)?.bundle(&Trust::unsigned())?,
            // The shipped schema alone: a bundle that says nothing.
            None => Bundle::from_members([("none.cedar".to_owned(), Vec::new())], &limits)?,
        };
        let snapshot = Snapshot::build(&bundle, Options::default())?;
        match self.list {
            None => {
                let schema = snapshot.schema_text().unwrap_or_default();
                if console.is_json() {
                    console.json(&TextJson { schema })?;
                } else {
                    writeln!(console, "{}", schema.trim_end())?;
                }
            }
            Some(list) => list.print(&snapshot.schema_table().unwrap_or_default(), console)?,
        }
        Ok(Exit::Success)
    }
}

impl List {
    fn print(self, table: &SchemaTable, console: &mut Console) -> Result<(), Failure> {
        if console.is_json() {
            return match self {
                Self::Actions => console.json(&table.actions),
                Self::Groups => console.json(&table.groups),
                Self::Types => console.json(&table.entity_types),
                Self::Context => console.json(&context(table)),
            };
        }
        let (head, rows): (&[&str], Vec<Vec<String>>) = match self {
            Self::Actions => (
                &["ACTION", "GROUPS", "PRINCIPALS", "RESOURCES"],
                table
                    .actions
                    .iter()
                    .map(|one| {
                        let groups = one.groups.iter().map(|group| id(group)).collect::<Vec<_>>();
                        vec![
                            one.id.clone(),
                            groups.join(", "),
                            types(&one.principal_types),
                            types(&one.resource_types),
                        ]
                    })
                    .collect(),
            ),
            Self::Groups => (
                &["GROUP", "ACTIONS"],
                table
                    .groups
                    .iter()
                    .map(|one| {
                        let members: Vec<_> = one.members.iter().map(|uid| id(uid)).collect();
                        vec![one.id.clone(), members.join(", ")]
                    })
                    .collect(),
            ),
            Self::Types => (
                &["TYPE", "IN", "ATTRIBUTES"],
                table
                    .entity_types
                    .iter()
                    .map(|one| {
                        vec![one.name.clone(), types(&one.ancestors), attributes(&one.attributes)]
                    })
                    .collect(),
            ),
            Self::Context => (
                &["FACT", "TYPE", "ACTIONS"],
                context(table)
                    .into_iter()
                    .map(|one| {
                        let mark = if one.required { "" } else { "?" };
                        let actions = match one.actions.as_slice() {
                            few if few.len() <= 4 => few.join(", "),
                            more => format!("{} actions", more.len()),
                        };
                        vec![format!("{}{mark}", one.name), one.type_name, actions]
                    })
                    .collect(),
            ),
        };
        columns(head, &rows, console)
    }
}

fn context(table: &SchemaTable) -> Vec<ContextJson> {
    let mut facts: BTreeMap<(&str, &str, bool), Vec<String>> = BTreeMap::new();
    for action in &table.actions {
        for AttributeShape { name, type_name, required } in &action.context {
            facts.entry((name, type_name, *required)).or_default().push(action.id.clone());
        }
    }
    let facts = facts.into_iter().map(|((name, type_name, required), actions)| {
        let (name, type_name) = (name.to_owned(), type_name.to_owned());
        ContextJson { name, type_name, required, actions }
    });
    facts.collect()
}

/// The id in a uid that policies write.
fn id(uid: &str) -> String {
    uid.split_once("::\"").map_or(uid, |(_, id)| id.trim_end_matches('"')).to_owned()
}

/// Types without the namespace that nearly all of them share.
fn types(names: &[String]) -> String {
    let names = names.iter().map(|name| name.strip_prefix("Notebook::").unwrap_or(name));
    names.collect::<Vec<_>>().join(", ")
}

fn attributes(attributes: &[AttributeShape]) -> String {
    let shown = attributes.iter().map(|one| {
        let mark = if one.required { "" } else { "?" };
        let type_name = one.type_name.strip_prefix("Notebook::").unwrap_or(&one.type_name);
        format!("{}{mark}: {type_name}", one.name)
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Columns as wide as what is in them; the last one is as long as it is.
fn columns(head: &[&str], rows: &[Vec<String>], console: &mut Console) -> Result<(), Failure> {
    let shown: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escape(cell)).collect()).collect();
    let width = |at: usize| {
        let cells = shown.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain(head.get(at).map(|head| head.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head = head.iter().map(|head| (*head).to_owned()).collect();
    for (at, row) in std::iter::once(&head).chain(&shown).enumerate() {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = padded.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        let line = if at == 0 { console.paint.strong(line) } else { line.to_owned() };
        writeln!(console, "{line}")?;
    }
    Ok(())
}
