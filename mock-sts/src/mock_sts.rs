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

/// A running STS on loopback. It ends with the value.
///
/// Starting and ending it blocks for a moment; it runs on threads of its own and may be used in any test, with or
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
    /// The default user of [`Builder`], on a free port of loopback.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A mock of another kind.
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

    /// Address and port of [`url`](Self::url).
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Who may call.
    pub fn users(&self) -> &[User] {
        self.service.users()
    }

    /// The code that the device of the first user with a device shows now, by the mock's clock.
    pub fn token_code(&self) -> String {
        self.service.token_code()
    }

    /// The last 1,000 requests, oldest first.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.service.requests().0
    }

    /// How many requests came since the start.
    pub fn request_count(&self) -> u64 {
        self.service.requests().1
    }

    /// Injects this fault alone, to the next `times` requests or (`None`) to all.
    pub fn set_fault(&self, fault: Fault, times: Option<u64>) {
        self.service.change_faults(|faults| {
            faults.clear();
            faults.add(FaultRule { fault, times });
        });
    }

    /// Injects this fault beside those that are set: latencies and skews add up, of the others the first one decides.
    pub fn add_fault(&self, fault: Fault, times: Option<u64>) {
        self.service.change_faults(|faults| faults.add(FaultRule { fault, times }));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.service.change_faults(Faults::clear);
    }

    /// Moves the mock's clock that many seconds ahead of its source (behind, where negative).
    pub fn set_clock_offset(&self, seconds: i64) {
        self.service.clock().set_offset(seconds);
    }
}
