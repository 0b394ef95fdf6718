//! The shapes of JSON as types of TypeScript, in the file that the package ships.

use std::path::Path;
use std::{env, fs};

use ts_rs::{Config, TS, TypeVisitor};

use super::json::{RequestJson, ResponseJson};
use crate::engine::{BundleReport, Explanation, ReportShape};
use crate::store::StatusShape;

#[test]
fn the_types_of_the_package_are_those_of_the_shapes() {
    let mut types = Types::default();
    types.add::<RequestJson>();
    types.add::<ResponseJson>();
    types.add::<Explanation>();
    types.add::<BundleReport>();
    types.add::<ReportShape<'static>>();
    types.add::<StatusShape<'static>>();
    let head = "// Written by a test of the shapes that the library reads and writes; see CONTRIBUTING.md.\n";
    let written = format!("{head}{}", types.texts.concat());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings-wasm/js/package/shapes.d.ts");
    if env::var_os("WRITE_TYPES").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let shipped = fs::read_to_string(&path).unwrap();
    assert!(shipped == written, "they differ; write them again with `WRITE_TYPES=1`:\n{written}");
}

#[derive(Default)]
struct Types {
    known: Vec<String>,
    texts: Vec<String>,
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
        if T::output_path().is_none() || self.known.contains(&T::ident(&self.config)) {
            return;
        }
        self.known.push(T::ident(&self.config));
        let docs = T::docs().unwrap_or_default();
        let text = format!("\n{docs}export {}\n", T::decl(&self.config));
        self.texts.push(text);
        T::visit_dependencies(self);
    }
}
