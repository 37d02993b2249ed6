//! The running mock.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::builder::Builder;
use crate::fault::{Fault, FaultRule, Faults};
use crate::request_log::ReceivedRequest;
use crate::server::Server;
use crate::service::Service;
use crate::user::User;

/// A running STS on loopback, stopped on drop.
///
/// Starting and stopping it blocks for a moment; it runs on its own threads and can be used in any test, with or
/// without an async runtime.
pub struct MockSts {
    url: String,
    service: Arc<Service>,
    server: Server,
}

impl fmt::Debug for MockSts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockSts").field("url", &self.url).finish_non_exhaustive()
    }
}

impl MockSts {
    /// Starts a mock with the default user of [`Builder`], on a free loopback port.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Configures a mock.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(service: Arc<Service>, server: Server) -> Self {
        Self { url: format!("http://{}", server.address()), service, server }
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL_STS`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address and port of [`url`](Self::url).
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The users that may call.
    pub fn users(&self) -> &[User] {
        self.service.users()
    }

    /// The current code, by the mock's clock, of the first user that has a device.
    pub fn token_code(&self) -> String {
        self.service.token_code()
    }

    /// The last 1,000 requests, oldest first.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.service.requests().0
    }

    /// The number of requests since the start.
    pub fn request_count(&self) -> u64 {
        self.service.requests().1
    }

    /// Injects only this fault, for the next `times` requests or for all of them (`None`).
    pub fn set_fault(&self, fault: Fault, times: Option<u64>) {
        self.service.change_faults(|faults| {
            faults.clear();
            faults.add(FaultRule { fault, times });
        });
    }

    /// Injects this fault in addition to the active ones: latencies and skews add up; of the others, the first one
    /// decides.
    pub fn add_fault(&self, fault: Fault, times: Option<u64>) {
        self.service.change_faults(|faults| faults.add(FaultRule { fault, times }));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.service.change_faults(Faults::clear);
    }

    /// Ends a session before its time, by its access key id; `false` if none with that id was issued.
    pub fn expire_session(&self, access_key_id: &str) -> bool {
        self.service.end_session(access_key_id)
    }

    /// Sets the mock's clock that many seconds ahead of its source (behind, if negative).
    pub fn set_clock_offset(&self, seconds: i64) {
        self.service.clock().set_offset(seconds);
    }
}
