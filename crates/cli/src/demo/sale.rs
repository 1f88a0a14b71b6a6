//! A sale is one opening: a fresh shop, and the crowd that comes to it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use flashcrowd_k6::Script;
use flashcrowd_session::{Finished, RecordPlace, Session, Settings};
use flashcrowd_shop::{Lock, Shop, ShopConfig, ShopHandle};
use flashcrowd_test::Request;

use super::crowd::{Crowd, PRODUCT};
use super::figures::Figures;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;

/// Opens a shop with this lock, lets the crowd in and waits until everybody is done. `run` runs the session and shows
/// it.
pub fn open(
    context: &Context,
    (crowd, lock): (Crowd, Lock),
    record: Option<PathBuf>,
    run: impl for<'a> FnOnce(&'a Script, Session<'a>, ShopHandle) -> Result<Finished<'a>, Failure>,
) -> Result<Figures, Failure> {
    let config = shop(crowd, lock);
    let threads = config.threads;
    let shop = Shop::spawn_threads(config, threads).context("cannot open the practice shop")?;
    let (interrupt, log) = (context.interrupt.clone(), Arc::new(TestLog::new(context.log.clone())));
    let script = Script::load(&Request { interrupt, log, ..crowd.against(shop.url()) })?;
    let settings = Settings {
        record: record.map_or(RecordPlace::None, RecordPlace::Folder),
        target_is_here: true,
        env: crowd.against(shop.url()).env,
        ..context.settings()
    };
    let finished = run(&script, Session::open(&script, &settings)?, shop.handle())?;
    match finished.failure {
        // A promise that was broken is what the demo is about.
        None | Some(flashcrowd_session::Failure::Thresholds(_)) => {}
        Some(other) => return Err(other.into()),
    }
    let handle = shop.handle();
    shop.stop();
    Ok(Figures::gather(lock, crowd, &finished.results, &handle.stats()))
}

/// The shop that `flashcrowd shop --lock LOCK --stock 1=ITEMS` opens, on a free port.
fn shop(crowd: Crowd, lock: Lock) -> ShopConfig {
    let mut config = ShopConfig { lock, ..ShopConfig::default() };
    config.listen.set_port(0);
    config.seed.stock_of.insert(PRODUCT, crowd.items);
    config
}
