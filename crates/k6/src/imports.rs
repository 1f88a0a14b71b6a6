//! Imports: how the modules of a program are found and loaded in one VM.

use std::sync::Arc;

use flashcrowd_modules::Kind;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Ctx, Function, Module, module::Declared};

use crate::error::thrown;
use crate::program::Program;
use crate::quickjs::{throws, vm};
use crate::{commonjs, modules, state};

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
        let found = self.0.sources.resolve(base, name).and_then(|found| {
            // Read at once, so that a missing file is reported where it is imported.
            if !modules::BUILTIN.has(&found) {
                self.0.source(&found)?;
            }
            Ok(found)
        });
        found.map_err(|error| thrown(ctx, &error))
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
    let source = program.source(name).map_err(|error| thrown(ctx, &error))?;
    match source.kind {
        Kind::CommonJs => return commonjs::as_module(ctx, program, name),
        Kind::Json => {
            let text = serde_json::Value::from(&*source.code);
            return Module::declare(ctx.clone(), name, format!("export default JSON.parse({text});"));
        }
        Kind::Module => {}
    }
    let module = match program.bytecode(name) {
        Some(code) => vm::load(ctx, code)?,
        None => {
            let module =
                Module::declare(ctx.clone(), name, throws::noting(&source.code, name, Kind::Module))?;
            program.keep_bytecode(name, vm::compile(&module)?);
            module
        }
    };
    if source.code.contains("import.meta") {
        describe(ctx, &module, name)?;
    }
    Ok(module)
}

/// Makes `import.meta` of a module.
fn describe<'js>(ctx: &Ctx<'js>, module: &Module<'js, Declared>, name: &str) -> rquickjs::Result<()> {
    let meta = module.meta()?;
    meta.set("url", name)?;
    let base = name.to_owned();
    let resolve = move |ctx: Ctx<'js>, specifier: String| {
        let found = state::with(|vu| vu.program.sources.resolve(&base, &specifier));
        found.map_err(|error| thrown(&ctx, &error))
    };
    meta.set("resolve", Function::new(ctx.clone(), resolve)?.with_name("resolve")?)
}
