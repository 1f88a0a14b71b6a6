//! Imports: how the modules of a program are found and loaded in one VM.

use std::sync::Arc;

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Ctx, Exception, Module, module::Declared};

use crate::program::Program;
use crate::quickjs::{throws, vm};
use crate::{commonjs, modules, source};

/// Finds and loads the modules of one VM.
pub(crate) struct Imports(pub Arc<Program>);

impl Resolver for Imports {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let found = source::resolve(base, name, modules::names()).and_then(|found| {
            // Read at once, so that a missing file is reported where it is imported.
            if !modules::names().contains(&found.as_str()) {
                self.0.text(&found)?;
            }
            Ok(found)
        });
        found.map_err(|error| {
            let place = self.0.text(base).ok().and_then(|text| source::place_of(&text, name));
            let place =
                place.map(|(line, column)| format!("\n\tat {base}:{line}:{column}")).unwrap_or_default();
            Exception::throw_message(ctx, &format!("{error}{place}"))
        })
    }
}

impl Loader for Imports {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        match modules::declare(ctx, name) {
            Some(module) => module,
            None => declare(&self.0, ctx, name),
        }
    }
}

/// Declares a source file as a module, from bytecode when another virtual user compiled it already.
pub(crate) fn declare<'js>(
    program: &Program,
    ctx: &Ctx<'js>,
    name: &str,
) -> rquickjs::Result<Module<'js, Declared>> {
    if let Some(code) = program.bytecode(name) {
        return vm::load(ctx, code);
    }
    let text = program.text(name).map_err(|e| Exception::throw_message(ctx, &e.to_string()))?;
    if !source::is_module(&text) {
        return commonjs::as_module(ctx, program, name);
    }
    let module = Module::declare(ctx.clone(), name, throws::noting(&text, name))?;
    let code = vm::compile(&module)?;
    program.keep_bytecode(name, code);
    Ok(module)
}
