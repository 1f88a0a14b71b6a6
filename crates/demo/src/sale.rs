//! A sale is one opening: a fresh shop, and the crowd that comes to it.

use flashcrowd_k6::Script;
use flashcrowd_record::Results;
use flashcrowd_session::{Failure, Session, SessionError, Settings};
use flashcrowd_shop::{Lock, RunningShop, Shop, ShopConfig, ShopError, ShopHandle};
use flashcrowd_test::{LoadError, Request, Test};

use crate::crowd::{Crowd, PRODUCT};
use crate::figures::Figures;

/// Why a sale has no figures.
#[derive(Debug, thiserror::Error)]
pub enum SaleError {
    /// The shop could not be opened.
    #[error("cannot open the practice shop: {0}")]
    Shop(#[from] ShopError),
    /// The script could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The run ended before everybody was done.
    #[error(transparent)]
    Run(#[from] Failure),
}

/// An open shop, and the test that sends the crowd to it.
pub struct Sale {
    lock: Lock,
    crowd: Crowd,
    shop: RunningShop,
    script: Script,
    settings: Settings,
}

impl Sale {
    /// Opens a shop with this lock. The settings are those of the run; the target and the script's variables are set
    /// here.
    pub fn open(crowd: Crowd, lock: Lock, settings: Settings) -> Result<Self, SaleError> {
        let config = shop(crowd, lock);
        let threads = config.threads;
        let shop = Shop::spawn_threads(config, threads)?;
        let request = crowd.against(shop.url());
        let env = request.env.clone();
        let (interrupt, log) = (settings.interrupt.clone(), settings.log.clone());
        let script = Script::load(&Request { interrupt, log, ..request })?;
        let settings = Settings { target_is_here: true, env, ..settings };
        Ok(Self { lock, crowd, shop, script, settings })
    }

    /// What the crowd does.
    pub fn test(&self) -> &dyn Test {
        &self.script
    }

    /// The session that runs the crowd; the caller chooses its listeners.
    pub fn session(&self) -> Result<Session<'_>, SessionError> {
        Session::open(&self.script, &self.settings)
    }

    /// The shop's own counts, while it is open.
    pub fn shop(&self) -> ShopHandle {
        self.shop.handle()
    }

    /// Closes the shop, and combines what both sides counted. A crossed threshold is no failure: the
    /// demo is about missed targets.
    pub fn close(self, results: &Results, failure: Option<Failure>) -> Result<Figures, SaleError> {
        match failure {
            None | Some(Failure::Thresholds(_)) => {}
            Some(other) => return Err(other.into()),
        }
        let handle = self.shop.handle();
        self.shop.stop();
        Ok(Figures::gather(self.lock, self.crowd, results, &handle.stats()))
    }
}

/// The shop that `flashcrowd shop --lock LOCK --stock 1=ITEMS` opens, on a free port.
fn shop(crowd: Crowd, lock: Lock) -> ShopConfig {
    let mut config = ShopConfig { lock, ..ShopConfig::default() };
    config.listen.set_port(0);
    config.seed.stock_of.insert(PRODUCT, crowd.items);
    config
}
