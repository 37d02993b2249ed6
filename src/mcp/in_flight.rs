//! The requests whose answers are not written yet. While there are too many, no more are read, so answers that nobody
//! takes do not pile up (MCP-9).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientRequest, RequestId};
use tokio::sync::Notify;

use super::tools::ToolName;

/// How much may be in flight: an update is small and may wait for long, any other answer is large and is there at once.
const CAPACITY: usize = 128;
const UPDATE: usize = 1;
const OTHER: usize = 64;

#[derive(Default)]
pub struct InFlight {
    requests: Mutex<HashMap<RequestId, usize>>,
    ended: Notify,
}

impl InFlight {
    pub fn has_room(&self) -> bool {
        self.lock().values().sum::<usize>() < CAPACITY
    }

    /// Counts the request; `false` if another one with its id is not answered yet.
    pub fn begin(&self, id: &RequestId, request: &ClientRequest) -> bool {
        let is_update =
            matches!(request, ClientRequest::CallToolRequest(call) if call.params.name == ToolName::Update.as_str());
        let mut requests = self.lock();
        let is_new = !requests.contains_key(id);
        requests.entry(id.clone()).or_insert(if is_update { UPDATE } else { OTHER });
        is_new
    }

    /// The answer is written, or will never be.
    pub fn end(&self, id: &RequestId) {
        self.lock().remove(id);
        self.ended.notify_one();
    }

    /// Waits until a request has ended. One that ended before is not missed.
    pub async fn one_ended(&self) {
        self.ended.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, usize>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
