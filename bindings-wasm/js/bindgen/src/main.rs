//! Writes the JavaScript around the compiled door: `notegate-bindgen MODULE FOLDER`.

use std::env;
use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (Some(module), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: notegate-bindgen MODULE FOLDER".into());
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("notegate").typescript(false);
    // Node and browsers alike: whoever imports it hands over the module.
    bindgen.web(true)?;
    Ok(bindgen.generate(folder)?)
}
