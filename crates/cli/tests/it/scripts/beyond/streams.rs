//! `k6/experimental/streams`: the cases that its users rely on.

use crate::run::said;

fn said_by(body: &str) -> String {
    said(&format!(
        "import {{ CountQueuingStrategy, ReadableStream, ReadableStreamDefaultReader, WritableStream }} from 'k6/experimental/streams';
         export default async function () {{ {body} }}"
    ))
}

#[test]
fn what_is_put_in_comes_out() {
    let found = said_by(
        "const stream = new ReadableStream({
           start(controller) { this.n = 0; controller.enqueue('first'); },
           async pull(controller) { this.n += 1; if (this.n > 3) controller.close(); else controller.enqueue(this.n); },
         }, new CountQueuingStrategy({ highWaterMark: 2 }));
         const reader = stream.getReader();
         const all = [];
         for (;;) { const { done, value } = await reader.read(); if (done) break; all.push(value); }
         console.log(all.join(), stream.locked, (await reader.read()).done);
         await reader.closed;
         reader.releaseLock();
         console.log(stream.locked);",
    );
    assert_eq!(found, "first,1,2,3 true true\nfalse\n");
}

#[test]
fn errors_reach_who_reads() {
    let found = said_by(
        "const why = async (work) => { try { await work(); return 'fine'; } catch (e) { return e.message ?? e; } };
         const failing = new ReadableStream({ pull() { throw new Error('no more'); } });
         console.log(await why(() => failing.getReader().read()));
         const stream = new ReadableStream({ start(c) { c.enqueue(1); this.c = c; }, cancel(reason) { console.log('cancelled', reason); } });
         const reader = new ReadableStreamDefaultReader(stream);
         console.log(await why(() => stream.cancel()), await why(() => stream.getReader()));
         await reader.cancel('enough');
         console.log((await reader.read()).done);
         reader.releaseLock();
         console.log(await why(() => reader.read()));
         const waiting = new ReadableStream({ start(c) { setTimeout(() => c.enqueue('late'), 20); } }).getReader();
         console.log((await waiting.read()).value);
         for (const wrong of [() => new ReadableStream(1), () => new ReadableStream({ type: 'bytes' }), () => new ReadableStream({ pull: 1 }), () => new ReadableStream({}, { highWaterMark: -1 })])
           console.log(await why(wrong));",
    );
    insta::assert_snapshot!(found, @"
    no more
    a stream that is locked by a reader is cancelled by it the stream is locked: it has a reader
    cancelled enough
    true
    the reader was released
    late
    a stream's source is an object
    streams of type 'bytes' are not supported: leave it out
    a source's pull is a function
    invalid highWaterMark of a ReadableStream: -1
    ");
}

#[test]
fn what_is_written_arrives_in_order() {
    let found = said_by(
        "const got = [];
         const stream = new WritableStream({
           async write(chunk) { await new Promise((go) => setTimeout(go, 1)); got.push(chunk); if (chunk === 'bad') throw new Error('refused'); },
           close() { got.push('closed'); }, abort(reason) { got.push(reason); },
         }, { highWaterMark: 2 });
         const writer = stream.getWriter();
         for (const chunk of [1, 2, 3]) { await writer.ready; writer.write(chunk); }
         console.log(writer.desiredSize);
         await writer.close();
         console.log(got.join(), stream.locked);
         const other = new WritableStream({ write(chunk) { if (chunk === 'bad') throw new Error('refused'); } }).getWriter();
         await other.write('good');
         try { await other.write('bad'); } catch (e) { console.log(e.message); }
         try { await other.write('good'); } catch (e) { console.log(e.message, other.desiredSize); }",
    );
    insta::assert_snapshot!(found, @"
    0
    1,2,3,closed true
    refused
    refused null
    ");
}
