//! `shop` serves the practice shop until it is told to stop.

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
    let config = config(args);
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
    let stop = stopped().context("cannot wait for signals")?;
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

/// Ready when the process is asked to stop.
#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the process is asked to stop.
#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

fn config(args: &ShopArgs) -> ShopConfig {
    let mut config = ShopConfig { listen: args.listen, lock: args.lock, ..ShopConfig::default() };
    if let Some(latency) = args.latency {
        (config.read, config.write) = (latency, latency);
    }
    config.db_pool = args.db_pool.unwrap_or(config.db_pool);
    config.threads = args.threads.unwrap_or(config.threads);
    config.error_rate = args.error_rate.unwrap_or(config.error_rate);
    for stock in &args.stock {
        match stock.product {
            None => config.seed.stock = stock.items,
            Some(product) => drop(config.seed.stock_of.insert(product, stock.items)),
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use flashcrowd_shop::{Latency, Lock};

    use super::*;
    use crate::args::{Cli, Command};

    fn parsed(line: &str) -> ShopConfig {
        let Command::Shop(args) = Cli::parse_from(line.split(' ')).command else { panic!("no shop: {line}") };
        config(&args)
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
    fn without_arguments_it_is_the_default() {
        let (config, default) = (parsed("flashcrowd shop"), ShopConfig::default());
        assert_eq!(
            (config.listen, config.lock, config.db_pool),
            (default.listen, default.lock, default.db_pool)
        );
        assert_eq!((config.seed, config.read), (default.seed, default.read));
    }
}
