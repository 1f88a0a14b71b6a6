//! `k6/experimental/redis`, against a Redis of its own.

use crate::peers::Debian;
use crate::run::{Run, said};

struct Redis(Debian);

impl Redis {
    fn start(password: Option<&str>) -> Option<Self> {
        let server = Debian::start("redis-server", "redis-server", |command, port| {
            command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()]);
            if let Some(password) = password {
                command.args(["--requirepass", password]);
            }
        });
        server.map(Self)
    }

    fn said(&self, body: &str) -> String {
        said(&format!(
            "import redis from 'k6/experimental/redis';
             const client = new redis.Client('redis://127.0.0.1:{}');
             const show = (...all) => console.log(all.map((one) => JSON.stringify(one)).join(' '));
             const why = async (work) => {{ try {{ return await work(); }} catch (e) {{ return e.message; }} }};
             export default async function () {{ {body} }}",
            self.0.port
        ))
    }
}

#[test]
fn every_command_answers_as_in_k6() {
    let Some(redis) = Redis::start(None) else { return };
    let found = redis.said(
        "show(await client.set('a', 'é', 100), await client.get('a'), await client.ttl('a') > 90, await client.persist('a'), await client.ttl('a'));
         show(await client.set('n', 1), await client.incr('n'), await client.incrBy('n', 5), await client.decr('n'), await client.decrBy('n', '2'));
         show(await client.getSet('n', true), await client.mget('n', 'none'), await client.exists('a', 'n', 'x'), await client.expire('n', 10), await client.getDel('n'));
         show(await client.rpush('l', 1, 'b'), await client.lpush('l', 0), await client.lrange('l', 0, -1), await client.lindex('l', 1), await client.lset('l', 1, 'x'), await client.lrem('l', 0, 'x'), await client.llen('l'), await client.lpop('l'), await client.rpop('l'));
         show(await client.hset('h', 'f', 'v'), await client.hsetnx('h', 'f', 'w'), await client.hget('h', 'f'), await client.hincrby('h', 'n', 3), await client.hgetall('h'), await client.hkeys('h'), await client.hvals('h'), await client.hlen('h'), await client.hdel('h', 'f', 'n'));
         show(await client.sadd('s', 1, 2), await client.sismember('s', 1), await client.smembers('s'), await client.srem('s', 1), await client.srandmember('s'), await client.spop('s'));
         show(await client.sendCommand('ECHO', 'hi'), await client.sendCommand('CONFIG', 'GET', 'save'), await client.randomKey(), await client.del('a', 'none'));",
    );
    insta::assert_snapshot!(found, @r#"
    "OK" "é" true true -1
    "OK" 2 7 6 4
    "4" ["true",null] 2 true "true"
    2 3 ["0","1","b"] "1" "OK" 1 2 "0" "b"
    1 false "v" 3 {"f":"v","n":"3"} ["f","n"] ["v","3"] 2 2
    2 true ["1","2"] 1 "2" "2"
    "hi" ["save",""] "a" 1
    "#);
}

#[test]
fn what_is_missing_or_wrong_rejects() {
    let Some(redis) = Redis::start(None) else { return };
    let found = redis.said(
        "for (const work of [() => client.get('none'), () => client.lpop('none'), () => client.set('a', {}), () => client.incrBy('a', 'x'), () => client.sendCommand('NOPE'),
           async () => { await client.set('t', 'x'); return client.incr('t'); }])
           console.log(await why(work));
         const away = new redis.Client({ socket: { host: '127.0.0.1', port: 1 } });
         console.log((await why(() => away.get('a'))).includes('refused'));
         for (const options of [undefined, 1, {}, { cluster: {} }, 'nowhere', { socket: {}, masterName: 'x' }])
           try { new redis.Client(options); console.log('made'); } catch (e) { console.log(e.message); }",
    );
    insta::assert_snapshot!(found, @"
    redis: nil
    redis: nil
    invalid type provided for a Redis command: object; supported types are string, number and boolean
    the increment of a Redis command is a number, not x
    ERR unknown command 'NOPE', with args beginning with: 
    ERR value is not an integer or out of range
    true
    a Redis client takes a URL such as 'redis://localhost:6379', or an object
    a Redis client takes a URL such as 'redis://localhost:6379', or an object
    a Redis client's options have a socket: { socket: { host: 'localhost', port: 6379 } }
    cluster: clusters and sentinels are not supported: name one server
    invalid options of a Redis client: Redis URL did not parse - InvalidClientConfig
    masterName: clusters and sentinels are not supported: name one server
    ");
}

#[test]
fn options_have_a_password_and_a_database() {
    let Some(redis) = Redis::start(Some("pa:ss-w@rd%")) else { return };
    let script = format!(
        "import {{ Client }} from 'k6/x/redis';
         export const options = {{ vus: 5, iterations: 50 }};
         const client = new Client({{ socket: {{ host: '127.0.0.1', port: {} }}, password: 'pa:ss-w@rd%', database: 3 }});
         export default async function () {{ await client.incr('n'); }}
         export async function teardown() {{ console.log('counted', await client.get('n')); }}",
        redis.0.port
    );
    let outcome = Run::new().script(&script).go();
    assert!(outcome.stderr.contains("counted 50"), "{outcome:?}");
    let outcome = Run::new().script(&script.replace("pa:ss-w@rd%", "wrong")).go();
    assert!(outcome.stderr.to_lowercase().contains("password"), "{outcome:?}");
}
