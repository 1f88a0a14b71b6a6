//! Streams: messages out, messages in, and the end.

use super::Shop;

/// What a stream with these events and lines says.
fn said(shop: &Shop, method: &str, body: &str) -> String {
    shop.said(&format!(
        "const stream = new grpc.Stream(client, 'shop.Shop/{method}', {{ tags: {{ of: 'stream' }} }});
         stream.on('data', (item, {{ ts }}) => show('data', item, Math.abs(Date.now() - ts) < 60000));
         stream.on('error', (e) => show('error', e));
         stream.on('end', () => show('end'));
         {body}"
    ))
}

#[test]
fn a_server_streams() {
    let Some(shop) = Shop::plain() else { return };
    let found = said(&shop, "Watch", "stream.write({ name: 'a', count: 2 }); stream.end();");
    insta::assert_snapshot!(found, @r#"
    data {"name":"a","count":0,"kind":"OTHER","labels":{}} true
    data {"name":"a","count":1,"kind":"OTHER","labels":{}} true
    end
    "#);
    let found = said(&shop, "Watch", "stream.write({ name: 'wrong', count: 1 }); stream.end();");
    insta::assert_snapshot!(found, @r#"
    data {"name":"wrong","count":0,"kind":"OTHER","labels":{}} true
    error {"code":9,"message":"sold out","details":[]}
    end
    "#);
}

#[test]
fn a_client_streams() {
    let Some(shop) = Shop::plain() else { return };
    let found = said(
        &shop,
        "Load",
        "for (let count = 1; count <= 1000; count++) stream.write({ count }); stream.end(); stream.write({});",
    );
    insta::assert_snapshot!(found, @r#"
    a message was written to a gRPC stream that has ended; it is not sent
    data {"total":"500500","items":[],"at":null,"gift":null,"seal":""} true
    end
    "#);
}

#[test]
fn both_stream_until_the_client_has_enough() {
    let Some(shop) = Shop::plain() else { return };
    let found = said(
        &shop,
        "Chat",
        "let left = 3;
         stream.on('data', () => { left -= 1; if (left > 0) stream.write({ count: left }); else stream.end(); });
         stream.write({ count: left });
         for (const wrong of [() => stream.write({ nobody: 1 }), () => stream.write(), () => stream.on('closed', () => 1), () => stream.on('data', 1), () => new grpc.Stream({}, 'x')])
           try { show(wrong()); } catch (e) { show(e.message.split(':')[0]); }",
    );
    insta::assert_snapshot!(found, @r#"
    can't serialise request object to protocol buffer
    request cannot be nil
    unknown event 'closed' of a gRPC stream
    the handler of 'data' is not a function
    invalid GRPC Stream's client
    data {"name":"","count":3,"kind":"OTHER","labels":{}} true
    data {"name":"","count":2,"kind":"OTHER","labels":{}} true
    data {"name":"","count":1,"kind":"OTHER","labels":{}} true
    end
    "#);
}

#[test]
fn a_stream_has_its_time_and_its_figures() {
    let Some(shop) = Shop::plain() else { return };
    let script = "
        client.load([], 'shop.proto');
        export const options = { thresholds: { grpc_streams: ['count==2'], grpc_streams_msgs_sent: ['count==2'],
          grpc_streams_msgs_received: ['count==5'], 'grpc_req_duration{status:4,method:Watch}': ['max>300', 'max<4000'] } };
        export default function () {
          client.connect(__ENV.SHOP, { plaintext: true });
          for (const [name, timeout] of [['a', '5s'], ['slow', 400]]) {
            const stream = new grpc.Stream(client, 'shop.Shop/Watch', { timeout });
            stream.on('error', (e) => show(name, e.code === grpc.StatusDeadlineExceeded, /deadline exceeded/i.test(e.message)));
            stream.write({ name, count: name === 'a' ? 3 : 2 });
            stream.end();
          }
        }";
    let outcome = shop.run(script).args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("slow true true"), "{outcome:?}");
}

#[test]
fn large_messages_wait_for_room_and_an_interruption_ends_the_wait() {
    let Some(shop) = Shop::plain() else { return };
    let found = said(
        &shop,
        "Load",
        "const name = 'x'.repeat(300000); for (let i = 0; i < 40; i++) stream.write({ name, count: 1 }); stream.end();",
    );
    insta::assert_snapshot!(found, @r#"
    data {"total":"40","items":[],"at":null,"gift":null,"seal":""} true
    end
    "#);
    let script = "
        client.load([], 'shop.proto');
        export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' } } };
        export default function () {
          client.connect(__ENV.SHOP, { plaintext: true });
          const stream = new grpc.Stream(client, 'shop.Shop/Chat');
          stream.on('data', () => stream.write({}));
          stream.write({});
        }";
    let outcome = shop.run(script).args("--no-color").go();
    assert!(outcome.stdout.contains("grpc_streams_msgs_received"), "{outcome:?}");
}
