//! `shop` serves the practice shop until it is told to stop.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::Context as _;
use flashcrowd_shop::{Shop, ShopConfig, ShopError, issue_token};

use super::Context;
use crate::args::ShopArgs;
use crate::exit::Failure;
use crate::screen::Stream;

/// Who the printed token says its bearer is.
const SUBJECT: &str = "user-1";

/// Serves the shop, or prints a token for it.
pub fn run(context: &Context, args: &ShopArgs) -> Result<(), Failure> {
    let config = config(args)?;
    let token = issue_token(&config.secret, SUBJECT);
    if args.print_token {
        context.console.write(Stream::Out, &format!("{token}\n"));
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the shop")?.block_on(serve(context, config, &token))
}

async fn serve(context: &Context, config: ShopConfig, token: &str) -> Result<(), Failure> {
    let lock = config.lock;
    let shop = Shop::bind(config).await.map_err(failure)?;
    let address = shop.address();
    let text = format!("shop   http://{address} (lock: {lock}; stop it with Ctrl-C)\ntoken  {token}\n");
    context.console.write(Stream::Out, &text);
    let stop = crate::signals::listen().context("cannot wait for signals")?;
    shop.serve(stop).await.map_err(failure)?;
    context.log.debug("the shop is closed");
    Ok(())
}

fn failure(error: ShopError) -> Failure {
    match error {
        ShopError::Config { problems } => Failure::Config(problems),
        other => Failure::Other(other.into()),
    }
}

fn config(args: &ShopArgs) -> Result<ShopConfig, Failure> {
    let mut config = ShopConfig {
        listen: address(&args.listen).map_err(|problem| Failure::Config(vec![problem]))?,
        lock: args.lock,
        read: args.latency.read,
        write: args.latency.write,
        db_pool: args.db_pool,
        error_rate: args.error_rate,
        leak: args.leak.bytes,
        degrade: args.degrade,
        ..ShopConfig::default()
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

/// The address of a host and port; of a name's addresses one of IPv4, as scripts prefer these too.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |what: &dyn std::fmt::Display| {
        format!("--listen is '{text}': {what}: write HOST:PORT, such as 127.0.0.1:8080 or localhost:0")
    };
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    let preferred = found.iter().find(|address| address.is_ipv4()).or(found.first());
    preferred.copied().ok_or_else(|| wrong(&"the name has no address"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use flashcrowd_shop::{Latency, Lock};

    use super::*;
    use crate::args::{Cli, Command};

    fn parsed(line: &str) -> ShopConfig {
        let Command::Shop(args) = Cli::parse_from(line.split(' ')).command else { panic!("no shop: {line}") };
        config(&args).unwrap()
    }

    #[test]
    fn arguments_reach_the_shop() {
        let config =
            parsed("flashcrowd shop --lock none --stock 500 --stock 1=100 --latency 3ms --error-rate 0.1");
        assert_eq!((config.lock, config.seed.stock, config.error_rate), (Lock::None, 500, 0.1));
        assert_eq!(config.seed.stock_of, [(1, 100)].into());
        assert_eq!(
            (config.read, config.write),
            (config.write, Latency::Fixed(std::time::Duration::from_millis(3)))
        );
    }

    #[test]
    fn a_shop_can_be_made_to_leak_and_to_age() {
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
        let millisecond = Latency::Fixed(std::time::Duration::from_millis(1));
        assert_eq!((config.read, config.write), (millisecond, Latency::Zero));
    }

    #[test]
    fn stock_of_one_product_leaves_the_others_alone() {
        assert_eq!(parsed("flashcrowd shop --stock 1=100").seed.stock, ShopConfig::default().seed.stock);
    }

    #[test]
    fn names_are_looked_up() {
        assert_eq!(address("localhost:8080"), Ok(SocketAddr::from(([127, 0, 0, 1], 8080))));
        assert_eq!(address("[::1]:0").unwrap().to_string(), "[::1]:0");
        for text in ["8080", "localhost", "localhost:many", ""] {
            let problem = address(text).unwrap_err();
            assert!(problem.starts_with(&format!("--listen is '{text}': ")), "{problem}");
        }
    }
}
