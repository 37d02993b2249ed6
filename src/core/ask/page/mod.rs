//! A page on this machine, whose address a program opens in front of the person (ASK-5).
//!
//! - [`opener`]: how the address reaches the person.
//! - `board`: what the page shows, and what may be posted to it.
//! - `html`: how it looks; no script. `routes`: which requests are answered. `server`: in bounded memory.

mod board;
mod html;
pub mod opener;
mod routes;
mod server;

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use board::{Board, State};
use opener::{Invitation, Opened, Opener};

use crate::core::ask::person::{Answer, Asked, Channel, End, Question};

/// The page of one question, with all its tries.
pub struct Page {
    opener: Arc<dyn Opener>,
    served: Mutex<Option<Served>>,
}

/// A page that is there. On drop it is closed, or a while later if its end is still to be shown.
struct Served {
    board: Arc<Board>,
    invitation: Arc<Invitation>,
    opener: Arc<dyn Opener>,
    server: AbortHandle,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.opener.done(&self.invitation);
        if !self.board.has_ended() {
            self.server.abort();
        }
    }
}

impl Page {
    pub fn new(opener: Arc<dyn Opener>) -> Self {
        Self { opener, served: Mutex::default() }
    }

    fn served(&self) -> MutexGuard<'_, Option<Served>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask_on_page(&self, question: &Question) -> io::Result<Answer> {
        let (sender, answer) = oneshot::channel();
        let again = self.served().as_ref().map(|served| Arc::clone(&served.board));
        let asked = async {
            if let Some(board) = again {
                board.ask(question.problem, sender)?;
                return given(answer).await;
            }
            let invitation = self.serve(question, sender).await?;
            tokio::select! {
                biased;
                answer = given(answer) => answer,
                answer = self.invite(&invitation) => answer,
            }
        };
        let answer = timeout(question.time_left(), asked).await.unwrap_or(Ok(Answer::Nobody));
        match &answer {
            Ok(Answer::Text(_)) => {}
            Ok(Answer::Declined) => self.end(State::Declined),
            Ok(Answer::Nobody) => self.end(State::TimeOver),
            Err(_) => *self.served() = None,
        }
        answer
    }

    async fn serve(&self, question: &Question, answer: oneshot::Sender<Answer>) -> io::Result<Arc<Invitation>> {
        let nothing_shown = |error| io::Error::new(io::ErrorKind::Unsupported, error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(nothing_shown)?;
        let board = Arc::new(Board::new(question, listener.local_addr()?, answer)?);
        let invitation = Arc::new(Invitation::new(question, board.url())?);
        let server = tokio::spawn(server::serve(listener, Arc::clone(&board))).abort_handle();
        let (opener, kept) = (Arc::clone(&self.opener), Arc::clone(&invitation));
        *self.served() = Some(Served { board, invitation: kept, opener, server });
        Ok(invitation)
    }

    /// The answer of somebody who does not even want to see the page.
    async fn invite(&self, invitation: &Invitation) -> io::Result<Answer> {
        match self.opener.open(invitation).await {
            Opened::Accepted => pending().await,
            Opened::Declined => Ok(Answer::Declined),
            Opened::Failed => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn end(&self, state: State) {
        if let Some(served) = &*self.served() {
            served.board.end(state);
        }
    }
}

async fn given(answer: oneshot::Receiver<Answer>) -> io::Result<Answer> {
    answer.await.map_err(|_| io::Error::other("the page was closed"))
}

impl Channel for Page {
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a> {
        Box::pin(self.ask_on_page(question))
    }

    fn opens_a_window(&self) -> bool {
        true
    }

    fn ended(&self, end: &End) {
        self.end(State::Ended(end.clone()));
    }
}
