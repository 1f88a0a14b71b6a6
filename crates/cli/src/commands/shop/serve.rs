//! Serves the practice shop, and its DynamoDB, until a signal stops it.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::Context as _;
use flashcrowd_dynamodb_shop::{Auth, Server, ServerConfig, ServerError, StoreConfig};
use flashcrowd_shop::{Latency, Lock, Servers, Shop, ShopConfig, ShopError, issue_token};
use tokio::sync::oneshot;

use super::ShopArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// The subject of the printed token.
const SUBJECT: &str = "user-1";

/// Serves the shop and, with `--dynamodb`, its DynamoDB; with `--print-token` only prints a token.
pub fn run(context: &Context, args: &ShopArgs) -> Result<(), Failure> {
    let (shop, dynamodb) = match (config(args), dynamodb_config(args)) {
        (Ok(shop), Ok(dynamodb)) => (shop, dynamodb),
        (shop, dynamodb) => {
            return Err(Failure::Config(
                [shop.err(), dynamodb.err()].into_iter().flatten().flatten().collect(),
            ));
        }
    };
    let token = issue_token(&shop.secret, SUBJECT);
    if args.print_token {
        context.console.write(Stream::Out, &format!("{token}\n"));
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the shop")?.block_on(async {
        let servers = open(shop.clone(), dynamodb.clone()).await?;
        context.console.write(Stream::Out, &welcome(&servers, &shop, dynamodb.as_ref(), &token));
        serve(context, servers).await
    })
}

/// The servers: the shop, and its DynamoDB if it has one.
type Opened = (Shop, Option<Server>);

/// Opens the servers; problems of both configurations are reported together.
async fn open(shop: ShopConfig, dynamodb: Option<ServerConfig>) -> Result<Opened, Failure> {
    let shop = Shop::bind(shop).await;
    let dynamodb = match dynamodb {
        None => Ok(None),
        Some(dynamodb) => Server::bind(dynamodb).await.map(Some),
    };
    match (shop, dynamodb) {
        (Ok(shop), Ok(dynamodb)) => Ok((shop, dynamodb)),
        (Err(ShopError::Config { mut problems }), Err(ServerError::Config { problems: more })) => {
            let more: Vec<_> = more.into_iter().filter(|problem| !problems.contains(problem)).collect();
            problems.extend(more);
            Err(Failure::Config(problems))
        }
        (Err(ShopError::Config { problems }), _) | (_, Err(ServerError::Config { problems })) => {
            Err(Failure::Config(problems))
        }
        (Err(error), _) => Err(Failure::Other(error.into())),
        (_, Err(error)) => Err(Failure::Other(error.into())),
    }
}

async fn serve(context: &Context, (shop, dynamodb): Opened) -> Result<(), Failure> {
    let _attendance = context.interrupt.attend();
    let stop = context.interrupt.wait();
    let (closing, closed) = oneshot::channel::<()>();
    let shop = async { shop.serve(async { drop((stop.await, closing)) }).await.map_err(anyhow::Error::from) };
    let dynamodb = async {
        match dynamodb {
            None => Ok(()),
            Some(dynamodb) => dynamodb.serve(async { drop(closed.await) }).await.map_err(anyhow::Error::from),
        }
    };
    tokio::try_join!(shop, dynamodb)?;
    context.log.debug("the shop is closed");
    Ok(())
}

/// The addresses, and what clients need.
fn welcome(
    (shop, dynamodb): &Opened,
    config: &ShopConfig,
    dynamodb_config: Option<&ServerConfig>,
    token: &str,
) -> String {
    let address = shop.address();
    let servers = &config.servers;
    let urls = [&servers.redis, &servers.mysql, &servers.amqp].into_iter().flatten().map(ToString::to_string);
    let lock = match urls.collect::<Vec<_>>().join(" and ") {
        urls if urls.is_empty() => config.lock.to_string(),
        urls => format!("{} on {urls}", config.lock),
    };
    let mut text = format!("shop   http://{address} (lock: {lock}; stop it with Ctrl-C)\ntoken  {token}\n");
    let handle = shop.handle();
    if handle.needs_admin_token() {
        text += &format!("admin  {} (for /admin: Authorization: Bearer ...)\n", handle.admin_token());
    }
    if let (Some(dynamodb), Some(config)) = (dynamodb, dynamodb_config) {
        let (url, region) = (format!("http://{}", dynamodb.address()), &config.store.region);
        let (who, credentials) = match config.auth {
            None => ("any signature", "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any "),
            Some(_) => ("only the given credentials", ""),
        };
        text += &format!("dynamodb  {url} (region {region}; accepts {who}; statistics at {url}/stats)\n");
        text += &format!(
            "try    AWS_ENDPOINT_URL_DYNAMODB={url} {credentials}aws dynamodb list-tables --region {region}\n"
        );
    }
    text
}

fn config(args: &ShopArgs) -> Result<ShopConfig, Vec<String>> {
    let default = ShopConfig::default();
    // What is real has latency and a pool of its own.
    let (read, write, db_pool) = match args.lock {
        Lock::MySql => (Latency::Zero, Latency::Zero, 10),
        _ => (default.read, default.write, default.db_pool),
    };
    let servers = &args.servers;
    let mut config = ShopConfig {
        listen: address("--listen", &args.listen).map_err(|problem| vec![problem])?,
        lock: args.lock,
        servers: Servers {
            redis: servers.redis.clone(),
            mysql: servers.mysql.clone(),
            amqp: servers.amqp.clone(),
            lease: servers.lock_lease,
            renews: !servers.lock_no_renewal,
            pool_wait: servers.db_pool_wait,
        },
        lock_wait_limit: servers.lock_wait,
        read: args.latency.map_or(read, |latency| latency.read),
        write: args.latency.map_or(write, |latency| latency.write),
        db_pool: args.db_pool.unwrap_or(db_pool),
        app_threads: args.app_threads,
        error_rate: args.error_rate,
        leak: args.leak.bytes,
        degrade: args.degrade,
        ..default
    };
    config.threads = args.threads.unwrap_or(config.threads);
    for stock in &args.stock {
        match stock.product {
            None => config.seed.stock = stock.items,
            Some(product) => drop(config.seed.stock_of.insert(product, stock.items)),
        }
    }
    Ok(config)
}

/// The configuration of DynamoDB, if it is served.
fn dynamodb_config(args: &ShopArgs) -> Result<Option<ServerConfig>, Vec<String>> {
    let Some(listen) = &args.dynamodb.listen else { return Ok(None) };
    let listen = address("--dynamodb", listen);
    let auth = args.dynamodb.auth.as_ref().map(|auth| auth.parts()).transpose();
    let (listen, auth) = match (listen, auth) {
        (Ok(listen), Ok(auth)) => (listen, auth),
        (listen, auth) => return Err([listen.err(), auth.err()].into_iter().flatten().collect()),
    };
    let auth = auth.map(|(key, secret, token)| Auth {
        access_key: key.to_owned(),
        secret: secret.to_owned(),
        token: token.map(str::to_owned),
        expires: args.dynamodb.token_life,
    });
    let default = ServerConfig::default();
    Ok(Some(ServerConfig {
        listen,
        threads: args.threads.unwrap_or(default.threads),
        read: args.dynamodb.latency.read,
        write: args.dynamodb.latency.write,
        error_rate: args.error_rate,
        auth,
        store: StoreConfig {
            burst: args.dynamodb.burst,
            region: args.dynamodb.region.clone(),
            auto_scaling: args.dynamodb.auto_scaling,
            injections: args.dynamodb.inject.clone(),
            ..default.store
        },
    }))
}

/// The address of a host and port. IPv4 is preferred, as it is in scripts.
fn address(flag: &str, text: &str) -> Result<SocketAddr, String> {
    let wrong = |what: &dyn std::fmt::Display| {
        format!("{flag} is '{text}': {what}: write HOST:PORT, such as 127.0.0.1:8080 or localhost:0")
    };
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    let preferred = found.iter().find(|address| address.is_ipv4()).or(found.first());
    preferred.copied().ok_or_else(|| wrong(&"the name has no address"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use flashcrowd_dynamodb_shop::AutoScaling;
    use flashcrowd_shop::{Latency, Lock};

    use super::*;
    use crate::commands::{Cli, Command};

    fn arguments(line: &str) -> ShopArgs {
        let Command::Shop(args) = Cli::parse_from(line.split(' ')).command else { panic!("no shop: {line}") };
        *args
    }

    fn parsed(line: &str) -> ShopConfig {
        config(&arguments(line)).unwrap()
    }

    #[test]
    fn dynamodb_is_served_on_request() {
        assert!(dynamodb_config(&arguments("flashcrowd shop")).unwrap().is_none());
        let parsed = |line: &str| dynamodb_config(&arguments(line)).unwrap().unwrap();
        let config = parsed("flashcrowd shop --dynamodb localhost:8000");
        let default = ServerConfig::default();
        assert_eq!((config.listen, config.threads), (default.listen, default.threads));
        assert_eq!((config.read, config.write), (default.read, default.write));
        assert_eq!((config.store.burst, config.store.region), (1.0, "us-east-1".to_owned()));
        assert_eq!((config.error_rate, config.auth), (0.0, None));
        let config = parsed(
            "flashcrowd shop --dynamodb 127.0.0.1:0 --dynamodb-burst 0.5 --dynamodb-latency 1ms,2ms --error-rate 0.1 \
             --dynamodb-auth key:secret:token --dynamodb-token-life 1m30s --dynamodb-region eu-west-1 --threads 3 --dynamodb-auto-scaling 2..90@50% \
             --dynamodb-inject IndexReadKeyRangeThroughputExceeded=0.5",
        );
        let millis = |n| Latency::Fixed(Duration::from_millis(n));
        assert_eq!((config.read, config.write, config.threads), (millis(1), millis(2), 3));
        assert_eq!((config.store.burst, config.store.region), (0.5, "eu-west-1".to_owned()));
        assert_eq!(config.error_rate, 0.1);
        assert_eq!(config.store.auto_scaling, Some(AutoScaling { least: 2, most: 90, target: 0.5 }));
        let injected: Vec<String> = config.store.injections.iter().map(ToString::to_string).collect();
        assert_eq!(injected, ["IndexReadKeyRangeThroughputExceeded=0.5"]);
        let auth = config.auth.unwrap();
        assert_eq!((auth.access_key.as_str(), auth.secret.as_str()), ("key", "secret"));
        assert_eq!((auth.token.as_deref(), auth.expires), (Some("token"), Some(Duration::from_secs(90))));
        let problems = dynamodb_config(&arguments("flashcrowd shop --dynamodb 8000 --dynamodb-auth secret"));
        let problems = problems.unwrap_err();
        assert!(problems[0].starts_with("--dynamodb is '8000': "), "{problems:?}");
        assert!(problems[1].starts_with("--dynamodb-auth is not KEY:SECRET"), "{problems:?}");
    }

    #[test]
    fn options_of_dynamodb_need_it() {
        for option in [
            "--dynamodb-burst 1",
            "--dynamodb-latency 0",
            "--dynamodb-auth a:b",
            "--dynamodb-region eu-west-1",
            "--dynamodb-auto-scaling 1..9",
            "--dynamodb-inject TableReadAccountLimitExceeded=1",
            "--dynamodb :0 --dynamodb-token-life 1s",
        ] {
            let line = format!("flashcrowd shop {option}");
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::MissingRequiredArgument, "{option}");
        }
    }

    #[test]
    fn arguments_reach_the_shop() {
        let config =
            parsed("flashcrowd shop --lock none --stock 500 --stock 1=100 --latency 3ms --error-rate 0.1");
        assert_eq!((config.lock, config.seed.stock, config.error_rate), (Lock::None, 500, 0.1));
        assert_eq!(config.seed.stock_of, [(1, 100)].into());
        assert_eq!((config.read, config.write), (config.write, Latency::Fixed(Duration::from_millis(3))));
    }

    #[test]
    fn a_shop_can_leak_and_degrade() {
        let config = parsed("flashcrowd shop --leak 1MB --degrade 0.1");
        assert_eq!((config.leak, config.degrade), (1_000_000, 0.1));
    }

    #[test]
    fn without_arguments_it_is_the_default() {
        let (config, default) = (parsed("flashcrowd shop"), ShopConfig::default());
        assert_eq!(
            (config.listen, config.lock, config.db_pool),
            (default.listen, default.lock, default.db_pool)
        );
        assert_eq!((config.seed, config.read, config.write), (default.seed, default.read, default.write));
        assert_eq!((config.threads, config.error_rate), (default.threads, default.error_rate));
    }

    #[test]
    fn reads_and_writes_can_differ() {
        let config = parsed("flashcrowd shop --latency 1ms,0");
        let millisecond = Latency::Fixed(Duration::from_millis(1));
        assert_eq!((config.read, config.write), (millisecond, Latency::Zero));
    }

    #[test]
    fn stock_of_one_product_leaves_the_others_alone() {
        assert_eq!(parsed("flashcrowd shop --stock 1=100").seed.stock, ShopConfig::default().seed.stock);
    }

    #[test]
    fn names_are_looked_up() {
        assert_eq!(address("--listen", "localhost:8080"), Ok(SocketAddr::from(([127, 0, 0, 1], 8080))));
        assert_eq!(address("--listen", "[::1]:0").unwrap().to_string(), "[::1]:0");
        for text in ["8080", "localhost", "localhost:many", ""] {
            let problem = address("--listen", text).unwrap_err();
            assert!(problem.starts_with(&format!("--listen is '{text}': ")), "{problem}");
        }
    }
}
