//! The pages of the questions under way reach the person through the client, which is asked to open them (ASK-5).
//!
//! A call that waits for the answer takes the invitation to its client: up to 2025-11-25 by a request of the server's,
//! from 2026-07-28 on as its own result, after which the client calls again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CustomNotification, ElicitRequest, ElicitRequestParams, ElicitationAction, InputRequest,
    InputRequests, InputRequiredResult, ProtocolVersion, ServerNotification,
};
use rmcp::service::{Peer, RequestContext};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use url::Url;

use super::waiting::Key;
use crate::core::ask::chooser::QUESTION_TIME;
use crate::core::ask::page::opener::{Invitation, Opened, Opener, Opening};

type Context = RequestContext<RoleServer>;

/// The name of the only request in a result that requires input.
const REQUEST: &str = "code";

/// Clones share them.
#[derive(Clone, Default)]
pub struct Invitations(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: Mutex<HashMap<String, Open>>,
    changed: Notify,
}

/// An invitation whose question has not ended.
struct Open {
    key: Key,
    invitation: Invitation,
    is_taken: bool,
    reply: Option<oneshot::Sender<Opened>>,
    /// The client that wants to know when it is done.
    told: Option<Peer<RoleServer>>,
}

/// How an invitation gets to the client of a call.
pub enum Way {
    Request,
    Result,
}

impl Way {
    /// `None` if the client does not open addresses.
    pub fn to_client(context: &Context) -> Option<Self> {
        context.client_capabilities()?.elicitation?.url?;
        let is_stateless = context.protocol_version()? >= ProtocolVersion::V_2026_07_28;
        Some(if is_stateless { Self::Result } else { Self::Request })
    }
}

impl Invitations {
    /// For the questions of one renewal.
    pub fn opener(&self, key: Key) -> Arc<dyn Opener> {
        Arc::new(Keyed { invitations: self.clone(), key })
    }

    /// The next invitation for that renewal that no other call has taken.
    pub async fn next(&self, key: &Key) -> Invitation {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // What changes from here on is not missed.
            changed.as_mut().enable();
            if let Some(open) = self.open().values_mut().find(|open| !open.is_taken && open.key == *key) {
                open.is_taken = true;
                return open.invitation.clone();
            }
            changed.await;
        }
    }

    /// Asks the client to open it. The call need not wait for what the client says.
    pub fn request(&self, invitation: Invitation, peer: Peer<RoleServer>) {
        if let Some(open) = self.open().get_mut(&invitation.id) {
            open.told = Some(peer.clone());
        }
        let invitations = self.clone();
        tokio::spawn(async move {
            let Ok(url) = Url::parse(&invitation.url) else { return };
            let Invitation { id, message, .. } = invitation;
            let answer = peer.elicit_url_with_timeout(message, url, id.clone(), Some(QUESTION_TIME)).await;
            invitations.reply(&id, answer.map_or(Opened::Failed, |action| opened(&action)));
        });
    }

    /// Takes what the client says of an invitation that was the result of an earlier call.
    pub fn take_reply(&self, request: &CallToolRequestParams) {
        let Some(id) = &request.request_state else { return };
        let response = request.input_responses.as_ref().and_then(|responses| responses.get(REQUEST));
        let action = response.and_then(|response| serde_json::from_value(response.get("action")?.clone()).ok());
        if let Some(action) = action {
            self.reply(id, opened(&action));
        }
    }

    fn reply(&self, id: &str, opened: Opened) {
        if let Some(open) = self.open().get_mut(id) {
            if opened != Opened::Accepted {
                open.told = None;
            }
            if let Some(reply) = open.reply.take() {
                // The question may be ending.
                let _ = reply.send(opened);
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn opened(action: &ElicitationAction) -> Opened {
    match action {
        ElicitationAction::Accept => Opened::Accepted,
        // `decline` and `cancel`.
        _ => Opened::Declined,
    }
}

/// The result of a call that asks the client to open a page and to call again. Its state is the question's id.
pub fn required(invitation: Invitation) -> InputRequiredResult {
    let Invitation { id, url, message } = invitation;
    let elicitation_id = id.clone();
    let request = ElicitRequestParams::UrlElicitationParams { meta: None, message, url, elicitation_id };
    let requests = InputRequests::from([(REQUEST.to_owned(), InputRequest::Elicitation(ElicitRequest::new(request)))]);
    InputRequiredResult::new(Some(requests), Some(id))
}

struct Keyed {
    invitations: Invitations,
    key: Key,
}

impl Opener for Keyed {
    fn open<'a>(&'a self, invitation: &'a Invitation) -> Opening<'a> {
        let (reply, replied) = oneshot::channel();
        let (key, kept) = (self.key.clone(), invitation.clone());
        let open = Open { key, invitation: kept, is_taken: false, reply: Some(reply), told: None };
        self.invitations.open().insert(invitation.id.clone(), open);
        self.invitations.0.changed.notify_waiters();
        Box::pin(async { replied.await.unwrap_or(Opened::Failed) })
    }

    fn done(&self, invitation: &Invitation) {
        let told = self.invitations.open().remove(&invitation.id).and_then(|open| open.told);
        if let (Some(client), Ok(runtime)) = (told, Handle::try_current()) {
            let id = json!({"elicitationId": invitation.id});
            let done = CustomNotification::new("notifications/elicitation/complete", Some(id));
            // A client that is gone is noticed elsewhere.
            runtime.spawn(async move { client.send_notification(ServerNotification::CustomNotification(done)).await });
        }
    }
}
