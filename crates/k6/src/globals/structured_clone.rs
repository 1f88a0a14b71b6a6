//! `structuredClone`: a deep copy of any data, with circles, dates, maps and buffers.

use rquickjs::{Ctx, Function, Value};

use crate::quickjs::lazy;

/// Makes the function.
const FUNCTION: &str = include_str!("structured_clone.js");

/// Defines the global when the script first names it.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    lazy::global(ctx, "structuredClone", define)
}

fn define<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<()> {
    let make: Function<'js> = ctx.eval(FUNCTION)?;
    ctx.globals().set("structuredClone", make.call::<_, Value<'js>>(())?)
}

#[cfg(test)]
mod tests {
    use rquickjs::{CatchResultExt, Context, Runtime};

    use super::*;

    fn check(script: &str, expected: &str) {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            install(&ctx).unwrap();
            let shown = ctx.eval::<String, _>(format!("String((() => {{ {script} }})())")).catch(&ctx);
            assert_eq!(shown.unwrap_or_else(|error| error.to_string()), expected, "{script}");
        });
    }

    #[test]
    fn data_is_copied_in_depth() {
        check(
            "const a = { n: 1, list: [1, { deep: true }], when: new Date(5), re: /x/gi, u: undefined };
             const b = structuredClone(a);
             return [b !== a, b.list[1] !== a.list[1], JSON.stringify(b) === JSON.stringify(a), b.when.getTime(), b.re.flags, 'u' in b];",
            "true,true,true,5,gi,true",
        );
        check("const a = {}; a.a = a; const b = structuredClone(a); return b.a === b && b !== a;", "true");
        check(
            "const m = structuredClone(new Map([[{ k: 1 }, new Set([2])]])); const [[k, s]] = m; return [k.k, s.has(2)];",
            "1,true",
        );
        check(
            "const v = new Uint16Array([1, 2, 3]).subarray(1); const c = structuredClone(v); c[0] = 9;
             return [v.join(), c.join(), c.constructor.name];",
            "2,3,9,3,Uint16Array",
        );
        check(
            "const e = structuredClone(new RangeError('far')); return [e instanceof RangeError, e.message];",
            "true,far",
        );
    }

    #[test]
    fn what_is_no_data_is_refused() {
        for (value, expected) in [
            ("() => 1", "DataCloneError: the function v could not be cloned"),
            ("Symbol('s')", "DataCloneError: Symbol(s) could not be cloned"),
            ("Promise.resolve()", "DataCloneError: a Promise could not be cloned"),
        ] {
            let call = format!("structuredClone({{ v: {value} }})");
            check(
                &format!("try {{ {call}; }} catch (e) {{ return `${{e.name}}: ${{e.message}}`; }}"),
                expected,
            );
        }
    }
}
