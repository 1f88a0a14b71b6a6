//! Calls with one message each way: what goes there and what comes back.

use super::Shop;

#[test]
fn messages_go_there_and_back() {
    let Some(shop) = Shop::plain() else { return };
    let found = shop.said(
        "const res = client.invoke('shop.Shop/Buy', { name: 'é', count: 2, kind: 'BOOK', labels: { a: 'b' }, euro: 1.5 });
         show(res.status === grpc.StatusOK, res.error, res.message.total, res.message.at, res.message.gift, res.message.seal);
         show(res.message.items);
         const plain = client.invoke('/shop.Shop/Buy', {});
         show(plain.message.items[0]);",
    );
    insta::assert_snapshot!(found, @r#"
    true null 9007199254740994 1970-01-01T00:00:01.500Z null AP8=
    [{"name":"é","count":2,"kind":"BOOK","labels":{"a":"b"},"euro":1.5}]
    {"name":"","count":0,"kind":"OTHER","labels":{}}
    "#);
}

#[test]
fn metadata_goes_there_and_comes_back() {
    let Some(shop) = Shop::plain() else { return };
    let found = shop.said(
        "const res = client.invoke('shop.Shop/Buy', {}, { metadata: { 'X-One': 'a', 'x-two-bin': new Uint8Array([0, 255]).buffer } });
         show(res.headers['x-one'], res.headers['x-two-bin'][0].charCodeAt(1), res.headers['content-type'], res.trailers);
         for (const metadata of [{ 'x-bin': 'text' }, { x: new Uint8Array(1).buffer }, { 'grpc-timeout': '1' }, { x: {} }, 'x'])
           try { client.invoke('shop.Shop/Buy', {}, { metadata }); show('sent'); } catch (e) { show(e.message.split(':')[0]); }",
    );
    insta::assert_snapshot!(found, @r#"
    ["a"] 255 ["application/grpc"] {"x-left":["1","2"]}
    metadata value for "x-bin" must be binary
    metadata value for "x" is binary
    metadata key "grpc-timeout" is reserved for gRPC itself
    metadata value of "x" must be a string or an ArrayBuffer
    metadata must be an object with key-value pairs
    "#);
}

#[test]
fn failures_are_answers() {
    let Some(shop) = Shop::plain() else { return };
    let found = shop.said(
        "const wrong = client.invoke('shop.Shop/Buy', { name: 'wrong' });
         show(wrong.status === grpc.StatusInvalidArgument, wrong.error, wrong.message.total);
         const late = client.invoke('shop.Shop/Buy', { name: 'slow' }, { timeout: 200 });
         show(late.status === grpc.StatusDeadlineExceeded, /deadline exceeded/i.test(late.error.message));
         const large = client.invoke('shop.Shop/Buy', { name: 'big' });
         show(large.status === grpc.StatusResourceExhausted, large.error.message);
         show(client.invoke('shop.Shop/Buy', { name: 'x' }, { discardResponseMessage: true }).message);",
    );
    // Whose clock is first: the server keeps the deadline, too.
    let found = found.replace("Deadline Exceeded", "context deadline exceeded");
    insta::assert_snapshot!(found, @r#"
    true {"code":3,"message":"no ü of it","details":[{"@type":"type.googleapis.com/shop.Item","name":"wrong","count":0,"kind":"OTHER","labels":{}}]} 0
    true true
    true grpc: received message larger than max (5242911 vs. 4194304)
    null
    "#);
}

#[test]
fn what_cannot_be_sent_throws() {
    let Some(shop) = Shop::plain() else { return };
    let found = shop.said(
        "const calls = [
           () => client.invoke('', {}), () => client.invoke('shop.Shop/Sell', {}), () => client.invoke('shop.Shop/Buy'),
           () => client.invoke('shop.Shop/Buy', { nobody: 1 }), () => client.invoke('shop.Shop/Buy', { count: 'many' }),
           () => client.invoke('shop.Shop/Buy', {}, { headers: {} }), () => client.invoke('shop.Shop/Watch', {}),
           () => client.load([], 'shop.proto'), () => client.connect(__ENV.SHOP, { plain: true }),
           () => client.connect('http://x:1'), () => client.connect('127.0.0.1:1', { plaintext: true }),
           () => client.connect(__ENV.SHOP, { plaintext: 'yes' }), () => client.connect(__ENV.SHOP, { plaintext: true, maxSendSize: -1 }),
         ];
         for (const call of calls) try { show('done', call()); } catch (e) { show(e.message); }
         try { await client.asyncInvoke('shop.Shop/Sell', {}); } catch (e) { show('async', e.message); }
         client.close();
         try { client.invoke('shop.Shop/Buy', {}); } catch (e) { show(e.message); }",
    );
    insta::assert_snapshot!(found, @r#"
    method name cannot be empty: write 'package.Service/Method'
    method "/shop.Shop/Sell" not found in file descriptors
    request cannot be nil: give an object, such as {}
    unable to serialise request object to protocol buffer: unrecognized field name 'nobody' at line 1 column 9
    unable to serialise request object to protocol buffer: invalid digit found in string at line 1 column 15
    unknown param: "headers" (there are metadata, tags, timeout, discardResponseMessage)
    /shop.Shop/Watch is a stream: use new grpc.Stream(client, ...)
    load must be called in the init context
    unknown connect param: "plain" (there are authority, maxReceiveSize, maxSendSize, plaintext, reflect, reflectMetadata, timeout, tls)
    address "http://x:1" is a URL: write host:port, without a scheme and a path
    connection error: dial: connection refused
    invalid plaintext value: 'yes', it needs to be boolean
    invalid maxSendSize value: it needs to be a positive integer
    async method "/shop.Shop/Sell" not found in file descriptors
    no gRPC connection, you must call connect first
    "#);
}

#[test]
fn calls_are_measured_and_can_be_judged() {
    let Some(shop) = Shop::plain() else { return };
    let script = "
        client.load([], 'shop.proto');
        export const options = { vus: 3, iterations: 9, thresholds: {
          'grpc_req_duration{status:0,service:shop.Shop,method:Buy,name:/shop.Shop/Buy,kind:x}': ['p(95)<2000'],
          'grpc_req_duration{status:3}': ['max>0'], data_received: ['count>1000'] } };
        export default async function () {
          if (__ITER == 0) client.connect(__ENV.SHOP, { plaintext: true });
          const [one, two] = await Promise.all(['a', 'wrong'].map((name) => client.asyncInvoke('shop.Shop/Buy', { name }, { tags: { kind: 'x' } })));
          if (one.status !== 0 || two.status !== 3) throw new Error(JSON.stringify([one, two]));
        }";
    let outcome = shop.run(script).args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for words in ["GRPC\n", "grpc_req_duration", "PASS"] {
        assert!(outcome.stdout.contains(words), "{words}: {outcome:?}");
    }
    // A service that only refuses has served nothing.
    let script = "
        client.load([], 'shop.proto');
        export const options = { iterations: 5, thresholds: { grpc_req_duration: ['p(95)<2000'] } };
        export default function () { client.connect(__ENV.SHOP, { plaintext: true }); client.invoke('shop.Shop/Buy', { name: 'wrong' }); }";
    let outcome = shop.run(script).args("--no-color").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
}
