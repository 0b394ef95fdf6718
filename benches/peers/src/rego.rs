//! Rego, evaluated by regorus.

use std::error::Error;

use notegate_worlds::{World, rego};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};

use crate::{Decide, Entrant};

/// As policies are written that have conditions of their own.
pub(crate) const RULES: Entrant = Entrant {
    name: "regorus, a rule each",
    package: "regorus",
    form: "a rule for each policy, compiled once for its virtual machine, or, since that refuses \
           10 000, kept in its interpreter; entities as data; input built beforehand",
    file: "regorus-rules.json",
    load: |world| load(world, rego::rules(world)),
};

/// As policies can be written that have all the same condition.
pub(crate) const DATA: Entrant = Entrant {
    name: "regorus, over data",
    package: "regorus",
    form: "one rule over policies as data, by group, action and namespace, which works only \
           because all have the same condition; compiled once; input built beforehand",
    file: "regorus-data.json",
    load: |world| load(world, rego::rule_over_data()),
};

fn load(world: &World, modules: Vec<String>) -> Result<Decide, Box<dyn Error>> {
    let mut engine = Engine::new();
    for (at, module) in modules.into_iter().enumerate() {
        engine.add_policy(format!("notegate-{at}.rego"), module)?;
    }
    let data = Value::from_json_str(&rego::data(world).to_string())?;
    let inputs =
        world.questions.iter().map(|one| Value::from_json_str(&rego::input(one).to_string()));
    let inputs: Vec<Value> = inputs.collect::<Result<_, _>>()?;
    let input = move |at: usize| inputs.get(at).cloned().ok_or("there is no such question");
    let compiled = engine.compile_with_entrypoint(&rego::ENTRY.into())?;
    let Ok(program) = Compiler::compile_from_policy(&compiled, &[rego::ENTRY]) else {
        engine.add_data(data)?;
        return Ok(Box::new(move |at| {
            engine.set_input(input(at)?);
            Ok(*engine.eval_rule(rego::ENTRY.to_owned())?.as_bool()?)
        }));
    };
    let mut machine = RegoVM::new_with_policy(compiled);
    machine.load_program(program);
    machine.set_data(data)?;
    Ok(Box::new(move |at| {
        machine.set_input(input(at)?);
        Ok(*machine.execute()?.as_bool()?)
    }))
}
