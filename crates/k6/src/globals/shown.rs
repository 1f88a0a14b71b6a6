//! What an expression shows in a VM with some globals, for the tests of these.

use rquickjs::{CatchResultExt, Context, Ctx, Runtime};

/// Evaluates an expression where the globals are installed: as a text, it begins with what is expected.
pub(super) fn check(install: fn(&Ctx<'_>) -> rquickjs::Result<()>, script: &str, expected: &str) {
    let context = Context::full(&Runtime::new().unwrap()).unwrap();
    context.with(|ctx| {
        install(&ctx).unwrap();
        let result = ctx.eval::<String, _>(format!("String({script})")).catch(&ctx);
        let shown = result.unwrap_or_else(|error| error.to_string());
        assert!(shown.starts_with(expected), "{script}: {shown}");
    });
}
