//! A sale is one opening: a fresh shop, and the crowd that comes to it.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Context as _;
use flashcrowd_shop::{Lock, Shop, ShopConfig};

use super::crowd::{Crowd, PRODUCT};
use super::figures::Figures;
use super::live::Live;
use crate::commands::Context;
use crate::exit::Failure;
use crate::run::{measure, prepare};

/// Opens a shop that keeps its stock so, lets the crowd in and waits until everybody is done.
pub fn open(
    context: &Context,
    crowd: Crowd,
    lock: Lock,
    record: Option<PathBuf>,
) -> Result<Figures, Failure> {
    let config = shop(crowd, lock);
    let threads = config.threads;
    let shop = Shop::spawn_threads(config, threads).context("cannot open the practice shop")?;
    let config = crowd.against(shop.url(), record);
    let (loaded, keep) = prepare(context, &config)?;
    let live = Live::new(lock, crowd, context.talk.lang(), shop.handle());
    let (results, verdict) = measure(context, &config, &loaded, keep, Rc::new(live))?;
    match verdict {
        // A promise that was broken is what the demo is about.
        Ok(()) | Err(Failure::Thresholds(_)) => {}
        Err(other) => return Err(other),
    }
    let handle = shop.handle();
    shop.stop();
    Ok(Figures::gather(lock, crowd, &results, &handle.stats()))
}

/// The shop that `flashcrowd shop --lock LOCK --stock 1=ITEMS` opens, on a free port.
fn shop(crowd: Crowd, lock: Lock) -> ShopConfig {
    let mut config = ShopConfig { lock, ..ShopConfig::default() };
    config.listen.set_port(0);
    config.seed.stock_of.insert(PRODUCT, crowd.items);
    config
}
