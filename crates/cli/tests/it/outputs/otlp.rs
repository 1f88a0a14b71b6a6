//! A receiver of OTLP, over HTTP and over gRPC.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use prost::Message;

use crate::target::{Target, answer};

/// How a receiver behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// How long it takes over each body.
    pub delay: Duration,
    /// What it answers, as a message.
    pub says: Vec<u8>,
    /// The status of gRPC, or whether HTTP's is 200.
    pub status: u32,
}

/// A body that came, behind its path and its headers as text.
type Came = (String, String, Vec<u8>);

/// What came.
#[derive(Clone, Default)]
pub struct Taken(Arc<Mutex<Vec<Came>>>);

impl Taken {
    fn take(&self, path: &str, headers: String, body: &[u8]) {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push((path.to_owned(), headers, body.to_vec()));
    }

    /// All of it so far.
    pub fn all(&self) -> Vec<Came> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The bodies, decoded.
    pub fn decoded<M: Message + Default>(&self) -> Vec<M> {
        self.all().iter().map(|(_, _, body)| M::decode(body.as_slice()).unwrap()).collect()
    }
}

/// A receiver over HTTP.
pub fn over_http(manners: Manners) -> (Target, Taken) {
    let taken = Taken::default();
    let kept = taken.clone();
    let target = Target::answering(move |request| {
        std::thread::sleep(manners.delay);
        kept.take(request.path(), request.head.to_ascii_lowercase(), &request.body);
        let status = if manners.status == 0 { 200 } else { 400 };
        answer(status, &[("Content-Type", "application/x-protobuf")], &manners.says)
    });
    (target, taken)
}

/// A receiver over gRPC; the second is its address.
pub fn over_grpc(manners: Manners) -> (Taken, String) {
    let taken = Taken::default();
    let (address, listening) = std::sync::mpsc::channel();
    let kept = taken.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            address.send(listener.local_addr().unwrap().to_string()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, manners.clone(), kept.clone()));
            }
        });
    });
    (taken, listening.recv().unwrap())
}

async fn serve(stream: tokio::net::TcpStream, manners: Manners, taken: Taken) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (manners, taken) = (manners.clone(), taken.clone());
        tokio::spawn(async move {
            let (head, mut stream) = request.into_parts();
            let mut body = BytesMut::new();
            while let Some(Ok(bytes)) = stream.data().await {
                stream.flow_control().release_capacity(bytes.len()).unwrap();
                body.extend_from_slice(&bytes);
            }
            tokio::time::sleep(manners.delay).await;
            assert_eq!(body.len(), 5 + u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize);
            taken.take(head.uri.path(), format!("{:?}", head.headers), &body[5..]);
            let response = http::Response::builder().header("content-type", "application/grpc");
            let mut sender = respond.send_response(response.body(()).unwrap(), false).unwrap();
            let mut frame = BytesMut::from(&[0][..]);
            frame.extend_from_slice(&(manners.says.len() as u32).to_be_bytes());
            frame.extend_from_slice(&manners.says);
            sender.send_data(Bytes::from(frame), false).unwrap();
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", manners.status.into());
            trailers.insert("grpc-message", "full%20up".parse().unwrap());
            sender.send_trailers(trailers).unwrap();
        });
    }
}
