//! Module `k6/data`: SharedArray, a read-only array that all virtual users share.
//!
//! The program keeps the elements once, as JSON texts. A virtual user has a proxy over an array of the same length
//! that is empty, and parses an element each time the script reads it.

use rquickjs::convert::List;
use rquickjs::{Ctx, Exception, Function, Object, Value};

use crate::program::SharedElements;
use crate::quickjs::convert::Text;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["SharedArray"];

/// Makes the class from the host function that shares elements.
///
/// Handlers of all arrays of a VM have the same methods. All that an array itself needs is its `read`.
const CLASS: &str = "
(share) => {
  const making = Object.create(null);
  const refuse = () => {
    throw new TypeError('SharedArray is immutable');
  };
  const freeze = (value) => {
    if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) freeze(value[key]);
      Object.freeze(value);
    }
    return value;
  };
  const isIndex = (array, key) =>
    typeof key === 'string' && String(key >>> 0) === key && key >>> 0 < array.length;
  class Handler {
    constructor(read) {
      this.read = read;
    }
    get(array, key) {
      return isIndex(array, key) ? freeze(this.read(key >>> 0)) : array[key];
    }
    has(array, key) {
      return isIndex(array, key) || key in array;
    }
    ownKeys(array) {
      return [...Array.from(array.keys(), String), 'length'];
    }
    getOwnPropertyDescriptor(array, key) {
      if (!isIndex(array, key)) return Reflect.getOwnPropertyDescriptor(array, key);
      return { value: this.get(array, key), writable: true, enumerable: true, configurable: true };
    }
  }
  for (const trap of ['defineProperty', 'deleteProperty', 'preventExtensions', 'set', 'setPrototypeOf']) {
    Handler.prototype[trap] = refuse;
  }
  return class SharedArray {
    constructor(name, make) {
      name = String(name);
      if (making[name]) throw new Error(`SharedArray '${name}' is made by its own function`);
      making[name] = true;
      try {
        const [length, read] = share(name, make);
        const array = [];
        array.length = length;
        return new Proxy(array, new Handler(read));
      } finally {
        delete making[name];
      }
    }
  };
}
";

/// Makes the module's class.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let class: Function<'js> = ctx.eval(CLASS)?;
    let class: Value<'js> = class.call((Function::new(ctx.clone(), share)?,))?;
    let module = Object::new(ctx.clone())?;
    module.set("SharedArray", class)?;
    Ok(module)
}

/// The length of the array with that name, and the function that reads one of its elements.
fn share<'js>(
    ctx: Ctx<'js>,
    Text(name): Text,
    make: Value<'js>,
) -> rquickjs::Result<List<(usize, Function<'js>)>> {
    let fail = |text| Exception::throw_message(&ctx, text);
    if !state::with(|vu| vu.in_init()) {
        return Err(fail("new SharedArray must be called in the init context"));
    }
    if name.is_empty() {
        return Err(fail("empty name provided to SharedArray's constructor"));
    }
    let Some(make) = make.into_function() else {
        return Err(fail("a function is expected as the second argument of SharedArray's constructor"));
    };
    if is_async(&make)? {
        return Err(fail("SharedArray constructor does not support async functions as second argument"));
    }
    let elements = elements(&ctx, &name, &make)?;
    let length = elements.len();
    let read = move |ctx: Ctx<'js>, index: usize| match elements.get(index) {
        Some(element) => ctx.json_parse(&**element),
        None => Ok(Value::new_undefined(ctx)),
    };
    Ok(List((length, Function::new(ctx.clone(), read)?)))
}

fn is_async(function: &Function<'_>) -> rquickjs::Result<bool> {
    let class: Object<'_> = function.get("constructor")?;
    Ok(class.get::<_, String>("name")? == "AsyncFunction")
}

/// The shared elements; the first virtual user to come makes them.
fn elements<'js>(ctx: &Ctx<'js>, name: &str, make: &Function<'js>) -> rquickjs::Result<SharedElements> {
    let vu = state::current();
    let slot = vu.program.array(name);
    // Correctness: `make` is script code, which may hand the thread to other fibers while the slot is locked. They
    // wait on their fibers, as a lock of std would stop the thread and `make` with it.
    let mut filled = match slot.try_lock() {
        Ok(filled) => filled,
        Err(_) => vu.wait(ctx, slot.lock())?,
    };
    if let Some(elements) = &*filled {
        return Ok(elements.clone());
    }
    let elements = to_json(ctx, &make.call(())?)?;
    *filled = Some(elements.clone());
    Ok(elements)
}

fn to_json<'js>(ctx: &Ctx<'js>, made: &Value<'js>) -> rquickjs::Result<SharedElements> {
    // Asked of JavaScript, as other SharedArrays are arrays too.
    let class: Object<'js> = ctx.globals().get("Array")?;
    let is_array = class.get::<_, Function<'js>>("isArray")?.call::<_, bool>((made.clone(),))?;
    let Some(array) = made.as_object().filter(|_| is_array) else {
        return Err(Exception::throw_message(ctx, "only arrays can be made into SharedArray"));
    };
    let length: u32 = array.get("length")?;
    (0..length).map(|index| element(ctx, array.get(index)?)).collect()
}

/// One element as JSON; what JSON cannot say becomes null, as in any array that is made into JSON.
fn element<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Box<str>> {
    match ctx.json_stringify(value)? {
        Some(text) => Ok(text.to_string()?.into()),
        None => Ok("null".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::time::Duration;

    use flashcrowd_engine::VuIds;
    use flashcrowd_metrics::Registry;
    use flashcrowd_modules::{RemoteSettings, Sources};
    use rquickjs::{CatchResultExt, CaughtError, Context, Runtime};

    use super::*;
    use crate::program::Program;
    use crate::quickjs::fiber::{self, Fiber};
    use crate::quickjs::vm;
    use crate::state::{Phase, VuState};
    use flashcrowd_test::{Log, Message};

    struct Silent;

    impl Log for Silent {
        fn log(&self, _message: &Message<'_>) {}
    }

    fn program() -> Arc<Program> {
        let env = BTreeMap::new();
        let (builtin, remote) = (crate::modules::BUILTIN, RemoteSettings::default());
        let sources = Sources::new("file:///test.js".to_owned(), None, builtin, remote).unwrap();
        Arc::new(Program::new(sources, env, Registry::new(), Duration::MAX, Arc::new(Silent)))
    }

    fn user(program: &Arc<Program>) -> Rc<VuState> {
        Rc::new(VuState::new(program.clone(), None, VuIds { in_instance: 1, in_test: 1 }))
    }

    fn run(context: &Context, script: &str) -> String {
        context.with(|ctx| {
            let class: Value<'_> = build(&ctx).unwrap().get("SharedArray").unwrap();
            ctx.globals().set("SharedArray", class).unwrap();
            match ctx.eval::<String, _>(format!("'use strict'; {script}")).catch(&ctx) {
                Ok(shown) => shown,
                Err(CaughtError::Exception(error)) => {
                    let name: String = error.as_object().get("name").unwrap();
                    format!("{name}: {}", error.message().unwrap_or_default())
                }
                Err(other) => other.to_string(),
            }
        })
    }

    /// What the script says, run by a new virtual user of the program.
    fn say(program: &Arc<Program>, script: &str) -> String {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        state::enter(&user(program), || run(&context, script))
    }

    /// Three users are in `data`.
    fn check(script: &str, expected: &str) {
        let users =
            "[{ name: 'ann', tags: ['x', 'y'] }, { name: 'bob', tags: [] }, { name: 'eve', tags: [] }]";
        let made = format!("const data = new SharedArray('users', () => {users}); ");
        assert_eq!(say(&program(), &format!("{made} String({script})")), expected, "{script}");
    }

    #[test]
    fn it_looks_like_an_array() {
        check("Array.isArray(data)", "true");
        check("data instanceof Array", "true");
        check("data.length", "3");
        check("data[1].name", "bob");
        check("data['1'].name", "bob");
        check("[data[3], data[-1], data['01'], data[0.5], data.nothing]", ",,,,");
        check("data.at(-1).name", "eve");
        check("[0 in data, 3 in data, 'map' in data, 'length' in data]", "true,false,true,true");
        check("Object.keys(data)", "0,1,2");
        check("Object.entries(data).map(([index, user]) => index + user.name)", "0ann,1bob,2eve");
        check(
            "(() => { const seen = []; for (const index in data) seen.push(index); return seen; })()",
            "0,1,2",
        );
        check("JSON.stringify(data.slice(1))", r#"[{"name":"bob","tags":[]},{"name":"eve","tags":[]}]"#);
        check("JSON.stringify(data).length", "83");
        check("JSON.stringify(Object.getOwnPropertyDescriptor(data, 'length').value)", "3");
    }

    #[test]
    fn it_has_the_methods_of_arrays() {
        check(
            "(() => { const seen = []; for (const user of data) seen.push(user.name); return seen; })()",
            "ann,bob,eve",
        );
        check("[...data].length", "3");
        check("data.map((user) => user.name)", "ann,bob,eve");
        check("data.filter((user) => user.name > 'b').length", "2");
        check("data.find((user) => user.name === 'bob').tags.length", "0");
        check("data.findIndex((user) => user.name === 'eve')", "2");
        check("(() => { let n = 0; data.forEach((user, index) => { n += index; }); return n; })()", "3");
        check("data.reduce((sum, user) => sum + user.tags.length, 0)", "2");
        check("data.some((user) => user.name === 'eve') && data.every((user) => user.tags)", "true");
        check("data.concat([1]).length", "4");
        check("[...data.entries()].map(([index]) => index)", "0,1,2");
        check("data.toReversed()[0].name", "eve");
        check("new SharedArray('words', () => ['a', 'b']).includes('b')", "true");
        check("new SharedArray('words', () => ['a', 'b']).indexOf('b')", "1");
        check("new SharedArray('words', () => ['a', 'b']).join('+')", "a+b");
        check("Math.max(...new SharedArray('numbers', () => [1, 5, 3]))", "5");
        check("new SharedArray('copy', () => data)[2].name", "eve");
    }

    #[test]
    fn nothing_of_it_can_be_changed() {
        let immutable = "TypeError: SharedArray is immutable";
        for script in [
            "data[0] = 1",
            "data[3] = 1",
            "data.extra = 1",
            "data.length = 0",
            "data.push(1)",
            "data.pop()",
            "data.reverse()",
            "data.sort((one, other) => other.name > one.name ? 1 : -1)",
            "delete data[0]",
            "Object.defineProperty(data, 0, { value: 1 })",
            "Object.setPrototypeOf(data, null)",
            "Object.freeze(data)",
        ] {
            check(script, immutable);
        }
        check("data[0].name = 'x'", "TypeError: 'name' is read-only");
        check("data[0].tags.push('z')", "TypeError: object is not extensible");
        check("Object.isFrozen(data[0]) && Object.isFrozen(data[0].tags)", "true");
    }

    #[test]
    fn elements_are_what_json_makes_of_them() {
        let made = "const data = new SharedArray('odd', () => \
                    [1.5, 'x', null, true, undefined, () => 1, { f() {}, u: undefined }, , new Date(0)]); ";
        let shown = say(&program(), &format!("{made} JSON.stringify(data)"));
        assert_eq!(shown, r#"[1.5,"x",null,true,null,null,{},null,"1970-01-01T00:00:00.000Z"]"#);
        assert_eq!(say(&program(), "JSON.stringify(new SharedArray('empty', () => []))"), "[]");
        assert_eq!(
            say(&program(), "new SharedArray('half', () => ['\\ud800'])[0].charCodeAt(0).toString(16)"),
            "d800"
        );
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        for (script, expected) in [
            ("new SharedArray('', () => [])", "Error: empty name provided to SharedArray's constructor"),
            ("new SharedArray('a', () => 'text')", "Error: only arrays can be made into SharedArray"),
            (
                "new SharedArray('a', () => ({ length: 1 }))",
                "Error: only arrays can be made into SharedArray",
            ),
            ("new SharedArray('a', () => {})", "Error: only arrays can be made into SharedArray"),
            (
                "new SharedArray('a')",
                "Error: a function is expected as the second argument of SharedArray's constructor",
            ),
            (
                "new SharedArray('a', async () => [])",
                "Error: SharedArray constructor does not support async functions as second argument",
            ),
            ("SharedArray('a', () => [])", "TypeError: class constructors must be invoked with 'new'"),
            (
                "new SharedArray('a', () => new SharedArray('a', () => []))",
                "Error: SharedArray 'a' is made by its own function",
            ),
        ] {
            assert_eq!(say(&program(), script), expected, "{script}");
        }
    }

    #[test]
    fn it_is_for_the_init_context_alone() {
        let vu = user(&program());
        vu.phase.set(Phase::Iteration);
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        let shown = state::enter(&vu, || run(&context, "new SharedArray('a', () => [])"));
        assert_eq!(shown, "Error: new SharedArray must be called in the init context");
    }

    #[test]
    fn the_function_runs_once_for_all_virtual_users() {
        let program = program();
        assert_eq!(say(&program, "new SharedArray('a', () => ['first'])[0]"), "first");
        assert_eq!(say(&program, "new SharedArray('a', () => { throw new Error('again'); })[0]"), "first");
        assert_eq!(say(&program, "new SharedArray('b', () => ['other'])[0]"), "other");
    }

    #[test]
    fn a_function_that_throws_leaves_nothing_behind() {
        let program = program();
        assert_eq!(
            say(&program, "new SharedArray('a', () => { throw new RangeError('no'); })"),
            "RangeError: no"
        );
        let again = "try { new SharedArray('a', () => { throw 1; }) } catch {} \
                     new SharedArray('a', () => [7])[0] + ''";
        assert_eq!(say(&program, again), "7");
    }

    #[test]
    fn a_virtual_user_has_no_copy_of_the_elements() {
        let program = program();
        let script = "globalThis.data = new SharedArray('many', () => \
                      Array.from({ length: 60000 }, (_, n) => 'element ' + n)); data.length + ''";
        assert_eq!(say(&program, script), "60000");
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        state::enter(&user(&program), || {
            run(&context, "''");
            let before = context.runtime().memory_usage().memory_used_size;
            assert_eq!(run(&context, script), "60000");
            let growth = context.runtime().memory_usage().memory_used_size - before;
            assert!(growth < 16 * 1024, "{growth} bytes");
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_virtual_user_waits_for_the_first() {
        let (program, made) = (program(), Rc::new(Cell::new(0)));
        let life = || {
            let (vu, made) = (user(&program), made.clone());
            let mut fiber = Fiber::new(move || {
                let context = vm::new(crate::quickjs::builtins::Builtins::ALL, || false).unwrap();
                context.with(|ctx| {
                    let slow = move || {
                        made.set(made.get() + 1);
                        fiber::wait(tokio::time::sleep(Duration::from_millis(5)));
                    };
                    ctx.globals().set("slow", Function::new(ctx.clone(), slow).unwrap()).unwrap();
                });
                assert_eq!(run(&context, "new SharedArray('a', () => { slow(); return ['x']; })[0]"), "x");
            })
            .unwrap();
            async move { poll_fn(|cx| state::enter(&vu, || fiber.poll(cx))).await }
        };
        tokio::join!(life(), life(), life());
        assert_eq!(made.get(), 1);
    }
}
