//! The stream of events that a browser gets: always the newest second, so that one that is slow skips some.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::time::timeout;

use crate::hub::{Event, Hub};

/// After this time without an event a comment is sent, by which a connection that is gone is noticed.
const QUIET: Duration = Duration::from_secs(15);

/// The events of a run, from the one that is newest now.
pub(crate) fn events(hub: &Arc<Hub>) -> impl Stream<Item = Bytes> + Send + 'static {
    unfold(hub.listen(), |mut receiver| async move {
        let event = match timeout(QUIET, receiver.changed()).await {
            Ok(Ok(())) => framed(&receiver.borrow_and_update().clone()),
            Ok(Err(_)) => return None,
            Err(_) => Bytes::from_static(b": still here\n\n"),
        };
        Some((event, receiver))
    })
}

/// JSON has no line ends, so that an event is one line of data.
fn framed((name, data): &Event) -> Bytes {
    let mut text = BytesMut::with_capacity(data.len() + 32);
    for part in [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"] {
        text.put_slice(part);
    }
    text.freeze()
}

#[cfg(test)]
mod tests {
    use flashcrowd_engine::Control;
    use futures_util::StreamExt as _;

    use super::*;
    use crate::hub::Subject;

    #[tokio::test(start_paused = true)]
    async fn whoever_is_slow_skips_to_the_newest() {
        let hub = Arc::new(Hub::default());
        let mut stream = Box::pin(events(&hub));
        assert!(stream.next().await.unwrap().starts_with(b"event: state\ndata: {\"run\":0,"));
        let control = Arc::new(Control::new());
        for _ in 1..=500 {
            hub.begin(Subject::default(), &control);
        }
        let event = stream.next().await.unwrap();
        assert!(event.starts_with(b"event: state\ndata: {") && event.ends_with(b"}\n\n"));
        let data: serde_json::Value =
            serde_json::from_slice(&event[b"event: state\ndata: ".len()..]).unwrap();
        assert_eq!(data["run"], 500);
        assert_eq!(stream.next().await.unwrap(), ": still here\n\n");
        assert_eq!(hub.watching(), 1);
        drop(stream);
        assert_eq!(hub.watching(), 0);
    }
}
