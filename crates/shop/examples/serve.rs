//! Serves the practice shop, as fast as it can be or with a latency: `serve [LATENCY [POOL [LOCK [THREADS]]]]`.

use std::error::Error;
use std::io::{Write, stdout};

use flashcrowd_shop::{Shop, ShopConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut config = ShopConfig { threads: 1, ..ShopConfig::fast() };
    if let Some(latency) = args.first() {
        config.read = latency.parse()?;
        config.write = config.read;
    }
    if let Some(pool) = args.get(1) {
        config.db_pool = pool.parse()?;
    }
    if let Some(lock) = args.get(2) {
        config.lock = lock.parse()?;
    }
    if let Some(threads) = args.get(3) {
        config.threads = threads.parse()?;
    }
    let shop = Shop::bind(config).await?;
    writeln!(stdout(), "http://{}", shop.address())?;
    shop.serve(std::future::pending()).await?;
    Ok(())
}
