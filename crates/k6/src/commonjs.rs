//! CommonJS: files without `import` and `export`, and the function `require`.

use flashcrowd_modules::Kind;
use rquickjs::function::This;
use rquickjs::{Ctx, Exception, Function, Module, Object, Value, module::Declared};

use crate::error::thrown;
use crate::event_loop;
use crate::program::Program;
use crate::quickjs::convert::Text;
use crate::quickjs::throws;
use crate::state;

/// The global under which the exports of CommonJS files are kept, by module name.
const CACHE: &str = "__flashcrowd_commonjs";

/// Runs a CommonJS file and declares a module whose default export is its `module.exports`.
pub fn as_module<'js>(
    ctx: &Ctx<'js>,
    program: &Program,
    name: &str,
) -> rquickjs::Result<Module<'js, Declared>> {
    let exports = run(ctx, program, name)?;
    let mut code = format!("const m = globalThis.{CACHE}[{}].exports;\nexport default m;\n", quoted(name));
    if let Some(object) = exports.as_object() {
        for Text(key) in object.keys::<Text>().flatten() {
            if key == "default" {
                code = code.replace("export default m;", "export default m.default;");
            } else if is_identifier(&key) {
                code.push_str(&format!("export const {key} = m[{}];\n", quoted(&key)));
            }
        }
    }
    // A name that is wanted and missing is null, as in k6.
    for wanted in program.sources.wanted(name) {
        let is_missing =
            exports.as_object().is_none_or(|object| !object.contains_key(&*wanted).unwrap_or(true));
        if is_missing && is_identifier(&wanted) {
            code.push_str(&format!("export const {wanted} = null;\n"));
        }
    }
    Module::declare(ctx.clone(), name, code)
}

/// Gives a VM the functions that CommonJS needs.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    globals.prop(CACHE, rquickjs::object::Property::from(Object::new(ctx.clone())?))?;
    globals.set("require", Function::new(ctx.clone(), require_from_entry)?.with_name("require")?)
}

fn require_from_entry<'js>(ctx: Ctx<'js>, Text(specifier): Text) -> rquickjs::Result<Value<'js>> {
    let base = state::with(|vu| vu.program.entry.clone());
    require(&ctx, &base, &specifier)
}

fn require<'js>(ctx: &Ctx<'js>, base: &str, specifier: &str) -> rquickjs::Result<Value<'js>> {
    let (program, init) = state::with(|vu| (vu.program.clone(), vu.in_init()));
    if !init {
        return Err(Exception::throw_message(ctx, "require() is only available in the init context"));
    }
    let name = program.sources.resolve(base, specifier).map_err(|error| thrown(ctx, &error))?;
    let is_built_in = crate::modules::BUILTIN.has(&name);
    if !is_built_in {
        let source = program.source(&name).map_err(|error| thrown(ctx, &error))?;
        match source.kind {
            Kind::CommonJs => return run(ctx, &program, &name),
            Kind::Json => return ctx.json_parse(&*source.code),
            Kind::Module => {}
        }
    }
    let promise = Module::import(ctx, name.as_str())?;
    let namespace: Object<'js> = event_loop::settle(ctx, &promise)?;
    if is_built_in {
        return namespace.get("default");
    }
    Ok(namespace.into_value())
}

/// Runs a file once and answers its `module.exports`.
fn run<'js>(ctx: &Ctx<'js>, program: &Program, name: &str) -> rquickjs::Result<Value<'js>> {
    let cache: Object<'js> = ctx.globals().get(CACHE)?;
    let known: Option<Object<'js>> = cache.get(name)?;
    if let Some(module) = known {
        return module.get("exports");
    }
    let text = program.source(name).map_err(|error| thrown(ctx, &error))?.code.clone();
    let module = Object::new(ctx.clone())?;
    let exports = Object::new(ctx.clone())?;
    module.set("exports", exports.clone())?;
    cache.set(name, module.clone())?;
    let mut options = rquickjs::context::EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    // The wrapper stays on the file's first line, so that line numbers are the author's.
    let text = text.strip_prefix("#!").map_or_else(|| text.to_string(), |rest| format!("//{rest}"));
    let text = throws::noting(&text, name, Kind::CommonJs);
    let wrapped = format!("(function (module, exports, require) {{{text}\n}})");
    let function: Function<'js> = ctx.eval_with_options(wrapped, options)?;
    let base = name.to_owned();
    let require = Function::new(ctx.clone(), move |ctx: Ctx<'js>, Text(specifier): Text| {
        require(&ctx, &base, &specifier)
    })?;
    let done: rquickjs::Result<Value<'js>> =
        function.call((This(exports.clone()), module.clone(), exports, require));
    if let Err(error) = done {
        cache.remove(name)?;
        return Err(error);
    }
    module.get("exports")
}

fn is_identifier(text: &str) -> bool {
    const RESERVED: [&str; 12] = [
        "class", "delete", "export", "function", "import", "in", "new", "return", "typeof", "var", "void",
        "with",
    ];
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
        && !RESERVED.contains(&text)
        && text != "m"
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
