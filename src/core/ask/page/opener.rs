//! How the address of a page reaches the person.

use std::io;
use std::pin::Pin;

use crate::core::ask::page::board::random;
use crate::core::ask::person::Question;

/// What the person is asked to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Of the question, with all its tries.
    pub id: String,
    /// Whoever has it can answer the question.
    pub url: String,
    /// Who asks for what, in words.
    pub message: String,
}

impl Invitation {
    pub(super) fn new(question: &Question, url: String) -> io::Result<Self> {
        let (subject, prompt) = (question.subject(), question.prompt());
        let message = format!(
            "{subject}: the page takes the {prompt} and gives it to updsts alone. It opens only on the machine where \
             updsts runs."
        );
        Ok(Self { id: random()?, url, message })
    }
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// The person wants to open the page, which does not mean that it is open.
    Accepted,
    Declined,
    /// Nobody was asked.
    Failed,
}

pub type Opening<'a> = Pin<Box<dyn Future<Output = Opened> + Send + 'a>>;

/// A program that can open an address in front of the person.
pub trait Opener: Send + Sync {
    /// Once for each question. Dropped when the question ends.
    fn open<'a>(&'a self, invitation: &'a Invitation) -> Opening<'a>;

    /// The question has ended, or was withdrawn.
    fn done(&self, invitation: &Invitation);
}
