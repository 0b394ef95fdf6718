//! The shapes of JSON as types of TypeScript, in the file that the package ships.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use ts_rs::{Config, TS, TypeVisitor};

use super::json::{RequestJson, ResponseJson, UidJson};
use crate::engine::{BundleReport, Explanation, ReportShape};
use crate::store::StatusShape;

#[test]
fn the_types_of_the_package_are_those_of_the_shapes() {
    // JSON has one kind of number, and no count here comes near what JavaScript holds exactly.
    let config = Config::new().with_large_int("number");
    let mut types = Types { texts: BTreeMap::new(), config };
    types.add::<RequestJson>();
    types.add::<ResponseJson>();
    types.add::<Explanation>();
    types.add::<BundleReport>();
    types.add::<ReportShape<'static>>();
    types.add::<StatusShape<'static>>();
    let texts: String = types.texts.into_values().collect();
    let written = format!("{HEAD}{texts}");
    let lines: Vec<&str> = written.lines().map(str::trim_end).collect();
    let written = lines.join("\n") + "\n";
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings-wasm/js/package/shapes.d.ts");
    if env::var_os("WRITE_TYPES").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let shipped = fs::read_to_string(&path).unwrap();
    assert!(shipped == written, "they differ; write them again with `WRITE_TYPES=1`:\n{written}");
}

/// How to write it again.
const HEAD: &str =
    "// Written from the library's own shapes: `WRITE_TYPES=1 cargo test -p notegate the_types`.\n";

struct Types {
    /// By their names: in which order dependencies are visited is not the same in every build.
    texts: BTreeMap<String, String>,
    config: Config,
}

impl Types {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        self.visit::<T>();
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Lists and maps have no file; what they hold is visited by itself.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if self.texts.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let text = format!("\n{docs}export {}\n", T::decl(&self.config));
        self.texts.insert(name, text);
        T::visit_dependencies(self);
    }
}

/// The values of the language in JSON, as types that are only written down.
#[derive(TS)]
#[ts(untagged)]
#[expect(dead_code, reason = "only its type is looked at")]
pub(crate) enum Value {
    Text(String),
    Long(i64),
    Bool(bool),
    Set(Vec<Value>),
    Entity { __entity: UidJson },
    Extension { __extn: Extension },
    Record(BTreeMap<String, Value>),
}

#[derive(TS)]
#[expect(dead_code, reason = "only its type is looked at")]
pub(crate) struct Extension {
    r#fn: String,
    arg: String,
}

#[derive(TS)]
#[expect(dead_code, reason = "only its type is looked at")]
pub(crate) struct Fields(BTreeMap<String, Value>);

#[derive(TS)]
#[ts(rename = "Entity")]
#[expect(dead_code, reason = "only its type is looked at")]
pub(crate) struct EntityJson {
    uid: UidJson,
    attrs: Fields,
    parents: Vec<UidJson>,
    #[ts(optional)]
    tags: Option<Fields>,
}
